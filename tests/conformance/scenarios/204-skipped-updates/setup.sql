create table t (id int primary key, v text);
create table other (id int primary key, v text);
create publication conformance_oracle for all tables ;
create publication conformance_pgwake for all tables ;
create publication conformance_program for all tables ;
