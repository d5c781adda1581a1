insert into notes values (null, null);
update customers set name = 'Eve' where id = 2;
