"""A replica built from the topics, as suspicious a consumer as can be.

It asks of each table a column `version`, which grows with every write of a
key, also over deletion and a new insertion, and `prev`, the version that an
update found. So it sees more than that the end is right: an event that comes
after a newer one, a change that is left out, and a value that never came.
"""
import collections
import json

from records import payload

UNAVAILABLE = "__debezium_unavailable_value"


class Wrong(AssertionError):
    """The topics do not tell the truth."""


class Missing:
    """In place of a value that was not sent, and is not known from before."""

    def __repr__(self):
        return "(never sent)"


MISSING = Missing()
Kind = collections.namedtuple("Kind", "key full")       # columns of the key, () without one


def image(row):
    return tuple(sorted(row.items()))


class Replica:
    """`kinds` has the Kind of each table (schema.table) that may be told of.

    With `strict` the snapshot was one: no change of a row comes before the row.
    Without, rows may be changed that have yet to be read. `undone` are versions
    that were rolled back.
    """

    def __init__(self, kinds, strict=True, undone=()):
        self.strict, self.undone = strict, undone
        self.reads, self.repeats, self.early = collections.Counter(), 0, 0
        self.tables = {name: (Rows if kind.key else Bag)(self, name, kind)
                       for name, kind in kinds.items()}
        self._told = set()

    def __str__(self):
        return (f"{sum(self.reads.values())} rows read, {len(self._told)} changes, {self.repeats}"
                f" repeated, {self.early} values before their rows")

    def apply(self, record):
        table = self.tables.get(record.table)
        if table is None:
            raise Wrong(f"no such table: {record}")
        if record.tombstone:
            table.tombstone(record)
            return
        if (record.after or {}).get("version") in self.undone:
            raise Wrong(f"rolled back: {record}")
        if record.op == "r":
            self.reads[record.table] += 1
        elif self._seen(record):
            self.repeats += 1
            table.repeat(record)
            return
        table.apply(record)

    def _seen(self, r):
        """Whether the very same change was told before: as after a restart."""
        s = r.source
        told = (r.table, s["txId"], s["lsn"], r.op, image(r.key or r.after or r.before))
        if told in self._told:
            return True
        self._told.add(told)
        return False

    def apply_all(self, records):
        for r in records:
            self.apply(r)
        return self

    def compare(self, source):
        """`source` has the rows of each table, as dicts."""
        for name, table in self.tables.items():
            wrong = table.differences(source[name])
            if wrong:
                raise Wrong(f"{name}: {len(wrong)} rows differ\n" + "\n".join(wrong[:5]))


class Bag:
    """Without a key: each row is told at least once; with `strict`, as often as it is there."""

    def __init__(self, replica, name, kind):
        self.replica, self.name, self.kind = replica, name, kind
        self.told = set()
        self.count = collections.Counter()

    def repeat(self, record):
        pass

    def tombstone(self, record):
        if record.key is not None:
            raise Wrong(f"a key where there is none: {record}")

    def apply(self, record):
        if UNAVAILABLE in (record.after or {}).values():
            raise Wrong(f"a value was left out: {record}")
        if record.op in "ud":
            self.count[image(record.before)] -= 1
        if record.op in "rcu":
            self.told.add(image(record.after))
            self.count[image(record.after)] += 1

    def differences(self, rows):
        wrong = [f"never told: {row}" for row in rows if image(row) not in self.told]
        if not wrong and self.replica.strict:
            there = collections.Counter(map(image, rows))
            wrong = [f"{n} times, not {there[i]}: {dict(i)}" for i, n in self.count.items()
                     if n != there[i]]
        return wrong


