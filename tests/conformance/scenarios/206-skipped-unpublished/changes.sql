insert into t values (1,'a'),(2,'b');
begin; update t set v='c' where id=1; update t set id=10 where id=1; delete from t where id=2; commit;
update t set id=11 where id=10;
truncate t, other;
