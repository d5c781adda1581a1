"""What a user sees who got something wrong: one calm line, the place, the remedy."""
import os
import re
import signal

import pytest

import agentlib
from conftest import settings_for
from records import afters
from waiting import stays, wait_until


@pytest.fixture
def conf(tmp_path):
    """conf(text): write it, run the program with it, which must refuse with 2."""
    path = tmp_path / "pgwake.conf"

    def check(text, *args, **more):
        path.write_text(text)
        done = agentlib.run("-c", str(path), "--stdout", *args, **more)
        assert done.returncode == 2, done.stderr
        return done.stderr
    return check


GOOD = ('prefix = "p"; snapshot: { mode = "no_data"; };\n'
        'postgres: {\n  dsn = "host=/nowhere";\n%s};\n')


# -- the file

def test_unknown_key(conf):
    errors = conf(GOOD % '  slto = "x";\n')
    assert re.search(r"pgwake[.]conf:4: .*slto.*slot", errors), errors


def test_unknown_group(conf):
    errors = conf('prefix = "p";\npostgress: { dsn = "x"; };\n')
    assert re.search(r"pgwake[.]conf:2: .*postgress.*postgres", errors), errors


def test_wrong_type(conf):
    errors = conf(GOOD % '  slot = 7;\n')
    assert re.search(r"pgwake[.]conf:4: .*slot", errors), errors
    assert "string" in errors


def test_wrong_value(conf):
    errors = conf('prefix = "p";\nsnapshot: { mode = "sometimes"; };\n')
    assert re.search(r"pgwake[.]conf:2: .*sometimes", errors), errors
    assert "no_data" in errors


def test_syntax(conf):
    errors = conf('prefix = "p"\npostgres = { = };\n')
    assert re.search(r"pgwake[.]conf:2: ", errors), errors


@pytest.mark.parametrize("text, missing", [
    ('postgres: { dsn = "x"; };\n', "prefix"),
    ('prefix = "p";\n', "dsn"),
])
def test_mandatory_key(conf, text, missing):
    errors = conf(text)
    assert missing in errors and "pgwake.conf" in errors


def test_table_pattern(conf):
    errors = conf(GOOD % '  tables = ( "public[.]t", "public[.(t" );\n')
    assert "public[.(t" in errors


@pytest.mark.parametrize("setting, message", [
    ('tables = ( "public[.](t" );', r"snapshot[.]tables pattern \"public\[[.]\]\(t\": missing"),
    ('select_overrides = ( { table = "t"; statement = "SELECT 1"; } );', r"schema[.]table, not \"t\""),
    ('select_overrides = ( { table = "a.t"; statement = ""; } );', "no statement for a[.]t"),
    ('select_overrides = ( { table = "a.t"; statement = "SELECT 1"; },'
     ' { table = "a.t"; statement = "SELECT 2"; } );', "a[.]t twice"),
    ('select_overrides = ( { table = "a.t"; } );', "statement"),
    ('threads = 65;', "0 to 64"),
])
def test_snapshot(conf, setting, message):
    errors = conf('prefix = "p"; postgres: { dsn = "host=/nowhere"; };\nsnapshot: { %s };\n' % setting)
    assert re.search(r"pgwake[.]conf:2: .*" + message, errors), errors


def test_kafka_property(tmp_path):
    path = tmp_path / "pgwake.conf"
    path.write_text(GOOD % "" + 'kafka: {\n  bootstrap_servers = "127.0.0.1:1";\n'
                    '  compression_typo = "lz4";\n};\n')
    done = agentlib.run("-c", str(path))
    assert done.returncode == 2
    assert re.search(r"pgwake[.]conf:7: .*compression_typo", done.stderr), done.stderr


def test_no_file():
    done = agentlib.run("-c", "/nowhere/pgwake.conf", "--stdout")
    assert done.returncode == 2
    assert "/nowhere/pgwake.conf" in done.stderr


def test_no_file_named():
    assert agentlib.run().returncode == 2


def test_unknown_flag():
    done = agentlib.run("--stdoutt")
    assert done.returncode == 2 and "--stdoutt" in done.stderr


def test_override(conf):
    errors = conf(GOOD % "", "-o", "postgres.slto=x")
    assert "postgres.slto" in errors and "slot" in errors


def test_help():
    done = agentlib.run("--help")
    assert done.returncode == 0 and "--stdout" in done.stdout and "--lag" in done.stdout


def test_version():
    done = agentlib.run("--version")
    assert done.returncode == 0 and re.match(r"pgwake \d+\.\d+\.\d+", done.stdout)


def test_print_config_hides_secrets(tmp_path):
    path = tmp_path / "pgwake.conf"
    path.write_text('prefix = "p";\npostgres: { dsn = "host=h password=s3cret user=u"; };\n'
                    'snapshot: { mode = "no_data"; };\n'
                    'kafka: { bootstrap_servers = "b:1"; sasl_password = "s3cret"; };\n')
    done = agentlib.run("-c", str(path), "--print-config")
    assert done.returncode == 0
    assert "host=h" in done.stdout and "s3cret" not in done.stdout + done.stderr


# -- the server

def check_refused(agent, *words):
    """Exit 2 with one error line that holds all the words."""
    log = agent.wait_exit(2, 20)
    (line,) = agent.log_lines("error")
    for word in words:
        assert word in line, log


def test_wal_level(new_server, starter):
    db = new_server(wal_level="replica").database("replica")
    db.publish()
    check_refused(starter(db)(wait=False), "wal_level", "logical", "restart")


