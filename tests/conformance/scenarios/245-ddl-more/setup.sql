create type mood as enum ('a', 'b'); create domain dom as int;
create table t (id int primary key, a int, b text, m mood, d dom);
create table s (id int primary key, a int not null default 3, b text);
create table p (id int primary key, a int) partition by range (id); create table p1 partition of p for values from (0) to (10);
