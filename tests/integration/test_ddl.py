"""DDL while streaming: each row comes with the shape its table had at that point."""
import threading

import pytest

from records import afters, ops, rows
from waiting import wait_until

pytestmark = pytest.mark.majors


@pytest.mark.scenario(8)
def test_table_leaves_and_joins_the_publication(db, pgwake):
    db.sql("create table t(id int primary key)")
    db.sql("create table other(id int primary key)")
    db.publish("for table t")
    agent = pgwake()
    db.sql("insert into t values (1)")
    db.sql("alter publication pgwake set table other")
    db.sql("insert into t values (2)")
    db.sql("insert into other values (1)")
    db.sql("alter publication pgwake add table t")
    db.sql("insert into t values (3)")
    got = agent.delivered()
    assert [(r.table, r.after["id"]) for r in got] == [
        ("public.t", 1), ("public.other", 1), ("public.t", 3)]


@pytest.mark.scenario(15)
def test_rewrites_emit_no_rows(db, pgwake):
    db.script("create table t(id int primary key, v text);"
              "insert into t select g, g::text from generate_series(1, 100) g")
    agent = pgwake()
    db.sql("vacuum full t")
    db.sql("begin")
    db.sql("insert into t values (101, 'a')")
    db.sql("cluster t using t_pkey")
    db.sql("alter table t alter column v type varchar(50)")
    db.sql("insert into t values (102, 'b')")
    db.sql("commit")
    db.sql("alter table t alter column id type bigint")
    db.sql("insert into t values (5000000000, 'c')")
    assert afters(agent.delivered()) == [
        {"id": 101, "v": "a"}, {"id": 102, "v": "b"}, {"id": 5000000000, "v": "c"}]


@pytest.mark.scenario(17)
def test_new_column_with_default(db, pgwake):
    db.script("create table t(id int primary key, v text); insert into t values (1, 'old')")
    agent = pgwake()
    db.sql("alter table t add column n int default 42")
    db.sql("update t set v = 'new'")
    db.sql("insert into t(id) values (2)")
    assert rows(agent.delivered()) == [
        ("u", None, {"id": 1, "v": "new", "n": 42}),
        ("c", None, {"id": 2, "v": None, "n": 42})]


@pytest.mark.scenario(18)
def test_renames(db, pgwake):
    db.script("create schema a; create table a.t(id int primary key, v text)")
    agent = pgwake()
    db.sql("insert into a.t values (1, 'x')")
    db.sql("alter table a.t rename column v to w")
    db.sql("insert into a.t values (2, 'x')")
    db.sql("alter table a.t rename to u")
    db.sql("insert into a.u values (3, 'x')")
    db.sql("create schema b")
    db.sql("alter table a.u set schema b")
    db.sql("insert into b.u values (4, 'x')")
    assert [(r.table, list(r.after)[1], r.after["id"]) for r in agent.delivered()] == [
        ("a.t", "v", 1), ("a.t", "w", 2), ("a.u", "w", 3), ("b.u", "w", 4)]


@pytest.mark.scenario(18)
def test_schema_rename(db, pgwake):
    """15 and older do not tell a renamed schema until they describe the table again."""
    db.script("create schema a; create table a.t(id int primary key)")
    agent = pgwake()
    db.sql("insert into a.t values (1)")
    agent.delivered()
    db.sql("alter schema a rename to b")
    if db.server.major <= 15:
        db.sql("alter table b.t add column v text")
    db.sql("insert into b.t values (2)")
    assert [(r.table, r.source["schema"]) for r in agent.delivered()] == [("b.t", "b")]


