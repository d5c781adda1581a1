"""Values stored out of line: not sent is neither NULL nor empty."""
import pytest

from records import ops

pytestmark = pytest.mark.majors

UNAVAILABLE = "__debezium_unavailable_value"
BIG = "(select string_agg(md5(g::text), '') from generate_series(1, 32768) g)"     # 1 MB


@pytest.mark.scenario(47)
def test_unchanged_value_under_default_identity(db, pgwake):
    db.sql("create table t(id int primary key, n int, big text)")
    db.sql("alter table t alter column big set storage external")
    agent = pgwake()
    db.sql(f"insert into t select 1, 1, {BIG}")
    db.sql("update t set n = 2")
    created, updated = agent.delivered()
    assert len(created.after["big"]) == 1 << 20
    assert updated.after == {"id": 1, "n": 2, "big": UNAVAILABLE}


@pytest.mark.scenario(47)
def test_unchanged_value_under_full_identity(db, pgwake):
    db.sql("create table t(id int primary key, n int, big text)")
    db.sql("alter table t replica identity full")
    db.sql("alter table t alter column big set storage external")
    agent = pgwake()
    db.sql(f"insert into t select 1, 1, {BIG}")
    db.sql("update t set n = 2")
    created, updated = agent.delivered()
    assert updated.after["n"] == 2
    assert updated.before["big"] == updated.after["big"] == created.after["big"]


@pytest.mark.scenario(47)
def test_null_and_empty_stay_what_they_are(db, pgwake):
    db.sql("create table t(id int primary key, a text, b text)")
    agent = pgwake()
    db.sql("insert into t values (1, null, '')")
    db.sql("update t set a = '', b = null")
    created, updated = agent.delivered()
    assert (created.after["a"], created.after["b"]) == (None, "")
    assert (updated.after["a"], updated.after["b"]) == ("", None)


@pytest.mark.scenario(48)
def test_toasted_key(db, pgwake):
    """The key's value is not in the new row, and not lost: it is in the old key."""
    db.sql("create table t(k text primary key, n int)")
    db.sql("alter table t alter column k set storage external")
    key = "k" * 2300
    agent = pgwake()
    db.sql("insert into t values (%s, 1)", key)
    db.sql("update t set n = 2")
    created, updated = agent.delivered()
    assert ops((created, updated)) == ["c", "u"]
    assert created.key == updated.key == {"k": key}
    assert updated.after == {"k": key, "n": 2}


@pytest.mark.scenario(48)
def test_key_update_with_unchanged_big_value(db, pgwake):
    db.sql("create table t(id int primary key, big text)")
    db.sql("alter table t alter column big set storage external")
    db.sql(f"insert into t select 1, {BIG}")
    agent = pgwake()
    db.sql("update t set id = 2")
    gone, tombstone, come = agent.delivered()
    assert ops((gone, tombstone, come)) == ["d", "tombstone", "c"]
    assert come.after == {"id": 2, "big": UNAVAILABLE}


def test_custom_placeholder(db, pgwake):
    db.sql("create table t(id int primary key, n int, big text)")
    db.sql("alter table t alter column big set storage external")
    db.sql(f"insert into t select 1, 1, {BIG}")
    agent = pgwake(format={"unavailable_value_placeholder": "(not sent)"})
    db.sql("update t set n = 2")
    (updated,) = agent.delivered()
    assert updated.after["big"] == "(not sent)"
