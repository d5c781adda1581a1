insert into "1schema"."_t-é" values (1, 'a', 'b', 'c', 'd', 'e', 'g', 'h', 1.5, 's');
