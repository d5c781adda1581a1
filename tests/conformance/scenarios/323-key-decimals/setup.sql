create table k (n numeric(5,2) default 1.5, m numeric, t text default 'x', id int primary key); alter table k replica identity full;
