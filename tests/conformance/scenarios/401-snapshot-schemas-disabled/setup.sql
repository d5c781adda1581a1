create table customers (id int primary key, name text not null, email text);
insert into customers values (1, 'Ada', null), (2, 'Bob', 'b@example.org');
create table notes (note varchar(40) default 'none', n int default 7);
insert into notes values (null, null), ('x', 1);
