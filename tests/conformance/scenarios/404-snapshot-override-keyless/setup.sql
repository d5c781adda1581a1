create schema s2;
create table log (line text, level int, at timestamp(3));
insert into log values ('b', 2, '2020-01-01 00:00:00.123'), ('c', 1, null), ('a', 3, null), ('a', 3, null);
create table s2.part (id int primary key);
insert into s2.part values (1);
create table whole (id int primary key);
insert into whole values (1);