@pytest.mark.scenario(18)
def test_drop_and_create(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    db.script("insert into t values (1); drop table t;"
              "create table t(k text primary key, id int); insert into t values ('a', 2)")
    assert afters(agent.delivered()) == [{"id": 1}, {"k": "a", "id": 2}]


@pytest.mark.scenario(49)
def test_create_table_as(db, pgwake):
    agent = pgwake()
    db.sql("create table a as select g as n from generate_series(1, 3) g")
    db.sql("select n into b from a where n > 1")
    db.sql("alter table b alter column n type text using 'n' || n")
    db.sql("insert into b values ('new')")
    assert [(r.table, r.after["n"]) for r in agent.delivered()] == [
        ("public.a", 1), ("public.a", 2), ("public.a", 3), ("public.b", 2), ("public.b", 3),
        ("public.b", "new")]


@pytest.mark.scenario(59)
def test_ddl_beside_dml(db, pgwake):
    """One session changes the table while another writes; no row may have a wrong shape."""
    db.sql("create table t(id serial primary key, a int, b text)")
    agent = pgwake()
    done = threading.Event()

    def write():
        with db.connect() as c:
            while not done.is_set():
                c.execute("insert into t(a) values (1)")
                c.execute("update t set a = a + 1 where id = (select max(id) from t)")
    writer = threading.Thread(target=write)
    writer.start()
    for i in range(15):
        db.sql(f"alter table t add column x{i} int default {i}")
        db.sql("alter table t alter column b type varchar" if i % 2 else
               "alter table t alter column b type text")
        db.sql(f"alter table t drop column x{i}")
    done.set()
    writer.join()
    got = agent.delivered(30)
    last = {}
    for r in got:
        assert list(r.after)[:3] == ["id", "a", "b"]
        assert set(list(r.after)[3:]) <= {f"x{i}" for i in range(15)}
        assert all(v == int(k[1:]) for k, v in r.after.items() if k[0] == "x" and v is not None)
        last[r.after["id"]] = r.after["a"]
    assert last == dict(db.sql("select id, a from t"))
    assert set(ops(got)) == {"c", "u"}


def test_analyze_does_not_disturb(db, pgwake):
    """The server describes the table again after ANALYZE, GRANT, CREATE INDEX; nothing changes."""
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    for i, disturb in enumerate(("analyze t", "grant select on t to public",
                                 "create index on t(v)", "vacuum full t")):
        db.sql("insert into t values (%s, 'x')", i)
        db.sql(disturb)
    db.sql("insert into t values (9, 'x')")
    assert [a["id"] for a in afters(agent.delivered())] == [0, 1, 2, 3, 9]


def test_table_is_gone_when_its_rows_are_read(db, pgwake):
    """Its catalogue rows are gone too: names and types of the log have to do."""
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    db.sql("insert into t values (1, 'first')")
    agent.delivered()
    agent.stop()
    db.sql("insert into t values (2, 'second')")
    db.sql("drop table t")
    agent = pgwake()
    (record,) = agent.delivered()
    assert record.after == {"id": 2, "v": "second"}
    assert record.key == {"id": 2}


def test_facts_on_a_new_connection(db, pgwake):
    """What was prepared on the connection for queries has gone with it."""
    db.script("create table a(id int primary key); create table b(id int primary key)")
    agent = pgwake()
    db.sql("insert into a values (1)")
    assert ops(agent.delivered()) == ["c"]
    ended = db.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                   " and backend_type = 'client backend' and pid <> pg_backend_pid()")
    assert ended == [(True,)]
    db.sql("insert into b values (1)")
    assert [r.table for r in agent.delivered()] == ["public.b"]


class HeldCommit:
    """A server whose commits wait, after they are decoded, for a standby that does not come."""

    def __init__(self, own):
        self.own = own

    def run(self, text):
        """In a thread, until end()."""
        self.own.set_for_server("synchronous_standby_names", "nobody")
        self.began = self.own.one("select clock_timestamp()")

        def work():
            with self.own.connect() as c:
                c.execute(text)
        self.thread = threading.Thread(target=work)
        self.thread.start()

    def asked(self):
        """The agent has asked for the facts of a table since."""
        return self.own.sql("select 1 from pg_stat_activity where query like '%%EXECUTE facts%%'"
                            " and state = 'idle' and query_start > %s", self.began)

    def end(self):
        self.own.set_for_server("synchronous_standby_names", "")
        self.thread.join(10)


def test_definition_that_others_do_not_see_yet(new_server, starter):
    """A transaction's own DDL holds for its rows, although it is decoded before it is visible."""
    own = new_server().database("early")
    own.publish()
    own.script("create table t(id int primary key, n int default 42); insert into t values (1, null)")
    agent = starter(own)()
    held = HeldCommit(own)
    own.sql("insert into t values (2, null)")
    agent.delivered()
    held.run("begin; alter table t alter n drop default; insert into t values (3, null); commit")
    wait_until(held.asked, "the question for the table's facts")
    held.end()
    assert [r.after for r in agent.delivered()][-1] == {"id": 3, "n": None}
    # One that waits for ever is published nevertheless: it may wait for us.
    held.run("begin; alter table t alter n set default 7; insert into t values (4, 4); commit")
    agent.wait_log("may be older than the transaction in hand")
    assert [r.after for r in agent.delivered()][-1] == {"id": 4, "n": 4}
    held.end()
