insert into t values (1);
-- @sleep 600
insert into t values (2);
select pg_logical_emit_message(true, 'a', '1');
select pg_logical_emit_message(false, 'b', '1');
