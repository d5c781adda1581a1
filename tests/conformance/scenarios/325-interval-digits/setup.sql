create table t (id int primary key, i interval, d interval not null default '1 mon 2 days 03:04:05.678901');
