insert into s1.a values (3);