class Rows:
    """With a key: a state per key, and the order of what is told of it."""

    def __init__(self, replica, name, kind):
        self.replica, self.name, self.kind = replica, name, kind
        self.rows = {}
        self.moved = {}         # new key -> the row that left its old one
        self.version = {}       # per key, the newest that was told
        self.lsn = {}           # per key, that of the last change
        self.last = {}          # per key, the last op, repeats too
        self.history = collections.defaultdict(list)

    def key_of(self, row):
        return tuple(row[c] for c in self.kind.key)

    def fail(self, record, what):
        key = self.key_of(record.key)
        told = "\n".join(f"  {h}" for h in self.history[key][-12:])
        raise Wrong(f"{what}: {record}\nhistory of {self.name} {key}:\n{told}")

    # -- events

    def repeat(self, record):
        self.last[self.key_of(record.key)] = record.op

    def tombstone(self, record):
        if self.last.get(self.key_of(record.key)) != "d":
            self.fail(record, "a tombstone of a row that was not deleted")

    def apply(self, record):
        key = self.key_of(record.key)
        s, after = record.source, record.after
        self.last[key] = record.op
        self.history[key].append((record.op, after and after["version"], f"lsn {s['lsn']}",
                                  f"tx {s['txId']}", f"offset {record.offset}", s["snapshot"]))
        if after is not None and self.key_of(after) != key:
            self.fail(record, f"the key is not that of the row, {self.key_of(after)}")
        if record.op != "r":
            if s["lsn"] <= self.lsn.get(key, -1):
                self.fail(record, "its LSN is not behind that of the change before")
            self.lsn[key] = s["lsn"]
        {"r": self._read, "c": self._create, "u": self._update,
         "d": self._delete}[record.op](key, record)

    def _read(self, key, r):
        if r.after["version"] < self.version.get(key, -1):
            self.fail(r, f"read when version {self.version[key]} had been told")
        if UNAVAILABLE in r.after.values():
            self.fail(r, "read without a value")
        if self.replica.strict and key in self.version:
            self.fail(r, "read again, or after it was streamed")
        self._store(key, dict(r.after))

    def _newer(self, key, r):
        if r.after["version"] <= self.version.get(key, -1):
            self.fail(r, f"told after version {self.version[key]}")

    def _create(self, key, r):
        self._newer(key, r)
        if key in self.rows:
            self.fail(r, f"created while it is there: {self.rows[key]}")
        self._store(key, self._filled(key, r, self.moved.pop(key, None)))

    def _update(self, key, r):
        self._newer(key, r)
        row = self.rows.get(key)
        if row is None and self.replica.strict:
            self.fail(r, "an update of a row that nobody told of")
        if row and row["version"] != r.after["prev"]:
            self.fail(r, f"an update of version {r.after['prev']} follows {row['version']}")
        self._check_before(r, row)
        self._store(key, self._filled(key, r, row))

    def _delete(self, key, r):
        row = self.rows.pop(key, None)
        if row is None and self.replica.strict:
            self.fail(r, "a deletion of a row that nobody told of")
        self._check_before(r, row)
        if row and "__debezium.newkey" in r.headers:
            new = payload(json.loads(r.headers["__debezium.newkey"]))
            self.moved[self.key_of(new)] = row

    # -- rows

    def _check_before(self, r, row):
        """A whole old row is the row that we know."""
        if self.kind.full and row and MISSING not in row.values() and r.before != row:
            self.fail(r, f"the row before is not {row}")

    def _filled(self, key, r, known):
        """The row with what was left out taken from what is known."""
        row = dict(r.after)
        for column, value in row.items():
            if value != UNAVAILABLE:
                continue
            if self.kind.full:
                self.fail(r, f"{column} was left out of a whole row")
            row[column] = known[column] if known else MISSING
            if row[column] is MISSING:
                self.replica.early += 1
                if self.replica.strict:
                    self.fail(r, f"{column} was left out, and was never told")
        return row

    def _store(self, key, row):
        self.version[key] = row["version"]
        self.rows[key] = row

    def differences(self, rows):
        there = {self.key_of(row): row for row in rows}
        return [f"{key}: {self.rows.get(key)}\n  is {there.get(key)}\n  after {self.history[key][-8:]}"
                for key in sorted(there.keys() | self.rows.keys())
                if there.get(key) != self.rows.get(key)]
