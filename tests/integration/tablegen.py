"""Random tables and what happens to their rows, the same for the same seed.

Every table has a column `n`, which tells its rows apart; all else is drawn.
Standard library only; the conformance tests use it too.
"""
import decimal
import re

import typegen as g
from typegen import Type


def quote_literal(s):
    return "'" + s.replace("'", "''") + "'"


def quote_name(s):
    return '"' + s.replace('"', '""') + '"'


# -- the types there are

def scalars(rng):
    """One of each kind that has a mapping, parameters drawn."""
    p = rng.choice([1, 2, 5, 10, 38, 1000])
    s = rng.choice([0, 0, p // 2, p])
    n = rng.choice([2, 3, 7, 8, 9, 17, 64, 100])
    places = rng.choice([0, 1, 2, 3, 4, 5, 6])
    length = rng.choice([1, 5, 40])
    integers = [(f"int{b // 8}", b) for b in (16, 32, 64)]
    types = [Type(sql, sql, g.integer(b), keyable=True) for sql, b in integers]
    types += [
        Type("oid", "oid", g.integer(32, signed=False), keyable=True),
        Type("bool", "bool", g.pick("t", "f"), keyable=True),
        Type("float4", "float4", g.real(7, 30), keyable=True),
        Type("float8", "float8", g.real(17, 300), keyable=True),
        Type("numeric", "numeric", g.any_numeric, keyable=True),
        Type(f"numeric({p},{s})", "numeric", g.numeric(p, s), (p, s), keyable=True),
        Type("money", "money", g.money, keyable=True),
        Type("text", "text", g.long_text, keyable=True),
        Type(f"varchar({length})", "varchar", g.text(length), (length,), keyable=True),
        Type("varchar", "varchar", g.text(30), keyable=True),
        Type(f"char({length})", "bpchar", g.text(length), (length,), keyable=True),
        Type('"char"', "char", g.pick("a", "", " ", "~", "'", "\\", "\t"), keyable=True),
        Type("name", "name", g.name, keyable=True),
        Type("bytea", "bytea", g.bytea, keyable=True),
        Type("bit", "bit", g.bits(1, 1), (1,), keyable=True),
        Type(f"bit({n})", "bit", g.bits(n, n), (n,), keyable=True),
        Type("varbit(1)", "varbit", g.bits(0, 1), (1,)),
        Type(f"varbit({n})", "varbit", g.bits(0, n), (n,), keyable=True),
        Type("varbit", "varbit", g.bits(0, 70), keyable=True),
        Type("inet", "inet", g.inet, keyable=True),
        Type("cidr", "cidr", g.cidr, keyable=True),
        Type("macaddr", "macaddr", g.mac(6), keyable=True),
        Type("macaddr8", "macaddr8", g.mac(8), keyable=True),
        Type("uuid", "uuid", g.an_uuid, keyable=True),
        Type("json", "json", g.json_node),
        Type("jsonb", "jsonb", g.json_node, keyable=True),
        Type("date", "date", g.date, keyable=True),
        Type("time", "time", g.time(6), (6,), keyable=True),
        Type(f"time({places})", "time", g.time(places), (places,), keyable=True),
        Type("timetz", "timetz", g.time(6, zoned=True), (6,), keyable=True),
        Type(f"timetz({places})", "timetz", g.time(places, zoned=True), (places,)),
        Type("timestamp", "timestamp", g.stamp(6), (6,), keyable=True),
        Type(f"timestamp({places})", "timestamp", g.stamp(places), (places,), keyable=True),
        Type("timestamptz", "timestamptz", g.stamp(6, zoned=True), (6,), keyable=True),
        Type(f"timestamptz({places})", "timestamptz", g.stamp(places, zoned=True), (places,), keyable=True),
        Type(rng.choice(["interval", "interval(3)", "interval day to second", "interval year to month"]),
             "interval", g.interval, keyable=True),
        Type("int4range", "int4range", g.ranged(g.integer(30), int), keyable=True),
        Type("int8range", "int8range", g.ranged(g.integer(62), int), keyable=True),
        Type("numrange", "numrange", g.ranged(g.numeric(20, 5), decimal_order), keyable=True),
        Type("tsrange", "tsrange", g.ranged(g.near_stamp(False), str), keyable=True),
        Type("tstzrange", "tstzrange", g.ranged(g.near_stamp(True), str), keyable=True),
        Type("daterange", "daterange", g.ranged(g.near_date, str), keyable=True),
        Type("tsvector", "tsvector", g.tsvector, keyable=True),
        Type("point", "point", g.point),
        Type("mood", "enum", g.pick(*g.LABELS), keyable=True),
    ]
    return types


def decimal_order(text):
    d = decimal.Decimal(text)
    return (d.is_nan(), decimal.Decimal(0) if d.is_nan() else d)    # NaN is the greatest


def of_extensions(have):
    rows = {
        "citext": [Type("citext", "citext", g.text(30), keyable=True)],
        "ltree": [Type("ltree", "ltree", g.ltree, keyable=True)],
        "hstore": [Type("hstore", "hstore", g.hstore)],
        "isn": [Type("isbn", "isbn", g.ean("978", 9), keyable=True), Type("ean13", "unknown", g.ean("", 12))],
        "cube": [Type("cube", "unknown", g.pick("(1,2),(3,4)", "(0)"))],
    }
    return [t for name in have for t in rows[name]]


def unmapped():
    """Left out, or with include.unknown.datatypes the bytes of their text."""
    rows = {
        "box": lambda r: g.points(r, 2, ("", "")), "lseg": lambda r: g.points(r, 2, "[]"),
        "path": lambda r: g.points(r, 3, r.choice(["[]", "()"])), "polygon": lambda r: g.points(r, 4, "()"),
        "circle": g.pick("<(1,2),3>", "<(0,0),0.5>"), "line": g.pick("{1,2,3}", "{0,1,0}"),
        "pg_lsn": g.pick("0/0", "16/B374D848"), "txid_snapshot": g.pick("10:20:10,14,15"),
        "xid": g.pick("42"), "tid": g.pick("(1,2)"), "regclass": g.pick("pg_class", "0"),
        "tsquery": g.pick("'fat' <-> 'cat'", "'a' & !'b'"), "jsonpath": g.pick("$.a[*] ? (@ > 1)"),
        "int4multirange": g.pick("{}", "{[1,3),[5,)}"),
"address": g.pick('("Main St, 5",7)', '(,)', '("ä ""q""",)'),
        "floatrange": g.pick("[1.5,2)", "empty"),
    }
    shapes = ("box", "lseg", "path", "polygon", "circle", "line")
    return [Type(sql, sql if sql in shapes else "unknown", values) for sql, values in rows.items()] + \
        [Type("oidvector", "oidvector", g.pick("1 2", "", "4294967295")),
         Type("int2vector", "oidvector", g.pick("1 2 3", "", "-32768"))]


def domains(enum_domains):
    rows = [
        Type("price", "numeric", g.numeric(10, 2), (10, 2), keyable=True, domain=True),
        Type("price2", "numeric", g.numeric(6, 2), (10, 2), keyable=True, domain=True),
        Type("required", "int4", g.integer(32), keyable=True, domain=True),
        Type("short", "varchar", g.text(8), (8,), keyable=True, domain=True),
        Type("padded", "bpchar", g.text(6), (6,), keyable=True, domain=True),
        Type("stamp", "timestamp", g.stamp(3), (3,), keyable=True, domain=True),
        Type("flags", "bit", g.bits(3, 3), (3,), keyable=True, domain=True),
        Type("document", "jsonb", g.json_node, domain=True),
        Type("words", "array", g.array(Type("text", "text", g.text(10))),
             element=Type("text", "text", None), domain=True),
    ]
    if enum_domains:
        rows += [Type(t, "enum", g.pick(*g.LABELS), keyable=True, domain=True) for t in ("temper", "temper2")]
    return rows


def array_of(item):
    # Debezium does not look through a domain here.
    known = Type(item.sql, "unknown", None) if item.domain else item
    return Type(item.sql + "[]", "array", g.array(item), element=known)


class Catalogue:
    """What columns can be made of: on this major, with these extensions.

    With `tame`, nothing that stops Debezium: domains over enums, a quote in the
    name of a key's column, seconds in the offset of a timetz, and in a NOT NULL
    column a value that it cannot convert, or in nanoseconds misses. Nor what makes
    other events of a change: a key of type name, which it loses, and an identity
    beside another key.
    """

    def __init__(self, major=15, extensions=g.EXTENSIONS, xml=True, tame=False, nanoseconds=False):
        self.major, self.extensions, self.xml, self.tame = major, extensions, xml, tame
        self.enum_domains, self.nanoseconds = not tame, nanoseconds

    def lost(self, t):
        """Whether Debezium may stop if a column of this type is NOT NULL."""
        return self.tame and (t.base == "array" or t.base == "timestamp" and self.nanoseconds)

    def drawn(self, rng, t, not_null, small):
        """A value of a type for a column."""
        while True:
            text = t.small(rng) if small else t.values(rng)
            if not self.tame or converts(t, text, not_null):
                return text

    def setup(self):
        return ["create extension %s" % e for e in self.extensions] + \
            [s for s in (g.OWN_TYPES + (g.ENUM_DOMAINS if self.enum_domains else "")).split(";") if s.strip()]

    def type(self, rng):
        """Every kind has the same chance, and so has an array of it."""
        kinds = scalars(rng) + of_extensions(self.extensions)
        if self.tame:
            next(t for t in kinds if t.base == "name").keyable = False
        if self.xml:
            kinds.append(Type("xml", "xml", g.xml))
        if self.major >= 15:
            kinds.append(Type("numeric(3,-2)", "numeric", g.numeric(3, -2), (3, -2)))
            kinds.append(Type("numeric(3,5)", "numeric", g.numeric(3, 5), (3, 5)))
        kind = rng.random()
        if kind < 0.62:
            return rng.choice(kinds)
        if kind < 0.84:
            item = rng.choice(kinds + domains(self.enum_domains)[3:7] + unmapped())
            return item if item.sql.endswith("vector") else array_of(item)
        return rng.choice(domains(self.enum_domains) if kind < 0.93 else unmapped())


def converts(t, text, not_null):
    """Whether Debezium goes on after this value."""
    if t.sql.startswith("timetz") and re.search(r"[+-]\d\d:\d\d:\d\d", text):
        return False
    if not not_null:
        return True
    if t.base in ("bytea", "numeric") and len(text) > 1000:
        return False            # out of line and unchanged it would be null
    if t.base == "numeric":
        return text[-1].isdigit()
    if t.base == "timestamp":
        return re.match(r"(1[789]|20|21)\d\d-.*[^C]$", text) is not None
    return t.base not in ("bit", "varbit", "oidvector") or text != ""


# -- tables

class Column:
    def __init__(self, name, type_, not_null=False, default=None, literal=False):
        self.name, self.type, self.not_null = name, type_, not_null
        self.default = default          # an expression, or None
        self.literal = literal          # and that is a literal

    def sql(self):
        return " ".join([quote_name(self.name), self.type.sql] + (["not null"] if self.not_null else []) +
                        ([f"default {self.default}"] if self.default else []))


NAMES = ("c", "Value", "a b", "größe", "select", "x-y", "名")
CALLS = {"int4": "42 % 5", "int8": "length('abc')", "text": "upper('abc')", "timestamp": "localtimestamp",
         "timestamptz": "now()", "date": "current_date", "uuid": "gen_random_uuid()", "numeric": "1 + 1"}


def default_of(rng, t, text):
    """An expression, and whether it is a literal: `text` or something else."""
    if t.base in CALLS and t.base == t.sql and rng.random() < 0.2:
        return CALLS[t.base], False
    if rng.random() < 0.1:
        return "null", True
    text = quote_literal(text)
    if t.base == "bool" and rng.random() < 0.5:
        return rng.choice(["true", "false"]), True
    if t.base in ("int4", "int8", "numeric", "float8") and text[-2].isdigit() and rng.random() < 0.5:
        text = text.strip("'")
        return (f"({text})" if text[0] == "-" and rng.random() < 0.5 else text), True
    return text + (f"::{t.sql}" if rng.random() < 0.5 else ""), True


class Table:
    """`key` are the columns of its primary key, `unique` of an index; both may be None."""

    def __init__(self, rng, name, catalogue, width=8):
        self.name, self.catalogue = name, catalogue
        self.columns = [Column("n", Type("int4", "int4", None, keyable=True), not_null=True)]
        for i in range(rng.randint(1, 2 * width)):
            self.columns.append(self.column(rng, i))
        rng.shuffle(self.columns)
        indexable = [c.name for c in self.columns
                     if c.type.keyable and c.name != "n" and not catalogue.lost(c.type)]
        chosen = rng.sample(indexable, min(len(indexable), rng.choice([0, 0, 1, 2]))) + ["n"]
        rng.shuffle(chosen)
        self.key, self.unique = rng.choice([(chosen, None), (chosen, None), (None, None), (None, chosen),
                                            (["n"], chosen)])
        for c in self.columns:
            c.not_null = c.not_null or c.name in chosen
            if c.not_null and c.default == "null":
                c.default = None
        indexed = self.unique and not (catalogue.tame and self.key)
        self.identity = rng.choice(["default", "full", "index" if indexed else "nothing"])
        self.small = set(chosen)

    def column(self, rng, i):
        t = self.catalogue.type(rng)
        odd = NAMES if self.catalogue.tame else NAMES + ('q"q', "a.b")
        not_null = t.sql == "required" or rng.random() < 0.25 and not self.catalogue.lost(t)
        default, literal = None, False
        if rng.random() < 0.3:
            default, literal = default_of(rng, t, self.catalogue.drawn(rng, t, True, True))
        return Column(f"{rng.choice(odd) if rng.random() < 0.2 else 'c'}{i}", t, not_null, default, literal)

    def changeable(self):
        """Whether the server lets published rows be updated and deleted."""
        return self.identity in ("full", "index") or self.identity == "default" and self.key is not None

    def identity_columns(self):
        if self.identity == "full":
            return [c.name for c in self.columns]
        return {"index": self.unique, "default": self.key}.get(self.identity) or []

    def sql(self):
        names = [quote_name(n) for n in self.key or ()]
        parts = [c.sql() for c in self.columns] + ([f"primary key ({', '.join(names)})"] if names else [])
        out = [f"create table {self.name} (\n  " + ",\n  ".join(parts) + ")"]
        if self.unique:
            names = ", ".join(map(quote_name, self.unique))
            out.append(f"create unique index {self.name}_u on {self.name} ({names})")
        if self.identity != "default":
            how = f"using index {self.name}_u" if self.identity == "index" else self.identity
            out.append(f"alter table {self.name} replica identity {how}")
        return out

    def value(self, rng, c):
        """An SQL expression for a column of a row."""
        if not c.not_null and rng.random() < 0.12:
            return "null"
        if c.default and c.literal and rng.random() < 0.15:
            return "default"
        text = self.catalogue.drawn(rng, c.type, c.not_null, c.name in self.small)
        return f"{quote_literal(text)}::{c.type.sql}"

    def insert(self, rng, first, rows):
        values = ["(" + ", ".join(str(n) if c.name == "n" else self.value(rng, c) for c in self.columns) + ")"
                  for n in range(first, first + rows)]
        return f"insert into {self.name} values\n  " + ",\n  ".join(values)

    def update(self, rng, n):
        """Statement, and the names of the columns that it sets."""
        others = [c for c in self.columns if c.name != "n"]
        chosen = rng.sample(others, rng.randint(1, len(others)))
        sets = ", ".join(f"{quote_name(c.name)} = {self.value(rng, c)}" for c in chosen)
        return f"update {self.name} set {sets} where n = {n}", {c.name for c in chosen}

    def delete(self, n):
        return f"delete from {self.name} where n = {n}"


def changes(rng, table, rows):
    """(op, n, statement, columns set) of a table: rows go in, a few change, a few go."""
    half = rows // 2
    yield "c", range(1, half + 1), table.insert(rng, 1, half), None
    yield "c", range(half + 1, rows + 1), table.insert(rng, half + 1, rows - half), None
    if table.changeable():
        for n in rng.sample(range(1, rows + 1), max(1, rows // 5)):
            statement, columns = table.update(rng, n)
            yield "u", n, statement, columns
        for n in rng.sample(range(1, rows + 1), max(1, rows // 8)):
            yield "d", n, table.delete(n), None


# -- modes

MODES = {
    "decimal_handling_mode": ("precise", "precise", "double", "string"),
    "decimal_format": ("base64", "base64", "numeric"),
    "time_precision_mode": ("adaptive", "adaptive_time_microseconds", "connect", "isostring",
                            "microseconds", "nanoseconds"),
    "interval_handling_mode": ("numeric", "string"),
    "hstore_handling_mode": ("json", "map"),
    "binary_handling_mode": ("bytes", "base64", "base64-url-safe", "hex"),
    "include_unknown_datatypes": (False, True),
    "replace_null_with_default": (True, True, False),
    "tombstones_on_delete": (True, True, False),
}


def modes(rng, number):
    """Random modes; run through all time modes as `number` goes up."""
    chosen = {name: rng.choice(options) for name, options in MODES.items()}
    chosen["time_precision_mode"] = MODES["time_precision_mode"][number % 6]
    return chosen


def debezium(chosen, schemas=True):
    """The same in Debezium's names."""
    out = {}
    for name, value in {**chosen, "schemas": schemas}.items():
        text = str(value).lower() if isinstance(value, bool) else value
        if name in ("decimal_format", "replace_null_with_default", "schemas"):
            option = {"schemas": "schemas.enable"}.get(name, name.replace("_", "."))
            out.update({f"{side}.converter.{option}": text for side in ("key", "value")})
        else:
            out[name.replace("_", ".")] = text
    return out
