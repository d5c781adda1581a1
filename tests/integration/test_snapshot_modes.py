"""Which rows are read before streaming, and when again: snapshot.mode."""
import pytest

from records import afters, ops
from waiting import wait_until

pytestmark = pytest.mark.majors


@pytest.fixture
def home(tmp_path):
    """One directory for several lives of an agent, so that they share a state file."""
    return str(tmp_path / "home")


@pytest.fixture
def table(db):
    db.sql("create table t(id int primary key, v text)")
    db.sql("insert into t values (1, 'a'), (2, 'b')")
    return db


def ids(records):
    return [(r.op, r.key["id"]) for r in records]


def life(pgwake, home, mode):
    """An agent that reads rows if it wants to, then streams."""
    return pgwake(directory=home, snapshot={"mode": mode})


def drop_slot(db):
    wait_until(lambda: not db.slot_row()["active"], "the slot to be free")
    db.sql("select pg_drop_replication_slot(%s)", db.slot)


def test_initial(table, pgwake, home):
    """Once: what is there, then what happens; never again."""
    agent = life(pgwake, home, "initial").wait_complete()
    table.sql("insert into t values (3, 'c')")
    assert ids(agent.delivered()) == [("r", 1), ("r", 2), ("c", 3)]
    agent.stop()
    table.sql("delete from t where id = 1")
    again = life(pgwake, home, "initial")
    assert ids(again.delivered()) == [("d", 1), ("tombstone", 1)]
    assert "snapshot" not in again.log()
    again.stop()


def test_initial_is_what_there_is_without_a_mode(table, pgwake):
    agent = pgwake(snapshot=None).wait_complete()
    assert ids(agent.delivered()) == [("r", 1), ("r", 2)]
    agent.stop()


def test_initial_with_a_slot_that_was_there(table, pgwake):
    """What it holds is published first, then the rows as they are now."""
    table.create_slot()
    table.sql("update t set v = 'c' where id = 2")
    agent = pgwake(snapshot={"mode": "initial"}).wait_complete()
    got = agent.delivered()
    assert ids(got) == [("u", 2), ("r", 1), ("r", 2)]
    assert got[2].after["v"] == "c"
    assert got[0].source["lsn"] < got[1].source["lsn"]
    agent.stop()


def test_no_data(table, pgwake, home):
    agent = life(pgwake, home, "no_data")
    table.sql("insert into t values (3, 'c')")
    assert ids(agent.delivered()) == [("c", 3)]
    agent.stop()
    again = life(pgwake, home, "initial")      # it has been streaming: there is nothing to catch up
    table.sql("insert into t values (4, 'd')")
    assert ids(again.delivered()) == [("c", 4)]
    again.stop()


def test_initial_only(table, pgwake, home):
    """Every row, then the end; neither slot nor anything else is left on the server."""
    agent = pgwake(directory=home, wait=False, snapshot={"mode": "initial_only"})
    agent.wait_exit(0)
    assert ids(agent.records(2)) == [("r", 1), ("r", 2)]
    assert table.slot_row() is None
    again = pgwake(directory=home, wait=False, snapshot={"mode": "initial_only"})
    again.wait_exit(0)
    assert again.records(0) == []


def test_initial_only_with_kafka(table, pgwake, kafka):
    agent = pgwake(kafka, wait=False, snapshot={"mode": "initial_only"})
    agent.wait_exit(0, 30)
    assert ids(kafka.reader(table.prefix).rest()) == [("r", 1), ("r", 2)]


def test_initial_only_without_a_publication(table, pgwake):
    table.unpublish()
    agent = pgwake(wait=False, snapshot={"mode": "initial_only"})
    agent.wait_exit(0)
    assert ids(agent.records(2)) == [("r", 1), ("r", 2)]
    assert table.one("select count(*) from pg_publication") == 0


