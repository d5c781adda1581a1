update t set v = 'changed' where id < 3;
