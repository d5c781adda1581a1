insert into "Upper" values (2);
