"""What may go wrong while rows are read: said clearly, and nothing is lost."""
import re

import psycopg
import pytest

from pglib import SUPERUSER
from snapshots import Snapshot, fill
from waiting import wait_until


# -- not allowed

def remedies(agent):
    """The statements that the log offers."""
    found = [re.search(r'remedy="((?:[^"\\]|\\.)*)"', line) for line in agent.log_lines("error")]
    return [m.group(1).replace('\\"', '"') for m in found if m]


@pytest.mark.majors
def test_no_privilege(db, pgwake, role):
    """Every such table is named before anything is read; what is offered helps.

    Rights on columns are not enough: LOCK TABLE wants the table's.
    """
    db.script("""
        create schema "S x"; create table "S x"."T ""t"(id int primary key); create table a(id int primary key);
        create table b(id int primary key, v text); create table c(id int primary key, v text);
        insert into "S x"."T ""t" values (1); insert into a values (2); insert into b values (3);
        insert into c values (4)""")
    db.sql(f"grant select on b to {role}")
    db.sql(f"grant select (id, v) on c to {role}")
    agent = pgwake(wait=False, user=role, snapshot={"mode": "initial"})
    log = agent.wait_exit(2)
    assert agent.records(0) == []
    for name in ("public.a", "public.c", 'S x.T \\"t'):
        assert name in log.splitlines()[-1], log
    assert "public.b" not in log
    statements = remedies(agent)
    assert len(statements) == 3
    db.script(";".join(statements))
    agent = pgwake(user=role, snapshot={"mode": "initial"}).wait_complete()
    assert {r.after["id"] for r in agent.records(0)} == {1, 2, 3, 4}


def test_no_privilege_for_what_is_left_out(db, pgwake, role):
    db.script("create table a(id int primary key); create table b(id int primary key); insert into a values (1)")
    db.sql(f"grant select on a to {role}")
    agent = pgwake(user=role, snapshot={"mode": "initial", "tables": ["public[.]a"]}).wait_complete()
    assert [r.after["id"] for r in agent.records(0)] == [1]


def test_no_privilege_on_a_partition(db, pgwake, role):
    """A right on the root says nothing of a partition that is read by itself."""
    db.script("""
        create table root(id int primary key) partition by range (id);
        create table low partition of root for values from (0) to (10)""")
    db.publish("for table root", "with (publish_via_partition_root = true)")
    db.sql(f"grant select on root to {role}")
    agent = pgwake(wait=False, user=role, snapshot={"mode": "initial"})
    assert "public.low" in agent.wait_exit(2)


@pytest.mark.majors
def test_row_level_security(db, pgwake, role):
    """Rows that would be hidden are never taken for rows that are not there."""
    db.script("create table t(id int primary key); insert into t values (1), (2);"
              "alter table t enable row level security; create policy p on t using (id = 1)")
    db.sql(f"grant select on t to {role}")
    agent = pgwake(wait=False, user=role, snapshot={"mode": "initial"})
    log = agent.wait_exit(2)
    assert "row level security" in log and "public.t" in log
    assert agent.records(0) == []
    statement, = remedies(agent)
    db.sql(statement)
    agent = pgwake(user=role, snapshot={"mode": "initial"}).wait_complete()
    assert [r.after["id"] for r in agent.records(0)] == [1, 2]


def test_privilege_taken_away_while_reading(db, snapshot, role):
    fill(db, "t", 6000)
    db.sql(f"grant select on t to {role}")
    s = snapshot(True)
    s.start(user=role).wait_log("reading the rows")
    s.hold_within("t")
    s.release(f"revoke select on t from {role}")
    assert "public.t" in s.agent.wait_exit(2)
    db.sql(f"grant select on t to {role}")
    s.start(user=role)
    s.finish()
    s.check("t")


# -- tables that change

