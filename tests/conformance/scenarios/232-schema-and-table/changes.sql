insert into t values (1); insert into t2 values (1); insert into "T.x" values (1);
insert into s2.t values (1); insert into s2.t2 values (1); insert into "S3".t values (1); insert into s22.t values (1);
begin; insert into t values (2); insert into s2.t values (2); insert into "S3".t values (2); insert into s22.t values (2); commit;
