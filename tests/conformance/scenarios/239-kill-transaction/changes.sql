insert into t values (1,'a');
begin; insert into t values (2,'a'); update t set v='b'; commit;
-- @kill
insert into t values (3,'a');
begin; insert into t values (4,'a'); delete from t where id=4; commit;
-- @start
insert into t values (5,'a');
