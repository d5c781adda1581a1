"""From a column of an event back to PostgreSQL's text, by its schema.

decode(schema, value) gives the text that PostgreSQL prints for the value;
pgtext.reduced(type, text, schema) gives what is left of PostgreSQL's text in
that schema, where it cannot hold all: milliseconds of a time, a number's
trailing zeros. The two must be equal. expected(type, modes) is the schema that
a type must have. Written from what Debezium emits, not from pgwake's source.
"""
import base64
import json
import math
import re
import struct

import typegen as g

UNIT = {"Time": 1000, "Timestamp": 1000, "MicroTime": 1, "MicroTimestamp": 1}
FOREVER = {9223372036825200: "infinity", -9223372036832400: "-infinity"}      # in milliseconds
DAY = 86400 * 10 ** 6
MONTH = 2629800 * 10 ** 6
INT64 = 2 ** 63


class Number(str):
    """A number of the event as it was written."""


def loads(text):
    """The JSON of an event; what is no whole number of 64 bits stays text."""
    return json.loads(text, parse_float=Number, parse_int=lambda s: int(s) if len(s) <= 20 else Number(s))


class Absent:
    """Not a value: the type is left out of the row."""


# -- the schema of a type

def simple(kind, name=None, **more):
    return {"type": kind, "name": name, **more}


def dbz(kind, name, **more):
    return simple(kind, "io.debezium." + name, **more)


CONNECT = "org.apache.kafka.connect.data."
FIXED = {
    "int2": simple("int16"), "int4": simple("int32"), "int8": simple("int64"), "oid": simple("int64"),
    "bool": simple("boolean"), "float4": simple("float"), "float8": simple("double"),
    "json": dbz("string", "data.Json"), "jsonb": dbz("string", "data.Json"), "xml": dbz("string", "data.Xml"),
    "uuid": dbz("string", "data.Uuid"), "tsvector": dbz("string", "data.Tsvector"),
    "ltree": dbz("string", "data.Ltree"), "point": dbz("struct", "data.geometry.Point"),
    "timetz": dbz("string", "time.ZonedTime"), "timestamptz": dbz("string", "time.ZonedTimestamp"),
}
STRINGS = ("text", "varchar", "bpchar", "char", "name", "citext", "isbn", "inet", "cidr", "macaddr", "macaddr8",
           "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange")
NO_ARRAY = ("money", "name", "varbit", "xml", "interval", "point")
TIMES = {
    "connect": (("int32", CONNECT + "Date"), ("int32", CONNECT + "Time"), ("int64", CONNECT + "Timestamp")),
    "isostring": (("string", "io.debezium.time.IsoDate"), ("string", "io.debezium.time.IsoTime"),
                  ("string", "io.debezium.time.IsoTimestamp")),
    "nanoseconds": (("int32", "io.debezium.time.Date"), ("int64", "io.debezium.time.NanoTime"),
                    ("int64", "io.debezium.time.NanoTimestamp")),
    "microseconds": (("int32", "io.debezium.time.Date"), ("int64", "io.debezium.time.MicroTime"),
                     ("int64", "io.debezium.time.MicroTimestamp")),
}
MILLIS = {"time": ("int32", "io.debezium.time.Time"), "timestamp": ("int64", "io.debezium.time.Timestamp")}


def expected(t, modes):
    """The schema of a type under the modes, or Absent."""
    if t.base in FIXED:
        return FIXED[t.base]
    if t.base in STRINGS:
        return simple("string")
    if t.base == "enum":
        return dbz("string", "data.Enum", parameters={"allowed": ",".join(g.LABELS)})
    if t.base == "bytea":
        return simple("bytes" if modes["binary_handling_mode"] == "bytes" else "string")
    if t.base in ("bit", "varbit"):
        length = t.args[0] if t.args else 2 ** 31 - 1
        return simple("boolean") if length == 1 else \
            dbz("bytes", "data.Bits", parameters={"length": str(length)})
    if t.base in ("numeric", "money"):
        return expected_decimal(t, modes["decimal_handling_mode"])
    if t.base in ("date", "time", "timestamp"):
        return expected_time(t, modes["time_precision_mode"])
    if t.base == "interval":
        return dbz("int64", "time.MicroDuration") if modes["interval_handling_mode"] == "numeric" else \
            dbz("string", "time.Interval")
    if t.base == "hstore":
        return simple("map") if modes["hstore_handling_mode"] == "map" else dbz("string", "data.Json")
    if t.base == "oidvector":
        return simple("array", items=simple("int64" if t.sql == "oidvector" else "int16"))
    if t.base == "array":
        return expected_array(t.element, modes)
    if not modes["include_unknown_datatypes"]:
        return Absent
    return simple("bytes" if modes["binary_handling_mode"] == "bytes" else "string")


