create extension citext; create extension ltree; create extension hstore;
create domain words as text[];
create table t (id int primary key, v int, c citext[], i2 int2[], o oid[], l ltree[], h hstore[], u uuid[], n numeric, na numeric[], i4 int[], i8 bigint[], tx text[], w words, x inet[], j json[], f float8[], b bool[], d date[], ts timestamp[], tz timestamptz[], e varchar[], ch char(5)[]);
alter table t alter c set storage external, alter i2 set storage external, alter o set storage external, alter l set storage external, alter h set storage external,
  alter u set storage external, alter n set storage external, alter na set storage external, alter i4 set storage external, alter i8 set storage external, alter tx set storage external,
  alter w set storage external, alter x set storage external, alter j set storage external, alter f set storage external, alter b set storage external, alter d set storage external,
  alter ts set storage external, alter tz set storage external, alter e set storage external, alter ch set storage external;
insert into t select 1, 1, array_agg(('c' || g)::citext), array_agg((g % 9)::int2), array_agg(g::oid), array_agg(('l' || g)::ltree), array_agg(('a=>' || g)::hstore),
  array_agg(gen_random_uuid()), repeat('1234567890', 600)::numeric, array_agg(g::numeric), array_agg(g), array_agg(g::bigint), array_agg('t' || g), array_agg('w' || g), array_agg(('10.0.0.' || g % 200)::inet),
  array_agg('{}'::json), array_agg(g::float8), array_agg(g % 2 = 0), array_agg('2020-01-01'::date), array_agg('2020-01-01'::timestamp), array_agg('2020-01-01'::timestamptz), array_agg('v' || g), array_agg('x'::char(5)) from generate_series(1, 3000) g;
