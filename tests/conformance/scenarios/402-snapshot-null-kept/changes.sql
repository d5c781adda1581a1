insert into t (a, b, d, e) values (null, null, null, null);
delete from t where id = 1;
