insert into t values (1, 'abcdefghij', 'abcdefghij', 'abcdefghij', 'abcdefghij', 'abcdefghij', 'abc', 'abcdefghij', 5);
