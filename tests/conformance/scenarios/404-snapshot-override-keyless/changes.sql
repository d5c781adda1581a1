insert into log values ('d', 0, null);
insert into s2.part values (2);
