"""What is read, in which order and marked how: the rows of a snapshot are those of the stream."""
import copy
import random

import pytest

import tablegen
from records import ops
from test_property import SEED, Event, Writer, catalogue, events_by_table


@pytest.fixture
def read(db, pgwake):
    """read(threads=1, ..): the records of every row; read.agent is left streaming."""
    def rows(broker=None, **over):
        options = {k: over.pop(k) for k in list(over) if k in
                   ("threads", "tables", "select_overrides", "chunk_kbytes", "mode")}
        rows.agent = pgwake(broker, snapshot={"mode": "initial", **options}, **over).wait_complete()
        return rows.agent.records(0)
    return rows


def told(records):
    return [(r.table, r.after) for r in records]


def marks(records):
    return [(r.table, r.source["snapshot"]) for r in records]


# -- marks and order

@pytest.mark.majors
def test_marks_and_order_of_one_reader(db, read):
    """By schema and name; empty tables take no mark."""
    db.script("""
        create schema a; create table a.z(id int primary key); create table public.b(id int primary key);
        create table public.a(id int primary key); create table public.zero(id int primary key);
        create table a.one(id int primary key);
        insert into a.z values (1), (2), (3); insert into public.b values (1), (2), (3), (4);
        insert into public.a values (1), (2); insert into a.one values (1)""")
    assert marks(read(threads=1)) == [
        ("a.one", "first"),
        ("a.z", "first_in_data_collection"), ("a.z", "true"), ("a.z", "last_in_data_collection"),
        ("public.a", "first_in_data_collection"), ("public.a", "last_in_data_collection"),
        ("public.b", "first_in_data_collection"), ("public.b", "true"), ("public.b", "true"),
        ("public.b", "last")]


@pytest.mark.parametrize("rows, expected", [
    (1, ["last"]), (2, ["first", "last"]), (3, ["first", "true", "last"])])
def test_marks_of_one_table(db, read, rows, expected):
    db.sql("create table t(id int primary key)")
    db.sql("insert into t select generate_series(1, %s)", rows)
    assert [r.source["snapshot"] for r in read()] == expected


def test_marks_of_several_readers(db, read):
    """Each table begins and ends once, and so does the whole."""
    for i in range(8):
        db.sql(f"create table t{i}(id int primary key, v text)")
        db.sql(f"insert into t{i} select g, repeat('x', 300) from generate_series(1, %s) g", i * 150)
    got = read(threads=4, chunk_kbytes=8)
    seen = {}
    for table, mark in marks(got):
        seen.setdefault(table, []).append(mark)
    assert {t: len(m) for t, m in seen.items()} == {f"public.t{i}": i * 150 for i in range(1, 8)}
    whole = [mark for _, mark in marks(got)]
    assert whole[0] == "first" and whole[-1] == "last"
    for table_marks in seen.values():
        assert table_marks[0] in ("first", "first_in_data_collection")
        assert table_marks[-1] in ("last_in_data_collection", "last")
        assert set(table_marks[1:-1]) == {"true"}
    assert whole.count("first") == whole.count("last") == 1


def test_the_largest_first_with_several_readers(db, read):
    for name, rows in ("a", 10), ("b", 5000), ("c", 200):
        db.sql(f"create table {name}(id int primary key, v text)")
        db.sql(f"insert into {name} select g, repeat('x', 500) from generate_series(1, %s) g", rows)
    assert read(threads=2, chunk_kbytes=64)[0].table == "public.b"


@pytest.mark.majors
def test_source_of_a_row(db, read):
    db.sql("create table t(id int primary key)")
    db.sql("insert into t values (1), (2)")
    first, second = read()
    db.sql("insert into t values (3)")
    streamed, = read.agent.delivered()
    assert first.source["lsn"] == second.source["lsn"] <= streamed.source["lsn"]
    assert first.source["ts_us"] == second.source["ts_us"] <= streamed.source["ts_us"]
    assert first.source["sequence"] == f'[null,"{first.source["lsn"]}"]'
    assert first.source["txId"] <= streamed.source["txId"]
    assert [n for n, _ in first.header_list] == [n for n, _ in streamed.header_list]
    assert set(first.value) == set(streamed.value) and set(first.source) == set(streamed.source)


