"""The slot: made once, taken over, never made again behind anybody's back."""
import json
import os
import time

import psycopg
import pytest

from records import afters, rows
from waiting import stays, wait_until


@pytest.fixture
def home(tmp_path):
    """One directory for several lives of an agent, so that they share a state file."""
    return str(tmp_path / "home")


# -- made at start

@pytest.mark.majors
def test_slot_and_publication_are_created(db, pgwake):
    db.unpublish()
    db.script("create table t(id int primary key); create table hidden(id int primary key)")
    agent = pgwake(postgres={"tables": ["public[.]t"]})
    row = db.slot_row()
    assert (row["plugin"], row["slot_type"], row["temporary"]) == ("pgoutput", "logical", False)
    assert db.sql("select tablename::text from pg_publication_tables where pubname = 'pgwake'"
                  ) == [("t",)]
    db.sql("insert into hidden values (1)")
    db.sql("insert into t values (1)")
    assert [r.table for r in agent.delivered()] == ["public.t"]
    agent.wait_log("slot.*created|created.*slot")
    agent.stop()


@pytest.mark.majors
def test_new_tables_join_a_publication_of_ours(db, pgwake):
    """The log says from which LSN on a table is captured, and how to avoid the gap."""
    db.unpublish()
    db.sql("create table first(id int primary key)")
    agent = pgwake(postgres={"tables": ["public[.].*", "!public[.]secret"],
                             "catalog_poll_interval_ms": 200})
    db.sql("create table second(id int primary key)")
    db.sql("create table secret(id int primary key)")

    def members():
        return sorted(name for (name,) in db.sql(
            "select tablename::text from pg_publication_tables where pubname = 'pgwake'"))
    wait_until(lambda: members() == ["first", "second"], "the new table to be published")
    db.sql("insert into second values (1)")
    db.sql("insert into secret values (1)")
    assert [r.table for r in agent.delivered()] == ["public.second"]
    line = agent.wait_log(r"[^\n]*public[.]second[^\n]*").group()
    assert "lsn=" in line and "all_tables" in agent.log()


def test_a_publication_of_others_is_left_alone(db, pgwake):
    db.sql("create table first(id int primary key)")
    db.publish("for table first")
    agent = pgwake(postgres={"catalog_poll_interval_ms": 100})
    db.sql("create table second(id int primary key)")
    db.sql("insert into first values (1)")
    agent.delivered()
    stays(lambda: db.one("select count(*) from pg_publication_tables") == 1, 0.5,
          "the publication was changed")


@pytest.mark.parametrize("option", ["create_slot", "publication_autocreate"])
def test_creation_can_be_forbidden(db, pgwake, option):
    db.sql("create table t(id int primary key)")
    db.unpublish()
    if option == "publication_autocreate":
        db.create_slot()
    else:
        db.publish()
    log = pgwake(postgres={option: False}, wait=False).wait_exit(2)
    assert (db.slot if option == "create_slot" else db.publication) in log
    assert ("pg_create_logical_replication_slot" if option == "create_slot"
            else "CREATE PUBLICATION") in log


# -- known to the state record

@pytest.mark.majors
def test_slot_dropped_while_down(db, pgwake, home):
    """The state record knows the slot: its history is lost, nothing is made anew."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(directory=home)
    db.sql("insert into t values (1)")
    agent.delivered()
    agent.stop()
    wait_until(lambda: not db.slot_row()["active"], "the slot to be free")
    db.sql("select pg_drop_replication_slot(%s)", db.slot)
    db.sql("insert into t values (2)")
    log = pgwake(directory=home, wait=False).wait_exit(3)
    assert db.slot in log
    assert db.slot_row() is None


def test_slot_recreated_while_down(db, pgwake, home):
    db.sql("create table t(id int primary key)")
    agent = pgwake(directory=home)
    db.sql("insert into t values (1)")
    agent.delivered()
    agent.stop()
    wait_until(lambda: not db.slot_row()["active"], "the slot to be free")
    db.sql("select pg_drop_replication_slot(%s)", db.slot)
    db.sql("insert into t values (2)")
    db.create_slot()
    made_at = db.confirmed()
    log = pgwake(directory=home, wait=False).wait_exit(3)
    assert db.slot in log
    assert db.confirmed() == made_at


def test_slot_recreated_while_down_kafka(db, pgwake, kafka):
    """The same with the state record in a topic."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(kafka)
    db.sql("insert into t values (1)")
    agent.delivered()
    agent.stop()
    wait_until(lambda: not db.slot_row()["active"], "the slot to be free")
    db.sql("select pg_drop_replication_slot(%s)", db.slot)
    db.sql("insert into t values (2)")
    db.create_slot()
    assert db.slot in pgwake(kafka, wait=False).wait_exit(3)
    assert kafka.topic_config(f"__pgwake_state.{db.prefix}")["cleanup.policy"] == "compact"