def expected_decimal(t, mode):
    if mode == "double":
        return simple("double")
    if mode == "string":
        return simple("string")
    if t.base == "money":
        return simple("bytes", CONNECT + "Decimal", parameters={"scale": "2"})
    if not t.args:
        return dbz("struct", "data.VariableScaleDecimal")
    precision, scale = t.args
    more = max(0, -scale)       # a negative scale is that many digits more
    return simple("bytes", CONNECT + "Decimal",
                  parameters={"scale": str(max(0, scale)), "connect.decimal.precision": str(precision + more)})


def expected_time(t, mode):
    at = ("date", "time", "timestamp").index(t.base)
    millis = at > 0 and t.args[0] <= 3 and mode in ("adaptive", "adaptive_time_microseconds")
    if millis and not (mode == "adaptive_time_microseconds" and t.base == "time"):
        return simple(*MILLIS[t.base])
    return simple(*TIMES.get(mode, TIMES["microseconds"])[at])


def expected_array(item, modes):
    if item.base in NO_ARRAY:
        return Absent
    inner = expected(item, modes)
    return inner if inner is Absent else simple("array", items=inner)


def differs(wanted, schema):
    """What is wrong with a schema; None if nothing is."""
    got = {"type": schema["type"], "name": schema.get("name"), "parameters": schema.get("parameters")}
    want = {"parameters": None, **wanted}
    items = want.pop("items", None)
    if got != want:
        return f"{got}, not {want}"
    if items and (inner := differs(items, schema["items"])):
        return f"an array of {inner}"
    return None


# -- from the event

def unscaled(text, scale):
    n = int.from_bytes(base64.b64decode(text), "big", signed=True)
    return decimal_text(n, scale)


def decimal_text(n, scale):
    sign, n = ("-", -n) if n < 0 else ("", n)
    body = str(n).rjust(scale + 1, "0")
    return f"{sign}{body[:len(body) - scale]}.{body[len(body) - scale:]}" if scale else sign + body


def written(number, scale):
    """A decimal.format=NUMERIC number: Java's BigDecimal as text."""
    sign, whole, fraction, exponent = re.fullmatch(
        r"(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?", str(number)).groups()
    digits = whole + (fraction or "")
    behind = len(fraction or "") - int(exponent or 0)
    assert behind == scale, f"{number} has a scale of {behind}, not {scale}"
    return decimal_text(int(sign + digits), scale)


def binary(kind, value):
    """A float or double, so that equal means the same number."""
    f = float(value)
    return ("nan",) if math.isnan(f) else struct.pack("<f" if kind == "float" and math.isfinite(f) else "<d", f)


def date_of(days):
    if days in (-2147472692, -2147472691):
        return "infinity" if days == -2147472692 else "-infinity"
    return "".join(g.date_text(days + g.EPOCH))


def clock_of(micros):
    seconds, part = divmod(micros, 10 ** 6)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return text + (f".{part:06d}".rstrip("0") if part else "")


def stamp_of(micros):
    days, rest = divmod(micros, DAY)
    front, era = g.date_text(days + g.EPOCH)
    return f"{front} {clock_of(rest)}{era}"


def iso(text):
    """ISO 8601 with a Z: date and time of PostgreSQL; the year 0 is 1 BC."""
    m = re.fullmatch(r"([+-]?\d{4,})-(\d\d)-(\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d+))?)?Z", text)
    assert m, text
    year, month, day, clock, part = m.groups()
    assert int(year) <= 9999 or year[0] == "+", text
    part = "." + part.rstrip("0") if part and part.strip("0") else ""
    year = int(year)
    return (f"{year if year > 0 else 1 - year:04d}-{month}-{day}" + (f" {clock}{part}" if clock else "") +
            ("" if year > 0 else " BC"))


