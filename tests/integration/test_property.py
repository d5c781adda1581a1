"""Random tables over all types: every value of every event against PostgreSQL's own text.

    PROPERTY_SEED=7 PROPERTY_TABLES=2000 make pytest ARGS="-k property"

The tables come in groups with modes of their own. Each group is streamed twice,
with schemas and without: the schemas tell how to decode, and without them the
payload must be the same. Key, columns, order of events and the schema of each
type are checked on the way.
"""
import copy
import os
import random
import sys

import psycopg
import pytest

import agentlib
import pgtext
import tablegen
import typegen
from eventdecoder import Absent, decode_column, differs, expected, loads

ROWS = 20
GROUP = 25
TABLES = int(os.environ.get("PROPERTY_TABLES", "200"))
SEED = int(os.environ.get("PROPERTY_SEED", "1"))
PINNED = {"TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "postgres", "extra_float_digits": "1",
          "bytea_output": "hex"}
sys.set_int_max_str_digits(0)
BIG = 1900          # characters from which a value may be out of line


def catalogue(server):
    have = {r[0] for r in server.sql("select name from pg_available_extensions")}
    try:
        xml = server.sql("select '<a/>'::xml") and True
    except psycopg.errors.FeatureNotSupported:
        xml = False
    return tablegen.Catalogue(server.major, [e for e in typegen.EXTENSIONS if e in have], xml)


class Step:
    """A change of a row: its texts before and after, as dicts by column; None where there is no row."""

    def __init__(self, op, n, before, after, touched):
        self.op, self.n, self.before, self.after, self.touched = op, n, before, after, touched


class Writer:
    """Makes tables and changes, and asks PostgreSQL for its text of each row."""

    def __init__(self, db):
        self.connection = db.connect()
        for name, value in PINNED.items():
            self.connection.execute(f'set {name} = "{value}"')

    def run(self, statements):
        """All at once; the rows of every SELECT, in PostgreSQL's own text."""
        result = []
        cursor = self.connection.execute(";\n".join(statements).encode())
        while True:
            r = cursor.pgresult
            if r.nfields:
                names = [r.fname(i).decode() for i in range(r.nfields)]
                result.append([{name: text(r.get_value(row, i)) for i, name in enumerate(names)}
                               for row in range(r.ntuples)])
            if not cursor.nextset():
                return result

    def create(self, table):
        self.run(table.sql())

    def change(self, table, rng):
        """One transaction; the steps that its events must show."""
        plan = list(tablegen.changes(rng, table, ROWS))
        statements = ["begin"]
        for op, n, statement, _ in plan:
            statements.append(statement)
            numbers = n if op == "c" else [n]
            statements.append(f"select * from {table.name} where n in ({','.join(map(str, numbers))}) order by n")
        rows = iter(self.run([*statements, "commit"]))
        now, steps = {}, []
        for op, n, _, touched in plan:
            after = next(rows)
            for row in after:
                steps.append(Step(op, int(row["n"]), now.get(int(row["n"])), row, touched))
                now[int(row["n"])] = row
            if op == "d":
                steps.append(Step(op, n, now.pop(n), None, touched))
        return steps


def text(value):
    return None if value is None else value.decode()


# -- checks

