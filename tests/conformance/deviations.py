"""How the rules of deviations.json are recognised in a difference.

A rule is a type or a case, never a scenario. Its test gets the place of the
difference and the two values as JSON text, and says whether this is the rule's
doing. It must not accept more: a test is as narrow as the rule's text.
"""
import base64
import decimal
import json
import re

ABSENT = "(absent)"

# where a column's data or its schema is within key, value or a header
DATA = re.compile(r"(?:value(?:\.payload)?\.(?:before|after)|key(?:\.payload)?|headers\[[^]]*\]\[1\](?:\.payload)?)"
                  r"\.(?P<column>[^.\[]+)(?P<rest>.*)")
SCHEMA = re.compile(r"(?:value\.schema\.fields\[(?:before|after)\]|key\.schema|headers\[[^]]*\]\[1\]\.schema)"
                    r"\.fields\[(?P<column>[^]]+)\](?P<rest>.*)")


class Place:
    """Where a difference is.

    part: "data" or "schema" of a column, or None; rest: the path inside it;
    table: what is noted of the table; type, kind (pg_type.typtype of
    the type, or of its elements) and default (expression) of the column.
    """

    def __init__(self, path, table):
        self.path = path
        self.table = table or {}
        self.part = self.column = None
        self.rest = ""
        for part, pattern in (("schema", SCHEMA), ("data", DATA)):
            m = pattern.fullmatch(path)
            if m:
                self.part, self.column, self.rest = part, m.group("column"), m.group("rest")
                break
        column = self.table.get("columns", {}).get(self.column) or {}
        self.type = column.get("type") or ""
        self.kind = column.get("kind") or ""
        self.default = column.get("default") or ""

    def of_type(self, pattern):
        return re.fullmatch(pattern, self.type) is not None

    def item(self):
        """The difference is one item of an array."""
        return self.part == "data" and re.fullmatch(r"\[\d+\]", self.rest) is not None

    def whole(self):
        """The difference is the whole value of a column."""
        return self.part == "data" and self.rest == ""

    def shows_default(self):
        """The default in a schema, or a value in whose place it may stand."""
        return self.part == "schema" and self.rest == ".default" or self.whole()


TESTS = {}


def rule(name):
    def register(test):
        TESTS[name] = test
        return test
    return register


def number(text):
    """An integer; None for other text."""
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def string(text):
    """A JSON string's value; None for other text."""
    return json.loads(text) if text.startswith('"') else None


def octets(text):
    """The bytes of a base64 string; None for other text."""
    try:
        return base64.b64decode(string(text) or "", validate=True) if string(text) is not None else None
    except ValueError:
        return None


@rule("timestamp-beyond-int64")
def _(at, want, got):
    n = number(want)
    # the last microseconds of 294276 are 9224318015999999999; without a fraction it is the limit
    wrapped = n is not None and (n <= 9224318015999999999 - 2**64 or n == 2**63 - 1)
    return at.of_type(r"timestamp(\(\d\))? without time zone(\[\])?") and (at.shows_default() or at.item()) \
        and wrapped and (got in ("null", ABSENT) or bool(at.default))


@rule("time-array-precision")
def _(at, want, got):
    if not at.item():
        return False
    zoned, plain = (at.of_type(r"time(\(\d\))? with%s time zone\[\]" % out) for out in ("", "out"))
    w, g = number(want), number(got)
    if None not in (w, g):
        return plain and any(g != w and g - g % unit == w for unit in (1000, 1000000))
    w, g = string(want), string(got)
    if None in (w, g):
        return False
    kept = 0 if zoned else 4
    return (zoned or plain) and re.sub(r"(\.\d+)", lambda m: m.group(1)[:kept].rstrip("0").rstrip("."), g) == w


@rule("time-array-24")
def _(at, want, got):
    return at.item() and at.of_type(r"time(\(\d\))? without time zone\[\]") and want == "0" \
        and got in ("86400000", "86400000000", "86400000000000")


@rule("array-null-element")
def _(at, want, got):
    if at.part == "schema" and at.rest == ".items.optional":
        return want == "false" and got == "true"
    return at.whole() and at.of_type(r"(?!numeric).*\[\]") and want == "null" and got.startswith("[") \
        and None in json.loads(got)


