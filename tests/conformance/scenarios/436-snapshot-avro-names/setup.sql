create schema "s-1";
create table "s-1"."t-1" ("a-b" int primary key, "1st" text);
insert into "s-1"."t-1" values (1, 'x');