class Checker:
    """Follows the events of one table, with schemas and without."""

    def __init__(self, table, modes, steps):
        self.table, self.modes, self.steps = table, modes, steps
        self.columns = {c.name: c for c in table.columns if expected(c.type, modes) is not Absent}
        self.schemas = None
        self.keys = {}              # n -> the key that the row had in its last event
        self.values = 0
        self.checked_schemas = 0

    def fail(self, what):
        raise AssertionError(f"{self.table.name}: {what}\n{';'.join(self.table.sql())}\nmodes {self.modes}")

    def check_schema(self, schema):
        """The columns of the row, in order, each with the schema of its type."""
        after = next(f for f in schema["fields"] if f["field"] == "after")
        if after is self.schemas or after == self.schemas:
            return
        fields = after["fields"]
        if [f["field"] for f in fields] != list(self.columns):
            self.fail(f"columns {[f['field'] for f in fields]}, not {list(self.columns)}")
        for f in fields:
            c = self.columns[f["field"]]
            wrong = differs(expected(c.type, self.modes), f)
            if not wrong and f["optional"] == c.not_null and not (c.not_null and self.has_no_form(c, f)):
                wrong = f"optional {f['optional']}"
            if wrong:
                self.fail(f"schema of {c.name} {c.type.sql}: {wrong}")
        self.schemas = after
        self.fields = {f["field"]: f for f in fields}
        self.checked_schemas += 1

    def has_no_form(self, column, schema):
        """Whether a value of the column is null in the event, like NaN: from there on it is optional."""
        return any(pgtext.reduced(column.type, step.after[column.name], schema) is None
                   for step in self.steps if step.after)

    def check_value(self, name, value, wanted, touched):
        """`wanted` is PostgreSQL's text; a value that was not touched may have been left out."""
        c, schema = self.columns[name], self.fields[name]
        want = pgtext.reduced(c.type, wanted, schema)
        self.values += 1
        if want is None and "default" in schema and self.modes["replace_null_with_default"]:
            if value != schema["default"]:
                self.fail(f"{name} {c.type.sql}: {value!r} for a missing value, not the default {schema['default']!r}")
            return
        if value is None and not schema["optional"]:
            self.fail(f"{name} {c.type.sql}: null where the schema has no room for it")
        got = decode_column(c.type, schema, value, self.modes)
        if got != want and not (not touched and len(wanted) >= BIG and self.table.identity != "full"):
            self.fail(f"{name} {c.type.sql}: {str(value)[:300]!r} is {str(got)[:300]!r}, not {str(want)[:300]!r}"
                      f" of PostgreSQL's {str(wanted)[:300]!r}")

    def check_row(self, image, row, touched=None):
        if list(image) != list(self.columns):
            self.fail(f"columns {list(image)}, not {list(self.columns)}")
        for name, value in image.items():
            self.check_value(name, value, row[name], touched is None or name in touched)

    def check_before(self, image, row):
        """Of a delete: what identifies the row; with FULL all of it."""
        for name in self.table.identity_columns():
            if name in self.columns:
                self.check_value(name, image[name], row[name], True)

    def check_key(self, record, row):
        columns = self.table.identity_columns() if self.table.identity == "index" else \
            self.table.key or self.table.unique
        if columns is None:
            if record.key is not None:
                self.fail(f"a key: {record.key}")
            return
        if list(record.key) != [name for name in columns if name in self.columns]:
            self.fail(f"key {record.key}, not of {columns}")
        for name, value in record.key.items():
            self.check_value(name, value, row[name], True)

    def next(self, records):
        record = records.pop(0)
        if record.schema:
            self.check_schema(record.schema)
        return record

    def take(self, records, step):
        """Check the events of a step off the front of `records`."""
        record = self.next(records)
        ops = [record.op]
        if record.op == "d":
            self.check_key(record, step.before)
            self.check_before(record.value["before"], step.before)
            if self.keys[step.n] != record.key:
                self.fail(f"deleted {record.key}, known as {self.keys[step.n]}")
            if self.modes["tombstones_on_delete"]:
                tombstone = records.pop(0)
                if tombstone.op != "tombstone" or tombstone.key != record.key:
                    self.fail(f"{tombstone}, not the tombstone of {record.key}")
            if step.op == "u":
                record = self.next(records)
                ops.append(record.op)
                if record.key == self.keys[step.n]:
                    self.fail(f"a change of key that changes nothing: {record.key}")
        if ops not in ([step.op], ["d", "c"] if step.op == "u" else None):
            self.fail(f"{ops} for {step.op} of {step.n}")
        if step.op != "d":
            self.check_key(record, step.after)
            self.check_row(record.value["after"], step.after, step.touched if step.op == "u" else None)
            if ops == ["u"] and record.key != self.keys[step.n]:
                self.fail(f"changed {record.key}, known as {self.keys[step.n]}")
            self.keys[step.n] = record.key

    def check_defaults(self, writer):
        """A default in the schema that is a literal is what PostgreSQL takes it for."""
        for c in self.columns.values():
            schema = self.fields[c.name]
            if "default" not in schema or not c.literal:
                continue
            (row,), = writer.run([f"select ({c.default})::{c.type.sql} as x"])
            want = pgtext.reduced(c.type, row["x"], schema)
            got = decode_column(c.type, schema, schema["default"], self.modes)
            if c.type.base == "bpchar":     # not padded, as with Debezium
                want = want.rstrip(" ")
                got = got.rstrip(" ")
            if got != want:
                self.fail(f"default {c.default} of {c.name} {c.type.sql} is {got!r}, not {want!r}")


class Event:
    """A line of --stdout."""

    def __init__(self, line):
        parts = loads(line)
        self.table = parts["topic"].rpartition(".")[2]
        self.key, self.value, self.schema = parts["key"], parts["value"], None
        if self.key and set(self.key) == {"schema", "payload"}:
            self.key = self.key["payload"]
        if self.value and set(self.value) == {"schema", "payload"}:
            self.schema, self.value = self.value["schema"], self.value["payload"]
        self.op = self.value["op"] if self.value else "tombstone"

    def __repr__(self):
        return f"<{self.op} {self.key}>"


def events_by_table(agent):
    position = agent.db.wal_lsn()
    agent.db.wait_confirmed(position, timeout=60)
    out = {}
    for line in agent.printed():
        event = Event(line)
        out.setdefault(event.table, []).append(event)
    return out


def comparable(event):
    """All that must be the same with schemas and without."""
    if event.value is None:
        return event.key, None
    return event.key, {k: v for k, v in event.value.items() if not k.startswith("ts_")}


# -- the test

@pytest.fixture
def writer(db):
    w = Writer(db)
    yield w
    w.connection.close()


def groups():
    return [min(GROUP, TABLES - first) for first in range(0, TABLES, GROUP)]


@pytest.mark.parametrize("number", range(len(groups())))
def test_random_tables(server, writer, starter, db, number):
    rng = random.Random(f"{SEED} {number}")
    modes = tablegen.modes(rng, number)
    kinds = catalogue(server)
    print(f"PROPERTY_SEED={SEED} PROPERTY_TABLES={TABLES}, group {number}: {modes}")
    writer.run(kinds.setup())
    tables = [tablegen.Table(rng, f"t{number}_{i}", kinds) for i in range(groups()[number])]
    for table in tables:
        writer.create(table)
    agents = []
    for schemas in (True, False):
        own = copy.copy(db)
        own.slot = f"{db.slot}_{'with' if schemas else 'without'}"
        agents.append(starter(own)(format={**modes, "schemas": schemas}))
    steps = {table.name: writer.change(table, rng) for table in tables}
    with_schemas, without = (events_by_table(agent) for agent in agents)
    values = 0
    for table in tables:
        events, bare = with_schemas[table.name], without[table.name]
        assert [comparable(e) for e in events] == [comparable(e) for e in bare], table.name
        checker = Checker(table, modes, steps[table.name])
        for step in steps[table.name]:
            checker.take(events, step)
        assert not events, f"{table.name}: more events than changes: {events}"
        checker.check_defaults(writer)
        values += checker.values
    print(f"{len(tables)} tables, {values} values")
    for agent in agents:
        agent.stop()

