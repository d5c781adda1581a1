insert into t values (0, 1,2,3,4,1.5,2.5,true,1.10,2.20,'3.30','a text','any varchar','five5','a','abcd','CiText','a_name','x','\x0102030405',B'1',B'10101',B'1011',B'101',
 '2020-01-01','10:11:12.123456','10:11:12','10:11:12.123','10:11:12+01','10:11:12.123+01','2020-01-01 10:11:12.123456','2020-01-01 10:11:12','2020-01-01 10:11:12.123','2020-01-01 10:11:12+01','2020-01-01 10:11:12.123+01','1 day','1 day','1 year',
 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11','{"a": 1}','{"a": 1}','<a/>','10.0.0.1','10.0.0.0/8','08:00:2b:01:02:03','08:00:2b:01:02:03:04:05','[1,2)','[2020-01-01 00:00+00,)','ok','a=>1','(1,2)','word','top.a','978-0-393-04002-9',
 'dshort','dtext',1.5,2,'2020-02-02','2020-01-01 10:11:12.123',
 '{1,2}','{one,two}','{one,two}','{1.10}','{ok}','{2020-01-01}','{x}','one',1,2,3);
insert into t (id) values (1);
delete from t where id = 0;
insert into nn values (1, 'text', 'v5v5v', 'c4c4', 'ok', 'abc', 1, '{}', '\x010203', null, null);
delete from nn;
insert into big values (1, repeat('x', 5000), decode(repeat('ab', 5000), 'hex'), repeat('y', 5000), array[repeat('z', 5000)], 1);
update big set other = 2;
insert into keyed values ('a long key', 'a long value'), (E'\U0001F600\U0001F601', E'\U0001F600\U0001F601'), (E'a\U0001F600b', E'a\U0001F600b'), ('é日本', 'é日本');
update keyed set k = 'another key' where k = 'a long key';
insert into t (id, t, v) values (5, repeat('é日', 40000), E'nul-free \x01');
