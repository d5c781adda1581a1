"""The backlogs: each a database with tables and a slot at the start of its changes.

All grow with BENCH_ROWS: `rows` below are those of a scale of 1,000,000.
"""
import os

SCALE = int(os.environ.get("BENCH_ROWS", "1000000"))
if SCALE < 10_000 or SCALE % 10_000:
    raise SystemExit("BENCH_ROWS is a multiple of 10000")
TX_ROWS = 1000      # of a transaction, unless a workload says otherwise

COLUMNS = ("id bigint primary key, a int, b int, c bigint, d numeric(12,2), e timestamptz,"
           " f text, g text, h uuid, i bool")
# About 180 bytes as text.
ROW = ("g, g % 1000, g % 77, g::bigint * 7919, ((g % 100000) / 100.0)::numeric(12,2),"
       " timestamptz '2026-01-01' + g * interval '1 s', md5(g::text), 'customer name ' || g,"
       " md5((g * 7)::text)::uuid, g % 2 = 0")

NARROW_COLUMNS = ("id bigint primary key, account_id bigint not null,"
                  " amount numeric(20,6) not null, status text not null, payload jsonb not null,"
                  " created_at timestamptz not null, updated_at timestamptz not null")
# About 128 bytes as text.
NARROW_ROW = ("g, g * 31 % 1000000, ((g % 100000) / 7.0)::numeric(20,6),"
              " (array['new', 'active', 'paused', 'closed'])[1 + g % 4],"
              " jsonb_build_object('source', 'bench', 'item', g % 1000),"
              " timestamptz '2026-01-01' + g * interval '1 s',"
              " timestamptz '2026-01-01' + g * interval '1 s'")

# 100 columns of the types of t10, in turns; about 1,200 bytes as text.
WIDE_KINDS = [("int", "g + {k}"), ("text", "'value {k} of ' || g"),
              ("numeric(12,2)", "(g % 100000 + {k}) / 100.0"), ("bigint", "g::bigint * 7919 + {k}"),
              ("timestamptz", "timestamptz '2026-01-01' + (g + {k}) * interval '1 s'"),
              ("bool", "(g + {k}) % 2 = 0")]
WIDE = [WIDE_KINDS[k % len(WIDE_KINDS)] for k in range(99)]

# 20,000 characters, in lines, some of which need escapes in JSON.
LONG_TEXT = ("repeat(md5(g::text) || ' a line with \"quotes\" and a number ' || g % 10 || E'\\n',"
             " 264)")

TABLES = [f"t{k:03d}" for k in range(500)]


class Workload:
    """`rows` changes, `deletes` of them deletes, to `tables` of schema public."""

    def __init__(self, about, rows, build, deletes=0, tables=("t10",), work_mem_mb=0, slot=True):
        self.about = about
        self.rows, self.deletes = rows, deletes
        self.build_in = build
        self.tables = list(tables)
        self.work_mem_mb = work_mem_mb      # logical_decoding_work_mem of every reader; 0: default
        self.slot = slot                    # the backlog is in a slot, not in a table

    def build(self, db):
        """Tables and what stands in them, publication and slot, then the changes."""
        changes = self.build_in(db)
        db.sql("create publication bench for all tables")
        # One of the peers insists on this name.
        db.sql('create publication "wal-listener" for all tables')
        if self.slot:
            db.create_slot("base_" + db.name)
        for statement in changes:
            db.sql(statement)
        db.sql("checkpoint")


def ten_columns(db, seeded=0):
    db.sql(f"create table t10({COLUMNS})")
    if seeded:
        db.sql(f"insert into t10 select {ROW} from generate_series(1, {seeded}) g")
    db.sql("vacuum (analyze, freeze) t10")


def loop(times, *statements):
    """Transactions of these statements; k counts from 0."""
    body = "; ".join(statements)
    return f"do $$ begin for k in 0..{times - 1} loop {body}; commit; end loop; end $$"


def mixed(table, row, per_tx, update):
    """60 % insert, 30 % update, 10 % delete; behind the ids that are there."""
    inserts, updates, deletes = per_tx * 6 // 10, per_tx * 3 // 10, per_tx // 10
    new, deleted = SCALE + 1, SCALE * 3 // 10 + 1
    return loop(
        SCALE // per_tx,
        f"insert into {table} select {row} from generate_series("
        f"{new} + k * {inserts}, {new - 1} + (k + 1) * {inserts}) g",
        f"update {table} set {update} where id between k * {updates} + 1 and (k + 1) * {updates}",
        f"delete from {table} where id between {deleted} + k * {deletes}"
        f" and {deleted - 1} + (k + 1) * {deletes}")


