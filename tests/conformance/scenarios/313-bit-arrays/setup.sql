create table t (id int primary key, b bit[], b3 bit(3)[], after_them text);
