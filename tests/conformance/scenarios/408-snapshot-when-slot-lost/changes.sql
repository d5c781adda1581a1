insert into t values (3, 'streamed');
-- @stop
select pg_drop_replication_slot(slot_name) from pg_replication_slots;
insert into t values (4, 'while there is no slot');
-- @start
insert into t values (5, 'streamed');
