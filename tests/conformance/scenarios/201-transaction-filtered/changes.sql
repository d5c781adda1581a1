insert into other values (1, 'x');
begin; insert into other values (2,'x'); insert into t values (1,'a'); insert into other values (3,'x'); insert into t values (2,'b'); commit;
select pg_logical_emit_message(true, 'out', 'c');
begin; select pg_logical_emit_message(true, 'out', 'c'); insert into t values (3,'c'); commit;
truncate other;
truncate t;
begin; truncate t; insert into t values (9,'z'); commit;
