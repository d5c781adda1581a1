"""What columns can be made to be, and what is said of it."""
import hashlib

import agentlib
import pytest

from records import ops


def test_masks_and_what_they_do_not_hide(db, pgwake):
    db.sql("create table t(id int primary key, name text, mail varchar(10), n int)")
    agent = pgwake(format={
        "column_mask": [{"chars": 3, "columns": "public.t.name, public.t.n"}],
        "column_mask_hash": [{"algorithm": "SHA-256", "salt": "s", "columns": ["public.t.mail"]}]})
    db.sql("insert into t values (1, 'Ada', 'a@b.c', 7), (2, null, null, null)")
    first, second = agent.delivered()
    digest = hashlib.sha256(b"s" + b"a@b.c").hexdigest()
    assert first.after == {"id": 1, "name": "***", "mail": digest[:10], "n": 7}
    assert second.after == {"id": 2, "name": "***", "mail": None, "n": None}
    # once for the table, not for each row
    warnings = [line for line in agent.log_lines("warn") if "is not masked" in line]
    assert len(warnings) == 1 and "column=n" in warnings[0]


def test_a_key_of_other_columns(db, pgwake):
    db.sql("create table t(id int primary key, a text, b int)")
    agent = pgwake(format={"message_key_columns": "public.t:b,a"})
    db.script("insert into t values (1, 'x', 2); update t set b = 3; update t set id = 9; delete from t")
    got = agent.delivered()
    assert ops(got) == ["c", "u", "d", "tombstone", "c", "d", "tombstone"]
    assert [r.key for r in got[:3]] == [{"b": 2, "a": "x"}, {"b": 3, "a": "x"}, {"b": None, "a": None}]


def test_an_index_beside_the_primary_key_is_said(db, pgwake):
    db.script("""
        create table t(id int primary key, code text not null);
        create unique index t_code on t(code);
        alter table t replica identity using index t_code""")
    agent = pgwake()
    db.sql("insert into t values (1, 'A')")
    assert [r.key for r in agent.delivered()] == [{"code": "A"}]
    agent.wait_log("level=warn .*REPLICA IDENTITY USING INDEX, not the primary key.* table=t")


def test_two_columns_of_one_name_stop_it(db, pgwake):
    db.sql('create table t(id int primary key, "a-b" text, "a.b" text)')
    agent = pgwake(format={"field_name_adjustment_mode": "avro"})
    db.sql("insert into t values (1, 'x', 'y')")
    log = agent.wait_exit(2)
    assert 'columns \\"a-b\\" and \\"a.b\\" would both be called \\"a_b\\"' in log
    agent = pgwake(format={"field_name_adjustment_mode": "avro_unicode"})
    assert [r.after for r in agent.delivered()] == [{"id": 1, "a_u002db": "x", "a_u002eb": "y"}]


def test_shapes_and_dimensions_if_asked_for(db, pgwake):
    db.sql("create table t(id int primary key, c circle, m int[])")
    agent = pgwake(format={"include_geometric_types": True, "json_array_columns": ["public[.]t[.]m"]})
    db.sql("insert into t values (1, '<(1,2),3>', '{{1,2},{3,null}}')")
    record, = agent.delivered()
    assert record.after["c"]["radius"] == 3.0
    assert record.after["c"]["center"]["y"] == 2.0
    assert record.after["m"] == "[[1,2],[3,null]]"


@pytest.mark.parametrize("setting, message", [
    ({"column_mask": [{"chars": 3}]}, "format.column_mask item 1: columns is missing"),
    ({"column_mask_hash": [{"algorithm": "MD6", "salt": "s", "columns": "a"}]},
     'format.column_mask_hash: algorithm must be one of MD5, SHA-1,'),
    ({"message_key_columns": "public.t"}, "format.message_key_columns: must be written table:column"),
])
def test_what_is_wrong_is_said_before_connecting(tmp_path, setting, message):
    path = tmp_path / "c.conf"
    agentlib.write_config(path, {"prefix": "p", "postgres": {"dsn": "host=/nowhere"},
                                 "snapshot": {"mode": "no_data"}, "format": setting})
    done = agentlib.run("-c", str(path), "--stdout")
    assert done.returncode == 2
    assert message in done.stderr
