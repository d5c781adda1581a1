"""The cases of each suite: which readers run over which backlog, and against what."""
import os

from peers import PEERS
from readers import READERS

EVERY = {**READERS, **PEERS}


class Case:
    """Readers over one backlog, in turns.

    `reference` is the pipe that the others are compared with; `measured` are
    readers whose record size pipes pad to, so they run first.
    """

    def __init__(self, workload, title, readers, reference, measured=("pgwake",),
                 from_start=False):
        self.workload, self.title = workload, title
        self.readers, self.reference = readers.split(), reference
        self.measured = measured
        self.figure = "rate_from_start" if from_start else "rate"


BENCH = {
    "mix": Case("mix", "mixed changes", "rx pipe pipe-nap pipe-pad pgwake", "pipe-pad"),
    "one": Case("one", "single-row transactions", "rx pipe-nap pipe-pad pgwake", "pipe-pad"),
    "nar": Case("nar", "narrow FULL rows", "rx pipe-nap pipe-pad pgwake", "pipe-pad"),
    "big": Case("big", "one large transaction, from start", "rx pipe-nap pipe-pad pgwake",
                "pipe-pad", from_start=True),
    "wide": Case("wide", "100 columns", "rx pipe-pad pgwake", "pipe-pad"),
    "fat": Case("fat", "rows of 20 KB", "rx pipe-pad pgwake", "pipe-pad"),
    "tables": Case("tables", "500 tables", "rx pipe-pad pgwake", "pipe-pad"),
    "tcp": Case("mix", "mixed changes over TCP", "rx-tcp pipe-pad-tcp pgwake-tcp",
                "pipe-pad-tcp"),
    "schemas": Case("mix", "mixed changes, schemas = true", "rx pipe-pad-s pgwake-s",
                    "pipe-pad-s", measured=("pgwake-s",)),
}

# What a peer cannot do (compress, read this table) it does not: see peers.py.
BENCH_PEERS = {
    "mix": Case("mix", "mixed changes", "pipe-pad pgwake outboxx debezium go-pq-cdc", "pipe-pad"),
    "one": Case("one", "single-row transactions",
                "pipe-pad pgwake outboxx debezium go-pq-cdc wal-listener", "pipe-pad"),
    "nar": Case("nar", "narrow FULL rows", "pipe-pad pgwake outboxx debezium go-pq-cdc",
                "pipe-pad"),
    "big": Case("big", "one large transaction", "pipe-pad pgwake outboxx debezium go-pq-cdc",
                "pipe-pad"),
}

SUITES = {"bench": BENCH, "peers": BENCH_PEERS}
LATENCY = {"bench": ["pipe-nap", "pgwake"],
           "peers": ["pipe-nap", "pgwake", "outboxx", "debezium-linger-0", "go-pq-cdc"]}
RATES = [1000, 50000]


def chosen(variable, known, default=None):
    """Names from an environment variable, which must be known."""
    names = os.environ.get(variable, "").replace(",", " ").split()
    unknown = [n for n in names if n not in known]
    if unknown:
        raise SystemExit(f"{variable}: no {' '.join(unknown)}; there are {' '.join(known)}")
    return names or list(known if default is None else default)
