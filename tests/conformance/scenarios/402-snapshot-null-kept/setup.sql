create table t (id serial primary key, a text default 'none', b int default 5, c boolean not null default true, d numeric(6,2) default 1.50, e timestamptz default '2020-01-01 00:00:00+00');
insert into t (a, b, c, d, e) values (null, null, false, null, null);
insert into t (id) values (20);
