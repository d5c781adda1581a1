insert into t select id + 10, n, n10_2, m, d, tm, tm3, tz, ts, ts3, ts0, tstz, tstz3, iv, by, h, na, da, tsa from t order by id;
