insert into a values ('1/2', 'x'); update a set l = '1/3'; delete from a;
insert into b values (1, '1/2', 'x'); update b set l = '1/3'; delete from b;
insert into c values (1, '1/2', 'x');
