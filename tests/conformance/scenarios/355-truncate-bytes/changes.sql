insert into t values (1, '\x0102030405060708', B'111111111111111111111111111111111111111111111', 'a😀b😀', '(1,2)', '16/B374D848', 12345.678, '1 year', 12.5, 1);
insert into t values (2, decode(repeat('ab', 5000), 'hex'), B'1', repeat('x', 5000));
update t set o = 5 where id = 2;
insert into nn values (1, '\x0102030405060708', 'xxxx', '16/B374D848');
delete from nn;
