insert into t values (1, 1, 'x', 'a', 1);
-- @wait
begin; alter table t rename a to tmp; alter table t rename b to a; alter table t rename tmp to b; insert into t (id, a, b) values (2, 'aa', 2); commit;
alter table t replica identity full; update t set b = 3 where id = 1; delete from t where id = 2;
-- @wait
alter table t replica identity nothing; insert into t (id) values (3);
alter table t replica identity default; update t set id = 4 where id = 3;
-- @wait
alter type mood rename to feeling; insert into t (id, m) values (5, 'b');
alter table t alter m type text; insert into t (id, m) values (6, 'zzz');
alter table t alter d type bigint; insert into t (id, d) values (7, 5000000000);
-- @wait
begin; insert into s (id, b) values (1, 'q'); alter table s drop column a; insert into s (id, b) values (2, 'r'); alter table s add column a text; insert into s (id, a) values (3, 'text now'); alter table s rename to s2; insert into s2 (id) values (4); commit;
-- @wait
begin; create table n (k int primary key, v int default 7); insert into n (k) values (1); alter table n alter v set default 8; insert into n (k) values (2); drop table n; commit;
-- @wait
create schema z; alter table s2 set schema z; insert into z.s2 (id) values (5);
insert into p values (1, 1); create table p2 partition of p for values from (10) to (20); insert into p values (11, 1); alter table p detach partition p1; insert into p1 values (2, 2); update p1 set a = 5; 
create table p3 (a int, id int not null primary key); insert into p3 values (1, 30); alter table p attach partition p3 for values from (30) to (40); insert into p values (31, 1); update p set id = 12 where id = 31;
-- @wait
alter table t add unique (b); alter table t drop constraint t_pkey; insert into t (id, b) values (8, 8); 
