insert into m values ('2020-05-05', 1, 10), ('2021-05-05', 2, 20), ('2030-01-01', 1, 1), ('2030-01-01', 2, 1);
update m set temp = temp + 1;
update m set at = '2021-06-06' where city = 1 and at < '2021-01-01';
insert into plain values (1);
-- @wait
create table m_2022 partition of m for values from ('2022-01-01') to ('2023-01-01');
insert into m values ('2022-05-05', 3, 30);
truncate m_rest;
truncate m_2022;
delete from m;
