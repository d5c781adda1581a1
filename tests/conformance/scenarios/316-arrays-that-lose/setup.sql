create extension citext; create extension ltree;
create table t (id int primary key, n numeric(10,2)[], nn numeric[], tt text[], vc varchar(9)[], u uuid[], ov oidvector, iv int2vector,
  d date[], ts timestamp[], ts3 timestamp(3)[], tz timestamptz[]);