def build_mix(db):
    ten_columns(db, SCALE * 4 // 10)
    return [mixed("t10", ROW, TX_ROWS, "a = a + 1, e = e + interval '1 day'")]


def build_one(db):
    ten_columns(db, SCALE // 5)
    return [loop(SCALE // 5, "update t10 set a = a + 1, e = e + interval '1 day'"
                             " where id = k + 1")]


def build_nar(db):
    db.sql(f"create table nar({NARROW_COLUMNS})")
    db.sql("alter table nar replica identity full")
    db.sql(f"insert into nar select {NARROW_ROW} from generate_series(1, {SCALE * 4 // 10}) g")
    db.sql("vacuum analyze nar")
    return [mixed("nar", NARROW_ROW, 10 * TX_ROWS,
                  "amount = amount + 1, status = 'active',"
                  " updated_at = updated_at + interval '1 day'")]


def build_big(db):
    ten_columns(db)
    return [f"insert into t10 select {ROW} from generate_series(1, {SCALE}) g"]


def build_wide(db):
    columns = ", ".join(f"c{k} {kind}" for k, (kind, _) in enumerate(WIDE))
    row = ", ".join(value.format(k=k) for k, (_, value) in enumerate(WIDE))
    db.sql(f"create table wide(id bigint primary key, {columns})")
    return [loop(SCALE // 5 // TX_ROWS, f"insert into wide select g, {row} from"
                 f" generate_series(k * {TX_ROWS} + 1, (k + 1) * {TX_ROWS}) g")]


def build_fat(db):
    db.sql("create table fat(id bigint primary key, kind int, body text)")
    # As it would be for text that does not compress.
    db.sql("alter table fat alter body set storage external")
    return [loop(SCALE // 50 // 100, f"insert into fat select g, g % 7, {LONG_TEXT} from"
                 " generate_series(k * 100 + 1, (k + 1) * 100) g")]


def build_tables(db):
    for name in TABLES:
        db.sql(f"create table {name}({COLUMNS})")
    # Transactions of 500 rows, ten in each of 50 tables.
    row = ROW.replace("'", "''").replace("%", "%%")
    return ["do $$ declare g0 int; begin"
            f" for k in 0..{SCALE // 2 // 500 - 1} loop for t in 0..49 loop"
            " g0 := (k * 50 + t) * 10 + 1;"
            f" execute format('insert into t%s select {row}"
            " from generate_series(%s, %s) g',"
            " lpad(((k * 50 + t) % 500)::text, 3, '0'), g0, g0 + 9);"
            " end loop; commit; end loop; end $$"]


def build_snapshot(db):
    ten_columns(db, 5 * SCALE)
    return []


def thousands(n):
    return f"{n:,}"


WORKLOADS = {
    "mix": Workload(f"{thousands(SCALE)} changes in 1,000-row transactions: 60 % insert,"
                    " 30 % update, 10 % delete; 10 columns", SCALE, build_mix, SCALE // 10),
    "one": Workload(f"{thousands(SCALE // 5)} transactions of one update each", SCALE // 5,
                    build_one),
    "nar": Workload(f"{thousands(SCALE)} changes of narrow rows with REPLICA IDENTITY FULL, in"
                    " 10,000-row transactions", SCALE, build_nar, SCALE // 10, ["nar"]),
    "big": Workload(f"one transaction of {thousands(SCALE)} inserts", SCALE, build_big,
                    work_mem_mb=1024),
    "wide": Workload(f"{thousands(SCALE // 5)} inserts of 100 columns", SCALE // 5, build_wide,
                     tables=["wide"]),
    "fat": Workload(f"{thousands(SCALE // 50)} inserts of 20 KB", SCALE // 50, build_fat,
                    tables=["fat"]),
    "tables": Workload(f"{thousands(SCALE // 2)} inserts into 500 tables, ten rows at a time",
                       SCALE // 2, build_tables, tables=TABLES),
    "snapshot": Workload(f"a table of {thousands(5 * SCALE)} rows and 10 columns", 5 * SCALE,
                         build_snapshot, slot=False),
}
