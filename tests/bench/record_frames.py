#!/usr/bin/env python3
"""Records what a walsender sends for small cuts of the workloads.

    "$(tests/tools/venv)" tests/bench/record_frames.py [OUT]

Each file of OUT (tests/bench/frames) is one transaction as the server sends
it: CopyData payloads, each behind its length in four bytes. The benchmark of
the decoder and the test of its allocations replay them. There is no need to
record anew unless a workload changes; the budget changes with the recording.
"""
import os
import shutil
import struct
import sys
import tempfile

from psycopg import pq

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import pglib                                                # noqa: E402
from workloads import COLUMNS, ROW                          # noqa: E402

NARROW_COLUMNS = ("id bigint primary key, account_id bigint not null,"
                  " amount numeric(20,6) not null, status text not null, payload jsonb not null,"
                  " created_at timestamptz not null, updated_at timestamptz not null")
NARROW_ROW = ("g, g * 31 % 1000000, (g % 100000) / 7.0::numeric(20,6),"
              " (array['new','active','paused','closed'])[1 + g % 4],"
              " jsonb_build_object('source', 'bench', 'item', g % 1000),"
              " timestamptz '2026-01-01' + g * interval '1 s',"
              " timestamptz '2026-01-01' + g * interval '1 s'")
# Twenty times: a number, a decimal, a short text, a timestamp, a truth value.
WIDE_TYPES = (("int", "g + {k}"), ("numeric(10,2)", "((g * {k}) % 10000 / 7.0)::numeric(10,2)"),
              ("text", "'value ' || g * {k}"),
              ("timestamptz", "timestamptz '2026-01-01' + g * interval '{k} s'"),
              ("bool", "(g + {k}) % 3 = 0"))
WIDE_COLUMNS = ", ".join(f"c{k} {WIDE_TYPES[k % 5][0]}" + (" primary key" if k == 0 else "")
                         for k in range(100))
WIDE_ROW = ", ".join(WIDE_TYPES[k % 5][1].format(k=k) for k in range(100))

# name: columns, row, further definition, inserts, the update, and deletes
CASES = {
    "mix": (COLUMNS, ROW, "", 120,
            "update t set a = a + 1, e = e + interval '1 day' where id between 1 and 60",
            "delete from t where id between 61 and 80"),
    "narrow": (NARROW_COLUMNS, NARROW_ROW, "alter table t replica identity full", 90,
               "update t set amount = amount + 1, status = 'active',"
               " updated_at = updated_at + interval '1 day' where id between 1 and 45",
               "delete from t where id between 46 and 60"),
    "wide": (WIDE_COLUMNS, WIDE_ROW, "", 12,
             "update t set c1 = c1 + 1, c2 = 'other' where c0 between 1 and 6",
             "delete from t where c0 between 7 and 8"),
}


def build(db, case):
    columns, row, more, inserts, update, delete = case
    db.sql(f"create table t({columns})")
    if more:
        db.sql(more)
    db.sql(f"insert into t select {row} from generate_series(1, 100) g")
    db.sql("create publication bench for table t")
    db.create_slot()
    db.sql(f"do $$ begin insert into t select {row}"
           f" from generate_series(1000001, {1000000 + inserts}) g; {update}; {delete}; end $$")


def stream(db):
    """The payloads of the first transaction, keepalives left out."""
    connection = pq.PGconn.connect(db.server.conninfo(
        db.name, replication="database", options="'-c datestyle=ISO -c timezone=UTC'").encode())
    result = connection.exec_(f"START_REPLICATION SLOT {db.slot} LOGICAL 0/0 (proto_version '1',"
                              " publication_names 'bench')".encode())
    if result.status != pq.ExecStatus.COPY_BOTH:
        raise RuntimeError(connection.error_message.decode())
    frames = []
    while not frames or frames[-1][25:26] != b"C":
        payload = bytes(connection.get_copy_data(0)[1])
        if payload[:1] == b"w":
            frames.append(payload)
    connection.finish()
    return frames


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "frames")
    scratch = tempfile.mkdtemp(prefix="pgwake-frames-")
    os.chmod(scratch, 0o755)
    server = pglib.Server(pglib.Binaries(os.environ.get("PG", "15"), scratch),
                          os.path.join(scratch, "pg")).start()
    try:
        for name, case in CASES.items():
            db = server.database(name)
            build(db, case)
            frames = stream(db)
            with open(os.path.join(out, name), "wb") as f:
                f.writelines(struct.pack(">I", len(frame)) + frame for frame in frames)
            rows = sum(frame[25:26] in (b"I", b"U", b"D") for frame in frames)
            size = sum(map(len, frames))
            print(f"{name}: {rows} rows, {size} bytes")
    finally:
        server.stop("immediate")
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
