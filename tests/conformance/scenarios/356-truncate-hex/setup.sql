create table t (id int primary key, b bytea, vb varbit, txt text, pt point, l pg_lsn, n numeric, iv interval, m money, o int);
alter table t alter b set storage external, alter txt set storage external;
create table nn (id int primary key, b bytea not null, txt text not null default 'a default', l pg_lsn not null);