# -- values

def comparable(event):
    """All of a row that must be the same read and streamed."""
    return event.key, event.value["after"], event.schema


@pytest.mark.parametrize("number", range(4))
def test_values_are_those_of_the_stream(server, starter, db, tmp_path, number):
    """Random tables over all types: each row streamed, then read, has the same key, value and schema."""
    rng = random.Random(f"snapshot {SEED} {number}")
    modes = tablegen.modes(rng, number)
    writer = Writer(db)
    kinds = catalogue(server)
    writer.run(kinds.setup())
    tables = [tablegen.Table(rng, f"t{i}", kinds) for i in range(20)]
    for table in tables:
        writer.create(table)

    def agent(name, **snapshot):
        own = copy.copy(db)
        own.slot = f"{db.slot}_{name}"
        return starter(own)(format={**modes, "schemas": True}, snapshot=snapshot)
    streaming = agent("streamed", mode="no_data")
    writer.run([table.insert(rng, 1, 8) for table in tables])
    streamed = events_by_table(streaming)
    streaming.stop()
    reading = agent("read", mode="initial", threads=rng.randint(1, 3)).wait_complete()
    read = {}
    for line in reading.printed():
        event = Event(line)
        assert event.op == "r"
        read.setdefault(event.table, []).append(event)
    for table in tables:
        def by_row(events):
            return sorted((e.value["after"]["n"], repr(comparable(e))) for e in events)
        assert by_row(read[table.name]) == by_row(streamed[table.name]), f"{table.sql()}\nmodes {modes}"
    writer.connection.close()
    reading.stop()


def test_settings_of_a_role_change_no_value(db, read):
    """As for the stream: the role's own settings say how text looks for people, not for us."""
    db.script("create table t(id int primary key, d date, f float8, i interval, b bytea, ts timestamptz)")
    db.sql("insert into t values (1, '2024-02-03', '0.30000000000000004', '1 day', '\\x01ff', '2024-02-03 04:05:06+00')")
    for name, value in (("datestyle", "'SQL, DMY'"), ("extra_float_digits", "-5"), ("bytea_output", "escape"),
                        ("intervalstyle", "iso_8601"), ("timezone", "'Asia/Tokyo'")):
        db.sql(f'alter database "{db.name}" set {name} = {value}')
    row, = read()
    assert row.after == {"id": 1, "d": 19756, "f": 0.30000000000000004, "i": 86400000000, "b": "Af8=",
                         "ts": "2024-02-03T04:05:06.000000Z"}


# -- tables

@pytest.mark.majors
@pytest.mark.parametrize("root", [False, True])
def test_partitions(db, read, root):
    """By leaf or by root, as they are streamed; a leaf may have another order of columns."""
    db.script("""
        create table root(id int, region text, v text, primary key (id, region)) partition by list (region);
        create table north partition of root for values in ('n') partition by range (id);
        create table north1 partition of north for values from (0) to (100);
        create table north2(v text, region text not null, id int not null);
        alter table north attach partition north2 for values from (100) to (200);
        create table south partition of root for values in ('s');
        insert into root values (1, 'n', 'a'), (150, 'n', 'b'), (2, 's', 'c')""")
    db.publish("for table root", f"with (publish_via_partition_root = {root})")
    got = read(threads=1)
    db.sql("insert into root values (3, 'n', 'd'), (160, 'n', 'e'), (4, 's', 'f')")
    streamed = read.agent.delivered()
    assert [(r.table, list(r.after)) for r in got] == [(r.table, list(r.after)) for r in streamed]
    assert [r.after["v"] for r in got] == ["a", "b", "c"]
    if root:
        assert marks(got) == [("public.root", "first"), ("public.root", "true"), ("public.root", "last")]


def test_partition_with_a_root_that_is_not_captured(db, read):
    db.script("""
        create table root(id int primary key) partition by range (id);
        create table low partition of root for values from (0) to (10);
        create table high partition of root for values from (10) to (20);
        insert into root values (1), (11)""")
    assert told(read(postgres={"tables": ["public[.]low"]})) == [("public.low", {"id": 1})]


