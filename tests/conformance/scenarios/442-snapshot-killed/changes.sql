insert into t values (3, 'streamed');
-- @kill
insert into t values (4, 'while down');
-- @start
