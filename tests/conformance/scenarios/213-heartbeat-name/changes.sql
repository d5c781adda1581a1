insert into t values (1);
-- @sleep 600
