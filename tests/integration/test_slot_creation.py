"""Creation of the slot waits for older transactions: said, bounded, and never left behind."""
import pytest

from waiting import wait_until


@pytest.fixture
def writer(db):
    """A transaction that has written and does not end."""
    db.sql("create table t(id int primary key)")
    with db.connect() as connection:
        connection.execute("begin")
        connection.execute("insert into t values (1)")
        yield connection
        connection.execute("rollback")


def walsender_waits(db):
    return db.one("select count(*) from pg_stat_activity where backend_type = 'walsender'"
                  " and datname = %s and wait_event is not null", db.name)


@pytest.mark.majors
@pytest.mark.scenario(58)
def test_waits_and_says_for_whom(db, pgwake, writer):
    agent = pgwake(wait=False)
    pid = writer.info.backend_pid
    agent.wait_log(f"waits for transactions.*pid {pid} .*insert into t")
    writer.execute("commit")
    agent.wait_streaming()
    db.sql("insert into t values (2)")
    assert [r.after["id"] for r in agent.delivered()] == [2]
    agent.stop()


@pytest.mark.majors
@pytest.mark.scenario(58)
def test_gives_up_in_time(db, pgwake, writer):
    agent = pgwake(wait=False, postgres={"slot_timeout_ms": 2500})
    log = agent.wait_exit(1)
    assert db.slot in log and f"pid {writer.info.backend_pid}" in log
    wait_until(lambda: not walsender_waits(db), "the server to give up as well")
    assert db.slot_row() is None


@pytest.mark.majors
def test_stopped_while_it_waits(db, pgwake, writer):
    agent = pgwake(wait=False)
    wait_until(lambda: walsender_waits(db), "the creation to wait")
    agent.stop()
    wait_until(lambda: not walsender_waits(db), "the server to give up as well")
    assert db.slot_row() is None


def test_a_prepared_transaction_is_named(new_server, starter):
    server = new_server(max_prepared_transactions=2)
    db = server.database("prepared")
    db.sql("create table t(id int primary key)")
    db.publish()
    db.sql("begin; insert into t values (1); prepare transaction 'forgotten'")
    try:
        log = starter(db)(wait=False, postgres={"slot_timeout_ms": 2500}).wait_exit(1)
        assert "forgotten" in log
    finally:
        db.sql("rollback prepared 'forgotten'")
