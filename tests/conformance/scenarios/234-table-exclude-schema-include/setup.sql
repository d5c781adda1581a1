create schema s2; create schema "S3"; create schema s22;
create table t (id int primary key); create table t2 (id int primary key); create table "T.x" (id int primary key);
create table s2.t (id int primary key); create table s2.t2 (id int primary key);
create table "S3".t (id int primary key); create table s22.t (id int primary key);
