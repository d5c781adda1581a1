"""Odd names, many columns, none at all."""
import pytest

from records import afters

pytestmark = pytest.mark.majors


@pytest.mark.scenario(50)
def test_odd_column_names(db, pgwake):
    names = ['with "quotes"', "with ' quote", "dot.dot", "two words", "Größe", "列", "select",
             "back\\slash", "tab\there", "x" * 63, "1st"]
    columns = ", ".join('"' + n.replace('"', '""') + '" text' for n in names)
    db.sql(f'create table t("select from" int primary key, {columns})')
    agent = pgwake()
    db.sql("insert into t values (1" + ", 'v'" * len(names) + ")")
    (after,) = afters(agent.delivered())
    assert after == {"select from": 1, **dict.fromkeys(names, "v")}


@pytest.mark.scenario(50)
@pytest.mark.parametrize("schema, table, topic", [
    ("public", 'quo"te', "public.quo_te"),
    ("public", "two words", "public.two_words"),
    ("public", "dotted.name", "public.dotted.name"),
    ("Größe", "表", "Gr__e._"),
    ("s", "t" * 63, "s." + "t" * 63),
    ("public", "back\\slash", "public.back_slash"),
], ids=["quote", "space", "dot", "unicode", "long", "backslash"])
def test_odd_table_names(db, pgwake, schema, table, topic):
    def quoted(name):
        return '"' + name.replace('"', '""') + '"'
    full = f"{quoted(schema)}.{quoted(table)}"
    db.sql(f"create schema if not exists {quoted(schema)}")
    db.sql(f"create table {full}(id int primary key)")
    agent = pgwake()
    db.sql(f"insert into {full} values (1)")
    (record,) = agent.delivered()
    assert record.topic == f"{db.prefix}.{topic}"
    assert (record.source["schema"], record.source["table"]) == (schema, table)


@pytest.mark.scenario(50)
def test_odd_publication_name(db, pgwake):
    db.sql("create table t(id int primary key)")
    db.unpublish()
    db.publication = '"P, ""odd"" näme"'
    db.sql(f"create publication {db.publication} for table t")
    agent = pgwake()
    db.sql("insert into t values (1)")
    assert afters(agent.delivered()) == [{"id": 1}]


@pytest.mark.scenario(50)
def test_1600_defaults(db, pgwake):
    """They are read in time that is not a cube of the number of columns."""
    db.sql("create table t(c0 int primary key, "
           + ", ".join(f"c{i} int default {i}" for i in range(1, 1600)) + ")")
    agent = pgwake()
    db.sql("insert into t(c0) values (0)")
    assert afters(agent.delivered()) == [{f"c{i}": i for i in range(1600)}]


@pytest.mark.scenario(50)
def test_1600_columns(db, pgwake):
    db.sql("create table t(" + ", ".join(f"c{i} int" for i in range(1600)) + ")")
    agent = pgwake(format={"schemas": True})
    db.sql("insert into t(c0, c799, c1599) values (1, 2, 3)")
    db.sql("alter table t replica identity full")
    db.sql("update t set c0 = 4")
    created, updated = agent.delivered()
    assert list(created.after) == [f"c{i}" for i in range(1600)]
    assert {k: v for k, v in created.after.items() if v is not None} == {
        "c0": 1, "c799": 2, "c1599": 3}
    assert (updated.before["c0"], updated.after["c0"], updated.after["c1599"]) == (1, 4, 3)


@pytest.mark.scenario(50)
def test_no_columns(db, pgwake):
    db.sql("create table t()")
    agent = pgwake()
    db.sql("insert into t default values")
    db.sql("alter table t add column v int")
    db.sql("insert into t values (1)")
    assert afters(agent.delivered()) == [{}, {"v": 1}]


def test_names_in_kafka(db, pgwake, kafka):
    """The broker accepts every topic name that is made of an odd table name."""
    db.sql('create table "Ünï cødé ""x"""(id int primary key)')
    agent = pgwake(kafka)
    db.sql('insert into "Ünï cødé ""x""" values (1)')
    (record,) = agent.delivered()
    assert record.topic == f"{db.prefix}.public._n__c_d___x_"
    assert record.source["table"] == 'Ünï cødé "x"'
