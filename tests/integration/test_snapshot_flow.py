"""A snapshot among the others: bounded memory, PostgreSQL answered, old transactions named, lag shown."""
import json
import os
import subprocess

import pytest

import agentlib
from conftest import settings_for
from snapshots import fill
from waiting import stays, wait_until


def initial(**settings):
    return {"mode": "initial", **settings}


# -- pressure

def test_many_readers_and_slow_kafka(new_server, starter, kafka):
    """Readers stop when Kafka does; memory stays bounded; the walsender is answered all the while."""
    server = new_server(max_connections=100, wal_sender_timeout="'1s'")
    db = server.database("slow")
    db.publish()
    for i in range(64):
        db.sql(f"create table t{i}(id int primary key, pad text)")
        db.sql(f"insert into t{i} select g, repeat('p', 1000) from generate_series(1, 1000) g")
    agent = starter(db)(kafka, wait=False, snapshot=initial(threads=64),
                        kafka={"queue_buffering_max_kbytes": 8192})
    agent.wait_log("topic created", 30)
    kafka.freeze()
    sender, _ = wait_until(db.walsender, "the stream")
    stays(lambda: agent.running() and db.walsender() == (sender, "streaming"), 3,
          "the walsender was not answered")
    assert server.sql("select count(*) from pg_stat_activity where query like '%%COPY%%'"
                      " and state = 'active' and wait_event = 'ClientWrite'")[0][0] > 1
    kafka.thaw()
    agent.wait_complete(60)
    print(agent.peak_rss_mb())
    assert agent.peak_rss_mb() < 140
    assert db.walsender()[0] == sender
    assert sum(kafka.reader(db.prefix).sizes().values()) == 64 * 1000
    agent.stop()


