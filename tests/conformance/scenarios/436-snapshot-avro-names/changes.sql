insert into "s-1"."t-1" values (2, 'y');
