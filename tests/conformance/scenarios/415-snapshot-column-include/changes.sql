insert into t values (2, 'a', 'b', 2);