@rule("text-array-dimensions")
def _(at, want, got):
    return at.item() and got == "null" and re.fullmatch(r'"\[L[\w.]+;@[0-9a-f]+"', want) is not None


@rule("bit-array")
def _(at, want, got):
    if not at.of_type(r"bit(\(\d+\))?\[\]"):
        return False
    if at.part == "schema":
        return at.rest in (".type", ".items", ".name", ".version", ".parameters", ".parameters.length")
    return at.whole() and want == "null" and got.startswith("[")


@rule("numeric-array-special")
def _(at, want, got):
    return at.whole() and at.of_type(r"numeric(\(.*\))?\[\]") and want == "null" and got.startswith("[") \
        and any(item in ("NaN", "Infinity", "-Infinity", "NAN", "POSITIVE_INFINITY", "NEGATIVE_INFINITY", None)
                for item in json.loads(got))


# a day number and a date of the calendar that is Gregorian throughout, the year 0 being 1 BC
def day_number(year, month, day):
    a = (14 - month) // 12
    y, m = year + 4800 - a, month + 12 * a - 3
    return day + (153 * m + 2) // 5 + 365 * y + y // 4 - y // 100 + y // 400 - 32045


def julian_day_number(year, month, day):
    a = (14 - month) // 12
    y, m = year + 4800 - a, month + 12 * a - 3
    return day + (153 * m + 2) // 5 + 365 * y + y // 4 - 32083


def date_of(number):
    a = number + 32044
    b = (4 * a + 3) // 146097
    c = a - 146097 * b // 4
    d = (4 * c + 3) // 1461
    e = c - 1461 * d // 4
    m = (5 * e + 2) // 153
    return 100 * b + d - 4800 + m // 10, m + 3 - 12 * (m // 10), e - (153 * m + 2) // 5 + 1


def as_julian(days):
    """Days since 1970 of a day's date, taken for one of the Julian calendar."""
    return julian_day_number(*date_of(days + 2440588)) - 2440588


ANCIENT = -141427       # 1582-10-15, in days since 1970


def ancient_date(text):
    """A date in ISO 8601 without its era, and out of the ten days that Java's calendar has not; None for others."""
    m = re.fullmatch(r"(-?\d{4,})-(\d\d)-(\d\d)(.*)", text or "")
    if not m:
        return None
    year, month, day = map(int, m.groups()[:3])
    gap = (1582, 10, 5) <= (year, month, day) < (1582, 10, 15)
    if not gap and year > 0:
        return None
    return "%04d-%02d-%02d%s" % (year if year > 0 else 1 - year, month, day + 10 * gap, m.group(4))


def iso_date(days):
    year, month, day = date_of(days + 2440588)
    return "%s%04d-%02d-%02dZ" % ("-" if year < 0 else "", abs(year), month, day)


@rule("array-ancient")
def _(at, want, got):
    if not at.item():
        return False
    w, g = number(want), number(got)
    if at.of_type(r"timestamp(\(\d\))? without time zone\[\]") and string(got) is not None:
        w, g = (re.fullmatch(r"(-?\d{4,})-(\d\d)-(\d\d)(T.*)", string(v) or "") for v in (want, got))
        if not w or not g or w.group(4) != g.group(4):
            return False
        w, g = (day_number(*map(int, m.groups()[:3])) - 2440588 for m in (w, g))
        return g < ANCIENT and w == as_julian(g)
    if at.of_type(r"timestamp(\(\d\))? without time zone\[\]"):
        # milliseconds, microseconds or nanoseconds: only one gives the same
        return None not in (w, g) and any(
            g // unit < ANCIENT and (as_julian(g // unit) - g // unit) * unit == w - g
            for unit in (86400 * 10**3, 86400 * 10**6, 86400 * 10**9))
    if at.of_type(r"date\[\]") and None not in (w, g):
        return iso_date(w) == ancient_date(iso_date(g))
    return at.of_type(r"date\[\]|timestamp(\(\d\))? with time zone\[\]") and string(want) is not None \
        and string(want) == ancient_date(string(got))


@rule("array-infinity")
def _(at, want, got):
    forms = ('"infinity"', '"-infinity"', '"-5877611-06-21Z"', '"-5877611-06-22Z"')
    return at.item() and at.of_type(r"date\[\]|timestamp(\(\d\))? with time zone\[\]") \
        and got in forms and re.match(r'"\+2922\d+-', want) is not None


