begin; select pg_logical_emit_message(true, 'a', '1'); select pg_logical_emit_message(true, 'b', '2'); insert into t values (1,'a'); select pg_logical_emit_message(true, 'a', '3'); commit;
begin; select pg_logical_emit_message(false, 'n', '1'); insert into t values (2,'a'); select pg_logical_emit_message(false, 'n', '2'); insert into other values (2,'a'); commit;
