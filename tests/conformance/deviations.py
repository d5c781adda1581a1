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
    table: what columns.json says of the table; type, kind (pg_type.typtype of
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
    # the last microseconds of 294276 are 9224318015999999999
    wrapped = n is not None and n <= 9224318015999999999 - 2**64
    return at.of_type(r"timestamp(\(\d\))? without time zone(\[\])?") and (at.whole() or at.item()) \
        and wrapped and got == "null"


@rule("time-array-precision")
def _(at, want, got):
    if not at.item():
        return False
    if at.of_type(r"time(\(\d\))? without time zone\[\]"):
        w, g = number(want), number(got)
        return None not in (w, g) and any(g != w and g - g % unit == w for unit in (1000, 1000000))
    if at.of_type(r"time(\(\d\))? with time zone\[\]"):
        w, g = string(want), string(got)
        return None not in (w, g) and re.sub(r"\.\d+", "", g) == w
    return False


@rule("time-array-24")
def _(at, want, got):
    return at.item() and at.of_type(r"time(\(\d\))? without time zone\[\]") and want == "0" \
        and got in ("86400000", "86400000000", "86400000000000")


@rule("array-null-element")
def _(at, want, got):
    if at.part == "schema" and at.rest == ".items.optional":
        return want == "false" and got == "true"
    return at.whole() and at.of_type(r".*\[\]") and want == "null" and got.startswith("[") \
        and None in json.loads(got)


@rule("enum-labels")
def _(at, want, got):
    return at.part == "schema" and at.kind == "e" and at.rest in (".parameters.allowed", ".items.parameters.allowed") \
        and want != ABSENT and got != ABSENT


@rule("name-column")
def _(at, want, got):
    return at.whole() and at.type == "name" and want == "null" and string(got) is not None


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


PLACEHOLDER = "__debezium_unavailable_value"
PLACEHOLDER_BYTES = base64.b64encode(PLACEHOLDER.encode()).decode()


@rule("toast-base64")
def _(at, want, got):
    return at.whole() and want == "null" and (
        at.type == "bytea" and got == '"%s"' % PLACEHOLDER_BYTES or
        at.type == "bytea[]" and got in ('["%s"]' % PLACEHOLDER_BYTES, '["%s"]' % PLACEHOLDER))


@rule("default-quoted")
def _(at, want, got):
    w, g = string(want), string(got)
    return at.shows_default() and None not in (w, g) and g.startswith(w) and g[len(w):][:1] in ("'", "\\") \
        and re.search(r"''|\\", at.default) is not None


def is_expression(text):
    """Operators stand outside of the literals, casts and arguments of a default."""
    text = re.sub(r"'(?:[^']|'')*'", "", text)
    text = re.sub(r"::[\w \[\](),.\"]+", "", text)
    return re.search(r"[-+*/=<>|]", text) is not None


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
        and re.fullmatch(r"(CURRENT|SESSION)_\w+|USER", string(want) or "") is not None \
        and at.default.upper() == string(want)


@rule("identity-index-key")
def _(at, want, got):
    """All of the key, and of the headers that tie the halves of its change together."""
    identity, key = at.table.get("identity"), at.table.get("key")
    return bool(identity and key and identity != key) \
        and re.match(r"key\b|headers\[__debezium\.(old|new)key\]", at.path) is not None


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
