"""From a row's own clock_timestamp() to its append by the broker, at a fixed rate.

Every record counts. The broker's stamp is in whole milliseconds, rounded down,
so the figures flatter by half a millisecond in the mean. They contain what is
left of the source transaction after the row, and its commit.
"""
import os
import re
import subprocess

from drain import rounded
from meter import Meter
from rig import Run
from waiting import wait_until
from workloads import COLUMNS

STAMP = re.compile(rb"T(1\d{15})")
TX_PER_SECOND = 1000        # more rows a second are more rows a transaction

INSERT = ("insert into t10 select nextval('ids'), 1, 2, 3, 4.5, now(),"
          " 'T' || (extract(epoch from clock_timestamp()) * 1000000)::bigint,"
          " 'customer name', gen_random_uuid(), true from generate_series(1, {rows})")


def database(rig):
    db = rig.server.database("latency")
    db.sql(f"create table t10({COLUMNS})")
    db.sql("create sequence ids cache 1000")
    db.sql("create publication bench for all tables")
    return db


class Load:
    """pgbench, which inserts at a fixed rate."""

    def __init__(self, run, rate):
        self.run = run
        self.tps = min(rate, TX_PER_SECOND)
        self.script = os.path.join(run.dir, "load.sql")
        with open(self.script, "w") as f:
            f.write(INSERT.format(rows=rate // self.tps) + ";\n")

    def seconds(self, seconds):
        """Runs so long; the rows that were inserted."""
        before = self.count()
        server = self.run.server
        subprocess.run(
            [server.bin.path("pgbench"), "-h", server.dir, "-p", str(server.port), "-U", "postgres",
             "-n", "-M", "prepared", "-c", "2", "-j", "1", "-R", str(self.tps), "-T", str(seconds),
             "-f", self.script, self.run.db.name],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.count() - before

    def count(self):
        return self.run.db.one("select count(*) from t10")


def latency(rig, db, reader, rate, seconds):
    with Run(rig, None, db) as run:
        db.sql("truncate t10")
        db.create_slot(run.slot)
        run.begin()
        run.start(reader)
        meter = Meter(run)
        load = Load(run, rate)

        def begun():
            db.sql(INSERT.format(rows=1))
            return run.topics.count() > 0
        wait_until(begun, f"the first record; {run.said()}", 60, step=0.3)
        load.seconds(reader.warm_up)
        wait_until(lambda: run.topics.count() >= load.count(), "the warm-up to be drained", 90)
        start = run.topics.count()
        meter.mark()
        rows = load.seconds(seconds)
        meter.mark()
        behind = max(rows - (run.topics.count() - start), 0)
        wait_until(lambda: run.topics.count() >= start + rows,
                   f"all records of {rows}; {run.said()}", 120)
        foreign = meter.foreign()
        figures = {**delays(run.topics, start, rows), **meter.figures()}
    return rounded({**figures, "rows": rows, "made": rows / seconds, "behind": behind,
                    "foreign": foreign})


def delays(topics, start, rows):
    """Percentiles in milliseconds."""
    values = []
    for batch in topics.read(start, rows):
        for m in batch:
            stamp = STAMP.search(m.value())
            values.append(m.timestamp()[1] - int(stamp[1]) / 1000)
    values.sort()
    return {f"p{p}": values[min(int(len(values) * p / 100), len(values) - 1)]
            for p in (50, 95, 99)} | {"max": values[-1]}
