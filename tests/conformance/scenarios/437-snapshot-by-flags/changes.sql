insert into t values (3, 'streamed');
-- @restart
insert into t values (4, 'streamed');