CHANGES = {
    "drop": "drop table t",
    "truncate": "truncate t",
    "rewrite": "alter table t alter pad type varchar(300)",
    "new type": "alter table t alter version type numeric(20)",
    "add column": "alter table t add column more int default 5",
    "drop column": "alter table t drop column doc",
    "rename column": "alter table t rename column doc to document",
    "rename": "alter table t rename to renamed",
    "move": "create schema elsewhere; alter table t set schema elsewhere",
    "cluster": "create index backwards on t ((-id)); cluster t using backwards",
    "set unlogged": "alter table t set unlogged",
    "drop key": "alter table t drop constraint t_pkey, replica identity full",
    "identity": "alter table t replica identity full",
}


@pytest.mark.parametrize("change, within", [
    *((change, True) for change in CHANGES),
    *((change, False) for change in ("drop", "truncate", "rewrite", "rename"))])
def test_table_changes(db, snapshot, change, within):
    """Between two parts of it, or before the first: the snapshot goes on, and all its rows are told."""
    fill(db, "a", 50)
    fill(db, "t", 3000)
    fill(db, "z", 50)
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    if within:
        s.hold_within("t")
    else:
        s.hold("t")
    after = {"rename": "renamed", "move": "elsewhere.t"}.get(change, "t")
    more = [] if change == "drop" else [
        f"insert into {after}(id, version, pad) values (900001, 1, 'new')",
        f"update {after} set prev = version, version = 2, pad = 'changed' where id in (1, 3000)"]
    s.release(CHANGES[change], *more)
    s.finish()
    s.check("a", "z")
    if change == "drop":
        return
    # What was read under the old name stays there, as with a change of name while streaming.
    told = state(r for r in s.records if r.table in ("public.t", f"public.{after}", after))
    there = {row["id"]: row for row in rows(db, after)}
    if change != "truncate":
        assert told.keys() == there.keys()
    wrong = [(told.get(n), row) for n, row in there.items() if not agrees(told.get(n), row, change)]
    assert not wrong, f"{len(wrong)} rows, such as {wrong[0]}"


def rows(db, table):
    with db.connect() as c:
        c.row_factory = psycopg.rows.dict_row
        return c.execute(f"select * from {table}").fetchall()


def state(records):
    """What a consumer has in the end, by id."""
    out = {}
    for r in records:
        if r.op == "d":
            out.pop(r.before["id"], None)
        elif not r.tombstone:
            out[r.after["id"]] = r.after
    return out


def agrees(told, row, change):
    """A new column with a default is in rows that are written after it was made."""
    if told is None:
        return False
    if change == "add column" and "more" not in told:
        row = {k: v for k, v in row.items() if k != "more"}
    if change == "new type":
        told, row = {**told, "version": None}, {**row, "version": None}
    return told == row


def test_partition_is_detached_while_reading(db, snapshot):
    db.publish("for all tables", "with (publish_via_partition_root = true)")
    db.script("""
        create table root(id int primary key, pad text) partition by range (id);
        create table low partition of root for values from (0) to (2000);
        create table high partition of root for values from (2000) to (9000);
        insert into root select g, repeat('p', 200) from generate_series(1, 5000) g""")
    s = snapshot()
    s.start().wait_log("reading the rows")
    s.hold("high")
    s.lock.execute("alter table root detach partition high")
    s.release("insert into root values (5, 'new') on conflict (id) do update set pad = 'new'",
              "update high set pad = 'alone' where id = 5000")
    s.finish()
    root = state(r for r in s.records if r.table == "public.root")
    high = state(r for r in s.records if r.table == "public.high")
    assert {row["id"]: row for row in rows(db, "root")}.items() <= root.items()
    # Rows told as those of the root before it was detached stay those of the root.
    assert {row["id"]: row for row in rows(db, "high")}.items() <= {**root, **high}.items()


@pytest.mark.majors
@pytest.mark.parametrize("root", [False, True])
def test_tables_are_not_locked_between_parts(db, snapshot, root):
    """A change of a table waits for a part of it at most, never for the whole snapshot."""
    db.publish("for all tables", f"with (publish_via_partition_root = {root})")
    fill(db, "a", 10)
    fill(db, "t", 3000)
    db.script("""
        create table root(id int primary key, pad text) partition by range (id);
        create table low partition of root for values from (0) to (2000);
        insert into root values (1, 'x')""")
    s = snapshot()
    s.start().wait_log("reading the rows")
    s.hold("t")
    wait_until(lambda: backends(db, "wait_event_type = 'Lock'"), "the reader to wait")
    locked = db.sql("select distinct relation::regclass::text from pg_locks l join pg_class c on c.oid = l.relation"
                    " where c.relnamespace = 'public'::regnamespace and granted and l.pid <> %s"
                    " and l.pid <> pg_backend_pid()", s.lock.info.backend_pid)
    assert locked == []
    s.release()
    s.finish()


