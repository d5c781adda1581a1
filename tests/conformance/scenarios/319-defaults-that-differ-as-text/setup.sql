create type mood as enum ('a b', E'c\nd');
create table t (id int primary key,
  lines text not null default E'one\ntwo', cr varchar(20) default E'a\rb', nel text not null default U&'x\0085y', ls text default U&'x\2028y',
  js jsonb default E'{"a":\n1}', m mood default E'c\nd',
  d date not null default 'infinity', d2 date default '-infinity', ts timestamp not null default 'infinity', ts3 timestamp(3) default '-infinity',
  tz timestamptz not null default 'infinity', tz3 timestamptz(3) default '-infinity',
  t24 time not null default '24:00:00', t243 time(3) default '24:00:00',
  r0 timestamp(0) not null default '2020-01-02 03:04:05.678', r3 timestamp(3) default '2020-01-02 03:04:05.67891',
  rz timestamptz(2) not null default '2020-01-02 03:04:05.678+00', rt time(1) not null default '10:20:30.456', rt0 time(0) default '10:20:30.5');
