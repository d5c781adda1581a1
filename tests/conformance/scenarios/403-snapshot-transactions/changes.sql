begin;
insert into t values (3, 'three');
insert into u values (2);
update t set v = 'TWO' where id = 2;
commit;
-- @restart
insert into u values (3);
