"""BEGIN and END of each transaction, and the place of every event in it."""
import re
import subprocess
import threading

import pytest

from faults import Proxy
from records import Record
from waiting import wait_until

TOLD = {"provide_transaction_metadata": True}


def told(records, db):
    """The records of the transaction topic, and the others."""
    topic = f"{db.prefix}.transaction"
    return ([r.value for r in records if r.topic == topic],
            [r for r in records if r.topic != topic])


def xid(text):
    return int(text.partition(":")[0])


@pytest.mark.majors
def test_bounds_and_places(db, pgwake):
    db.script("create table a(id int primary key); create table b(id int primary key)")
    agent = pgwake(format=TOLD)
    with db.connect() as c:
        c.execute("begin; insert into a values (1), (2); insert into b values (1);"
                  " update a set id = 3 where id = 2; commit")
    bounds, events = told(agent.delivered(), db)
    begin, end = bounds
    assert (begin["status"], begin["event_count"], begin["data_collections"]) == ("BEGIN", None, None)
    assert (end["status"], end["event_count"]) == ("END", 5)
    assert end["data_collections"] == [{"data_collection": "public.a", "event_count": 4},
                                       {"data_collection": "public.b", "event_count": 1}]
    assert begin["id"] == events[0].value["transaction"]["id"]
    assert end["ts_ms"] == events[0].source["ts_ms"]
    for e in events:
        if not e.tombstone:
            assert e.value["transaction"]["id"] == f"{e.source['txId']}:{e.source['lsn']}"
            assert xid(end["id"]) == e.source["txId"]
    places = [(r.value["transaction"]["total_order"], r.value["transaction"]["data_collection_order"])
              for r in events if not r.tombstone]
    assert places == [(1, 1), (2, 2), (3, 1), (4, 3), (5, 4)]


@pytest.mark.majors
def test_a_transaction_without_events(db, pgwake):
    """The server tells of it (from 15 on only if it wrote to a published table): so do we."""
    db.script("create table t(id int primary key); create table quiet(id int primary key)")
    agent = pgwake(format=TOLD, postgres={"tables": ["public.t"]})
    db.sql("insert into quiet values (1)")
    bounds, events = told(agent.delivered(), db)
    assert events == []
    assert [(b["status"], b["event_count"], b["data_collections"]) for b in bounds] == [
        ("BEGIN", None, None), ("END", 0, [])]
    agent.stop()
    agent = pgwake(format=TOLD, postgres={"tables": ["public.t"]})
    db.sql("insert into t values (1)")
    bounds, events = told(agent.delivered(), db)
    assert [b["status"] for b in bounds] == ["BEGIN", "END"]
    assert len(events) == 1


class Collector:
    """Reads a program's output from a pipe, once it is let."""

    def __init__(self):
        self.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.send_signal(19)    # SIGSTOP: the pipe fills up
        self.lines = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def let(self):
        self.process.send_signal(18)    # SIGCONT

    def finish(self):
        self.process.stdin.close()
        self._thread.join(10)
        self.process.wait(10)
        return [Record.from_line(line.decode()) for line in self.lines]


def test_counts_go_on_after_a_lost_connection(db, server, pgwake):
    """The connection dies in the middle of a transaction; each record comes once, in order."""
    db.sql("create table t(id int primary key, v text)")
    out = Collector()
    proxy = Proxy(("127.0.0.1", server.port))
    agent = pgwake(format=TOLD, stdout=out.process.stdin, postgres={
        "dsn": server.conninfo(db.name, host="127.0.0.1", port=proxy.port)})
    db.sql("insert into t select g, repeat('x', 1500) from generate_series(1, 20000) g")
    # what is printed waits in the pipe, so the transaction cannot have ended
    first, _ = wait_until(db.walsender, "the walsender")
    wait_until(lambda: db.one("select wait_event = 'WalSenderWriteData' from pg_stat_activity"
                              " where pid = %s", first), "the server to be held up")
    # not by pg_terminate_backend: the server's last words would wait in the full socket, for ever
    proxy.cut()
    wait_until(lambda: (db.walsender() or (first,))[0] != first, "another walsender", timeout=60)
    out.let()
    db.wait_confirmed(timeout=30)
    assert re.search("connection ended", agent.log())
    agent.stop()
    proxy.close()
    records = out.finish()
    bounds, events = told(records, db)
    assert [b["status"] for b in bounds] == ["BEGIN", "END"]
    assert bounds[1]["event_count"] == 20000
    assert [r.after["id"] for r in events] == list(range(1, 20001))
    assert [r.value["transaction"]["total_order"] for r in events] == list(range(1, 20001))
    assert records[0].value["status"] == "BEGIN" and records[-1].value["status"] == "END"