@rule("default-lines")
def _(at, want, got):
    return at.shows_default() and string(got) is not None \
        and re.search("[\n\r\u0085\u2028\u2029]", at.default) is not None and want in (ABSENT, '""', "null")


@rule("default-infinity")
def _(at, want, got):
    return at.shows_default() and re.match(r"'-?infinity'::", at.default) is not None \
        and at.of_type(r"date|timestamp(\(\d\))? with(out)? time zone")


@rule("default-time-24")
def _(at, want, got):
    return at.shows_default() and at.of_type(r"time(\(\d\))? without time zone") \
        and at.default.startswith("'24:00:00'::") and re.fullmatch(r'8639+|"23:59:59.9+Z"', want) is not None


@rule("default-rounded")
def _(at, want, got):
    precision = re.fullmatch(r"time(?:stamp)?\((\d)\).*", at.type)
    digits = re.match(r"\(?'[^']*:\d\d\.(\d+)", at.default)
    return at.shows_default() and bool(precision and digits) and len(digits.group(1)) > int(precision.group(1)) \
        and want not in (ABSENT, "null") \
        and got in (ABSENT, "null", "0", '""', '"00:00:00Z"', '"1970-01-01T00:00:00Z"')


@rule("oidvector")
def _(at, want, got):
    return at.whole() and at.type in ("oidvector", "int2vector") \
        and (want == "0 items" and got.endswith(" items") or want == "null" and got == "[]")


@rule("interval-exact")
def _(at, want, got):
    w, g = (re.fullmatch(r"(P.*[MT])(-?\d+(?:\.\d+)?)S", string(v) or "") for v in (want, got))
    if w and g:
        return at.whole() and w.group(1) == g.group(1) and len(w.group(2).partition(".")[2]) > 6 \
            and abs(decimal.Decimal(w.group(2)) - decimal.Decimal(g.group(2))) < decimal.Decimal("0.000001")
    w, g = number(want), number(got)
    # a double has 53 bits, and the fraction of a second goes through one too
    return at.shows_default() and at.type.startswith("interval") and None not in (w, g) \
        and abs(w - g) <= max(1, abs(g) >> 52)


@rule("enum-labels")
def _(at, want, got):
    return at.part == "schema" and at.kind == "e" and at.rest in (".parameters.allowed", ".items.parameters.allowed") \
        and want != ABSENT and got != ABSENT


@rule("name-column")
def _(at, want, got):
    # "" is what stands for a missing NOT NULL value
    return at.whole() and at.type == "name" and want in ("null", '""') and string(got) is not None


@rule("numeric-negative-scale")
def _(at, want, got):
    if not at.of_type(r"numeric\(\d+,-\d+\)(\[\])?"):
        return False
    if at.part == "schema" and at.rest.endswith(".parameters.scale"):
        # an 11 bit number read unsigned
        return (string(want) or "").isdigit() and 1024 < int(string(want)) < 2048 and got == '"0"'
    if at.part == "schema" and at.rest.endswith(".parameters.connect.decimal.precision"):
        return want != ABSENT and got != ABSENT
    w, g = octets(want), octets(got)
    if w is not None and g is not None:
        w, g = (int.from_bytes(b, "big", signed=True) for b in (w, g))
        return any(w == g * 10**scale for scale in range(1024, 2048))
    try:
        return want != got and decimal.Decimal(string(want) or want) == decimal.Decimal(string(got) or got)
    except decimal.InvalidOperation:
        return False


@rule("date-snapshot-bc")
def _(at, want, got):
    w, g = number(want), number(got)
    if None in (w, g) or not (at.of_type("date") and at.whole() or at.of_type(r"date\[\]") and at.item()):
        return False
    infinite = w in (-622191234, -625821272) and g in (-2147472692, -2147472691)
    return infinite or g < -719162 < w       # 0001-01-01: the era is lost


@rule("serial-source-type")
def _(at, want, got):
    integers = {'"SMALLSERIAL"': '"INT2"', '"SERIAL"': '"INT4"', '"BIGSERIAL"': '"INT8"'}
    return at.part == "schema" and at.rest == ".parameters.__debezium.source.column.type" \
        and at.of_type("smallint|integer|bigint") and integers.get(want) == got


