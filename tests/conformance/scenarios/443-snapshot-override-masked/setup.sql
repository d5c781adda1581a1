create table t (id int primary key, a int, b text, c text);
insert into t values (1, 10, 'x', 'c'), (2, 20, 'y', 'c');