def test_table_is_created_while_reading(db, snapshot):
    fill(db, "t", 3000)
    s = snapshot()
    s.start().wait_log("reading the rows")
    s.hold("t")
    db.script("create table later(id int primary key, v text); insert into later values (1, 'a')")
    s.release()
    s.finish()
    s.check("t")
    assert [r.after for r in s.records if r.table == "public.later"] == [{"id": 1, "v": "a"}]


# -- connections

def backends(db, condition):
    return [pid for (pid,) in db.sql(
        "select pid from pg_stat_activity where datname = current_database()"
        f" and pid <> pg_backend_pid() and {condition}")]


@pytest.mark.majors
@pytest.mark.parametrize("how", ["terminate", "cancel"])
def test_reader_is_ended(db, snapshot, how):
    """A part that was not finished is read again, under the same snapshot."""
    fill(db, "t", 4000)
    s = snapshot(True, threads=2)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    waiting = wait_until(lambda: backends(db, "wait_event_type = 'Lock'"), "a reader to wait")
    for pid in waiting:
        db.sql(f"select pg_{how}_backend(%s)", pid)
    s.agent.wait_log("read again")
    s.release()
    s.finish()
    s.check("t")
    assert s.agent.log().count("reading the rows") == 1


def test_reader_is_ended_within_its_part(db, kafka_proxy, kafka, snapshot):
    """Rows of it have been sent; they are sent again, all of it under the same snapshot."""
    fill(db, "t", 20_000, pad=800)
    s = snapshot(chunk_kbytes=1 << 20)
    s.kafka = kafka_proxy
    s.start(kafka={"queue_buffering_max_kbytes": 2048})
    wait_until(lambda: kafka_proxy.bytes_up > 200_000, "rows to be on their way")
    kafka_proxy.stall()
    s.kafka = kafka
    for _ in range(2):
        copying = wait_until(lambda: backends(db, "query like '%COPY%' and state = 'active'"), "a reader to copy")
        db.sql("select pg_terminate_backend(%s)", copying[0])
        wait_until(lambda: copying[0] not in backends(db, "true"), "it to end")
        kafka_proxy.resume()
    s.finish()
    s.check("t")
    assert "read again" in s.agent.log()


@pytest.mark.majors
def test_holder_is_ended(db, snapshot):
    """Without it no reader can begin: the rest is read in another round."""
    fill(db, "t", 4000)
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    idle, = backends(db, "state = 'idle in transaction' and backend_xmin is not null")
    db.sql("select pg_terminate_backend(%s)", idle)
    s.agent.wait_log("connection is lost")
    s.release()
    s.write("t", "id in (1, 4000)")
    s.finish()
    s.check("t")
    assert s.agent.log().count("reading the rows") == 2


def test_limits_of_a_role_end_nothing(db, snapshot):
    """Its timeouts are for people's sessions."""
    fill(db, "t", 4000)
    limits = ["statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"]
    if db.server.major >= 17:
        limits.append("transaction_timeout")
    for name in limits:
        db.sql(f'alter database "{db.name}" set {name} = 300')
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    db.sql("set statement_timeout = 0")
    db.sql("select pg_sleep(1)")
    s.release()
    s.finish()
    assert s.agent.log().count("reading the rows") == 1
    s.check("t")


# -- statements

FAILING = """
    create function trouble() returns boolean language plpgsql as $$ begin
        if exists (select from pg_locks where locktype = 'advisory' and objid = 4711) then
            raise exception 'no space left on device' using errcode = 'disk_full';
        end if;
        return true; end $$"""


