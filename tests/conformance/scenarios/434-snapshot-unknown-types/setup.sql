create type pair as (x int, y text);
create domain positive as int check (value > 0);
create type mood as enum ('sad', 'ok');
create table t (id int primary key, p pair, l pg_lsn, tq tsquery, ms int4multirange, d positive, m mood, ma mood[], nm name, vb bit varying(8), x xml);
insert into t values (1, row(1, 'a b'), '16/B374D848', 'a & b', '{[1,3),[5,7)}', 5, 'ok', '{ok,sad}', 'name', '101', '<a>b</a>');
insert into t (id) values (2);
