create extension citext; create extension hstore; create extension ltree; create extension isn;
create type mood as enum ('sad','ok'); create type "Odd ""type""" as enum ('one','two');
create domain dshort as varchar(8); create domain dtext as text; create domain dprice as numeric(8,3); create domain dint as int; create domain dd as date; create domain dstamp as timestamp(3);
create function no_serial() returns void language sql as '';
create table t (id int primary key, i2 int2, i4 int4, i8 int8, o oid, f4 real, f8 float8, b bool, n numeric, n10 numeric(10,2), m money,
 t text, v varchar, v5 varchar(5), c char, c4 char(4), ci citext, nm name, ch "char", by bytea, bit1 bit, bit5 bit(5), vb varbit, vb3 varbit(3),
 d date, tm time, tm0 time(0), tm3 time(3), tz timetz, tz3 timetz(3), ts timestamp, ts0 timestamp(0), ts3 timestamp(3), tstz timestamptz, tstz3 timestamptz(3), iv interval, iv3 interval(3), ivy interval year to month,
 u uuid, j json, jb jsonb, x xml, ine inet, cid cidr, mac macaddr, mac8 macaddr8, r4 int4range, tr tstzrange, mood mood, h hstore, p point, tv tsvector, lt ltree, isb isbn,
 ds dshort, dt dtext, dp dprice, di dint, dd dd, dstamp dstamp,
 ia int[], ta text[], va varchar(10)[], na numeric(10,2)[], ma mood[], tsa timestamp(3)[], dsa dshort[], uo "Odd ""type""", s2 smallserial, s4 serial, s8 bigserial);
create table nn (id int primary key, t text not null, v5 varchar(5) not null, c4 char(4) not null, mood mood not null, dfl text not null default 'default text', n int not null, j json not null, by bytea not null, dflt_null text default 'x', m2 mood default 'ok');
alter table t alter t set storage external;
create table big (id int primary key, t text, by bytea, v varchar(9000), ta text[], other int);
alter table big alter t set storage external, alter by set storage external, alter v set storage external, alter ta set storage external;
create table keyed (k text primary key, v text);
