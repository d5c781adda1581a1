insert into t (n) values (2);
