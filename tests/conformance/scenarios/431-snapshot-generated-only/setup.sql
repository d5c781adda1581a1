create table b (v int generated always as (7) stored);
insert into b default values;
create table t (id int primary key);
insert into t values (1);
