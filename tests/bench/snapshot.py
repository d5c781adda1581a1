"""Reading a table that is there already: COPY to nothing, raw to Kafka, and pgwake.

Until the program has snapshot.threads only what it is compared with is run.
"""
import subprocess

from drain import drain         # before agentlib, whose place it makes known
import agentlib
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


def has_threads():
    done = subprocess.run([agentlib.BINARY, "--print-reference"], stdout=subprocess.PIPE,
                          text=True)
    return "`snapshot.threads`" in done.stdout


def run(suite, rig):
    names = list(READERS)
    if has_threads():
        drain(rig, WORKLOAD, "pgwake-1", READERS, sample_size=True)
    else:
        suite.skip("pgwake is skipped: it has no snapshot.threads yet")
        names = ["copy", "pipe"]
    for _ in range(2):
        drain(rig, WORKLOAD, "pipe", READERS)
    size = rig.record_size.get((WORKLOAD, "pgwake-1"), 0)
    runs = suite.turns("snapshot", names, lambda r: drain(rig, WORKLOAD, r, READERS))
    workload = WORKLOADS[WORKLOAD]
    suite.result["cases"]["snapshot"] = {
        "title": "snapshot", "about": workload.about, "rows": workload.rows, "figure": "rate",
        "reference": REFERENCE, "record_bytes": {"pgwake-1": round(size)} if size else {},
        "readers": {r: {"about": READERS[r].about, "runs": runs[r]} for r in names}}
    suite.keep()
    print_case("snapshot", suite.result["cases"]["snapshot"])
