insert into t values (3, 'streamed');
-- @stop
insert into t values (4, 'while down, the slot is kept');
-- @start
insert into t values (5, 'streamed');
