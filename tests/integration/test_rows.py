"""Row changes: what is committed comes, once, in order, and nothing else."""
import datetime

import pytest

from records import afters, ops, rows

pytestmark = pytest.mark.majors


@pytest.mark.scenario(1)
def test_insert_update_delete(db, pgwake):
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    db.sql("insert into t values (1, 'a')")
    db.sql("update t set v = 'b' where id = 1")
    db.sql("delete from t where id = 1")
    got = agent.delivered()
    assert rows(got) == [
        ("c", None, {"id": 1, "v": "a"}),
        ("u", None, {"id": 1, "v": "b"}),
        ("d", {"id": 1, "v": None}, None),
        ("tombstone", {"id": 1}),
    ]
    assert {r.topic for r in got} == {f"{db.prefix}.public.t"}
    assert all(r.key == {"id": 1} for r in got)
    agent.stop()


@pytest.mark.scenario(1)
def test_source_block(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    db.sql("insert into t values (1)")
    db.sql("insert into t values (2)")
    first, second = agent.delivered()
    source = first.source
    assert source["connector"] == "postgresql"
    assert (source["name"], source["db"]) == (db.prefix, db.name)
    assert (source["schema"], source["table"], source["snapshot"]) == ("public", "t", "false")
    assert source["txId"] == int(db.one("select xmin::text from t where id = 1"))
    assert first.source["lsn"] < second.source["lsn"]
    agent.stop()


@pytest.mark.scenario(9)
def test_publish_insert_only(db, pgwake):
    db.sql("create table t(id int primary key, v text)")
    db.publish("for table t", "with (publish = 'insert')")
    agent = pgwake()
    db.sql("insert into t values (1, 'a')")
    db.sql("update t set v = 'b'")
    db.sql("delete from t")
    db.sql("insert into t values (2, 'c')")
    assert [r.after["id"] for r in agent.delivered()] == [1, 2]


@pytest.mark.scenario(12)
def test_cascade_and_trigger_in_one_transaction(db, pgwake):
    db.script("""
        create table parent(id int primary key);
        create table child(id int primary key, parent int references parent on delete cascade);
        create table audit(id serial primary key, what text);
        insert into parent values (1);
        insert into child values (10, 1), (11, 1)""")
    db.sql("create function note() returns trigger language plpgsql as $$ begin"
           " insert into audit(what) values (tg_op || ' ' || old.id); return null; end $$")
    db.sql("create trigger t after delete on child for each row execute function note()")
    agent = pgwake()
    db.sql("delete from parent where id = 1")
    got = agent.delivered()
    assert [(r.table, r.op) for r in got if not r.tombstone] == [
        ("public.parent", "d"), ("public.child", "d"), ("public.child", "d"),
        ("public.audit", "c"), ("public.audit", "c")]
    assert [r.after["what"] for r in got if r.table == "public.audit"] == ["DELETE 10", "DELETE 11"]
    assert len({r.source["txId"] for r in got if not r.tombstone}) == 1


@pytest.mark.scenario(19)
def test_what_is_not_streamed(db, pgwake):
    db.script("""
        create table t(id int primary key);
        insert into t values (1);
        create materialized view m as select * from t;
        create unlogged table u(id int primary key);
        create sequence s""")
    agent = pgwake()
    db.script("""
        refresh materialized view m;
        insert into u values (1);
        create temp table tmp(id int primary key);
        insert into tmp values (1);
        update tmp set id = 2;
        select nextval('s');
        select lo_create(0);
        insert into t values (2)""")
    assert rows(agent.delivered()) == [("c", None, {"id": 2})]
    agent.stop()


@pytest.mark.scenario(20)
def test_truncate_cascade(db, pgwake):
    db.script("""
        create table a(id int primary key);
        create table b(id int primary key, a int references a);
        create table c(id serial primary key)""")
    agent = pgwake(format={"skipped_operations": "none"})
    db.script("insert into a values (1); insert into c values (1);"
              "truncate a, c restart identity cascade")
    got = agent.delivered()
    cut = got[2:]
    assert ops(got) == ["c", "c", "t", "t", "t"]
    assert {r.table for r in cut} == {"public.a", "public.b", "public.c"}
    assert all(r.key is None and r.before is None and r.after is None for r in cut)
    assert len({r.source["lsn"] for r in cut}) == 1


@pytest.mark.scenario(20)
def test_truncate_is_skipped_by_default(db, pgwake):
    db.sql("create table a(id int primary key)")
    agent = pgwake()
    db.script("insert into a values (1); truncate a; insert into a values (2)")
    assert ops(agent.delivered()) == ["c", "c"]


@pytest.mark.scenario(21)
def test_truncate_rolled_back(db, pgwake):
    db.script("create table a(id int primary key); insert into a values (1)")
    agent = pgwake(format={"skipped_operations": "none"})
    db.sql("begin")
    db.script("insert into a values (2); truncate a; insert into a values (3); rollback;"
              "insert into a values (4)")
    assert rows(agent.delivered()) == [("c", None, {"id": 4})]


@pytest.mark.scenario(43)
def test_no_identity_needed_for_temporary_and_unlogged(db, pgwake):
    db.sql("create unlogged table u(v int)")
    agent = pgwake()
    db.script("""
        create temp table tmp(v int);
        insert into tmp values (1);
        update tmp set v = 2;
        delete from tmp;
        insert into u values (1);
        update u set v = 2;
        delete from u;
        create table seen(id int primary key);
        insert into seen values (1)""")
    assert [r.table for r in agent.delivered()] == ["public.seen"]


@pytest.mark.scenario(46)
def test_conflicts_leave_no_trace(db, pgwake):
    db.script("create table t(id int primary key, v text); insert into t values (1, 'old')")
    agent = pgwake()
    db.sql("insert into t values (1, 'x'), (2, 'new') on conflict do nothing")
    db.sql("insert into t values (1, 'up'), (3, 'new') on conflict (id) do update set v = 'up'")
    assert sorted(rows(agent.delivered()), key=lambda r: r[2]["id"]) == [
        ("u", None, {"id": 1, "v": "up"}),
        ("c", None, {"id": 2, "v": "new"}),
        ("c", None, {"id": 3, "v": "new"})]


@pytest.mark.scenario(46)
def test_speculative_insertion_that_loses(db, pgwake):
    """Two sessions insert one key; the index entry of one finds the other's already there."""
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    with db.connect() as one, db.connect() as two:
        one.execute("begin")
        one.execute("insert into t values (1, 'one')")
        one.execute("insert into t values (2, 'one')")
        two.execute("begin")
        two.execute("insert into t values (3, 'two') on conflict do nothing")
        one.execute("commit")
        two.execute("insert into t values (1, 'two'), (2, 'two') on conflict do nothing")
        two.execute("commit")
    assert sorted((r.after["id"], r.after["v"]) for r in agent.delivered()) == [
        (1, "one"), (2, "one"), (3, "two")]


@pytest.mark.scenario(51)
def test_row_locks_are_not_changes(db, pgwake):
    db.script("""
        create table parent(id int primary key, v int);
        create table child(id int primary key, parent int references parent);
        insert into parent values (1, 0)""")
    agent = pgwake()
    with db.connect() as one, db.connect() as two:
        for c in (one, two):
            c.execute("begin")
            c.execute("select * from parent for share")       # a multixact
        one.execute("insert into child values (1, 1)")        # and a foreign key's lock
        one.execute("commit")
        two.execute("commit")
    db.script("begin; select * from parent for update; commit; update parent set v = 7")
    assert rows(agent.delivered()) == [
        ("c", None, {"id": 1, "parent": 1}), ("u", None, {"id": 1, "v": 7})]


@pytest.mark.scenario(66)
def test_copy_of_many_rows(db, pgwake):
    """COPY writes many rows at one LSN; each is a record of its own."""
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    with db.connect() as c, c.cursor().copy("copy t from stdin") as copy:
        for i in range(100_000):
            copy.write_row((i, f"row {i}"))
    got = agent.delivered(60)
    assert [r.after["id"] for r in got] == list(range(100_000))
    assert all(r.key == {"id": r.after["id"]} for r in got)
    assert len({r.source["lsn"] for r in got}) < len(got)


@pytest.mark.scenario(60)
def test_commit_time(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    db.sql("insert into t values (1)")
    committed = db.one("select pg_xact_commit_timestamp(xmin) from t")
    (record,) = agent.delivered()
    us = round((committed - datetime.datetime.fromtimestamp(0, datetime.timezone.utc))
               / datetime.timedelta(microseconds=1))
    assert record.source["ts_us"] == us
    assert record.source["ts_ms"] == us // 1000
    assert record.source["ts_ns"] == us * 1000


@pytest.mark.scenario(60)
def test_commit_time_and_position_of_an_origin(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    origin = f"origin_{db.name}"
    with db.connect() as c:
        c.execute("select pg_replication_origin_create(%s)", [origin])
        c.execute("select pg_replication_origin_session_setup(%s)", [origin])
        c.execute("begin")
        c.execute("select pg_replication_origin_xact_setup("
                  "'0/ABCDEF', '2001-02-03 04:05:06.789012+00')")
        c.execute("insert into t values (1)")
        c.execute("commit")
        c.execute("select pg_replication_origin_session_reset()")
        c.execute("select pg_replication_origin_drop(%s)", [origin])
    db.sql("insert into t values (2)")
    far, near = agent.delivered()
    assert far.source["ts_us"] == 981173106789012
    assert (far.source["origin"], far.source["origin_lsn"]) == (origin, 0xABCDEF)
    assert (near.source["origin"], near.source["origin_lsn"]) == (None, None)


def test_json_is_parsed_back(db, pgwake):
    """Whatever text is in a row, a line of output is JSON with the same text."""
    texts = ["", "'", '"', "\\", "\n\r\t\b\f", "\x01\x1f\x7f", "é ü ß", "日本", "😀", "{}", "null"]
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    for i, text in enumerate(texts):
        db.sql("insert into t values (%s, %s)", i, text)
    assert [a["v"] for a in afters(agent.delivered())] == texts
