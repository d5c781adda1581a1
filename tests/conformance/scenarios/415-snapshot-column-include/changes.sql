insert into t values (2, 'a', 'b', 2);
insert into hidden values (2, 'x');
