"""The promise: whatever happens, the topics tell the table's history, in order per key."""
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from records import afters
from waiting import wait_until


def replay(records):
    """The table that a consumer ends up with: last state of each key."""
    table = {}
    for r in records:
        key = r.key["id"]
        if r.tombstone:
            table.pop(key, None)
        elif r.op != "d":
            table[key] = r.after["n"]
    return table


def histories(records):
    """Per key, the values in the order they came, repeats of a restart left out."""
    out = {}
    for r in records:
        if not r.tombstone:
            value = r.after["n"] if r.op != "d" else "deleted"
            seen = out.setdefault(r.key["id"], [])
            if value not in seen:
                seen.append(value)
    return out


class Writers:
    """Sessions that change rows at random; `n` grows with each change of a row."""

    def __init__(self, db, seed, count=2):
        self.db = db
        self.end = threading.Event()
        self.changes = 0
        self._threads = [threading.Thread(target=self._work, args=(k, type(seed)(seed.random())))
                         for k in range(count)]
        for t in self._threads:
            t.start()

    def _work(self, who, rng):
        """Each writer has keys of its own, so that their history is in its hands."""
        with self.db.connect() as c:
            while not self.end.is_set():
                c.execute("begin")
                for _ in range(rng.choice((1, 1, 1, 5, 200))):
                    key = who * 1000 + rng.randrange(40)
                    c.execute("insert into t values (%s, nextval('s'), repeat('x', 200))"
                              " on conflict (id) do update set n = excluded.n", [key], prepare=True)
                    if rng.random() < 0.1:
                        c.execute("delete from t where id = %s", [key], prepare=True)
                c.execute("rollback" if rng.random() < 0.1 else "commit")
                self.changes += 1

    def reached(self, count):
        wait_until(lambda: self.changes >= count, f"{count} transactions", 30)

    def join(self):
        self.end.set()
        for t in self._threads:
            t.join()


@pytest.mark.scenario(65)
def test_killed_at_random_moments(db, pgwake, kafka, seed):
    """kill -9 and SIGTERM under load: union of the topics = history of the table."""
    db.script("create sequence s; create table t(id int primary key, n bigint, v text)")
    db.sql("create table log(id int, n bigint)")
    db.sql("create function note() returns trigger language plpgsql as $$ begin"
           " insert into log values (new.id, new.n); return null; end $$")
    db.sql("create trigger note after insert or update on t for each row execute function note()")
    db.publish("for table t")
    agent = pgwake(kafka)
    writers = Writers(db, seed)
    for round_ in range(12):
        writers.reached(writers.changes + seed.randrange(5, 60))
        if seed.random() < 0.75:
            agent.kill9()
        else:
            agent.stop()
        agent = pgwake(kafka, wait=False)
        if seed.random() < 0.3:      # killed while it starts
            time.sleep(seed.random() * 0.3)
            agent.kill9()
            agent = pgwake(kafka, wait=False)
    writers.join()
    agent.wait_streaming(30)
    db.wait_confirmed(timeout=60)
    records = kafka.reader(db.prefix).rest(60)
    agent.stop()
    assert replay(records) == dict(db.sql("select id, n from t"))
    history = {}
    for key, n in db.sql("select id, n from log order by n"):
        history.setdefault(key, []).append(n)
    told = {k: [n for n in v if n != "deleted"] for k, v in histories(records).items()}
    assert told == history


