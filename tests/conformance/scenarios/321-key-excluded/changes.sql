insert into t values (1, 'a'); update t set a = 'b'; update t set id = 2; delete from t;
insert into m values ('secret', 'a'); update m set id = 'other'; delete from m;
