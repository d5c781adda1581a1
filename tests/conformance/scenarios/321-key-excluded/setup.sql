create table t (id int primary key, a text);
create table m (id text primary key, a text);
