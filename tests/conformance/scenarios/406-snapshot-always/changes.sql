insert into t values (3, 'streamed');
-- @restart
delete from t where id = 1;
-- @restart
insert into t values (4, 'streamed');
