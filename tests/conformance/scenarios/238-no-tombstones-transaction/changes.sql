insert into t values (1,'a'); update t set id=2; delete from t;
