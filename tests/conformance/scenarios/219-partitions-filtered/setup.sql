create table m (at date not null, city int not null, temp int, primary key (city, at)) partition by range (at);
create table m_2020 partition of m for values from ('2020-01-01') to ('2021-01-01');
create table m_2021 partition of m for values from ('2021-01-01') to ('2022-01-01');
create table m_rest partition of m default partition by list (city);
create table m_rest_1 partition of m_rest for values in (1);
create table m_rest_n partition of m_rest default;
create table plain (id int primary key);
