insert into t values (1,'a'); update t set v='b'; update t set id=2;
insert into t2 values (1,'a'); update t2 set v='b'; update t2 set id=2;
insert into n1 values (1,'a');
insert into s.odd values (1,'a'); update s.odd set v='b';
insert into full1 values (1,'a'); update full1 set v='b';
insert into out1 values (1,'a'); update out1 set v='b';
