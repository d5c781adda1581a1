create table t (id int primary key, v text, big text, bytes bytea, list int[], doc jsonb);
alter table t alter big set storage external, alter bytes set storage external, alter list set storage external;
insert into t values (1, 'a', repeat('abc', 1000), decode(repeat('00ff5c', 1000), 'hex'), array(select generate_series(1, 1000)), (select jsonb_object_agg(g, md5(g::text)) from generate_series(1, 100) g));
insert into t values (2, 'b', E'line one\nline two\ttab \\ backslash\r', E'\\x5c6e0a', '{}', '{"a": "b\\n"}');
insert into t values (3, '', repeat(E'\\', 3000), '', null, null);
