"""Logical decoding messages."""
import base64

import pytest

from records import ops

pytestmark = pytest.mark.majors


def contents(records):
    return [base64.b64decode(r.value["message"]["content"]).decode() for r in records
            if r.op == "m"]


@pytest.mark.scenario(32)
def test_transactional_and_not(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    with db.connect() as c:
        c.execute("begin")
        c.execute("insert into t values (1)")
        c.execute("select pg_logical_emit_message(true, 'p', 'with the commit')")
        c.execute("select pg_logical_emit_message(false, 'p', 'at once')")
        c.execute("commit")
        c.execute("begin")
        c.execute("select pg_logical_emit_message(true, 'p', 'rolled back')")
        c.execute("select pg_logical_emit_message(false, 'p', 'survives')")
        c.execute("rollback")
    got = agent.delivered()
    assert ops(got) == ["m", "c", "m", "m"]
    assert contents(got) == ["at once", "with the commit", "survives"]
    message = got[0]
    assert message.topic == f"{db.prefix}.message"
    assert message.key == {"prefix": "p"}
    assert message.value["message"]["prefix"] == "p"
    assert message.source["txId"] is None
    assert got[2].source["txId"] == got[1].source["txId"]


@pytest.mark.scenario(32)
def test_position_of_a_message(db, pgwake):
    """source.lsn is what pg_logical_emit_message returned."""
    agent = pgwake()
    position = db.one("select pg_logical_emit_message(false, 'p', 'x') - '0/0'::pg_lsn")
    (message,) = agent.delivered()
    assert message.source["lsn"] == int(position)


@pytest.mark.scenario(33)
def test_message_of_two_megabytes(db, pgwake, kafka):
    text = "x" * 2_000_000
    agent = pgwake(kafka, kafka={"message_max_bytes": 4_000_000})
    db.sql("select pg_logical_emit_message(false, 'big', %s)", text)
    assert contents(agent.delivered(30)) == [text]
    agent.stop()


def test_lone_messages_advance_the_slot(db, pgwake):
    """A message outside a transaction is a unit by itself: nothing else has to come."""
    agent = pgwake()
    for i in range(50):
        db.sql("select pg_logical_emit_message(false, 'p', %s)", str(i))
    db.wait_confirmed()
    assert contents(agent.delivered()) == [str(i) for i in range(50)]
    agent.stop()
    agent = pgwake()
    db.sql("select pg_logical_emit_message(false, 'p', 'last')")
    assert contents(agent.delivered()) == ["last"]


def test_binary_content(db, pgwake):
    agent = pgwake()
    db.sql("select pg_logical_emit_message(true, 'päfix', '\\x00ff0a'::bytea)")
    (message,) = agent.delivered()
    assert message.key == {"prefix": "päfix"}
    assert base64.b64decode(message.value["message"]["content"]) == b"\x00\xff\n"