@pytest.mark.majors
def test_no_replication_privilege(db, pgwake):
    """The SQL to run is printed."""
    role = f"plain_{db.name}"
    db.sql(f'create role "{role}" login')
    try:
        check_refused(pgwake(user=role, wait=False), "ALTER ROLE", role, "REPLICATION")
    finally:
        db.sql(f'drop role "{role}"')


def test_no_privilege_to_create_the_publication(db, pgwake):
    db.unpublish()
    db.sql("create table t(id int primary key)")
    role = f"repl_{db.name}"
    db.sql(f'create role "{role}" login replication')
    try:
        check_refused(pgwake(user=role, wait=False), "CREATE PUBLICATION", db.publication)
        assert db.slot_row() is None
    finally:
        db.sql(f'drop role "{role}"')


@pytest.mark.majors
@pytest.mark.scenario(38)
def test_replication_privilege_is_enough(db, pgwake):
    """Neither SELECT nor ownership is needed where slot's publication exists."""
    db.sql("create table t(id int primary key, v text not null default 'd')")
    role = f"repl_{db.name}"
    db.sql(f'create role "{role}" login replication')
    try:
        agent = pgwake(user=role)
        db.sql("insert into t values (1)")
        assert afters(agent.delivered()) == [{"id": 1, "v": "d"}]
        agent.stop()
    finally:
        db.sql(f'drop role "{role}"')


def test_pg_hba(new_server, starter):
    server = new_server()
    server.allow("local all all trust\n")
    server.reload()
    db = server.database("closed")
    dsn = server.conninfo(db.name, host="127.0.0.1")
    check_refused(starter(db)(postgres={"dsn": dsn}, wait=False), "pg_hba.conf", db.name)


@pytest.fixture
def secretive(db):
    """A role with the password "right"; the one role that is asked for its password."""
    if not db.sql("select 1 from pg_roles where rolname = 'secretive'"):
        db.sql("create role secretive login superuser")
    db.sql("alter role secretive password 'right'")
    return lambda password: db.server.conninfo(db.name, "secretive", host="127.0.0.1",
                                               password=password)


def test_wrong_password_at_start(pgwake, secretive):
    agent = pgwake(postgres={"dsn": secretive("not-it")}, wait=False)
    check_refused(agent, "secretive", "password")
    assert "not-it" not in agent.log()


def test_password_file(db, pgwake, secretive, tmp_path):
    path = tmp_path / "password"
    path.write_text("right\n")
    dsn = db.server.conninfo(db.name, "secretive", host="127.0.0.1")
    pgwake(postgres={"dsn": dsn, "password_file": str(path)}).stop()


def test_password_changed_while_streaming(db, pgwake, secretive):
    """Once it has streamed, a refused password is tried again, slowly."""
    db.sql("create table t(id int primary key)")
    agent = pgwake(postgres={"dsn": secretive("right")})
    db.sql("alter role secretive password 'other'")
    db.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'secretive'")
    agent.wait_log("(?i)password authentication failed")
    stays(agent.running, 1, "it gave up")
    db.sql("alter role secretive password 'right'")
    db.sql("insert into t values (1)")
    agent.wait_streaming(60)
    assert afters(agent.delivered()) == [{"id": 1}]
    assert "right" not in agent.log()
    agent.stop()


def test_unknown_database(db, pgwake, server):
    check_refused(pgwake(postgres={"dsn": server.conninfo("nowhere")}, wait=False), "nowhere")


@pytest.mark.scenario(42)
def test_column_list_conflict(db, pgwake):
    if db.server.major < 15:
        pytest.skip("column lists came with 15")
    db.sql("create table t(id int primary key, a int, b int)")
    db.publish("for table t (id, a)")
    db.sql("create publication other for table t (id, b)")
    agent = pgwake(postgres={"publication": "pgwake,other"})
    db.sql("insert into t values (1, 2, 3)")
    check_refused(agent, "public.t", "column list")


def test_no_replication_slots_left(new_server, starter):
    """A full server may get room: it waits, and says what for."""
    db = new_server(max_replication_slots="1").database("full")
    db.publish()
    db.sql("create table t(id int primary key)")
    db.create_slot("taken")
    agent = starter(db)(wait=False)
    agent.wait_log("max_replication_slots|replication slots are in use")
    stays(agent.running, 1, "it gave up")
    db.sql("select pg_drop_replication_slot('taken')")
    agent.wait_streaming(60)
    agent.stop()


def test_server_down_at_start(new_server, starter):
    """Not there yet is not a mistake: it waits for the server."""
    db = new_server().database("late")
    db.publish()
    db.sql("create table t(id int primary key)")
    db.forget_connection()
    db.server.stop()
    agent = starter(db)(wait=False)
    agent.wait_log("(?i)connect")
    stays(agent.running, 1, "it gave up")
    db.server.start()
    wait_until(db.walsender, "the slot to be streamed from", 40)
    db.sql("insert into t values (1)")
    assert afters(agent.delivered()) == [{"id": 1}]
    agent.stop()


# -- signals

def test_sighup_asks_for_a_restart(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    agent.signal(signal.SIGHUP)
    agent.wait_log("(?i)restart")
    db.sql("insert into t values (1)")
    assert afters(agent.delivered()) == [{"id": 1}]
    agent.stop()


def test_sigint_ends_it_too(db, pgwake):
    agent = pgwake()
    agent.signal(signal.SIGINT)
    agent.wait_exit(0, 5)


def test_environment_sets_options(db, tmp_path):
    settings = settings_for(db)
    path = os.path.join(tmp_path, "pgwake.conf")
    agentlib.write_config(path, settings)
    done = agentlib.run("-c", path, "--print-config", env={"PGWAKE_POSTGRES_SLOT": "other_slot"})
    assert done.returncode == 0 and "other_slot" in done.stdout
