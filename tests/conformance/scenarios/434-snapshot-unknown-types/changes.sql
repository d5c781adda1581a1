insert into t select id + 10, p, l, tq, ms, d, m, ma, nm, vb, x from t;
