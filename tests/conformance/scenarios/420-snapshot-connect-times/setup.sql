create extension hstore;
create table t (id int primary key, n numeric, n10_2 numeric(10,2), m money, d date, tm time, tm3 time(3), tz timetz, ts timestamp, ts3 timestamp(3), ts0 timestamp(0), tstz timestamptz, tstz3 timestamptz(3), iv interval, by bytea, h hstore, na numeric(6,2)[], da date[], tsa timestamp[]);
insert into t values
 (1, 123.4500, 1.5, 1234.11, '2020-02-29', '12:34:56.789012', '12:34:56.789', '12:34:56.789+02', '2020-02-29 12:34:56.789012', '2020-02-29 12:34:56.789', '2020-02-29 12:34:56', '2020-02-29 12:34:56.789012+02', '2020-02-29 12:34:56.789+02', '1 year 2 mons 3 days 04:05:06.78', '\x00ff7f', 'a=>1', '{1.50,NULL}', '{2020-01-01}', '{"2020-01-01 01:02:03.000004"}'),
 (2, 'NaN', 'NaN', -0.01, 'infinity', '00:00', '24:00', '00:00-12', 'infinity', '-infinity', '1969-12-31 23:59:59', 'infinity', '-infinity', '-1 mons -00:00:01', '', '', '{}', '{2020-01-01,2021-01-01}', '{"2020-01-01 01:02:03"}'),
 (3, 1e20, 99999999.99, 0, '0001-01-01', '23:59:59.999999', '00:00:00.001', '23:59:59+00', '1582-10-10 00:00:00', '9999-12-31 23:59:59.999', '1000-01-01 00:00:00', '0044-03-15 00:00:00+00 BC', '20000-01-01 00:00:00+00', '0', null, null, null, null, null);
