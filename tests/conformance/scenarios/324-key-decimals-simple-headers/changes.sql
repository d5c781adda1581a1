insert into k values (1.10, 2.50, null, 1); update k set n = null, m = 3; update k set n = 2, t = 'y'; delete from k;