def sequence(record):
    """source.sequence as numbers: end of the commit before, own position."""
    return [int(x) if x else None for x in json.loads(record.source["sequence"])]


@pytest.mark.parametrize("sink", ["stdout", "kafka"])
def test_sequence_goes_on_after_a_restart(db, pgwake, home, sink, request):
    """source.sequence names the commit before the restart, from the state record."""
    kafka = request.getfixturevalue("kafka") if sink == "kafka" else None
    db.sql("create table t(id int primary key)")
    agent = pgwake(kafka, directory=home)
    db.sql("insert into t values (1)")
    (first,) = agent.delivered()
    assert sequence(first)[0] is None
    agent.stop()
    agent = pgwake(kafka, directory=home)
    db.sql("insert into t values (2)")
    second = agent.delivered()[-1]
    assert second.after == {"id": 2}
    before, own = sequence(second)
    assert first.source["lsn"] < before <= own == second.source["lsn"]
    agent.stop()


# -- in use by another

@pytest.mark.majors
@pytest.mark.scenario(52)
def test_second_agent_waits_and_takes_over(db, pgwake):
    db.sql("create table t(id int primary key)")
    first = pgwake()
    holder = db.walsender()[0]
    second = pgwake(wait=False)
    second.wait_log(f"pid={holder}|PID {holder}")
    db.sql("insert into t values (1)")
    first.delivered()
    stays(lambda: second.running() and db.walsender()[0] == holder, 1.0, "the slot changed hands")
    assert len([s for s in second.log_lines() if str(holder) in s]) == 1, second.log()
    first.kill9()
    killed = time.monotonic()
    db.sql("insert into t values (2)")
    second.wait_streaming()
    assert time.monotonic() - killed < 8
    assert {r.after["id"] for r in second.delivered()} >= {2}
    second.stop()


# -- not what it should be

@pytest.mark.majors
@pytest.mark.scenario(53)
def test_slot_of_another_database(db, pgwake, server):
    other = server.database("other")
    try:
        other.create_slot(db.slot)
        log = pgwake(wait=False).wait_exit(2)
        assert db.slot in log and other.name in log
    finally:
        other.drop()


@pytest.mark.scenario(53)
def test_physical_slot(db, pgwake, server):
    server.sql("select pg_create_physical_replication_slot(%s)", db.slot)
    try:
        log = pgwake(wait=False).wait_exit(2)
        assert db.slot in log and "physical" in log
    finally:
        server.sql("select pg_drop_replication_slot(%s)", db.slot)


def test_slot_of_another_plugin(db, pgwake):
    db.create_slot(plugin="test_decoding")
    log = pgwake(wait=False).wait_exit(2)
    assert "test_decoding" in log and "pgoutput" in log


@pytest.mark.majors
@pytest.mark.scenario(35)
def test_two_phase_slot_is_refused(db, pgwake):
    db.create_slot(two_phase=True)
    log = pgwake(wait=False).wait_exit(2)
    assert "two_phase" in log and db.slot in log


@pytest.mark.scenario(53)
def test_slot_dropped_under_a_running_agent(db, pgwake):
    """Somebody ends the walsender and drops the slot: never made again."""
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    db.sql("insert into t values (1)")
    agent.delivered()
    deadline = time.monotonic() + 10
    while True:        # the agent is quick to take it back
        db.sql("select pg_terminate_backend(active_pid) from pg_replication_slots"
               " where slot_name = %s and active", db.slot)
        try:
            db.sql("select pg_drop_replication_slot(%s)", db.slot)
            break
        except psycopg.errors.ObjectInUse:
            assert time.monotonic() < deadline
    assert db.slot in agent.wait_exit(3, 40)
    assert db.slot_row() is None


@pytest.mark.majors
@pytest.mark.scenario(55)
def test_lost_slot(new_server, starter, home):
    """max_slot_wal_keep_size passed while the agent was down: history is lost, said out loud."""
    server = new_server(max_slot_wal_keep_size="'1MB'", max_wal_size="'32MB'",
                        min_wal_size="'32MB'")
    db = server.database("lost")
    db.publish()
    db.sql("create table t(id int primary key, v text)")
    pgwake = starter(db)
    agent = pgwake(directory=home)
    db.sql("insert into t values (1, 'a')")
    agent.delivered()
    agent.stop()

    def lost():
        db.sql("insert into t select g, repeat('x', 1000) from generate_series("
               "(select max(id) + 1 from t), (select max(id) + 20000 from t)) g")
        db.sql("select pg_switch_wal()")
        db.sql("checkpoint")
        return db.slot_row()["wal_status"] == "lost"
    wait_until(lost, "the slot to be lost", 60)
    log = pgwake(directory=home, wait=False).wait_exit(3)
    assert db.slot in log and "lost" in log


