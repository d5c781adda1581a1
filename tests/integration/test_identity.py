"""Replica identities: what the key is and what is known of the old row."""
import psycopg
import pytest

from records import ops, rows

pytestmark = pytest.mark.majors


@pytest.mark.scenario(2)
def test_key_update(db, pgwake):
    db.sql("create table t(id int primary key, v text)")
    db.sql("insert into t values (1, 'a')")
    agent = pgwake()
    db.sql("update t set id = 2")
    got = agent.delivered()
    assert rows(got) == [
        ("d", {"id": 1, "v": None}, None),
        ("tombstone", {"id": 1}),
        ("c", None, {"id": 2, "v": "a"})]
    assert [r.key for r in got] == [{"id": 1}, {"id": 1}, {"id": 2}]
    assert got[0].headers["__debezium.newkey"] == got[1].headers["__debezium.newkey"] == '{"id":2}'
    assert got[2].headers["__debezium.oldkey"] == '{"id":1}'


@pytest.mark.scenario(3)
def test_full(db, pgwake):
    db.script("create table t(id int primary key, v text); alter table t replica identity full;"
              "insert into t values (1, 'a')")
    agent = pgwake()
    db.sql("update t set v = 'b'")
    db.sql("delete from t")
    assert rows(agent.delivered()) == [
        ("u", {"id": 1, "v": "a"}, {"id": 1, "v": "b"}),
        ("d", {"id": 1, "v": "b"}, None),
        ("tombstone", {"id": 1})]


@pytest.mark.scenario(3)
def test_full_without_key(db, pgwake):
    db.script("create table t(a int, b text); alter table t replica identity full")
    agent = pgwake()
    db.script("insert into t values (1, 'x'); update t set b = 'y'; delete from t")
    got = agent.delivered()
    assert ops(got)[:3] == ["c", "u", "d"]
    assert all(r.key is None for r in got)
    assert got[2].before == {"a": 1, "b": "y"}


@pytest.mark.scenario(4)
def test_using_index(db, pgwake):
    db.script("""
        create table t(k1 int not null, v text, k2 int not null);
        create unique index i on t(k2, k1);
        alter table t replica identity using index i""")
    agent = pgwake()
    db.script("insert into t values (1, 'a', 2); update t set v = 'b'; delete from t")
    got = agent.delivered()
    assert ops(got) == ["c", "u", "d", "tombstone"]
    assert all(r.key == {"k1": 1, "k2": 2} for r in got)
    assert got[2].before == {"k1": 1, "v": None, "k2": 2}


def test_unique_index_that_is_chosen(db, pgwake):
    """As Debezium's driver lists them: the clustered one, then by name; with INCLUDE columns, without expressions."""
    for table in ("t", "clustered"):
        db.script(f"""
            create table {table}(a int not null, b int, c int);
            create unique index {table}_1 on {table}((a + 1));
            create unique index {table}_2 on {table}(b) include (c);
            create unique index {table}_3 on {table}(a)""")
    db.sql("alter table clustered cluster on clustered_3")
    agent = pgwake()
    db.script("insert into t values (1, 2, 3); insert into clustered values (4, 5, 6)")
    assert [r.key for r in agent.delivered()] == [{"b": 2, "c": 3}, {"a": 4}]


@pytest.mark.scenario(5)
def test_no_key_refuses_updates_not_the_agent(db, pgwake):
    db.sql("create table t(v text)")
    agent = pgwake()
    db.sql("insert into t values ('a')")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        db.sql("update t set v = 'b'")
    db.sql("insert into t values ('c')")
    got = agent.delivered()
    assert rows(got) == [("c", None, {"v": "a"}), ("c", None, {"v": "c"})]
    assert [r.key for r in got] == [None, None]
    agent.stop()


@pytest.mark.scenario(6)
def test_identity_nothing(db, pgwake):
    db.script("create table t(id int, v text); alter table t replica identity nothing")
    agent = pgwake()
    db.sql("insert into t values (1, 'a')")
    (record,) = agent.delivered()
    assert record.key is None
    assert record.after == {"id": 1, "v": "a"}


@pytest.mark.scenario(7)
def test_full_with_dropped_column(db, pgwake):
    db.script("""
        create table t(id int primary key, gone text, v text);
        alter table t replica identity full;
        insert into t values (1, 'gone', 'a');
        alter table t drop column gone""")
    agent = pgwake()
    db.sql("update t set v = 'b'")
    assert rows(agent.delivered()) == [("u", {"id": 1, "v": "a"}, {"id": 1, "v": "b"})]


@pytest.mark.scenario(44)
def test_switching_the_identity_index(db, pgwake):
    db.script("""
        create table t(a int not null unique, b int not null unique);
        alter table t replica identity using index t_a_key;
        insert into t values (1, 10), (2, 20)""")
    agent = pgwake()
    db.sql("delete from t where a = 1")
    db.sql("alter table t replica identity using index t_b_key")
    db.sql("delete from t where a = 2")
    before, _, after, _ = agent.delivered()
    assert (before.before["a"], after.before["b"]) == (1, 20)
    assert after.key == {"b": 20}
