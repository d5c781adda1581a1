insert into t values (3, 'not read any more');
