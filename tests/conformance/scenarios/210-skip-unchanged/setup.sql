create table f (id int primary key, a text, b text, n numeric, d double precision, x text default 'dd', s text);
alter table f replica identity full; alter table f alter s set storage external;
create table d (id int primary key, a text);
create table k (id int primary key);
create table kf (id int primary key); alter table kf replica identity full;
create table nk (a int, b text); alter table nk replica identity full;
