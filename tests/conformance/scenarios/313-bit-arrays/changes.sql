insert into t values (1, '{1,0,NULL}', '{101,001}', 'still here'), (2, null, '{}', null);
