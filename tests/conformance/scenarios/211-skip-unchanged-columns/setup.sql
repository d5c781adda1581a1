create table f (id int primary key, a text, b text, n numeric, m text);
alter table f replica identity full;
create table d (id int primary key, a text, b text);
