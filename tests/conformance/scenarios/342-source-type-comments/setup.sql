create table t (id int primary key, a text, b int);
comment on column t.a is 'a comment';
