"""Reading a table that is there already: COPY to nothing, raw to Kafka, and pgwake.

Until the program has snapshot.threads only what it is compared with is run.
"""
import subprocess
import time

import agentlib
from drain import LOOK, rounded, watch_topics
from meter import Meter
from rig import Run
from readers import Pgwake, Pipe, Reader
from table import print_case
from workloads import WORKLOADS


class Psql(Reader):
    """Without Kafka; its time is that of the whole process."""
    to_kafka = False

    def command(self, run):
        return ["psql", "-XAtq", "-d", run.conninfo(), "-o", "/dev/null",
                "-c", f"COPY {run.tables[0]} TO STDOUT"]


READERS = {
    "copy": Psql("psql, COPY TO STDOUT > /dev/null"),
    "pipe": Pipe("each line of COPY a record"),
    "pipe-pad": Pipe("the same, padded to pgwake's record size", pad_to="pgwake-1"),
    "pgwake-1": Pgwake("one reader", threads=1),
    "pgwake-2": Pgwake("two readers", threads=2),
    "pgwake-4": Pgwake("four readers", threads=4),
}
REFERENCE = "pipe"
WORKLOAD = "snapshot"


def measure(rig, name, sample_size=False):
    reader = READERS[name]
    run = Run(rig, WORKLOAD)
    try:
        run.begin(reader.to_kafka)
        if isinstance(reader, Pgwake):
            run.db.sql("create publication bench for all tables")
        run.start(reader)
        meter = Meter(run)
        if reader.to_kafka:
            figures = watch_topics(run, meter, reader)
            if sample_size:
                rig.record_size[WORKLOAD, name] = run.topics.record_bytes()
        else:
            figures = watch_copy(run, meter)
    finally:
        run.end()
        run.db.sql("drop publication if exists bench")
    return rounded(figures)


def watch_copy(run, meter):
    began = time.monotonic()
    meter.mark()
    while run.process.poll() is None:
        meter.mark()
        time.sleep(LOOK / 2)
    seconds = time.monotonic() - began
    if run.process.returncode:
        raise RuntimeError(run.said())
    rate = run.workload.rows / seconds
    return {"seconds": seconds, "rate": rate, "rate_from_start": rate, "first_s": 0.0,
            **meter.figures(), "foreign": meter.foreign()}


def has_threads():
    done = subprocess.run([agentlib.BINARY, "--print-reference"], stdout=subprocess.PIPE,
                          text=True)
    return "`snapshot.threads`" in done.stdout


def run(suite, rig):
    names = list(READERS)
    if has_threads():
        measure(rig, "pgwake-1", sample_size=True)
    else:
        suite.skip("pgwake is skipped: it has no snapshot.threads yet")
        names = ["copy", "pipe"]
    for _ in range(2):
        measure(rig, "pipe")
    size = rig.record_size.get((WORKLOAD, "pgwake-1"), 0)
    runs = suite.turns("snapshot", names, lambda r: measure(rig, r))
    workload = WORKLOADS[WORKLOAD]
    suite.result["cases"]["snapshot"] = {
        "title": "snapshot", "about": workload.about, "rows": workload.rows, "figure": "rate",
        "reference": REFERENCE, "record_bytes": {"pgwake-1": round(size)} if size else {},
        "readers": {r: {"about": READERS[r].about, "runs": runs[r]} for r in names}}
    suite.keep()
    print_case("snapshot", suite.result["cases"]["snapshot"])