@pytest.mark.majors
def test_inheritance(db, read):
    """Each table has its own rows only, as in the stream."""
    db.script("""
        create table parent(id int primary key); create table child(v text, primary key (id)) inherits (parent);
        insert into parent values (1); insert into child values (2, 'x')""")
    assert told(read(threads=1)) == [("public.child", {"id": 2, "v": "x"}), ("public.parent", {"id": 1})]


def since_15(db):
    if db.server.major < 15:
        pytest.skip("since PostgreSQL 15")


@pytest.mark.majors
def test_row_filter(db, read):
    since_15(db)
    db.sql('create table t(id int primary key, "N x" int)')
    db.sql("insert into t select g, g % 3 from generate_series(1, 30) g; insert into t values (99, null)")
    db.publish('for table t where (id > 10 and "N x" = 0 or id = 1)')
    assert {r.after["id"] for r in read()} == {1, 12, 15, 18, 21, 24, 27, 30}


def test_row_filter_of_a_partition_tree(db, read):
    since_15(db)
    db.script("""
        create table root(id int primary key, v int) partition by range (id);
        create table low(v int, id int not null);
        alter table root attach partition low for values from (0) to (10);
        create table high partition of root for values from (10) to (20);
        insert into root select g, g % 2 from generate_series(1, 19) g""")
    db.publish("for table root where (id <> 5)", "with (publish_via_partition_root = true)")
    assert {r.after["id"] for r in read()} == set(range(1, 20)) - {5}


def test_row_filters_of_two_publications(db, read):
    """A row is published if one of them has it, and so it is read."""
    since_15(db)
    db.sql("create table t(id int primary key)")
    db.sql("insert into t select generate_series(1, 9)")
    db.publish("for table t where (id < 3)")
    db.sql("create publication other for table t where (id > 7)")
    got = read(postgres={"publication": "pgwake,other"})
    assert {r.after["id"] for r in got} == {1, 2, 8, 9}


def test_a_publication_without_inserts(db, read):
    """What is there is read nevertheless."""
    db.sql("create table t(id int primary key)")
    db.sql("insert into t values (1)")
    db.publish("for table t", "with (publish = 'update, delete')")
    assert told(read()) == [("public.t", {"id": 1})]


@pytest.mark.majors
def test_column_list(db, read):
    since_15(db)
    db.sql('create table t(hidden text, id int primary key, v text, "W w" text)')
    db.sql("insert into t values ('secret', 1, 'a', 'b')")
    db.publish('for table t (id, "W w")')
    got = read()
    db.sql("insert into t values ('secret', 2, 'c', 'd')")
    streamed = read.agent.delivered()
    assert told(got + streamed) == [
        ("public.t", {"id": 1, "W w": "b"}), ("public.t", {"id": 2, "W w": "d"})]


@pytest.mark.majors
def test_generated_columns(db, read):
    """Not streamed by default, and not made up: what is read may have them, as with Debezium."""
    db.script("""
        create table t(id int primary key, v int, w int generated always as (v * 2) stored);
        create table only_generated(w int generated always as (7) stored);
        insert into t(id, v) values (1, 5); insert into only_generated default values""")
    got = read(threads=1)
    assert told(got) == [("public.only_generated", {"w": 7}), ("public.t", {"id": 1, "v": 5, "w": 10})]
    db.sql("insert into t(id, v) values (2, 6)")
    assert [r.after["v"] for r in read.agent.delivered()] == [6]


def test_tables_without_columns_and_without_rows(db, read):
    db.script("""
        create table nothing(); create table none(id int primary key);
        create table dropped(id int); alter table dropped drop column id;
        insert into nothing default values; insert into nothing default values;
        insert into dropped default values; create table t(id int primary key); insert into t values (1)""")
    assert told(read(threads=1)) == [
        ("public.dropped", {}), ("public.nothing", {}), ("public.nothing", {}), ("public.t", {"id": 1})]


def test_no_tables_and_no_rows(db, read):
    assert read() == []
    db.sql("create table t(id int primary key)")
    db.sql("insert into t values (1)")
    assert ops(read.agent.delivered()) == ["c"]


def test_dropped_columns(db, read):
    db.script("""
        create table t(a int, id int primary key, b text); insert into t values (1, 2, 'x');
        alter table t drop column a; alter table t add column c int default 5; insert into t values (3, 'y', 6)""")
    assert told(read()) == [("public.t", {"id": 2, "b": "x", "c": 5}), ("public.t", {"id": 3, "b": "y", "c": 6})]


