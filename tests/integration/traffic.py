"""Twenty tables of many kinds, and writers that change them at random meanwhile.

Every table has the columns that a Replica asks for: `version` and `prev`. No
two writers have a key in hand at the same time, so versions are handed out in
the order of the key's history.
"""
import itertools
import threading

import psycopg

from pglib import fetch
from replica import Kind
from waiting import wait_until

REGIONS = ("n", "s", "e")
OUT_OF_LINE = 2300      # characters: more than a row may have within a page


class Table:
    """`doc` and `pad` are the most characters that a value out of line and one in the page have."""

    def __init__(self, name, key=("id",), identity="default", rows=200, pad=60, doc=0,
                 fillfactor=100, plain=False, partitioned=False):
        self.name, self.key, self.identity, self.rows = name, key, identity, rows
        self.pad, self.doc, self.fillfactor, self.plain = pad, doc, fillfactor, plain
        self.partitioned = partitioned
        self.keys = [self._key(n) for n in range(rows * 5 // 4)]

    def _key(self, n):
        return {"id": n} if self.key == ("id",) or not self.key else \
            {"id": n, "region": REGIONS[n % len(REGIONS)]}

    def kinds(self, root):
        """What a replica has to know of its topics."""
        kind = Kind(self.key, self.identity == "full")
        leaves = [f"{self.name}_{r}" for r in REGIONS]
        names = leaves if self.partitioned and not root else [self.name]
        return {f"public.{name}": kind for name in names}

    def changeable(self):
        return bool(self.key) or self.identity == "full"

    def sql(self):
        columns = ["id int not null", "region text not null", "version bigint not null", "prev bigint",
                   "pad text", "doc text"]
        key = [f"primary key ({', '.join(self.key)})"] if self.key else []
        with_ = f"with (fillfactor = {self.fillfactor})"
        if not self.partitioned:
            yield f"create table {self.name} ({', '.join(columns + key)}) {with_}"
            if not self.key:
                yield f"create index on {self.name}(id)"
        else:
            yield f"create table {self.name} ({', '.join(columns + key)}) partition by list (region)"
            # one has its columns in another order
            yield f"create table {self.name}_n ({', '.join(reversed(columns))}) {with_}"
            yield f"alter table {self.name} attach partition {self.name}_n for values in ('n')"
            for r in REGIONS[1:]:
                yield (f"create table {self.name}_{r} partition of {self.name} for values in ('{r}')"
                       f" {with_}")
        for leaf in [f"{self.name}_{r}" for r in REGIONS] if self.partitioned else [self.name]:
            yield f"alter table {leaf} alter doc set storage external"
            if self.plain:
                yield f"alter table {leaf} alter pad set storage plain"
        if self.identity != "default":
            yield f"alter table {self.name} replica identity {self.identity}"

    # -- what happens to a row

    def where(self, key):
        return " and ".join(f"{c} = {v!r}" for c, v in key.items())

    def values(self, rng, version):
        """Expressions for pad and doc; both tell which version wrote them."""
        pad = f"'{version} ' || repeat('p', {rng.randint(0, self.pad)})"
        if not self.doc or rng.random() < 0.1:
            return pad, rng.choice(["null", "''", f"'{version}'"])
        return pad, f"'{version} ' || repeat('d', {rng.randint(OUT_OF_LINE, self.doc)})"

    def row(self, rng, key, version):
        pad, doc = self.values(rng, version)
        return f"{key['id']}, '{key.get('region', '')}', {version}, null, {pad}, {doc}"

    def fill(self, rng, versions):
        """One statement for the rows that are there at first."""
        rows = ", ".join(f"({self.row(rng, key, next(versions))})" for key in self.keys[:self.rows])
        return f"insert into {self.name} values {rows}"

    def insert(self, rng, key, version):
        return (f"insert into {self.name} select {self.row(rng, key, version)} where not exists"
                f" (select from {self.name} where {self.where(key)})")

    def upsert(self, rng, key, version):
        pad, doc = self.values(rng, version)
        also = f", doc = {doc}" if rng.random() < 0.3 else ""
        return (f"insert into {self.name} as t values ({self.row(rng, key, version)})"
                f" on conflict ({', '.join(self.key)}) do update"
                f" set prev = t.version, version = {version}, pad = {pad}{also}")

    def update(self, rng, where, version):
        """Mostly without doc, so that it stays out of line and is not sent."""
        pad, doc = self.values(rng, version)
        which = rng.choice([f", pad = {pad}"] * 4 + [f", doc = {doc}", f", pad = {pad}, doc = {doc}", ""])
        return f"update {self.name} set prev = version, version = {version}{which} where {where}"

    def move(self, rng, key, new, version):
        """A change of key, if the new one is free."""
        sets = ", ".join(f"{c} = {v!r}" for c, v in new.items())
        return (f"update {self.name} set prev = version, version = {version}, {sets}"
                f" where {self.where(key)} and not exists"
                f" (select from {self.name} where {self.where(new)})")

    def delete(self, key):
        return f"delete from {self.name} where {self.where(key)}"

    def change(self, rng, keys, version):
        """A random statement about some of the keys."""
        key = rng.choice(keys)
        if not self.changeable():
            return self.insert(rng, key, version)
        kind = rng.random()
        if kind < 0.15:
            return self.insert(rng, key, version)
        if kind < 0.30 and self.key:
            return self.upsert(rng, key, version)
        if kind < 0.42:
            return self.delete(key)
        if kind < 0.54 and len(keys) > 1:
            return self.move(rng, *rng.sample(keys, 2), version)
        if kind < 0.64:
            several = " or ".join(f"({self.where(k)})" for k in keys)
            return self.update(rng, several, version)
        return self.update(rng, self.where(key), version)


def twenty(rng, scale=1.0):
    """Of every kind one at least; how large each is, is drawn."""
    both = ("region", "id")
    kinds = [
        {}, {"identity": "full"}, {"key": both}, {"key": both, "identity": "full"},
        {"key": both, "partitioned": True, "doc": 4000}, {"key": both, "partitioned": True},
        {"key": (), "identity": "default"}, {"key": (), "identity": "full", "doc": 3000},
        {"doc": 2500}, {"doc": 9000, "fillfactor": 50}, {"doc": 3000, "identity": "full"},
        {"doc": 3000, "key": both}, {"doc": 2500, "pad": 1500}, {"pad": 1800, "fillfactor": 30},
        {"pad": 6000, "plain": True}, {"pad": 4000, "plain": True, "identity": "full"},
        {"pad": 1000, "fillfactor": 100}, {"doc": 2500, "pad": 900, "fillfactor": 100},
        {"doc": 2400, "pad": 3, "fillfactor": 10}, {"rows": 0}]
    tables = []
    for i, kind in enumerate(kinds):
        rows = int(scale * rng.choice([20, 100, 200, 400, 800]))
        tables.append(Table(f"t{i:02d}", **{"rows": rows, **kind}))
        if not tables[-1].rows:
            tables[-1].keys = [tables[-1]._key(n) for n in range(50)]
    return tables


class Traffic:
    """The tables of a database and the versions handed out in it."""

    def __init__(self, db, rng, scale=1.0):
        self.db, self.rng = db, rng
        self.tables = twenty(rng, scale)
        self.versions = itertools.count(1)
        self.undone = set()
        for table in self.tables:
            for statement in table.sql():
                db.sql(statement)
            if table.rows:
                db.sql(table.fill(rng, self.versions))

    def kinds(self, root=False):
        return {name: kind for t in self.tables for name, kind in t.kinds(root).items()}

    def source(self, root=False):
        """The rows as they are, by table."""
        with self.db.connect() as c:
            c.row_factory = psycopg.rows.dict_row
            return {name: fetch(c, f"select * from {name}") for name in self.kinds(root)}

    def write(self, count=8, pause=0.01):
        """Writers, as a context; each pauses so many seconds at most between two transactions."""
        return Writers(self, count, pause)


class Writers:
    def __init__(self, traffic, count, pause):
        self.traffic, self.pause = traffic, pause
        self.transactions = self.lost = 0
        self.failure = None
        self._end = threading.Event()
        self._mutex = threading.Lock()
        self._held = set()              # keys that a writer has in hand
        seeds = [traffic.rng.random() for _ in range(count)]
        self._threads = [threading.Thread(target=self._work, args=(type(traffic.rng)(s),))
                         for s in seeds]

    def __enter__(self):
        for t in self._threads:
            t.start()
        return self

    def __exit__(self, *exception):
        self._end.set()
        for t in self._threads:
            t.join()
        if self.failure and not exception[0]:
            raise self.failure

    def reached(self, count, timeout=60):
        def there():
            if self.failure:
                raise self.failure
            return self.transactions >= count
        wait_until(there, f"{count} transactions", timeout)

    # -- a writer

    def _work(self, rng):
        try:
            connection = self.traffic.db.connect()
            while not self._end.wait(rng.random() * self.pause):
                connection = self._transaction(rng, connection)
            connection.close()
        except BaseException as e:
            self.failure = e
            raise

    def _connect(self):
        """A server that is away comes back."""
        made = []

        def try_it():
            try:
                made.append(self.traffic.db.connect())
            except psycopg.OperationalError:
                return False
            return True
        wait_until(try_it, "the server to come back", 60, step=0.1)
        return made[0]

    def _transaction(self, rng, connection):
        """One, to its end or the connection's; the connection to go on with."""
        taken = []
        text, undone = self._plan(rng, taken)
        # Before: the agent may not tell of them at any moment.
        self.traffic.undone.update(undone)
        try:
            connection.execute(text)
            self.transactions += 1
        except psycopg.OperationalError:
            self.lost += 1
            connection.close()
            connection = self._connect()
        finally:
            with self._mutex:
                self._held.difference_update(taken)
        return connection

    def _take(self, rng, taken):
        """A table and a few of its keys that nobody else has in hand, or none."""
        table = rng.choice(self.traffic.tables)
        first = rng.randrange(len(table.keys))
        keys = table.keys[first:first + rng.choice((1, 2, 3, 3, 12))]
        with self._mutex:
            keys = [k for k in keys if (table.name, *k.values()) not in self._held]
            mine = [(table.name, *k.values()) for k in keys]
            self._held.update(mine)
        taken += mine
        return table, keys

    def _plan(self, rng, taken):
        """The text of a transaction, and the versions that it takes back."""
        statements, undone = [], set()
        whole = rng.random() < 0.08
        for n in range(rng.choice((1, 1, 2, 4))):
            table, keys = self._take(rng, taken)
            part, versions = [], set()
            for _ in range(rng.choice((1, 1, 2, 8)) if keys else 0):
                version = next(self.traffic.versions)
                versions.add(version)
                part.append(table.change(rng, keys, version))
            kind = rng.random()
            if kind < 0.15:
                part = [f"savepoint s{n}", *part, f"rollback to s{n}"]
            elif kind < 0.30:
                part = [f"savepoint s{n}", *part, f"release s{n}"]
            if whole or kind < 0.15:
                undone |= versions
            statements += part
        end = "rollback" if whole else "commit"
        return ";\n".join(["begin", *statements, end]), undone
