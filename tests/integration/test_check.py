"""--check: what a start would find, said with its remedy; and nothing is changed."""
import os
import re
import subprocess
from types import SimpleNamespace

import pytest

import agentlib
import kafkalib
import pglib
from conftest import settings_for
from waiting import free_port, wait_until


class Report:
    """What one run printed: (status, name, text, remedies) of each line, in order."""

    def __init__(self, done):
        self.done = done
        self.lines = []
        body, _, self.summary = done.stdout.rpartition("\n\n")
        for line in body.splitlines():
            if line.startswith(" "):
                self.lines[-1][3].append(line.strip())
            else:
                status, rest = line[:6].strip(), line[6:]
                self.lines.append((status, rest[:14].strip(), rest[16:], []))

    def of(self, name):
        """The lines of that name, without it."""
        return [(status, text, remedies) for status, n, text, remedies in self.lines if n == name]

    def one(self, name):
        (line,) = self.of(name)
        return line

    def statuses(self, *names):
        return {status for status, name, *_ in self.lines if not names or name in names}


@pytest.fixture
def check(db, tmp_path):
    """check(kafka, code=4, user=.., postgres={..}): its report; each warning has a remedy."""
    def run(broker=None, code=0, args=(), user="postgres", of=db, **over):
        settings = settings_for(of, broker, user)
        if not broker:
            args = ("--stdout", *args)
        path = tmp_path / "check.conf"
        agentlib.write_config(path, agentlib.merge(settings, over))
        done = agentlib.run("-c", str(path), "--check", *args, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        report = Report(done)
        for status, _, text, remedies in report.lines:
            assert bool(remedies) == (status in ("warn", "bad")), (text, done.stdout)
            assert status in ("ok", "skip", "warn", "bad")
        return report
    return run


def traces(db, kafka):
    """All that a start leaves behind."""
    return (db.sql("select slot_name, active from pg_replication_slots where database = %s", db.name),
            db.sql("select pubname, obj_description(oid) from pg_publication"),
            db.sql("select oid, relname, relreplident from pg_class where oid >= 16384 order by oid"),
            kafka.topics(db.prefix), kafka.topics("__pgwake_state." + db.prefix))


# -- all is well

@pytest.mark.majors
@pytest.mark.parametrize("published", [True, False], ids=["published", "fresh"])
def test_good_and_nothing_is_made(db, check, kafka, published):
    db.script("create table a(id int primary key); create table b(id int primary key)")
    if not published:
        db.unpublish()
    before = traces(db, kafka)
    report = check(kafka, snapshot={"mode": "initial"}, format={"provide_transaction_metadata": True},
                   postgres={"heartbeat_interval_ms": 1000, "replica_identity_autoset_values": ["public.a:FULL"]})
    assert traces(db, kafka) == before
    assert report.statuses() == {"ok"}
    assert re.fullmatch(r"\d+ ok, 0 warnings, 0 problems\n", report.summary)
    assert report.one("tables")[1] == "2 captured"
    assert report.one("topics")[1] == (
        "5 missing, each is created before its first record: "
        + ", ".join(sorted([f"__debezium-heartbeat.{db.prefix}", f"__pgwake_state.{db.prefix}",
                            *(f"{db.prefix}.{t}" for t in ("public.a", "public.b", "transaction"))])))
    assert "creates it" in report.one("slot")[1]
    assert ("creates it" in report.one("publication")[1]) == (not published)
    assert "first" in report.one("state record")[1]
    assert report.done.stderr == ""


def test_beside_a_running_agent(db, check, pgwake, kafka):
    db.sql("create table t(id int primary key)")
    agent = pgwake(kafka)
    db.sql("insert into t values (1)")
    agent.delivered()
    wait_until(lambda: f"{db.prefix}.public.t" in kafka.topics(), "the topic")
    report = check(kafka)
    assert report.of("slot")[0][0] == "warn"
    assert f"pid {db.walsender()[0]} (pgwake" in report.one("slot")[1]
    assert report.one("topics")[1] == "2 are there"
    assert f"slot {db.slot}" in report.one("state record")[1]
    assert "1 warning, 0 problems" in report.summary
    db.sql("insert into t values (2)")
    assert len(agent.delivered()) == 1
    agent.stop()


def test_without_kafka(db, check):
    db.sql("create table t(id int primary key)")
    report = check()
    assert report.one("Kafka")[0] == "skip"
    assert not report.of("topics")
    assert "0 problems, 1 not looked at" in report.summary


# -- tables

@pytest.mark.majors
def test_identity_using_index_beside_a_primary_key(db, check, pgwake):
    """The same words in the log of a run."""
    db.script("create table t(id int primary key, other int not null unique);"
              "alter table t replica identity using index t_other_key;"
              "create table same(id int primary key); alter table same replica identity using index same_pkey")
    status, text, (remedy,) = check().one("table")
    assert status == "warn"
    assert text.startswith("public.t: the key is that of REPLICA IDENTITY USING INDEX, not the primary key")
    assert text.endswith("(key other)")
    agent = pgwake()
    db.sql("insert into t values (1, 2)")
    (record,) = agent.delivered()
    assert record.key == {"other": 2}
    (line,) = [s for s in agent.log_lines("warn") if "USING INDEX" in s]
    assert text.removeprefix("public.t: ").partition(" (")[0] in line and remedy in line
    agent.stop()


def test_identities_that_refuse_changes(db, check):
    db.script("create table a(id int primary key); alter table a replica identity nothing;"
              "create table b(v text); create table c(v text); alter table c replica identity full;"
              "create table d(k int not null unique); alter table d replica identity using index d_k_key;"
              "create table e(k int not null unique); alter table e replica identity using index e_k_key;"
              "alter table e drop constraint e_k_key; create table f(v text);"
              "create table good(id int primary key)")
    settings = {"replica_identity_autoset_values": ["public.f:FULL"]}
    found = {text.partition(":")[0]: text for status, text, _ in check(postgres=settings).of("table")}
    assert sorted(found) == ["public.a", "public.b", "public.e"]
    assert "NOTHING" in found["public.a"] and "NOTHING" in found["public.e"]
    assert "no primary key" in found["public.b"]
    db.publish(options="with (publish = 'insert')")
    assert not check().of("table")


def test_columns(db, check):
    db.script("create table t(id int primary key, l line, n int);"
              "create table keyless(l pg_lsn not null unique, v text); alter table keyless replica identity full")
    mask = [{"columns": ["public.t.n"], "chars": 3}]
    lines = check(format={"column_mask": mask}).of("table")
    assert [text for _, text, _ in lines] == [
        "public.keyless: column left out: its type has no mapping (column l, type pg_lsn)",
        "public.keyless: the key lacks columns whose types have no mapping: different rows may have"
        " the same key (key_columns 0)",
        "public.t: column left out: its type has no mapping (column l, type line)",
        "public.t: column is not masked: only columns of character types and enums are (column n)"]


def test_tables_outside_of_the_log(db, check):
    db.script("create unlogged table u(id int primary key); create table t(id int primary key);"
              "create foreign data wrapper w; create server s foreign data wrapper w;"
              "create foreign table f(id int) server s; create foreign table hidden(id int) server s")
    lines = check(postgres={"tables": ["public[.](u|t|f)"]}).of("table")
    assert [text.partition(":")[0] for _, text, _ in lines] == ["public.f", "public.u"]
    assert "foreign" in lines[0][1] and "unlogged" in lines[1][1]


def test_columns_of_one_name(db, check):
    """What would stop the agent at the table's first change is known before."""
    db.sql('create table t(id int primary key, "a b" int, a_b int)')
    status, text, (remedy,) = check(code=4, format={"field_name_adjustment_mode": "avro"}).one("table")
    assert status == "bad" and "public.t" in text
    assert "a b" in remedy


@pytest.mark.majors
def test_no_select(db, check, role):
    """Only where rows are to be read; what is offered helps."""
    db.script('create schema s; create table s."T"(id int primary key); create table t(id int primary key);'
              "create table left_out(id int primary key)")
    settings = {"mode": "initial", "tables": ["!public[.]left_out"]}
    report = check(code=4, user=role, snapshot=settings)
    assert [text.partition(":")[0] for _, text, _ in report.of("table")] == ["public.t", "s.T"]
    assert report.statuses("table") == {"bad"}
    assert not check(user=role, snapshot={"mode": "no_data"}).of("table")
    for _, _, (remedy,) in report.of("table"):
        db.script(remedy)
    assert not check(user=role, snapshot=settings).of("table")


def test_row_level_security(db, check, role):
    db.script("create table t(id int primary key); alter table t enable row level security")
    db.sql(f"grant select on t to {role}")
    _, text, (remedy,) = check(code=4, user=role, snapshot={"mode": "initial"}).one("table")
    assert "row level security" in text and "BYPASSRLS" in remedy


def test_no_select_after_the_snapshot(db, check, pgwake, role, tmp_path):
    """The rows have been read: nothing is wrong."""
    db.sql("create table t(id int primary key)")
    db.sql(f"grant select on t to {role}")
    state = {"file": str(tmp_path / "state")}
    agent = pgwake(user=role, state=state, snapshot={"mode": "initial"}).wait_complete()
    wait_until(lambda: '"finished":true' in (tmp_path / "state").read_text(), "the record")
    agent.stop()
    db.sql(f"revoke select on t from {role}")
    assert not check(user=role, state=state, snapshot={"mode": "initial"}).of("table")


# -- publication

def test_no_table(db, check):
    db.sql("create table t(id int primary key)")
    status, text, _ = check(postgres={"tables": ["t"]}).one("tables")
    assert (status, text) == ("warn", "no table is captured")


def test_tables_that_are_not_published(db, check):
    db.script("create table a(id int primary key); create table b(id int primary key)")
    db.publish("for table a")
    assert check().statuses("publication") == {"ok"}
    report = check(postgres={"tables": ["public[.].*"]})
    (_, (status, text, (remedy,))) = report.of("publication")
    assert status == "warn" and text.startswith("1 of the tables that match")
    assert remedy.endswith('ALTER PUBLICATION "pgwake" ADD TABLE "public"."b"')
    db.sql(remedy.partition(": ")[2])
    assert check(postgres={"tables": ["public[.].*"]}).statuses("publication") == {"ok"}


def test_new_tables_of_a_publication_of_ours(db, check, pgwake):
    """The start adds them."""
    db.unpublish()
    db.sql("create table a(id int primary key)")
    pgwake(postgres={"tables": ["public[.].*"]}).stop()
    db.sql("create table b(id int primary key)")
    assert check(postgres={"tables": ["public[.].*"]}).statuses("publication") == {"ok"}


@pytest.mark.parametrize("mode, reason", [
    ("filtered", "belong to other roles"), ("all_tables", "needs a superuser"),
    ("no_tables", "no CREATE on the database")])
def test_publication_that_cannot_be_created(db, check, role, mode, reason):
    db.unpublish()
    db.sql("create table t(id int primary key)")
    report = check(code=4, user=role, postgres={"publication_autocreate_mode": mode})
    status, text, (remedy,) = report.one("publication")
    assert status == "bad" and reason in text
    db.sql(remedy.partition(": ")[2])
    assert check(user=role).one("publication")[0] == "ok"


def test_publication_that_may_not_be_created(db, check):
    db.unpublish()
    db.sql("create table t(id int primary key)")
    status, _, (remedy,) = check(code=4, postgres={"publication_autocreate": False}).one("publication")
    assert status == "bad"
    db.sql(remedy.removeprefix("run "))
    assert check().one("publication")[0] == "ok"


def test_several_publications(db, check):
    db.sql("create table t(id int primary key)")
    settings = {"publication": "pgwake,other"}
    assert "other" in check(code=4, postgres=settings).one("publication")[1]
    db.sql("create publication other for table t")
    assert check(postgres=settings).one("publication")[1] == "pgwake,other, for all tables"


# -- slot

@pytest.mark.majors
@pytest.mark.parametrize("kind, words", [
    ("plugin", "test_decoding"), ("two_phase", "two_phase"), ("database", "database")])
def test_slot_of_another_kind(db, check, server, kind, words):
    other = server.database("other")
    try:
        if kind == "database":
            other.create_slot(db.slot)
        else:
            db.create_slot(plugin="test_decoding" if kind == "plugin" else "pgoutput",
                           two_phase=kind == "two_phase")
        status, text, (remedy,) = check(code=4).one("slot")
        assert status == "bad" and words in text and "postgres.slot" in remedy
    finally:
        other.drop()


def test_slot_that_may_not_be_created(db, check):
    status, _, (remedy,) = check(code=4, postgres={"create_slot": False}).one("slot")
    assert status == "bad" and "pg_create_logical_replication_slot" in remedy


def test_slot_that_is_lost(new_server, check):
    db = new_server(max_slot_wal_keep_size="'1MB'").database("lost")
    db.publish()
    db.sql("create table t(id int primary key, v text)")
    db.create_slot()
    assert "max_slot_wal_keep_size is 1MB" in check(of=db).one("slots")[1]
    db.sql("insert into t select g, repeat('x', 1000) from generate_series(1, 50000) g")
    db.sql("select pg_switch_wal()")
    (_, (status, text, _)) = check(of=db).of("slot")
    assert status == "warn" and "next checkpoint (restart_lsn" in text
    db.sql("checkpoint")
    status, text, (remedy,) = check(code=4, of=db).one("slot")
    assert status == "bad" and "is lost" in text and "pg_drop_replication_slot" in remedy
    assert check(of=db, snapshot={"mode": "when_needed"}).one("slot")[0] == "warn"


def test_slot_and_publication_that_are_gone(db, check, pgwake, tmp_path):
    """The state record knows them: a start would refuse to make them again."""
    db.sql("create table t(id int primary key)")
    state = {"file": str(tmp_path / "state")}
    agent = pgwake(state=state)
    db.sql("insert into t values (1)")
    agent.delivered()
    agent.stop()
    wait_until(lambda: not db.slot_row()["active"], "the slot to be free")
    assert check(state=state).one("slot")[0] == "ok"
    db.sql("select pg_drop_replication_slot(%s)", db.slot)
    db.unpublish()
    report = check(code=4, state=state)
    assert report.one("slot")[0] == report.one("publication")[0] == "bad"
    assert "followed before" in report.one("publication")[1] + report.one("publication")[2][0]


def test_rows_alone_need_neither_slot_nor_publication(db, check):
    db.sql("create table t(id int primary key)")
    db.unpublish()
    report = check(snapshot={"mode": "initial_only"})
    assert report.statuses("slot", "publication") == {"skip"}
    assert report.one("tables")[1] == "1 captured"


def test_no_slot_is_left(new_server, check):
    db = new_server(max_replication_slots="1").database("full")
    db.publish()
    db.create_slot("taken")
    assert check(of=db, code=4).one("slots")[0] == "bad"
    db.sql("select pg_drop_replication_slot('taken')")
    assert check(of=db).one("slots")[0] == "ok"


# -- the server

def test_wal_level(new_server, check):
    db = new_server(wal_level="replica").database("replica")
    db.publish()
    report = check(of=db, code=4)
    assert ("bad", "wal_level is replica",
            ["set wal_level = logical in postgresql.conf and restart the server"]) in report.of("PostgreSQL")
    assert report.one("slot")[0] == "ok"


@pytest.mark.majors
def test_no_replication_privilege(db, check):
    role = f"plain_{db.name}"
    db.sql(f'create role "{role}" login')
    try:
        status, _, (remedy,) = check(code=4, user=role).one("replication")
        assert status == "bad" and f"ALTER ROLE {role} REPLICATION" in remedy
        db.sql(f'alter role "{role}" replication')
        assert check(user=role).one("replication")[0] == "ok"
    finally:
        db.sql(f'drop role "{role}"')


def test_no_wal_sender_is_left(new_server, check):
    db = new_server(max_wal_senders="0").database("quiet")
    db.publish()
    status, _, (remedy,) = check(of=db, code=4).one("replication")
    assert status == "bad" and "raise max_wal_senders" in remedy


def test_no_server(db, check):
    dsn = db.server.conninfo(db.name, host="127.0.0.1", port=free_port())
    report = check(code=4, postgres={"dsn": dsn})
    status, _, (remedy,) = report.one("PostgreSQL")
    assert status == "bad" and "refused" in remedy
    assert report.one("slot")[0] == "skip"


def test_settings_that_make_trouble(new_server, check):
    server = new_server(synchronous_standby_names="'pgwake'", synchronous_commit="'local'")
    db = server.database("ascii", encoding="'SQL_ASCII'")
    db.publish()
    assert [status for status, *_ in check(of=db).of("PostgreSQL")] == ["ok", "warn", "warn"]


@pytest.fixture
def standby(new_server, binaries):
    """A database as its hot standby shows it, and as its primary does."""
    primary = new_server()
    primary.allow(pglib.HBA + "local replication all trust\n")
    db = primary.database("far")
    db.sql("create table t(id int primary key)")
    db.forget_connection()
    primary.stop()
    server = pglib.Server(binaries, os.path.join(primary.dir, "standby"), primary.data)
    server.configure({"primary_conninfo": f"'host={primary.dir} port={primary.port} user=postgres'"})
    open(os.path.join(server.data, "standby.signal"), "w").close()
    primary.start()
    server.start()
    yield pglib.Database(server, db.name), db
    server.stop("immediate")


@pytest.mark.majors
def test_standby(standby, check):
    here, primary = standby
    report = check(of=here, code=4)
    assert "a standby" in report.of("PostgreSQL")[0][1]
    status, text, (remedy,) = report.one("publication")
    assert status == "bad" and "a standby cannot make it" in text and "on the primary: CREATE PUBLICATION" in remedy
    primary.sql(remedy.partition("primary: ")[2])
    wait_until(lambda: here.one("select count(*) from pg_publication"), "the publication to be there")
    decodes = here.server.major >= 16
    report = check(of=here, code=0 if decodes else 4)
    assert report.one("publication")[0] == "ok"
    assert [status for status, *_ in report.of("PostgreSQL")] == ["ok"] if decodes else ["ok", "bad"]
    here.forget_connection()


# -- Kafka and the state record

def test_signal(db, tmp_path):
    """Somebody does not want to wait for it."""
    path = tmp_path / "check.conf"
    agentlib.write_config(path, settings_for(db, SimpleNamespace(bootstrap="127.0.0.1:1")))
    process = subprocess.Popen([agentlib.BINARY, "-c", str(path), "--check"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: "SigBlk:\t0000000000000000" not in open(f"/proc/{process.pid}/status").read(),
               "its signal handlers")
    process.terminate()
    out, errors = process.communicate(timeout=4)
    assert (process.returncode, out) == (1, "")
    assert errors == "pgwake: stopped by a signal before everything was looked at\n"


def test_kafka_is_down(db, check):
    """What does not need it is looked at all the same."""
    db.sql("create table t(id int primary key)")
    nowhere = SimpleNamespace(bootstrap=f"127.0.0.1:{free_port()}")
    report = check(nowhere, code=4)
    status, text, (remedy,) = report.one("Kafka")
    assert status == "bad" and nowhere.bootstrap in text and "kafka.bootstrap_servers" in remedy
    assert report.one("state record")[0] == report.one("topics")[0] == "skip"
    assert report.one("tables")[1] == "1 captured"


def test_kafka_refuses_the_user(db, check, kafka):
    report = check(kafka, code=4, kafka={
        "bootstrap_servers": f"127.0.0.1:{kafka.sasl_port}", "security_protocol": "sasl_plaintext",
        "sasl_mechanisms": "PLAIN", "sasl_username": kafkalib.SASL_USER, "sasl_password": "not-it"})
    status, text, (remedy,) = report.one("Kafka")
    assert status == "bad" and "refused to log this user in" in text and "kafka.sasl_*" in remedy
    assert "not-it" not in report.done.stdout + report.done.stderr


def test_topics_that_are_missing(db, check, kafka):
    db.sql("create table t(id int primary key)")
    settings = {"create_topics": False}
    status, text, _ = check(kafka, code=4, kafka=settings).one("topics")
    assert status == "bad" and f"{db.prefix}.public.t" in text and f"__pgwake_state.{db.prefix}" in text
    for name in (f"{db.prefix}.public.t", f"__pgwake_state.{db.prefix}"):
        kafka.create_topic(name)
    assert check(kafka, kafka=settings).one("topics") == ("ok", "2 are there", [])


def test_state_record_that_is_none(db, check, tmp_path):
    (tmp_path / "state").write_text("something else")
    status, text, (remedy,) = check(code=4, state={"file": str(tmp_path / "state")}).one("state record")
    assert status == "bad" and "remove it" in remedy
    assert sorted(p.name for p in tmp_path.iterdir()) == ["check.conf", "state"]


# -- settings

@pytest.mark.parametrize("over, message", [
    ({"postgres": {"slto": "x"}}, r"/.*check[.]conf:\d+: postgres[.]slto"),
    ({"postgres": {"tables": ["public[.(t"]}}, r"postgres[.]tables: pattern"),
    ({"kafka": {"compression_type": "zip"}}, r"/.*check[.]conf:\d+: kafka[.]compression_type")])
def test_wrong_settings(check, over, message):
    """Told as by a start: no report, exit 2."""
    done = check(SimpleNamespace(bootstrap="127.0.0.1:1"), code=2, **over).done
    assert done.stdout == "" and re.match(message, done.stderr), done.stderr
