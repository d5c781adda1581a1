create table t (id int primary key, m money, n money not null, o money not null default '1.25');
create table k (m money primary key, v int);
