select pg_logical_emit_message(true, 'a', '1');
select pg_logical_emit_message(false, 'AB', '1');
select pg_logical_emit_message(false, 'abc', '1');
select pg_logical_emit_message(true, 'c', '1');
select pg_logical_emit_message(false, '', '1');
