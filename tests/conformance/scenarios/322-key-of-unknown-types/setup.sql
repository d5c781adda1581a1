create table a (l pg_lsn primary key, t text);
create table b (id int, l pg_lsn, t text, primary key (id, l));
create table c (id int not null, l pg_lsn primary key, t text, unique (id));
