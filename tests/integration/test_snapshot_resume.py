"""A snapshot that was cut short goes on: what is finished stays finished, and nothing is overtaken."""
import itertools

import pytest

from faults import Proxy
from snapshots import COLUMNS, fill
from waiting import stays, wait_until


@pytest.mark.parametrize("threads, state_file", [(1, True), (4, False)])
def test_finished_tables_are_not_read_again(db, snapshot, threads, state_file):
    names = "abcdefgh"
    for i, name in enumerate(names):
        fill(db, name, 900 - 100 * i)
    s = snapshot(state_file, threads=threads)
    s.start().wait_log("reading the rows")
    s.hold("h")

    def whole():
        """Of which tables the state record says that they are finished."""
        oids = itertools.accumulate(int(n) for n in s.progress().get("whole", "").split(",") if n)
        return {db.one("select %s::oid::regclass::text", oid) for oid in oids}
    # The last row of the seventh waits, for it might be the last of all.
    wait_until(lambda: len(whole()) >= 6, "all tables but the last to be finished", 30)
    s.kill()
    finished = whole()
    before = {t: s.reads(t) for t in finished}
    assert before == {t: db.one(f"select count(*) from {t}") for t in finished}
    s.release()
    s.start()
    s.finish()
    assert {t: s.reads(t) for t in finished} == before
    s.check(*names)


def test_a_row_that_moved_to_a_finished_page(db, snapshot):
    """Updated without its value out of line, which nobody has told yet: it is read there."""
    fill(db, "t", 6000)
    db.sql("alter table t alter doc set storage external")
    db.sql("update t set doc = id || repeat('d', 2500)")
    db.sql("vacuum full t")
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    s.kill()
    s.release()
    assert 0 < s.reads("t") < 5500
    db.sql("delete from t where id <= 60")
    wait_until(lambda: not db.sql(
        "select 1 from pg_stat_activity where datname = current_database() and backend_xmin is not null"
        " and pid <> pg_backend_pid()"), "the old snapshot to be gone")
    db.sql("vacuum (index_cleanup on) t")
    s.write("t", "id between 5700 and 5900")
    pages = [page for (page,) in db.sql(
        "select (ctid::text::point)[0]::int from t where id between 5700 and 5900")]
    assert min(pages) < 3, "they should have moved to the front"
    s.start()
    s.finish()
    s.check("t")


def test_rows_of_an_unfinished_part_are_followed(db, kafka_proxy, kafka, pgwake, snapshot):
    """Rows that reached Kafka, of a part that is not finished: their deletion reaches it too."""
    fill(db, "t", 20_000, pad=800)
    s = snapshot(chunk_kbytes=1 << 20)
    s.kafka = kafka_proxy
    s.start()
    wait_until(lambda: kafka_proxy.bytes_up > 200_000, "rows to be on their way")
    kafka_proxy.stall()
    s.kafka = kafka
    s.kill()
    kafka_proxy.resume()
    told = [r.key["id"] for r in s.arrived()]
    assert 0 < len(told) < 20_000, len(told)
    db.sql("delete from t where id % 2 = 0")
    s.write("t", "id % 3 = 0")
    s.start()
    s.finish()
    s.check("t")
    assert {r.key["id"] for r in s.records if r.op == "d"} >= {n for n in told if n % 2 == 0}


def test_what_is_not_acknowledged_is_not_finished(db, kafka_proxy, kafka, snapshot):
    """The state record never runs ahead of Kafka."""
    fill(db, "t", 20_000, pad=800)
    s = snapshot(True)
    s.kafka = kafka_proxy
    s.start()
    wait_until(lambda: kafka_proxy.bytes_up > 200_000, "rows to be on their way")
    kafka_proxy.stall()
    written = s.state.stat().st_mtime_ns
    stays(s.agent.running, 1.5, "it ended")
    s.kafka = kafka
    s.kill()
    kafka_proxy.resume()
    assert s.state.stat().st_mtime_ns >= written and s.reads("t") < 20_000
    s.start()
    s.finish()
    s.check("t")


CHANGES = {
    "moved": ["delete from t where id % 2 = 0", "vacuum full t"],
    "altered": ["alter table t alter pad type varchar(400)", "delete from t where id % 2 = 0"],
    "dropped and made again": ["drop table t", f"create table t({COLUMNS})",
                               "insert into t select g, 1, null, 'anew', '' from generate_series(1, 4000, 2) g"],
    "truncated": ["delete from t", "truncate t", "insert into t select g, 1 from generate_series(1, 4000, 3) g"],
}


@pytest.mark.parametrize("change", CHANGES)
def test_table_is_rewritten_between_rounds(db, snapshot, change):
    """Places of the old file mean nothing in the new one: it is read from its beginning."""
    fill(db, "t", 4000)
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    s.kill()
    s.release()
    for statement in CHANGES[change]:
        db.sql(statement)
    s.start()
    s.finish()
    if change != "dropped and made again":
        assert "read from its beginning" in s.agent.log()
    told, there = s.state_of("t"), dict(db.sql("select id, pad from t"))
    assert {n: told.get(n) for n in there} == there
    assert "dropped" in change or told == there


def test_without_a_key_it_is_read_from_the_beginning(db, snapshot):
    """Its consumers could not tell a row that they get twice: said, and every row is there at least once."""
    fill(db, "t", 4000, columns=COLUMNS.replace(" primary key", ""))
    s = snapshot(True)
    s.start().wait_log("reading the rows")
    s.hold_within("t")
    s.kill()
    s.release()
    db.sql("insert into t values (5000, 1)")
    s.start()
    s.finish()
    assert "public" in s.agent.log() and "has no key" in s.agent.log()
    assert {r.after["id"] for r in s.records if r.after} == {*range(1, 4001), 5000}


def test_the_stream_waits_at_the_snapshot_of_a_later_round(db, server, kafka, pgwake, snapshot):
    """Between the snapshot's position and its reading nothing behind it is published."""
    fill(db, "t", 2000)
    s = snapshot()
    s.start().wait_log("reading the rows")
    s.hold("t")
    s.kill()
    s.release()
    proxy = Proxy(("127.0.0.1", server.port))
    writer = db.connect()
    writer.execute("create table other(id int primary key)")
    writer.execute("begin; insert into other values (1)")     # the later slot waits for it
    s.start(postgres={"dsn": db.server.conninfo(db.name, host="127.0.0.1", port=proxy.port)})
    wait_until(lambda: db.one("select count(*) from pg_replication_slots where temporary and database = %s",
                              db.name), "the later slot to be made")
    proxy.hold_new()
    writer.execute("commit")
    wait_until(lambda: db.one("select count(*) from pg_replication_slots where temporary and database = %s"
                              " and confirmed_flush_lsn is not null", db.name), "the later slot to be there")
    for _ in range(3):
        s.write("t", "id % 100 = 0")
    stays(lambda: not any(r.op == "u" for r in s.arrived()), 1, "published before the rows were read")
    proxy.resume()
    s.agent.wait_complete(60)
    db.wait_confirmed(timeout=30)
    s.check("t")
    proxy.close()
    writer.close()
