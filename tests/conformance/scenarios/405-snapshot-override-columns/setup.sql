create table t (id int primary key, a int, b text, c boolean);
insert into t values (1, 10, 'x', true), (2, 20, 'y', false);
