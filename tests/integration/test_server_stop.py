"""A server that stops, restarts or dies: it is let go, and nothing is lost."""
import subprocess
import threading
import time

import psycopg
import pytest

from faults import Proxy
from records import afters
from waiting import wait_until


@pytest.fixture
def own(new_server):
    """A server of the test's own with a database in it."""
    d = new_server().database("own")
    d.publish()
    d.sql("create table t(id int primary key, v text)")
    return d


class Load:
    """Inserts ascending ids, one transaction each, until told to end; survives the server."""

    def __init__(self, db):
        self.db = db
        self.committed = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self):
        number, connection = 0, None
        while not self._end.is_set():
            try:
                connection = connection or self.db.connect()
                number += 1
                connection.execute("insert into t values (%s, 'load')", [number])
                self.committed.append(number)
            except psycopg.Error:
                connection = None
                self._end.wait(0.05)

    def reached(self, count, timeout=20):
        wait_until(lambda: len(self.committed) >= count, f"{count} transactions", timeout)

    def end(self):
        self._end.set()
        self._thread.join()


def ids_in_table(db):
    return [i for (i,) in db.sql("select id from t order by id")]


def first_seen(records):
    """Ids in the order of their first appearance."""
    return list(dict.fromkeys(a["id"] for a in afters(records)))


@pytest.mark.majors
@pytest.mark.scenario(10)
def test_restarts_during_load(own, starter):
    agent = starter(own)()
    load = Load(own)
    for round_ in range(3):
        load.reached(len(load.committed) + 300)
        own.server.restart()
    load.reached(len(load.committed) + 100)
    load.end()
    own.forget_connection()
    own.wait_confirmed(timeout=40)
    assert first_seen(agent.delivered()) == ids_in_table(own)
    agent.stop()


@pytest.mark.scenario(54)
def test_server_is_killed(own, starter):
    """After a crash the slot may stand a little earlier; nothing is lost, order holds."""
    agent = starter(own)()
    load = Load(own)
    for round_ in range(3):
        load.reached(len(load.committed) + 200)
        own.server.kill9()
        own.server.start()
    load.reached(len(load.committed) + 100)
    load.end()
    own.forget_connection()
    own.wait_confirmed(timeout=40)
    seen = [a["id"] for a in afters(agent.delivered())]
    assert list(dict.fromkeys(seen)) == ids_in_table(own)
    assert len(seen) == len(set(seen)), "sent twice in one life of the agent"
    agent.stop()


def stop_fast(db, seconds=5):
    """Stop the server as an operator does; it must not wait for us. Returns the time it took."""
    db.forget_connection()
    began = time.monotonic()
    try:
        db.server.stop("fast", timeout=20)
    except (RuntimeError, subprocess.TimeoutExpired) as e:
        raise AssertionError(f"the server does not stop: {e}") from None
    took = time.monotonic() - began
    assert took < seconds, f"the server needed {took:.1f} s to stop"
    return took


@pytest.mark.majors
@pytest.mark.scenario(56)
def test_fast_shutdown_with_an_idle_agent(own, starter):
    agent = starter(own)()
    own.sql("insert into t values (1, 'a')")
    agent.delivered()
    stop_fast(own)
    own.server.start()
    own.sql("insert into t values (2, 'b')")
    agent.wait_streaming(40)
    assert [a["id"] for a in afters(agent.delivered(40))] == [2]
    agent.stop()


@pytest.mark.majors
@pytest.mark.scenario(56)
def test_fast_shutdown_with_a_busy_agent(own, starter):
    agent = starter(own)()
    load = Load(own)
    load.reached(300)
    stop_fast(own)
    own.server.start()
    load.reached(len(load.committed) + 50)
    load.end()
    own.wait_confirmed(timeout=40)
    assert first_seen(agent.delivered()) == ids_in_table(own)
    agent.stop()


@pytest.mark.scenario(56)
def test_fast_shutdown_with_a_backlog(own, starter):
    """A large transaction is on its way when the server wants to stop."""
    agent = starter(own)()
    own.sql("insert into t select g, repeat('x', 500) from generate_series(1, 60000) g")
    stop_fast(own)
    own.server.start()
    own.wait_confirmed(timeout=60)
    assert first_seen(agent.delivered()) == list(range(1, 60_001))
    agent.stop()