def test_disk_full(db, snapshot):
    """It may be there again: said, and tried again."""
    db.sql(FAILING)
    fill(db, "t", 300)
    db.sql("select pg_advisory_lock(4711)")
    s = snapshot(select_overrides=[{"table": "public.t", "statement": "select * from t where trouble()"}])
    s.start().wait_log("read again.*public.t.*no space left")
    db.sql("select pg_advisory_unlock(4711)")
    s.finish()
    s.check("t")


@pytest.mark.parametrize("statement, words", [
    ("select * from", "syntax error"),
    ("select * from nowhere", "nowhere"),
    ("select id from t", "v"),
    ("select id / 0 as id, v from t", "division by zero"),
    ("select * from t, t as u", "ambiguous"),
    ("delete from t", "syntax error"),
], ids=["syntax", "table", "column", "division", "twice", "no select"])
def test_select_override_that_fails(db, pgwake, statement, words):
    db.script("create table t(id int primary key, v text); insert into t values (1, 'a')")
    agent = pgwake(wait=False, snapshot={"mode": "initial", "select_overrides": [
        {"table": "public.t", "statement": statement}]})
    log = agent.wait_exit(2)
    last = agent.log_lines("error")[-1]
    assert words in last and "public.t" in last and "select_overrides" in last, log
    assert agent.records(0) == []
    assert db.one("select count(*) from t") == 1


def test_select_override_cannot_write(db, pgwake):
    db.script("create table t(id int primary key); insert into t values (1); create table u(id int)")
    db.sql("create function f() returns setof t language sql as"
           " 'insert into u values (1); select * from t'")
    agent = pgwake(wait=False, snapshot={"mode": "initial", "select_overrides": [
        {"table": "public.t", "statement": "select * from f()"}]})
    assert "read-only" in agent.wait_exit(2)


# -- nothing left

def test_no_slot_left_for_a_later_round(new_server, starter, kafka, tmp_path):
    """It says so, keeps streaming, and goes on when there is room."""
    server = new_server(max_replication_slots=2)
    db = server.database("slots")
    db.publish()
    fill(db, "t", 4000)
    s = Snapshot(db, kafka, starter(db), tmp_path, True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    s.kill()
    s.release()
    db.create_slot("taken")
    s.start().wait_log("cannot go on.*max_replication_slots|cannot go on.*slots are in use")
    s.write("t", "id = 1")
    wait_until(lambda: any(r.op == "u" for r in s.arrived()), "the stream to go on")
    db.sql("select pg_drop_replication_slot('taken')")
    s.finish()
    s.check("t")
    s.close()


def test_no_walsender_left_for_a_later_round(new_server, starter, kafka, tmp_path):
    server = new_server(max_wal_senders=2)
    db = server.database("senders")
    db.publish()
    fill(db, "t", 4000)
    s = Snapshot(db, kafka, starter(db), tmp_path, True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    s.kill()
    s.release()
    wait_until(lambda: not db.walsender(), "the slot to be free")
    with psycopg.connect(server.conninfo(db.name, SUPERUSER, replication="database"), autocommit=True):
        s.start().wait_log("cannot go on.*max_wal_senders")
        s.write("t", "id = 1")
        wait_until(lambda: any(r.op == "u" for r in s.arrived()), "the stream to go on")
    s.finish()
    s.check("t")
    s.close()


def test_row_too_large_for_kafka(db, pgwake, kafka):
    """As when it is streamed: named, and nothing is passed over."""
    db.script("create table t(id int primary key, v text); insert into t values (1, 'small');"
              "insert into t values (2, repeat('x', 1500000))")
    agent = pgwake(kafka, wait=False, snapshot={"mode": "initial"})
    agent.wait_exit(2, 30)
    last = agent.log_lines("error")[-1]
    assert "public.t" in last and '{\\"id\\":2}' in last and "message_max_bytes" in last
    again = pgwake(kafka, snapshot={"mode": "initial"}, kafka={"message_max_bytes": 3_000_000}).wait_complete()
    assert {r.after["id"] for r in again.delivered()} == {1, 2}
    again.stop()
