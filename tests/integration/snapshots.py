"""A snapshot that can be held at a table while something happens to it."""
import json
import signal
import threading

from pglib import lsn
from replica import Kind, Replica
from waiting import wait_until

KEYED = Kind(("id",), False)
COLUMNS = "id int primary key, version bigint not null, prev bigint, pad text, doc text"


class Snapshot:
    """One that can be held at a table, killed and gone on with."""

    def __init__(self, db, kafka, pgwake, tmp_path, state_file=False, **settings):
        self.db, self.kafka, self._start = db, kafka, pgwake
        self.over = {"snapshot": {"mode": "initial", "threads": 1, "chunk_kbytes": 8, **settings},
                     "directory": str(tmp_path / "home")}
        self.state = tmp_path / "state" if state_file else None
        if state_file:
            self.over["state"] = {"file": str(self.state)}
        self.reader = kafka.reader(db.prefix)
        self.records = []
        self.agent = self.lock = None
        self.version = 1

    def start(self, **over):
        self.agent = self._start(self.kafka, wait=False, **{**self.over, **over})
        return self.agent

    def arrived(self):
        """All records so far."""
        self.records += self.reader.rest()
        return self.records

    def reads(self, table):
        return sum(r.op == "r" for r in self.arrived() if r.table == f"public.{table}")

    def progress(self):
        """What the state record says of the snapshot."""
        if self.state:
            record = json.loads(self.state.read_text()) if self.state.exists() else None
        else:
            record = self.kafka.last_value(f"__pgwake_state.{self.db.prefix}")
        return (record or {}).get("snapshot", {})

    def hold(self, table):
        """Let no reader begin with a part of the table from now on."""
        self.lock = self.db.connect()
        self.lock.execute("set lock_timeout = '10s'; set idle_in_transaction_session_timeout = 0")
        self.lock.execute(f"begin; lock table {table} in access exclusive mode")

    def hold_within(self, table):
        """In the middle of it: parts of it are finished, and known to be, and parts are not."""
        def begun():
            self.agent.signal(signal.SIGSTOP)
            if self.reads(table) < 100:
                self.agent.signal(signal.SIGCONT)
                return False
            return True
        wait_until(begun, f"{table} to be begun", step=0.005)
        # Now no part can begin before it has been asked for the lock.
        asking = threading.Thread(target=self.hold, args=(table,))
        asking.start()
        wait_until(lambda: self.db.sql("select 1 from pg_locks where relation = %s::regclass"
                                       " and mode = 'AccessExclusiveLock'", table), "the lock to be asked for")
        self.agent.signal(signal.SIGCONT)
        asking.join()
        wait_until(lambda: self.progress().get("tables"), "a part of it to be finished")

    def release(self, *statements):
        """Let it go on, after statements in the transaction that held it."""
        for statement in statements:
            self.lock.execute(statement)
        self.lock.execute("commit")
        self.lock.close()

    def close(self):
        self.reader.close()
        if self.lock:
            self.lock.close()

    def kill(self):
        self.agent.kill9()
        self.arrived()

    def finish(self):
        """It comes to its end: all records."""
        self.agent.wait_complete(60)
        # What the snapshot itself wrote may stay unflushed for long, and unsent.
        self.db.wait_confirmed(lsn(self.db.one("select pg_current_wal_flush_lsn()")), timeout=30)
        return self.arrived()

    def write(self, table, where):
        """An update of rows, without what they have out of line."""
        self.version += 1
        self.db.sql(f"update {table} set prev = version, version = {self.version} where {where}")

    def state_of(self, table):
        """What a consumer has of it in the end: pad by id."""
        out = {}
        for r in self.arrived():
            if r.table == f"public.{table}" and r.op == "d":
                out.pop(r.key["id"], None)
            elif r.table == f"public.{table}" and not r.tombstone:
                out[r.key["id"]] = r.after["pad"]
        return out

    def check(self, *tables):
        """The topics tell what is in the tables; all of these have versions."""
        replica = Replica({f"public.{t}": KEYED for t in tables}, strict=False)
        replica.apply_all(r for r in self.arrived() if r.table[7:] in tables)
        source = {}
        for t in tables:
            names = [row[0] for row in self.db.sql(
                "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0"
                " and not attisdropped", t)]
            source[f"public.{t}"] = [dict(zip(names, row)) for row in self.db.sql(f"select * from {t}")]
        replica.compare(source)
        return replica


def fill(db, table, rows, pad=200, columns=COLUMNS):
    db.sql(f"create table {table}({columns})")
    db.sql(f"insert into {table}(id, version, pad) select g, 1, repeat('p', %s)"
           " from generate_series(1, %s) g", pad, rows)
