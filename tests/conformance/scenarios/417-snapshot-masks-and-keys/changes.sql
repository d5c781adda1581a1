insert into t select id + 10, m5, m0, tr, tr_nn, h, c, n, plain from t;
