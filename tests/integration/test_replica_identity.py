"""Replica identities that the agent sets at its start."""
import pytest

from waiting import stays, wait_until

pytestmark = pytest.mark.majors


def identities(db):
    return dict(db.sql("select relname, relreplident::text || coalesce(' ' || (select x.relname"
                       " from pg_index i join pg_class x on x.oid = indexrelid"
                       " where indrelid = c.oid and indisreplident), '')"
                       " from pg_class c where relkind in ('r', 'p') and oid >= 16384"
                       " and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"))


def test_each_kind(db, pgwake):
    db.script("create table a(id int primary key); create table b(id int primary key, v int not null);"
              " create unique index \"B v\" on b(v); create table c(id int primary key);"
              " create table d(id int primary key); alter table d replica identity full;"
              " create table \"Odd one\"(id int primary key); create table left_out(id int primary key);"
              " create table untouched(id int primary key)")
    agent = pgwake(postgres={"tables": ["!public.left_out"], "replica_identity_autoset_values": [
        "public.a:FULL", "public.b:INDEX B v", "public.c:nothing", "public.d:DEFAULT",
        "public.odd.*:FULL", "public.left_out:FULL"]})
    assert identities(db) == {"a": "f", "b": "i B v", "c": "n", "d": "d", "Odd one": "f",
                              "left_out": "d", "untouched": "d"}
    assert len(agent.log_lines("info")) > 5
    agent.stop()
    again = pgwake(postgres={"replica_identity_autoset_values": ["public.a:FULL"]})
    assert "replica identity set" not in again.log()    # it has it


def test_one_that_cannot_be_set(db, pgwake):
    """It is said, and the others are set all the same."""
    db.script("create table a(id int primary key); create table b(id int primary key);"
              " create table c(id int primary key)")
    agent = pgwake(postgres={"replica_identity_autoset_values": [
        "public.a:INDEX nowhere", "public.b:FULL", "public.b.*:DEFAULT", "public.c:FULL"]})
    assert identities(db) == {"a": "d", "b": "d", "c": "f"}
    agent.wait_log('could not be set" table=.*a.*nowhere')
    agent.wait_log("more than one pattern .* table=public.b")
    db.sql("insert into c values (1)")
    assert len(agent.delivered()) == 1


def test_a_locked_table_is_waited_for(db, pgwake):
    db.sql("create table a(id int primary key)")
    with db.connect() as c:
        c.execute("begin; lock a in share mode")
        agent = pgwake(wait=False, postgres={
            "lock_timeout_ms": 100, "replica_identity_autoset_values": ["public.a:FULL"]})
        agent.wait_log("trying again")
        stays(agent.running, 0.5, "pgwake ended")
        assert db.walsender() is None
        c.execute("commit")
    agent.wait_streaming(30)
    wait_until(lambda: identities(db) == {"a": "f"}, "the identity to be set")
