create table t (id int primary key);
create table o (id int primary key);
select pg_replication_origin_create('up');