def test_initial_after_initial_only(table, pgwake, home):
    """Nothing joined what was read then to a stream: all is read again."""
    pgwake(directory=home, wait=False, snapshot={"mode": "initial_only"}).wait_exit(0)
    table.sql("delete from t where id = 1")
    agent = life(pgwake, home, "initial").wait_complete()
    table.sql("insert into t values (3, 'c')")
    assert ids(agent.delivered()) == [("r", 2), ("c", 3)]
    agent.stop()


def test_always(table, pgwake, home):
    """At every start; what came meanwhile first."""
    life(pgwake, home, "always").wait_complete().stop()
    table.sql("insert into t values (3, 'c')")
    agent = life(pgwake, home, "always").wait_complete()
    assert ids(agent.delivered()) == [("c", 3), ("r", 1), ("r", 2), ("r", 3)]
    agent.stop()


def test_when_needed_after_the_slot_was_dropped(table, pgwake, home):
    life(pgwake, home, "when_needed").wait_complete().stop()
    quiet = life(pgwake, home, "when_needed")
    table.sql("insert into t values (3, 'c')")
    assert ids(quiet.delivered()) == [("c", 3)]
    quiet.stop()
    drop_slot(table)
    table.sql("delete from t where id = 1")
    agent = life(pgwake, home, "when_needed").wait_complete()
    assert any("lost" in line for line in agent.log_lines("warn"))
    table.sql("insert into t values (4, 'd')")
    assert ids(agent.delivered()) == [("r", 2), ("r", 3), ("c", 4)]
    agent.stop()


def test_when_needed_after_the_slot_was_made_anew(table, pgwake, home):
    life(pgwake, home, "when_needed").wait_complete().stop()
    drop_slot(table)
    table.sql("update t set v = 'lost'")
    table.create_slot()
    agent = life(pgwake, home, "when_needed").wait_complete()
    assert [a["v"] for a in afters(agent.delivered())] == ["lost", "lost"]
    agent.stop()


def test_when_needed_after_the_slot_was_dropped_kafka(table, pgwake, kafka):
    pgwake(kafka, snapshot={"mode": "when_needed"}).wait_complete().stop()
    drop_slot(table)
    agent = pgwake(kafka, snapshot={"mode": "when_needed"}).wait_complete()
    assert ids(agent.delivered()) == [("r", 1), ("r", 2), ("r", 1), ("r", 2)]
    agent.stop()


def test_initial_does_not_start_anew(table, pgwake, home):
    """That the slot is gone is said, and nothing is read in its place."""
    life(pgwake, home, "initial").wait_complete().stop()
    drop_slot(table)
    agent = pgwake(directory=home, wait=False, snapshot={"mode": "initial"})
    log = agent.wait_exit(3)
    assert "when_needed" in log or "snapshot" in log
    assert ops(agent.records(0)) == [] and table.slot_row() is None


def test_when_needed_after_max_slot_wal_keep_size(new_server, starter, home):
    server = new_server(max_slot_wal_keep_size="'1MB'", max_wal_size="'32MB'", min_wal_size="'32MB'")
    db = server.database("lost")
    db.sql("create table t(id int primary key, v text)")
    db.publish()
    pgwake = starter(db)
    db.sql("insert into t values (1, 'a')")
    pgwake(directory=home, snapshot={"mode": "when_needed"}).wait_complete().stop()

    def lost():
        db.sql("insert into t select g, repeat('x', 1000) from generate_series("
               "(select max(id) + 1 from t), (select max(id) + 2000 from t)) g")
        db.sql("select pg_switch_wal()")
        db.sql("checkpoint")
        return db.slot_row()["wal_status"] == "lost"
    wait_until(lost, "the slot to be lost", 60)
    count = db.one("select count(*) from t")
    agent = pgwake(directory=home, snapshot={"mode": "when_needed"}).wait_complete()
    got = agent.delivered()
    assert set(ops(got)) == {"r"} and len(got) == count
    assert db.slot_row()["wal_status"] != "lost"
    agent.stop()
