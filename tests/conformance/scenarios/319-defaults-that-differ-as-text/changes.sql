insert into t (id) values (1);
insert into t (id, cr, ls, js, m, d2, ts3, tz3, t243, r3, rt0) values (2, null, null, null, null, null, null, null, null, null, null);
delete from t where id = 1;