def decode_time(name, value):
    kind = name.rpartition(".")[2]
    if kind == "Date":
        return date_of(value)
    if kind == "IsoDate":
        return {"-5877611-06-21Z": "infinity", "-5877611-06-22Z": "-infinity"}.get(value) or iso(value)
    if kind == "IsoTime":
        return value[:-1]
    if kind == "IsoTimestamp":
        return {"+294247-01-10T04:00:25.2Z": "infinity", "-290308-12-21T19:59:27.6Z": "-infinity"}.get(value) \
            or iso(value)
    if kind == "NanoTime":
        return clock_of(exactly(value, 1000))
    if kind == "NanoTimestamp":
        if value in (INT64 - 1, -INT64):
            return "infinity" if value > 0 else "-infinity"
        return stamp_of(exactly(value, 1000))
    unit = UNIT[kind]
    if kind.endswith("Timestamp"):
        return FOREVER.get(value // (1000 // unit)) or stamp_of(value * unit)
    return clock_of(value * unit)


def exactly(value, divisor):
    assert value % divisor == 0, value
    return value // divisor


INTERVAL = re.compile(r"P(-?\d+)Y(-?\d+)M(-?\d+)DT(-?\d+)H(-?\d+)M(-?\d+)(?:\.(\d+))?S")


def decode_interval(text):
    """(months, days, microseconds)"""
    m = INTERVAL.fullmatch(text)
    assert m, text
    years, months, days, hours, minutes = map(int, m.groups()[:5])
    part = int((m.group(7) or "").ljust(6, "0"))
    micros = abs(int(m.group(6))) * 10 ** 6 + part
    seconds = -micros if m.group(6)[0] == "-" else micros
    return years * 12 + months, days, (hours * 60 + minutes) * 60 * 10 ** 6 + seconds


def decode_point(value):
    x, y = (binary("double", value[c]) for c in "xy")
    order, kind, bx, by = struct.unpack("<BIdd", base64.b64decode(value["wkb"]))
    assert (order, kind, value["srid"]) == (1, 1, None), value
    assert (binary("double", bx), binary("double", by)) == (x, y), value
    return x, y


def decode_bytes(value, mode):
    if mode == "hex":
        return bytes.fromhex(value)
    return base64.urlsafe_b64decode(value) if mode == "base64-url-safe" else \
        base64.b64decode(value, validate=True)


SHAPES = ("box", "lseg", "path", "polygon", "circle", "line")


def shape(text):
    """A geometric value's brackets and commas, and its numbers."""
    return [p if p in "()[]{}<>," else binary("double", p) for p in re.findall(r"[()\[\]{}<>,]|[^()\[\]{}<>,]+", text)]


def decode_column(t, schema, value, modes):
    """As decode; two things only the type tells: JSON that is an hstore, text that is bytes."""
    if value is None:
        return None
    if schema["type"] == "array" and t.base == "array":
        return [decode_column(t.element, schema["items"], v, modes) for v in value]
    if t.base == "oidvector":
        return " ".join(map(str, value))
    if t.base in SHAPES:
        return shape(decode_bytes(value, modes["binary_handling_mode"]).decode())
    if t.base in ("bytea", "unknown"):
        return decode_bytes(value, modes["binary_handling_mode"])
    if t.base == "hstore":
        return json.loads(value) if schema["type"] == "string" else value
    return decode(schema, value)


def decode(schema, value):
    """PostgreSQL's text for a value of an event, or what stands for it."""
    if value is None:
        return None
    kind, name = schema["type"], schema.get("name") or ""
    if name == CONNECT + "Decimal":
        scale = int(schema["parameters"]["scale"])
        return unscaled(value, scale) if isinstance(value, str) and not isinstance(value, Number) else \
            written(value, scale)
    if name == "io.debezium.data.VariableScaleDecimal":
        return unscaled(value["value"], value["scale"])
    if name == "io.debezium.data.Bits":
        return f"{int.from_bytes(base64.b64decode(value), 'little'):b}"
    if name == "io.debezium.data.geometry.Point":
        return decode_point(value)
    if name == "io.debezium.time.ZonedTimestamp":
        return value if value in ("infinity", "-infinity") else iso(value)
    if name == "io.debezium.time.ZonedTime":
        return value[:-1]
    if name == "io.debezium.time.Interval":
        return decode_interval(value)
    if name == "io.debezium.time.MicroDuration":
        return value
    if re.fullmatch(r"(io\.debezium\.time|org\.apache\.kafka\.connect\.data)\.\w+", name):
        return decode_time(name, value)
    if kind in ("float", "double"):
        return binary(kind, value)
    if kind == "boolean":
        assert isinstance(value, bool)
        return "t" if value else "f"
    if kind in ("int16", "int32", "int64"):
        assert type(value) is int and -2 ** (int(kind[3:]) - 1) <= value < 2 ** (int(kind[3:]) - 1), value
        return str(value)
    assert kind == "string", schema
    return value
