insert into b values (3);
