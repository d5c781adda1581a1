create table t (id int primary key, a text, b text, c text, d text, e text, f varchar(3), g varchar(40), z int);
