"""Partitioned tables, published by leaf or by root."""
import pytest

from records import ops, rows

pytestmark = pytest.mark.majors

TREE = """
    create table root(id int, region text, v text, primary key (id, region))
        partition by list (region);
    create table north partition of root for values in ('n') partition by range (id);
    create table north1 partition of north for values from (0) to (100);
    create table north2(v text, region text not null, id int not null);
    alter table north attach partition north2 for values from (100) to (200);
    create table south partition of root for values in ('s')"""


def tree(db, root):
    db.script(TREE)
    db.publish("for table root", f"with (publish_via_partition_root = {root})")


@pytest.mark.scenario(23)
def test_leaves(db, pgwake):
    tree(db, "false")
    agent = pgwake()
    db.sql("insert into root values (1, 'n', 'a'), (150, 'n', 'b'), (2, 's', 'c')")
    got = agent.delivered()
    assert [r.table for r in got] == ["public.north1", "public.north2", "public.south"]
    assert [list(r.after) for r in got] == [
        ["id", "region", "v"], ["v", "region", "id"], ["id", "region", "v"]]


@pytest.mark.scenario(23)
def test_root(db, pgwake):
    tree(db, "true")
    agent = pgwake()
    db.sql("insert into root values (1, 'n', 'a'), (150, 'n', 'b'), (2, 's', 'c')")
    got = agent.delivered()
    assert {r.table for r in got} == {"public.root"}
    assert rows(got) == [
        ("c", None, {"id": 1, "region": "n", "v": "a"}),
        ("c", None, {"id": 150, "region": "n", "v": "b"}),
        ("c", None, {"id": 2, "region": "s", "v": "c"})]


@pytest.mark.scenario(24)
@pytest.mark.parametrize("root", ["false", "true"])
def test_row_moves(db, pgwake, root):
    tree(db, root)
    db.sql("insert into root values (1, 'n', 'a')")
    agent = pgwake()
    db.sql("update root set region = 's', v = 'moved'")
    gone, tombstone, come = agent.delivered()
    assert ops((gone, tombstone, come)) == ["d", "tombstone", "c"]
    assert gone.source["txId"] == come.source["txId"]
    assert (gone.key, come.after) == (
        {"id": 1, "region": "n"}, {"id": 1, "region": "s", "v": "moved"})
    assert [gone.table, come.table] == (
        ["public.root"] * 2 if root == "true" else ["public.north1", "public.south"])


@pytest.mark.scenario(25)
def test_partitions_come_and_go(db, pgwake):
    tree(db, "true")
    agent = pgwake()
    db.sql("insert into root values (1, 's', 'in the tree')")
    db.sql("alter table root detach partition south")
    db.sql("alter publication pgwake add table south")
    db.sql("insert into south values (2, 's', 'alone')")
    db.sql("alter publication pgwake drop table south")
    db.sql("alter table root attach partition south for values in ('s')")
    db.sql("insert into south values (3, 's', 'back')")
    db.sql("create table east partition of root for values in ('e')")
    db.sql("insert into root values (4, 'e', 'new')")
    assert [(r.table, r.after["id"]) for r in agent.delivered()] == [
        ("public.root", 1), ("public.south", 2), ("public.root", 3), ("public.root", 4)]


@pytest.mark.scenario(26)
@pytest.mark.parametrize("root", ["false", "true"])
def test_truncate(db, pgwake, root):
    """A leaf truncated by itself tells nothing when rows are published as the root's."""
    tree(db, root)
    agent = pgwake(format={"skipped_operations": "none"})
    db.sql("truncate south")
    db.sql("truncate root")
    got = agent.delivered()
    assert set(ops(got)) == {"t"}
    if root == "true":
        assert [r.table for r in got] == ["public.root"]
    else:
        assert got[0].table == "public.south"
        assert {r.table for r in got[1:]} == {"public.north1", "public.north2", "public.south"}
