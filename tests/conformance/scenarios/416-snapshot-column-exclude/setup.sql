create table t (id int primary key, a text, b text, c int not null);
insert into t values (1, 'a', 'b', 1);