@pytest.mark.scenario(65)
def test_repeats_after_a_kill_are_whole_and_in_order(db, pgwake, kafka):
    """After kill -9 the stream goes on at or before the last confirmed commit, without a gap."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(kafka)
    for round_ in range(5):
        db.sql("do $$ begin for i in 1..400 loop insert into t select coalesce(max(id), 0) + 1"
               " from t; commit; end loop; end $$")
        agent.kill9()
        agent = pgwake(kafka, wait=False)
    agent.wait_streaming(30)
    db.wait_confirmed(timeout=60)
    ids = [r.after["id"] for r in kafka.reader(db.prefix).rest()]
    assert list(dict.fromkeys(ids)) == list(range(1, 2001))
    for previous, current in zip(ids, ids[1:]):
        assert current <= previous + 1
    agent.stop()


def test_a_million_rows(db, pgwake, kafka):
    """Every row once, in order per key; the slot follows within a second of the last record."""
    db.sql("create table t(id int primary key, v text)")
    kafka.create_topic(f"{db.prefix}.public.t", 3)
    agent = pgwake(kafka)
    for k in range(100):
        db.sql("insert into t select g, 'row ' || g from generate_series(%s::int, %s::int) g",
               k * 10_000 + 1, (k + 1) * 10_000)
    end = db.wal_lsn()
    reader = kafka.reader(db.prefix)
    reader.refresh()
    last = [0, 0, 0]
    count = 0
    deadline = time.monotonic() + 90
    while count < 1_000_000:
        assert time.monotonic() < deadline, f"{count} records so far\n{agent.log()}"
        for m in reader.messages(0.2):
            key = int(m.key()[6:-1])      # {"id":123}
            assert key > last[m.partition()], "out of order, or twice"
            last[m.partition()] = key
            count += 1
    db.wait_confirmed(end, timeout=2)
    assert reader.behind() == 0 and count == 1_000_000
    assert agent.peak_rss_mb() < 46
    reader.close()
    agent.stop()


def test_sigterm_under_load(db, pgwake, kafka):
    """A clean end drains: what was read is delivered and confirmed, nothing comes twice."""
    db.sql("create table t(id int primary key, v text)")
    taken = []
    for k in range(4):
        agent = pgwake(kafka)
        db.sql("insert into t select g, repeat('x', 300) from generate_series(%s::int, %s::int) g",
               k * 20_000 + 1, (k + 1) * 20_000)
        taken.append(agent.stop(timeout=5))
    agent = pgwake(kafka)
    db.wait_confirmed(timeout=60)
    ids = [r.after["id"] for r in kafka.reader(db.prefix).rest(60)]
    assert list(dict.fromkeys(ids)) == list(range(1, 80_001))
    assert max(taken) < 4
    agent.stop()


def test_second_sigterm_does_not_wait(db, pgwake, kafka_proxy):
    db.sql("create table t(id int primary key)")
    agent = pgwake(kafka_proxy)
    db.sql("insert into t values (1)")
    db.wait_confirmed()
    kafka_proxy.refuse()
    db.sql("insert into t values (2)")
    agent.signal(signal.SIGTERM)
    agent.signal(signal.SIGINT)      # two of one kind may arrive as one
    agent.process.wait(2)


def test_stdout_is_closed(db, pgwake, tmp_path):
    """Who reads our lines went away: stop, and confirm nothing that was not read."""
    db.sql("create table t(id int primary key, v text)")
    reader = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.readline()"],
                              stdin=subprocess.PIPE)
    agent = pgwake(stdout=reader.stdin)
    reader.stdin.close()
    stood_at = db.confirmed()
    db.sql("insert into t values (1, 'read')")
    reader.wait(10)
    db.sql("insert into t values (2, 'lost')")
    agent.wait_exit(1)
    again = pgwake()
    assert [a["id"] for a in afters(again.delivered())][-1] == 2
    assert db.confirmed() > stood_at


def test_stdout_is_full(db, pgwake, tmp_path):
    """A full disk is an error, not a loss."""
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    db.sql("create table t(id int primary key)")
    with open("/dev/full", "w") as full:
        agent = pgwake(stdout=full)
    stood_at = db.confirmed()
    db.sql("insert into t values (1)")
    agent.wait_exit(1)
    assert db.confirmed() <= max(stood_at, db.wal_lsn())
    again = pgwake()
    assert afters(again.delivered()) == [{"id": 1}]
