create table t (id int primary key, a text, b int not null, c text default 'dflt', d int not null default 7, secret text);
create table f (id int primary key, a text, b int not null); alter table f replica identity full;
create table u (id int primary key, code text not null, x int); create unique index u_code on u (code); alter table u replica identity using index u_code;
create table excl (id int primary key, a text, b text);
create table dup (id int primary key, a text, b text);
create schema other; create table other.t (id int primary key, a text, b int not null);
create table "Mixed" (id int primary key, "Ab" text, x1 int, x2 int);
create table numk (id int primary key, n numeric, n2 numeric(5,2), m text); alter table numk replica identity full;
create table toast (id int primary key, t text, o int); alter table toast alter t set storage external;
