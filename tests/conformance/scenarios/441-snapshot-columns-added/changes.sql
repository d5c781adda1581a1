alter table t add n int not null default 5;
insert into t values (3, 'three', 6);
-- @restart
insert into t values (4, 'four', 7);