@pytest.mark.scenario(56)
def test_fast_shutdown_with_kafka_down(own, starter, kafka_proxy):
    """Nothing can be acknowledged: the connection is given up, the slot does not move."""
    agent = starter(own)(kafka_proxy)
    own.sql("insert into t values (1, 'a')")
    own.wait_confirmed()
    kafka_proxy.refuse()
    own.sql("insert into t select g, 'b' from generate_series(2, 1000) g")
    stood_at = own.confirmed()
    stop_fast(own, seconds=8)
    own.server.start()
    assert own.confirmed() <= stood_at        # the last steps may not have been written down
    kafka_proxy.open()
    own.wait_confirmed(timeout=60)
    assert first_seen(agent.delivered()) == list(range(1, 1001))
    agent.stop()


@pytest.mark.scenario(56)
def test_fast_shutdown_with_the_socket_unread(own, starter, kafka_proxy):
    """The queue is full, so we do not even read; the server has to be let go all the same."""
    agent = starter(own)(kafka_proxy, kafka={"queue_buffering_max_kbytes": 1024})
    own.sql("insert into t values (0, 'a')")
    own.wait_confirmed()
    kafka_proxy.refuse()
    own.sql("insert into t select g, repeat('x', 1000) from generate_series(1, 50000) g")
    sender = own.walsender()[0]
    wait_until(lambda: own.sql("select 1 from pg_stat_activity where pid = %s and wait_event ="
                               " 'WalSenderWriteData'", sender), "the walsender to be stuck", 30)
    stood_at = own.confirmed()
    stop_fast(own, seconds=8)
    own.server.start()
    assert own.confirmed() <= stood_at
    kafka_proxy.open()
    own.wait_confirmed(timeout=60)
    assert first_seen(agent.delivered(60)) == list(range(50_001))
    agent.stop()


# -- connections

@pytest.fixture
def cut(db, pgwake, server):
    """An agent behind a proxy in front of PostgreSQL."""
    proxy = Proxy(("127.0.0.1", server.port))
    db.sql("create table t(id int primary key, v text)")
    dsn = server.conninfo(db.name, host="127.0.0.1", port=proxy.port)
    yield proxy, pgwake(postgres={"dsn": dsn})
    proxy.close()


@pytest.mark.majors
def test_connections_are_cut(cut, db, seed):
    """Cut in the middle of transactions: the rest follows, nothing is sent twice."""
    proxy, agent = cut
    load = Load(db)
    for round_ in range(8):
        load.reached(len(load.committed) + seed.randrange(20, 200))
        proxy.cut()
    load.end()
    db.wait_confirmed(timeout=60)
    seen = [a["id"] for a in afters(agent.delivered())]
    assert seen == ids_in_table(db)
    agent.stop()


def test_cut_within_a_large_transaction(cut, db):
    """Its records that were sent already are skipped when it comes again."""
    proxy, agent = cut
    db.sql("insert into t select g, repeat('x', 200) from generate_series(1, 200000) g")
    lines = []

    def some():
        lines.extend(agent.printed())
        return len(lines) > 5000
    wait_until(some, "a part of the transaction", 30, step=0.005)
    proxy.cut()
    db.wait_confirmed(timeout=60)
    seen = [a["id"] for a in afters(agent.delivered())]
    assert len(lines) < 200_000
    assert seen == list(range(len(lines) + 1, 200_001))
    agent.stop()


@pytest.mark.scenario(70)
def test_walsender_timeout_while_the_output_is_stuck(new_server, starter, tmp_path):
    """The reader of our output does not read; the server is answered all the same."""
    own = new_server(wal_sender_timeout="'2s'").database("stuck")
    own.publish()
    own.sql("create table t(id int primary key, v text)")
    agent = starter(own)(stdout=subprocess.PIPE)
    own.sql("insert into t select g, repeat('x', 1000) from generate_series(1, 100000) g")
    sender = own.walsender()[0]
    until = time.monotonic() + 5
    while time.monotonic() < until:
        assert own.walsender() and own.walsender()[0] == sender, "the walsender gave up"
        time.sleep(0.1)
    assert agent.peak_rss_mb() < 46
    seen = []
    done = threading.Thread(target=lambda: seen.extend(agent.process.stdout), daemon=True)
    done.start()
    own.wait_confirmed(timeout=60)
    assert own.walsender()[0] == sender
    agent.stop()
    done.join(10)
    assert len(seen) == 100_000


@pytest.mark.majors
@pytest.mark.scenario(67)
def test_synchronous_standby_is_warned_of(new_server, starter):
    """With synchronous_standby_names = '*' our acknowledgements gate the users' commits."""
    own = new_server().database("sync")
    own.publish()
    own.sql("create table t(id int primary key)")
    agent = starter(own)()
    own.set_for_server("synchronous_standby_names", "*")
    began = time.monotonic()
    own.sql("insert into t values (1)")       # returns only when we have confirmed it
    assert time.monotonic() - began < 3
    agent.stop()
    agent = starter(own)(wait=False)
    agent.wait_log("synchronous_standby_names")