@pytest.mark.majors
def test_1600_columns(db, read):
    columns = ", ".join(f"c{i} int" for i in range(1599))
    db.sql(f"create table t(id int primary key, {columns})")
    db.sql(f"insert into t values (1, {', '.join(map(str, range(300)))})")
    row, = read()
    assert len(row.after) == 1600 and row.after["c299"] == 299 and row.after["c1598"] is None


@pytest.mark.majors
def test_quoted_names(db, read):
    db.script("""
        create schema "S ""x"; create table "S ""x"."T.t %s"("I""d" int primary key, "größe" text, "select" int);
        insert into "S ""x"."T.t %s" values (1, 'x', 2)""")
    (table, row), = told(read())
    assert row == {'I"d': 1, "größe": "x", "select": 2}


@pytest.mark.majors
def test_what_has_no_rows_of_its_own_is_not_read(db, read):
    db.script("""
        create table t(id int primary key); insert into t values (1);
        create view v as select * from t; create materialized view m as select * from t;
        create sequence s; create type c as (a int); create temp table tmp(id int); insert into tmp values (1)""")
    assert told(read()) == [("public.t", {"id": 1})]


def test_unlogged_tables(db, read):
    """Their rows are read with FOR ALL TABLES as by Debezium; no change of them is ever streamed."""
    db.script("create unlogged table u(id int primary key); create table t(id int primary key);"
              "insert into u values (1); insert into t values (2)")
    assert told(read(threads=1)) == [("public.t", {"id": 2}), ("public.u", {"id": 1})]


def test_foreign_tables(db, read):
    db.script("""
        create extension postgres_fdw; create server s foreign data wrapper postgres_fdw;
        create foreign table f(id int) server s; create table root(id int) partition by range (id);
        create table low partition of root for values from (0) to (10);
        create foreign table high partition of root for values from (10) to (20) server s;
        insert into root values (1)""")
    db.publish("for table root")
    assert [r.after for r in read()] == [{"id": 1}]


# -- choice

def test_tables_are_chosen(db, read):
    for name in "abc":
        db.sql(f"create table {name}(id int primary key)")
        db.sql(f"insert into {name} values (1)")
    got = read(threads=1, tables=["public[.].*", "!public[.]b"])
    assert [r.table for r in got] == ["public.a", "public.c"]
    db.sql("insert into b values (2)")
    assert told(read.agent.delivered()) == [("public.b", {"id": 2})]


@pytest.mark.majors
def test_select_overrides(db, read):
    db.script("create table t(id int primary key, v text, big text); create table u(id int primary key);"
              "insert into u values (1)")
    db.sql("insert into t select g, 'v' || g, repeat('x', 3000) from generate_series(1, 100) g")
    got = read(threads=1, select_overrides=[
        {"table": "public.t", "statement": "SELECT * FROM public.t WHERE id % 10 = 0 ORDER BY id DESC ;\n"}])
    assert [(r.table, r.after["id"]) for r in got] == [
        *(("public.t", n) for n in range(100, 0, -10)), ("public.u", 1)]
    assert got[0].after["v"] == "v100" and got[0].source["snapshot"] == "first"


def test_select_override_with_a_join_and_fewer_columns(db, read):
    """Columns that the statement does not give, or gives twice, are an error said clearly elsewhere."""
    db.script("create table t(id int primary key, v text); create table chosen(id int);"
              "insert into t values (1, 'a'), (2, 'b'), (3, 'c'); insert into chosen values (2), (3)")
    got = read(threads=2, tables=["public[.]t"], select_overrides=[
        {"table": "public.t", "statement": "select t.* from t join chosen using (id)"}])
    assert {r.after["id"] for r in got} == {2, 3}


def test_many_tables(db, read):
    db.sql("do $$ begin for i in 1..150 loop execute format("
           "'create table t%s(id int primary key); insert into t%s values (%s)', i, i, i); end loop; end $$")
    got = read(threads=3)
    assert {(r.table, r.after["id"]) for r in got} == {(f"public.t{i}", i) for i in range(1, 151)}
    assert len(got) == 150