@pytest.mark.majors
@pytest.mark.scenario(16)
def test_publication_missing_at_that_point_of_the_log(db, pgwake):
    """The slot is older than the publication: rows in between cannot be decoded."""
    db.unpublish()
    db.sql("create table t(id int primary key)")
    db.create_slot()
    db.sql("insert into t values (1)")
    db.publish()
    db.sql("insert into t values (2)")
    before = db.confirmed()
    agent = pgwake(wait=False)
    log = agent.wait_exit(3)
    assert db.publication in log
    assert db.confirmed() == before
    assert agent.printed() == []


@pytest.mark.scenario(16)
def test_publication_dropped_while_streaming(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    db.sql("insert into t values (1)")
    agent.delivered()
    db.unpublish()
    db.sql("insert into t values (2)")
    assert db.publication in agent.wait_exit(3)
    db.publish()


# -- moving on

def idle_in_another_database(server, db):
    other = server.database("busy")
    try:
        other.sql("create table t(id int)")
        for _ in range(20):
            other.sql("insert into t select generate_series(1, 1000)")
        target = db.wal_lsn()
    finally:
        other.drop()
    return target


@pytest.mark.majors
@pytest.mark.scenario(61)
def test_idle_slot_follows_the_log(db, pgwake, server):
    """Another database is busy, ours is not: WAL is let go all the same."""
    agent = pgwake()
    start = db.confirmed()
    target = idle_in_another_database(server, db)
    assert target > start
    db.wait_confirmed(target)
    assert agent.delivered() == []
    agent.stop()


@pytest.mark.scenario(61)
def test_unpublished_tables_move_the_slot(db, pgwake):
    db.script("create table t(id int primary key); create table noise(id int)")
    db.publish("for table t")
    agent = pgwake()
    for _ in range(10):
        db.sql("insert into noise select generate_series(1, 100)")
    assert agent.delivered() == []


def test_filtered_tables_move_the_slot(db, pgwake):
    db.script("create table t(id int primary key); create table noise(id int primary key)")
    agent = pgwake(postgres={"tables": ["public[.]t"]})
    db.sql("insert into noise select generate_series(1, 1000)")
    db.sql("insert into t values (1)")
    db.sql("insert into noise values (-1)")
    assert [r.table for r in agent.delivered()] == ["public.t"]


@pytest.mark.majors
def test_confirmed_within_a_second(db, pgwake, kafka):
    """The slot moves soon after the last acknowledgement, not at some later tick."""
    db.sql("create table t(id int primary key)")
    pgwake(kafka)
    for i in range(3):
        db.sql("insert into t values (%s)", i)
        end = db.wal_lsn()
        db.wait_confirmed(end, timeout=1.5)


def test_open_transaction_holds_nothing_else_up(db, pgwake):
    """A long transaction keeps WAL, not the rows of others (restart_lsn waits, confirmed moves)."""
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    with db.connect() as slow:
        slow.execute("begin")
        slow.execute("insert into t values (1)")
        db.sql("insert into t values (2)")
        assert afters(agent.delivered()) == [{"id": 2}]
        slow.execute("commit")
    assert afters(agent.delivered()) == [{"id": 1}]


def test_no_duplicates_over_a_clean_restart(db, pgwake):
    db.sql("create table t(id int primary key)")
    for i in range(3):
        agent = pgwake()
        db.sql("insert into t values (%s)", i)
        assert rows(agent.delivered()) == [("c", None, {"id": i})]
        agent.stop()


def test_state_file(db, pgwake, home):
    """It names the server and the slot, and is replaced whole: nothing else is left beside it."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(directory=home)
    db.sql("insert into t values (1)")
    agent.delivered()
    agent.stop()
    with open(os.path.join(home, "state")) as f:
        text = json.dumps(json.load(f))
    assert db.slot in text and system_identifier(db) in text
    assert sorted(os.listdir(home)) == ["pgwake.conf", "state", "stderr.log", "stdout.jsonl"]


@pytest.mark.scenario(69)
def test_state_of_another_server(db, pgwake, home):
    """The record names another system: somebody restored or replaced the server."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(directory=home)
    db.sql("insert into t values (1)")
    agent.delivered()
    agent.stop()
    path = os.path.join(home, "state")
    with open(path) as f:
        text = f.read()
    other = "7000000000000000001"
    with open(path, "w") as f:
        f.write(text.replace(system_identifier(db), other))
    log = pgwake(directory=home, wait=False).wait_exit(3)
    assert system_identifier(db) in log and other in log


def system_identifier(db):
    return db.one("select system_identifier::text from pg_control_system()")
