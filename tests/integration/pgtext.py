"""PostgreSQL's text of values, read: what is left of it in the schema of an event.

The other half of eventdecoder, for the types whose text an event cannot hold
to the letter.
"""
import re

from eventdecoder import DAY, INT64, MONTH, SHAPES, binary, clock_of, shape

NULL = object()


def array_items(text, delimiter=","):
    """The elements of an array: texts, NULL, or lists of them for inner arrays."""
    start = text.index("{")
    items, end = inner_items(text, start, delimiter)
    assert end == len(text), text
    return items


def inner_items(text, at, delimiter):
    """The elements of the array at a brace, and where it ends."""
    items = []
    at += 1
    if text[at] == "}":
        return items, at + 1
    while True:
        if text[at] == "{":
            item, at = inner_items(text, at, delimiter)
        elif text[at] == '"':
            item, at = quoted(text, at)
        else:
            end = min(text.index(c, at) for c in (delimiter, "}") if c in text[at:])
            item, at = text[at:end], end
            item = NULL if item == "NULL" else item
        items.append(item)
        if text[at] == "}":
            return items, at + 1
        assert text[at] == delimiter, text
        at += 1


QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)


def unescape(text):
    return re.sub(r"\\(.)", r"\1", text, flags=re.S)


def quoted(text, at):
    m = QUOTED.match(text, at)
    return unescape(m.group(1)), m.end()


def hstore_items(text):
    pair = re.compile(r'"((?:[^"\\]|\\.)*)"=>(?:"((?:[^"\\]|\\.)*)"|NULL)(?:, |$)', re.S)
    out, at = {}, 0
    while at < len(text):
        m = pair.match(text, at)
        out[unescape(m.group(1))] = m.group(2) if m.group(2) is None else unescape(m.group(2))
        at = m.end()
    return out


def point_items(text):
    return tuple(binary("double", c) for c in text[1:-1].split(","))


def clock_micros(text):
    m = re.fullmatch(r"(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?", text)
    part = int((m.group(4) or "").ljust(6, "0"))
    return (int(m.group(1)) * 3600 + int(m.group(2)) * 60 + int(m.group(3))) * 10 ** 6 + part


def timetz_clock(text):
    """Microseconds of the day in UTC: 24:00 is 00:00."""
    clock, sign, zone = re.fullmatch(r"([\d:.]+)([+-])([\d:]+)", text).groups()
    offset = clock_micros((zone + ":00:00")[:8]) * (1 if sign == "+" else -1)
    return (clock_micros(clock) - offset) % DAY


def interval_parts(text):
    """(months, days, microseconds)"""
    months = days = micros = 0
    for n, unit in re.findall(r"([+-]?\d+) (year|mon|day)s?", text):
        months += int(n) * {"year": 12, "mon": 1, "day": 0}[unit]
        days += int(n) if unit == "day" else 0
    m = re.search(r"([+-]?)(\d+:\d\d:\d\d(?:\.\d+)?)$", text)
    if m:
        micros = clock_micros(m.group(2)) * (-1 if m.group(1) == "-" else 1)
    return months, days, micros


def interval_micros(text):
    months, days, micros = interval_parts(text)
    return max(-INT64, min(INT64 - 1, months * MONTH + days * DAY + micros))


def cut(text, places):
    """The time in a text with so many digits of the second, without zeros at the end.

    Before 1970 too it is the moment before: cut, not rounded.
    """
    def shorten(m):
        kept = m.group(1)[:places].rstrip("0")
        return "." + kept if kept else ""
    return re.sub(r"\.(\d+)", shorten, text)


def stripped(text):
    """A number without the zeros behind it."""
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def scaled(text, scale):
    """A number with exactly so many digits behind the point; it has no more."""
    whole, _, fraction = text.partition(".")
    assert not fraction[scale:].strip("0"), (text, scale)
    return f"{whole}.{fraction[:scale].ljust(scale, '0')}" if scale else whole


SPECIAL = {"NaN": "NAN", "Infinity": "POSITIVE_INFINITY", "-Infinity": "NEGATIVE_INFINITY"}


def reduced_number(t, text, schema):
    if t.base == "money":
        text = text.replace("$", "").replace(",", "")
    if schema["type"] == "double":
        return binary("double", text)
    if schema["type"] == "string":
        return SPECIAL.get(text, text)
    if text in SPECIAL:
        return None
    if schema["type"] == "struct":
        return stripped(text)
    return scaled(text, int(schema["parameters"]["scale"]))


# the last moment that fits into 64 bits: of microseconds, of nanoseconds
LAST = {"MicroTimestamp": ("294247-01-10 04:00:54.775807", None),
        "NanoTimestamp": ("2262-04-11 23:47:16.854775", "1677-09-21 00:12:43.145225")}


def moment(text):
    """Orders timestamps as they follow each other."""
    era = text.endswith(" BC")
    year, rest = re.fullmatch(r"(\d+)(-.*?)(?: BC)?", text).groups()
    return (1 - int(year) if era else int(year)), rest


def reduced_time(t, text, schema):
    name = schema["name"].rpartition(".")[2]
    if text in ("infinity", "-infinity"):
        return text
    if t.base == "timestamp" and name in LAST:
        last, first = LAST[name]
        if moment(text) > moment(last) or first and moment(text) < moment(first):
            return None
    if name == "IsoTime" and text == "24:00:00":
        return "00:00:00"
    return cut(text, 3 if name in ("Time", "Timestamp") else 6)


def reduced(t, text, schema):
    """What decode gives for PostgreSQL's text of a value of this type."""
    if text is None:
        return None
    if t.base in ("numeric", "money"):
        return reduced_number(t, text, schema)
    if t.base in ("time", "timestamp"):
        return reduced_time(t, text, schema)
    if t.base == "timestamptz":
        return text if "infinity" in text else cut(text.replace("+00", "", 1), t.args[0])
    if t.base == "timetz":
        return clock_of(timetz_clock(text))
    if t.base == "interval":
        return interval_parts(text) if schema["type"] == "string" else interval_micros(text)
    if t.base in ("float4", "float8"):
        return binary(schema["type"], text)
    if t.base in ("bit", "varbit"):
        if schema["type"] == "boolean":
            return {"1": "t", "0": "f", "": None}[text]
        return text.lstrip("0") or "0"
    if t.base == "point":
        return point_items(text)
    if t.base == "hstore":
        return hstore_items(text)
    if t.base == "array":
        return reduced_array(t, text, schema["items"])
    if t.base in SHAPES:
        return shape(text)
    if t.base in ("bytea", "unknown"):
        return bytes.fromhex(text[2:]) if t.base == "bytea" else text.encode()
    return text


def reduced_array(t, text, items):
    found = array_items(text, ";" if t.element.base == "box" else ",")
    return [None if i is NULL or isinstance(i, list) else reduced(t.element, i, items) for i in found]
