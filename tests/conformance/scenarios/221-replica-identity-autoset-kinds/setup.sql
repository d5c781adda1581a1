create table t (id int primary key, v text);
create table t2 (id int primary key, v text);
create unique index t2_v on t2 (v); alter table t2 alter v set not null;
create table n1 (id int primary key, v text);
create schema s; create table s.odd (id int primary key, v text);
create table full1 (id int primary key, v text); alter table full1 replica identity full;
create table out1 (id int primary key, v text);
