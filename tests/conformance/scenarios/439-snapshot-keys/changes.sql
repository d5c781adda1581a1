insert into u values (2, 'z');
insert into idx values (3, 4);
