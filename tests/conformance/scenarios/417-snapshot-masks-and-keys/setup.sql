create table t (id int primary key, m5 text, m0 varchar(10), tr varchar(40), tr_nn text not null, h varchar(20), c char(10), n int, plain text);
insert into t values (1, 'secret', 'secret', 'truncated', 'truncated', 'hashed', 'hashed', 12345, 'plain'), (2, null, null, null, '', null, null, null, null);
create table no_pk (a text, b int);
insert into no_pk values ('x', 1), (null, 2);
