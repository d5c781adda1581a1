create table t (id int primary key, v text, w int);
insert into t values (1, 'dead', 1), (2, 'moved', 1), (3, 'kept', 1), (4, 'dropped', 4);
delete from t where id = 1;
update t set v = 'updated' where id = 2;
alter table t drop column w;
alter table t add x text default 'filled in';
alter table t add y int;
