insert into t values (3, 'streamed');
-- @stop
insert into t values (4, 'while down');
-- @start
insert into t values (5, 'streamed');
