"""--lag: what the slot holds back, for people and for machines."""
import json
import signal
import subprocess

import pytest

import agentlib
from conftest import settings_for
from pglib import lsn
from waiting import wait_until


@pytest.fixture
def lag(db, tmp_path):
    """lag("--json", user=..): the finished program, run with --lag."""
    def run(*args, user="postgres", database=db):
        path = tmp_path / "lag.conf"
        agentlib.write_config(path, settings_for(database, user=user))
        return agentlib.run("-c", str(path), "--lag", *args)
    return run


def only_slot(done):
    assert done.returncode in (0, 4), done.stderr
    (slot,) = json.loads(done.stdout)["slots"]
    return slot


@pytest.mark.majors
def test_numbers_of_a_slot(db, lag):
    db.sql("create table t(id int, v text)")
    db.create_slot()
    db.sql("insert into t select g, repeat('x', 100) from generate_series(1, 10000) g")
    slot = only_slot(lag("--json"))
    row = db.slot_row()
    assert slot["slot_name"] == db.slot
    assert (slot["active"], slot["active_pid"]) == (False, None)
    assert slot["wal_status"] == row["wal_status"] == "reserved"
    assert slot["database"] == db.name
    assert lsn(slot["restart_lsn"]) == lsn(row["restart_lsn"])
    assert lsn(slot["confirmed_flush_lsn"]) == lsn(row["confirmed_flush_lsn"])
    assert slot["unconfirmed_bytes"] > 1_000_000
    assert slot["retained_bytes"] >= slot["unconfirmed_bytes"]


@pytest.mark.majors
def test_while_the_agent_runs(db, pgwake, lag):
    db.sql("create table t(id int primary key)")
    pgwake()
    db.sql("insert into t values (1)")
    db.wait_confirmed()
    slot = only_slot(lag("--json"))
    assert slot["active"] is True
    assert slot["active_pid"] == db.walsender()[0]
    assert slot["unconfirmed_bytes"] < 100_000


def test_for_people(db, lag):
    db.create_slot()
    done = lag()
    assert done.returncode == 0, done.stderr
    assert db.slot in done.stdout and "reserved" in done.stdout


@pytest.mark.parametrize("limit, code", [("1kB", 4), ("1GB", 0)])
def test_limit_sets_the_exit_code(db, lag, limit, code):
    db.sql("create table t(id int)")
    db.create_slot()
    db.sql("insert into t select generate_series(1, 10000)")
    done = lag("--max-lag", limit)
    assert done.returncode == code, done.stdout + done.stderr


def test_bad_limit(lag):
    assert lag("--max-lag", "much").returncode == 2


def test_missing_slot_is_a_problem(db, lag):
    done = lag()
    assert done.returncode == 4
    assert db.slot in done.stdout + done.stderr


def test_all_slots(db, lag, server):
    db.create_slot()
    other = server.database("other")
    try:
        other.create_slot()
        slots = json.loads(lag("--all", "--json").stdout)["slots"]
        assert {db.slot, other.slot} <= {s["slot_name"] for s in slots}
    finally:
        other.drop()


@pytest.mark.majors
@pytest.mark.parametrize("privilege", ["monitor", "replication"])
def test_modest_roles_suffice(db, lag, privilege):
    db.create_slot()
    role = f"{privilege}_{db.name}"
    db.sql(f'create role "{role}" login' + (" replication" if privilege == "replication" else ""))
    if privilege == "monitor":
        db.sql(f'grant pg_monitor to "{role}"')
    try:
        slot = only_slot(lag("--json", user=role))
        assert slot["slot_name"] == db.slot and slot["retained_bytes"] is not None
    finally:
        db.sql(f'drop owned by "{role}"')
        db.sql(f'drop role "{role}"')


def test_what_holds_the_slot_back(db, lag):
    """An old transaction, and a prepared one that nobody remembers."""
    db.sql("create table t(id int primary key)")
    db.create_slot()
    gid = f"{db.name}_forgotten"
    with db.connect() as c, db.connect() as open_:
        c.execute("begin")
        c.execute("insert into t values (1)")
        c.execute(f"prepare transaction '{gid}'")
        open_.execute("begin")
        open_.execute("insert into t values (2)")
        report = json.loads(lag("--json").stdout)
        assert report["oldest_prepared_transaction"]["gid"] == gid
        assert report["oldest_transaction"]["pid"] == open_.info.backend_pid
        open_.execute("rollback")
    db.sql(f"rollback prepared '{gid}'")


def test_watch(db, pgwake, tmp_path):
    """One JSON object a round, until it is told to end."""
    db.sql("create table t(id int primary key)")
    pgwake()
    path = tmp_path / "lag.conf"
    agentlib.write_config(path, settings_for(db))
    out = tmp_path / "watched"
    with open(out, "w") as f:
        watch = subprocess.Popen([agentlib.BINARY, "-c", path, "--lag", "--watch", "--json"],
                                 stdout=f, env=agentlib.clean_environment())
    try:
        db.sql("insert into t select generate_series(1, 1000)")
        wait_until(lambda: out.read_text().count("\n") >= 3, "three rounds")
    finally:
        watch.send_signal(signal.SIGTERM)
        code = watch.wait(5)
    assert code == 0
    rounds = [json.loads(line) for line in out.read_text().splitlines()]
    assert all(r["slots"][0]["slot_name"] == db.slot for r in rounds)
    assert rounds[-1]["slots"][0]["watched_ms"] > 0


def test_server_away(tmp_path):
    path = tmp_path / "lag.conf"
    agentlib.write_config(path, {"prefix": "p", "postgres": {"dsn": "host=127.0.0.1 port=1"}})
    done = agentlib.run("-c", str(path), "--lag")
    assert done.returncode in (1, 4)
    assert "127.0.0.1" in done.stderr
