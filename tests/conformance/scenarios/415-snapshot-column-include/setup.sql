create table t (id int primary key, a text, b text, c int not null);
insert into t values (1, 'a', 'b', 1);
create table other (id int primary key, x text);
insert into other values (1, 'x');
