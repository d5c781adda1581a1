"""What the publication is made like, and what follows from it."""
import pytest

from records import ops

pytestmark = pytest.mark.majors


def publication(db):
    """(all tables, operations, by root), and the tables named."""
    ((row),) = db.sql("select puballtables, concat_ws(',', case when pubinsert then 'insert' end,"
                      " case when pubupdate then 'update' end, case when pubdelete then 'delete'"
                      " end, case when pubtruncate then 'truncate' end), pubviaroot"
                      " from pg_publication where pubname = %s", db.publication)
    tables = db.sql("select prrelid::regclass::text from pg_publication_rel order by 1")
    return row, [t for (t,) in tables]


EVERYTHING = "insert,update,delete,truncate"


@pytest.mark.parametrize("mode, all_tables, tables", [
    ("filtered", False, ["a"]), ("all_tables", True, []), ("no_tables", False, [])])
def test_modes(db, pgwake, mode, all_tables, tables):
    db.script("create table a(id int primary key); create table b(id int primary key)")
    db.unpublish()
    agent = pgwake(postgres={"publication_autocreate_mode": mode, "tables": ["public.a"]})
    assert publication(db) == ((all_tables, EVERYTHING, False), tables)
    db.script("insert into a values (1); insert into b values (1)")
    assert [r.table for r in agent.delivered()] == (["public.a"] if mode != "no_tables" else [])
    if mode == "no_tables":     # its tables are somebody else's business, also later
        db.sql(f"alter publication {db.publication} add table a")
        db.sql("insert into a values (2)")
        assert [r.after for r in agent.delivered()] == [{"id": 2}]


def test_disabled(db, pgwake):
    db.sql("create table a(id int primary key)")
    db.unpublish()
    log = pgwake(postgres={"publication_autocreate_mode": "disabled"}, wait=False).wait_exit(2)
    assert "CREATE PUBLICATION" in log
    assert not db.sql("select 1 from pg_publication")


@pytest.mark.parametrize("skipped, published", [
    ("u,t", "insert,delete"), ("none", EVERYTHING), (None, EVERYTHING)])
def test_skipped_operations_are_not_published(db, pgwake, skipped, published):
    """If they are named: the default, TRUNCATE, is skipped here and published there."""
    db.sql("create table a(id int primary key, v int)")
    db.unpublish()
    agent = pgwake(format={"skipped_operations": skipped})
    assert publication(db)[0] == (False, published, False)
    db.script("insert into a values (1, 1); update a set v = 2; truncate a")
    assert ops(agent.delivered()) == {"u,t": ["c"], "none": ["c", "u", "t"], None: ["c", "u"]}[skipped]


def test_by_root(db, pgwake):
    """The patterns are about the partitioned table; its partitions need no mention."""
    db.script("create table r(id int primary key) partition by list (id);"
              " create table r1 partition of r for values in (1);"
              " create table other(id int primary key)")
    db.unpublish()
    agent = pgwake(postgres={"publish_via_partition_root": True, "tables": ["public.r"]})
    assert publication(db) == ((False, EVERYTHING, True), ["r"])
    db.script("insert into r values (1); insert into other values (1)")
    db.script("create table r2 partition of r for values in (2); insert into r values (2)")
    assert [(r.table, r.after["id"]) for r in agent.delivered()] == [
        ("public.r", 1), ("public.r", 2)]


def test_a_publication_that_is_there_is_not_changed(db, pgwake):
    db.script("create table r(id int primary key) partition by list (id);"
              " create table r1 partition of r for values in (1)")
    db.publish("for table r")
    agent = pgwake(postgres={"publish_via_partition_root": True},
                   format={"skipped_operations": "u"})
    agent.wait_log("publish_via_partition_root is on, but the publication publishes partitions")
    assert publication(db) == ((False, EVERYTHING, False), ["r"])
    db.sql("insert into r values (1)")
    assert [r.table for r in agent.delivered()] == ["public.r1"]


def test_a_partition_that_matches_no_pattern(db, pgwake):
    """Under their own names, some partitions are wanted and some are not."""
    db.script("create table r(id int primary key) partition by list (id);"
              " create table r1 partition of r for values in (1);"
              " create table r2 partition of r for values in (2)")
    db.unpublish()
    agent = pgwake(postgres={"tables": ["public.r.*", "!public.r1"]})
    agent.wait_log("some of this table match no pattern in postgres.tables")
    db.script("create table r3 partition of r for values in (3); insert into r values (1), (2), (3)")
    assert [(r.table, r.after["id"]) for r in agent.delivered()] == [
        ("public.r2", 2), ("public.r3", 3)]
