delete from t where id = 1;
