insert into a values (1, 2, 'z'), (2, null, null); insert into b values (1, 2, 3); insert into c values (1, 2), (null, 5); insert into d values (1, 'Y'); insert into e values (1, 2); insert into f values (null, 2), (1, 1);
insert into g values ('[1,2)', 1); insert into h values (1, 2), (null, null); insert into i values (1, 2, 3); insert into j values (1, 2); insert into k values (1, 2); insert into l values ('x', 1); insert into m values (1, 2);
insert into pi values (1, 2, 3); update pi set c = 4; update pi set b = 5; update pi set a = 6; delete from pi;
insert into ii values (1, 2, 3); update ii set c = 4; update ii set b = 5; update ii set a = 6; delete from ii;
insert into cl values (1, 2);
insert into bf values (1, 2, 3); update bf set x = 4; update bf set z = 5; update bf set y = 6; delete from bf;
-- @wait
update i set z = 4; update i set x = 9; update i set y = 10; delete from i;
update j set y = 3; update j set x = 4; delete from j;
-- @wait
drop index a1; insert into a values (3, 4, 'w');
-- @wait
create unique index a0 on a (x); insert into a values (4, 5, 'v');
-- @wait
alter table b add primary key (z); insert into b values (5, 6, 7); update b set z = 8 where z = 7; delete from b where z = 8;
-- @wait
alter table b drop constraint b_pkey; insert into b values (7, 8, 9);
-- @wait
alter table f replica identity full; update f set y = 5 where x = 1; delete from f where x is null;
-- @wait
alter index m1 rename to zz; insert into m values (5, 6);