def test_memory_of_a_large_table(db, pgwake):
    """120 MB of rows by one reader cost no more than the first ones."""
    db.sql("create table t(id int primary key, pad text)")
    db.sql("insert into t select g, repeat('p', 3000) from generate_series(1, 40000) g")
    sink = subprocess.Popen(["wc", "-l"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    agent = pgwake(stdout=sink.stdin, snapshot=initial(threads=1), wait=False)
    sink.stdin.close()
    agent.wait_complete(60)
    assert agent.peak_rss_mb() < 46
    agent.stop()
    assert int(sink.stdout.read()) == 40_000


def test_rows_of_100_megabytes(db, pgwake):
    """They cost a few times their size, one reader at a time."""
    db.sql("create table t(id int primary key, v text)")
    db.sql("alter table t alter v set storage external")
    db.sql("insert into t select g, repeat('x', 100 * 1024 * 1024) from generate_series(1, 1) g")
    sink = subprocess.Popen(["wc", "-lc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    agent = pgwake(stdout=sink.stdin, snapshot=initial(threads=1), wait=False)
    sink.stdin.close()
    agent.wait_complete(60)
    print(agent.peak_rss_mb())
    assert agent.peak_rss_mb() < 800
    agent.stop()
    lines, size = map(int, sink.stdout.read().split())
    assert lines == 1 and size > 100 * 1024 * 1024


def test_large_rows_with_kafka(db, pgwake, kafka):
    """With raised limits of the topic and of the producer."""
    kafka.create_topic(f"{db.prefix}.public.t", max_message_bytes=30_000_000)
    db.sql("create table t(id int primary key, v text)")
    db.sql("insert into t select g, repeat('x', 20 * 1024 * 1024) from generate_series(1, 3) g")
    agent = pgwake(kafka, wait=False, snapshot=initial(threads=2),
                   kafka={"message_max_bytes": 30_000_000, "queue_buffering_max_kbytes": 65536}).wait_complete(60)
    reader = kafka.reader(db.prefix)
    assert reader.sizes() == {f"{db.prefix}.public.t": 3}
    agent.stop()


# -- the server

@pytest.mark.majors
def test_old_transaction(db, pgwake):
    """The slot waits for it, and with it the snapshot: said for whom; what it writes is read."""
    db.sql("create table t(id int primary key)")
    with db.connect() as old:
        old.execute("begin; insert into t values (1)")
        agent = pgwake(wait=False, snapshot=initial())
        agent.wait_log(f"waits for transactions.*pid {old.info.backend_pid} .*insert into t")
        old.execute("insert into t values (2); commit")
        agent.wait_complete()
    assert [(r.op, r.after["id"]) for r in agent.records(2)] == [("r", 1), ("r", 2)]
    agent.stop()


@pytest.mark.majors
def test_old_transaction_for_too_long(db, pgwake):
    db.sql("create table t(id int primary key)")
    with db.connect() as old:
        old.execute("begin; insert into t values (1)")
        agent = pgwake(wait=False, snapshot=initial(), postgres={"slot_timeout_ms": 2500})
        log = agent.wait_exit(1)
        assert f"pid {old.info.backend_pid}" in log
    assert db.slot_row() is None and agent.records(0) == []


def test_old_transaction_before_a_later_round(db, snapshot):
    """The stream goes on while the later slot waits for it."""
    fill(db, "t", 4000)
    db.sql("create table other(id int primary key)")
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    s.kill()
    s.release()
    with db.connect() as old:
        old.execute("begin; insert into other values (1)")
        s.start().wait_log(f"waits for transactions.*pid {old.info.backend_pid} ")
        s.write("t", "id in (1, 4000)")
        wait_until(lambda: sum(r.op == "u" for r in s.arrived()) == 2, "the stream to go on")
        old.execute("commit")
    s.finish()
    s.check("t")


@pytest.mark.majors
def test_lag_during_a_snapshot(db, snapshot, tmp_path):
    """--lag shows what the slot holds back meanwhile, and it is no problem."""
    fill(db, "t", 3000)
    s = snapshot()
    s.start().wait_log("reading the rows")
    s.hold("t")
    db.sql("create table other(id int, v text)")
    db.sql("insert into other select g, repeat('x', 1000) from generate_series(1, 3000) g")
    path = str(tmp_path / "lag.conf")
    agentlib.write_config(path, settings_for(db))
    done = agentlib.run("-c", path, "--lag", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    slot, = json.loads(done.stdout)["slots"]
    assert slot["active"] and slot["retained_bytes"] > 3_000_000 < slot["unconfirmed_bytes"]
    s.release()
    s.finish()
    s.check("t")


@pytest.mark.majors
def test_nothing_is_left_on_the_server(db, snapshot):
    """After it one slot, the stream's connections, no transaction that stands still."""
    fill(db, "t", 500)
    s = snapshot(threads=4)
    s.start()
    s.finish()
    assert db.sql("select slot_name::text from pg_replication_slots where database = current_database()"
                  ) == [(db.slot,)]
    wait_until(lambda: db.one("select count(*) from pg_stat_activity where datname = current_database()"
                              " and pid <> pg_backend_pid() and backend_type = 'client backend'") <= 1,
               "the readers' connections to be closed")
    assert db.one("select count(*) from pg_stat_activity where datname = current_database()"
                  " and state like 'idle in transaction%%'") == 0


def test_planned_rounds(db, snapshot):
    """A long snapshot pauses for the stream, and is no less whole for it."""
    fill(db, "t", 30_000)
    s = snapshot(threads=2, round_max_ms=150)
    s.start().wait_log("reading the rows")
    for n in range(10):
        s.write("t", f"id % 1000 = {n}")
    s.finish()
    s.check("t")
    assert s.agent.log().count("the snapshot pauses") > 1
    assert {r.source["snapshot"] for r in s.records if r.op == "r"} >= {"first", "true", "last"}
    assert sum(r.source["snapshot"] == "last" for r in s.records) == 1


def test_each_round_gets_on(db, snapshot):
    """However short rounds are set, and whatever has to be read again in each."""
    fill(db, "t", 200)
    db.sql("alter table t alter doc set storage external")
    db.sql("update t set doc = id || repeat('d', 2500)")
    s = snapshot(True, round_max_ms=1)
    s.start().wait_log("reading the rows")
    for n in range(20):
        s.write("t", f"id % 20 = {n}")
    s.finish()
    s.check("t")


def test_rounds_by_the_log_that_is_kept(db, snapshot):
    fill(db, "t", 3000)
    db.sql("create table other(v text)")
    s = snapshot(round_wal_mb=5)
    s.start().wait_log("reading the rows")
    s.hold("t")
    db.sql("insert into other select repeat('x', 1000) from generate_series(1, 8000) g")
    # It looks at the log every few seconds.
    s.agent.wait_log("pauses", 20)
    s.release()
    s.finish()
    s.check("t")


# -- the agent

def test_stopped_while_reading(db, snapshot):
    """SIGTERM ends it in good order; what was read is not read again."""
    fill(db, "t", 4000)
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    assert s.agent.stop(5) < 4
    before = s.reads("t")
    s.release()
    s.start()
    s.finish()
    assert s.reads("t") <= 4000 + 40 and before > 0
    s.check("t")


def test_stopped_while_kafka_is_slow(db, kafka, snapshot):
    fill(db, "t", 20_000, pad=800)
    s = snapshot(True, chunk_kbytes=1 << 20)
    s.start(kafka={"queue_buffering_max_kbytes": 2048}).wait_log("topic created")
    kafka.freeze()
    wait_until(lambda: db.sql("select 1 from pg_stat_activity where datname = current_database()"
                              " and wait_event = 'ClientWrite'"), "the readers to stop")
    s.agent.stop(6)
    kafka.thaw()
    s.start()
    s.finish()
    s.check("t")


def test_the_slot_is_held_from_the_start(db, snapshot, pgwake):
    """Another agent waits, it does not take the slot meanwhile."""
    fill(db, "t", 3000)
    s = snapshot()
    s.start().wait_log("reading the rows")
    s.hold("t")
    assert db.walsender()
    other = pgwake(wait=False, snapshot=initial())
    other.wait_log("in use")
    other.stop()
    s.release()
    s.finish()


@pytest.mark.skipif(not os.path.exists("/usr/bin/script"), reason="no script(1)")
def test_progress_bar(db, tmp_path):
    """On a terminal, for who waits for it."""
    db.sql("create table t(id int primary key, v text)")
    db.sql("insert into t select g, repeat('x', 500) from generate_series(1, 200000) g")
    path, out = str(tmp_path / "conf"), str(tmp_path / "rows")
    agentlib.write_config(path, agentlib.merge(settings_for(db), {
        "snapshot": {"mode": "initial_only"}, "state": {"file": str(tmp_path / "state")}}))
    done = subprocess.run(["script", "-qec", f"{agentlib.BINARY} -c {path} --stdout > {out}", "/dev/null"],
                          stdout=subprocess.PIPE, text=True, timeout=60, env=agentlib.clean_environment())
    assert done.returncode == 0, done.stdout
    assert "100 %" in done.stdout and "rows/s" in done.stdout and "200000 rows" in done.stdout
    with open(out) as f:
        assert sum(1 for _ in f) == 200_000
