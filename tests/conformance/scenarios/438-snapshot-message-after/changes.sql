select pg_logical_emit_message(true, 'p', 'in a transaction');
select pg_logical_emit_message(false, 'p', 'outside');
insert into t values (3, 'streamed');
