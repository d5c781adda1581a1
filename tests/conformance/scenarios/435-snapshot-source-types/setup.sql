create table t (id serial primary key, small smallserial, big bigserial, v varchar(10) not null default 'x', n numeric(10,2), a int[], at timestamptz(3));
insert into t (n, a) values (1.5, '{1}');
