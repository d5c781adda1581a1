update t set v = 2;