PLACEHOLDER = "__debezium_unavailable_value"
PLACEHOLDER_BYTES = base64.b64encode(PLACEHOLDER.encode()).decode()


@rule("toast-base64")
def _(at, want, got):
    return at.whole() and want == "null" and (
        at.type == "bytea" and got == '"%s"' % PLACEHOLDER_BYTES or
        at.type == "bytea[]" and got in ('["%s"]' % PLACEHOLDER_BYTES, '["%s"]' % PLACEHOLDER))


@rule("toast-arrays")
def _(at, want, got):
    if not at.whole() or want != "null" or not at.of_type(r"(?!numeric).*\[\]"):
        return False
    if at.type == "hstore[]":
        items = json.loads(got)     # maps, or their text
        return [json.loads(i) if isinstance(i, str) else i for i in items or ()] == [{PLACEHOLDER: PLACEHOLDER}]
    octets_of_it = json.dumps(list(PLACEHOLDER.encode()), separators=(",", ":"))
    return got in ('["%s"]' % PLACEHOLDER, octets_of_it)


@rule("toast-numeric-string")
def _(at, want, got):
    return at.whole() and at.of_type(r"numeric(\(.*\))?\[\]") and want == "null" and got == '["%s"]' % PLACEHOLDER


@rule("truncate-half-character")
def _(at, want, got):
    w, g = string(want), string(got)
    return at.whole() and None not in (w, g) and "\ud800" <= w[-1:] <= "\udbff" and w[:-1] == g


@rule("key-of-unknown-types")
def _(at, want, got):
    return at.path == "key" and got == "null" \
        and (want == "{}" or want.startswith('{"schema":{"type":"struct","fields":[],'))


@rule("default-quoted")
def _(at, want, got):
    w, g = string(want), string(got)
    if not at.shows_default() or None in (w, g) or re.search(r"''|\\", at.default) is None:
        return False
    return g.startswith(w) and g[len(w):][:1] in ("'", "\\") or at.kind == "e" and w == g.replace("'", "''")


def is_expression(text):
    """Operators stand outside of the literals, casts and arguments of a default."""
    text = re.sub(r"'(?:[^']|'')*'", "", text)
    text = re.sub(r"::[\w \[\](),.\"]+", "", text)
    return re.search(r"[-+*/=<>|]|\bNOT\b", text) is not None


@rule("default-expression")
def _(at, want, got):
    if not at.shows_default() or not is_expression(at.default):
        return False
    if at.part == "schema":
        return want != ABSENT and got == ABSENT
    # with no default, null is null, and a value that is missing is that of the type
    return want != "null" and got in ("null", '""', "0", "false", '"P0Y0M0DT0H0M0S"')


@rule("default-current-user")
def _(at, want, got):
    return at.shows_default() and got == '""' \
        and re.fullmatch(r"(CURRENT|SESSION)_\w+|USER|\(.*\)::text", string(want) or "") is not None \
        and at.default == string(want)


@rule("identity-index-key")
def _(at, want, got):
    """All of the key, and of the headers that tie the halves of its change together."""
    identity, key = at.table.get("identity"), at.table.get("key")
    return bool(identity and key and identity != key) \
        and re.match(r"key\b|headers\[__debezium\.(old|new)key\]", at.path) is not None


@rule("table-gone")
def _(at, want, got):
    """Dropped or renamed, or never seen because it came and went between two looks."""
    if at.table and not at.table.get("gone"):
        return False
    return at.path == "key" and want == "null" and got.startswith("{") \
        or at.part == "schema" and at.rest == ".optional" and want == "true" and got == "false"


@rule("messages-in-transaction")
def _(at, want, got):
    """Messages have no table. One entry stands for all of them in the list of an END."""
    if at.table:
        return False
    if re.fullmatch(r"value(\.payload)?\.transaction\.data_collection_order", at.path):
        return want == "1" and (number(got) or 0) > 1
    items = [re.fullmatch(r"(\d+) items", text) for text in (want, got)]
    return re.fullmatch(r"value(\.payload)?\.data_collections", at.path) is not None and all(items) \
        and int(items[0].group(1)) > int(items[1].group(1)) > 0
