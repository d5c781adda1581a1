"""Transactions: large, nested, interleaved, rolled back."""
import pytest

from records import afters, rows


@pytest.mark.scenario(28)
def test_a_million_rows_in_one_transaction(db, pgwake):
    """Complete, in order, in bounded memory: the queue is 16 MB, 30 MB are ours."""
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    db.sql("insert into t select g, 'row number ' || g from generate_series(1, 1000000) g")
    db.wait_confirmed(timeout=90)
    peak = agent.peak_rss_mb()
    expected = 1
    with open(agent.output, "rb") as f:
        for line in f:
            assert b'"after":{"id":%d,' % expected in line
            expected += 1
    assert expected == 1_000_001
    assert peak < 46, f"peak RSS {peak:.0f} MB"
    agent.stop()


@pytest.mark.majors
@pytest.mark.scenario(29)
def test_ten_thousand_savepoints(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    statements = ["begin"]
    for i in range(10_000):
        statements += ["savepoint s", f"insert into t values ({i})"]
        statements.append("rollback to s" if i % 2 else "release s")
    with db.connect() as c:
        for k in range(0, len(statements), 3000):
            c.execute(";".join(statements[k:k + 3000]))
        c.execute("commit")
    assert [a["id"] for a in afters(agent.delivered(60))] == list(range(0, 10_000, 2))


@pytest.mark.majors
@pytest.mark.scenario(30)
def test_column_added_in_a_rolled_back_subtransaction(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    with db.connect() as c:
        c.execute("begin")
        c.execute("insert into t values (1)")
        c.execute("savepoint s")
        c.execute("alter table t add column extra int default 7")
        c.execute("insert into t values (2)")
        c.execute("rollback to s")
        c.execute("insert into t values (3)")
        c.execute("savepoint s2")
        c.execute("alter table t add column kept text")
        c.execute("insert into t values (4, 'x')")
        c.execute("commit")
    assert afters(agent.delivered()) == [{"id": 1}, {"id": 3}, {"id": 4, "kept": "x"}]


@pytest.mark.majors
@pytest.mark.scenario(31)
def test_interleaved_transactions_come_whole_and_in_commit_order(db, pgwake):
    db.sql("create table t(id int primary key, who text, v text)")
    agent = pgwake()
    fill = ("insert into t select %s + g, %s, repeat(md5(g::text), 10)"
            " from generate_series(1, 2000) g")
    with db.connect() as one, db.connect() as two:
        one.execute("begin")
        two.execute("begin")
        for part in range(5):
            one.execute(fill, [part * 10_000, "one"])
            two.execute(fill, [1_000_000 + part * 10_000, "two"])
        two.execute("commit")
        one.execute("commit")
    who = [a["who"] for a in afters(agent.delivered(60))]
    assert who == ["two"] * 10_000 + ["one"] * 10_000


@pytest.mark.majors
@pytest.mark.scenario(45)
def test_exception_blocks(db, pgwake):
    db.sql("create table t(id int primary key)")
    agent = pgwake()
    db.sql("""do $$ begin
        for i in 1..6 loop
            begin
                insert into t values (i);
                if i % 2 = 0 then raise exception 'no'; end if;
            exception when others then null;
            end;
        end loop;
    end $$""")
    assert [a["id"] for a in afters(agent.delivered())] == [1, 3, 5]


@pytest.mark.majors
@pytest.mark.scenario(34)
def test_prepared_transactions_over_a_restart(db, pgwake, tmp_path):
    db.sql("create table t(id int primary key)")
    agent = pgwake(directory=str(tmp_path / "a"))
    with db.connect() as c:
        for gid, row in (("kept", 1), ("undone", 2)):
            c.execute("begin")
            c.execute("insert into t values (%s)", [row])
            c.execute(f"prepare transaction '{db.name}_{gid}'")
    db.sql("insert into t values (3)")
    assert rows(agent.delivered()) == [("c", None, {"id": 3})]
    agent.stop()
    agent = pgwake(directory=str(tmp_path / "a"))
    db.sql(f"rollback prepared '{db.name}_undone'")
    db.sql(f"commit prepared '{db.name}_kept'")
    assert rows(agent.delivered()) == [("c", None, {"id": 1})]


@pytest.mark.majors
def test_memory_of_many_small_transactions(db, pgwake):
    """Nothing is kept per transaction once it is confirmed."""
    db.sql("create table t(id int primary key, v text)")
    agent = pgwake()
    db.sql("""do $$ begin for i in 1..3000 loop
        insert into t values (i, 'x'); commit; end loop; end $$""")
    db.wait_confirmed(timeout=60)
    early = agent.peak_rss_mb()
    db.sql("""do $$ begin for i in 3001..20000 loop
        insert into t values (i, 'x'); commit; end loop; end $$""")
    db.wait_confirmed(timeout=60)
    assert agent.peak_rss_mb() < early + 8
    assert [a["id"] for a in afters(agent.delivered())] == list(range(1, 20_001))
