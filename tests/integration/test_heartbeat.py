"""Heartbeat records, the statement that goes with them, and source.xmin."""
import pytest

from waiting import stays, wait_until


def beats(records, topic):
    return [r for r in records if r.topic == topic]


@pytest.mark.majors
def test_beats_on_a_quiet_database(db, pgwake, kafka):
    """At an even pace, on a topic of their own, with or without anything else to tell."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(kafka, postgres={"heartbeat_interval_ms": 200},
                   format={"topic_heartbeat_name": f"{db.prefix}.beats"})
    seen = []

    def enough():
        seen.extend(agent.records(0))
        return len(seen) >= 4
    wait_until(enough, "four heartbeats")
    assert {r.topic for r in seen} == {f"{db.prefix}.beats"}
    assert {r.key["serverName"] for r in seen} == {db.prefix}
    assert {r.partition for r in seen} == {0}
    times = [r.value["ts_ms"] for r in seen]
    assert times == sorted(times)
    assert min(b - a for a, b in zip(times, times[1:])) >= 190
    db.sql("insert into t values (1)")
    got = agent.delivered()
    assert [r.after for r in got if "after" in r.value] == [{"id": 1}]
    agent.stop()


@pytest.mark.majors
def test_the_statement_runs(db, pgwake):
    """It may be several statements; what it writes is streamed like the rest."""
    db.script("create table beats(id int primary key, n int); insert into beats values (1, 0)")
    agent = pgwake(postgres={
        "heartbeat_interval_ms": 100,
        "heartbeat_action_query": "select 1; update beats set n = n + 1 where id = 1"})
    wait_until(lambda: db.one("select n from beats") >= 3, "three runs")
    assert any(r.value.get("op") == "u" for r in agent.delivered())


def test_a_statement_that_fails_or_hangs_holds_nothing_up(db, pgwake):
    db.script("create table beats(id int primary key); create table t(id int primary key)")
    agent = pgwake(postgres={"heartbeat_interval_ms": 100, "lock_timeout_ms": 60000,
                             "heartbeat_action_query": "insert into nowhere values (1)"})
    agent.wait_log("heartbeat_action_query failed.*nowhere")
    stays(lambda: agent.log().count("heartbeat_action_query failed") == 1, 0.5,
          "the same failure is told at each beat")
    agent.stop()
    with db.connect() as c:
        c.execute("begin; lock beats")
        agent = pgwake(postgres={"heartbeat_interval_ms": 100, "lock_timeout_ms": 60000,
                                 "heartbeat_action_query": "insert into beats values (1)"})
        wait_until(lambda: db.one("select count(*) from pg_stat_activity where wait_event_type"
                                  " = 'Lock' and query like 'insert into beats%%'"), "the lock")
        db.sql("insert into t values (1)")      # its facts come on another connection
        assert {"id": 1} in [r.value.get("after") for r in agent.delivered()]
        c.execute("rollback")
    wait_until(lambda: db.one("select count(*) from beats"), "the statement to end")


@pytest.mark.majors
def test_xmin_of_the_slot(db, pgwake):
    """In the first record already; and it follows the slot's."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(postgres={"xmin_fetch_interval_ms": 100})
    db.sql("insert into t values (1)")
    (first,) = agent.delivered()
    assert first.source["xmin"] == int(db.slot_row()["catalog_xmin"])

    def moved():
        db.sql("insert into t select max(id) + 1 from t")
        agent.delivered()
        return int(db.slot_row()["catalog_xmin"]) > first.source["xmin"]
    wait_until(moved, "the slot's xmin to move", 60, step=0.5)

    def told():
        db.sql("insert into t select max(id) + 1 from t")
        return agent.delivered()[-1].source["xmin"] > first.source["xmin"]
    wait_until(told, "a record with the new xmin")
    agent.stop()
    agent = pgwake()
    db.sql("insert into t values (0)")
    assert agent.delivered()[0].source["xmin"] is None
