begin; insert into t values (1,'a'); insert into other values (1,'b'); truncate t, other; insert into t values (2,'c'); commit;
truncate other, t;
