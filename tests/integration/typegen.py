"""Types of PostgreSQL, and random values for each: the edges often, the rest at random.

A type makes literals: text that its input function takes. What the server then
makes of it is asked of the server. Standard library only; the conformance tests
use it too.
"""
import ipaddress
import json
import uuid
from xml.sax.saxutils import escape

EXTENSIONS = ("citext", "cube", "hstore", "isn", "ltree")

# Types of the user's own. Debezium does not start where a domain stands over an enum.
OWN_TYPES = """
create type mood as enum ('sad', 'ok', 'happy', 'it''s', 'two words', 'a,b', 'back\\slash', '"q"', 'NULL', 'größe 😀');
create type address as (street text, no int);
create type floatrange as range (subtype = float8);
create domain price as numeric(10,2);
create domain price2 as price check (value <> 1234567);
create domain required as int not null;
create domain short as varchar(8);
create domain padded as char(6);
create domain stamp as timestamp(3);
create domain flags as bit(3);
create domain words as text[];
create domain document as jsonb;
"""
ENUM_DOMAINS = """
create domain temper as mood;
create domain temper2 as temper;
"""
LABELS = ("sad", "ok", "happy", "it's", "two words", "a,b", "back\\slash", '"q"', "NULL", "größe 😀")


class Type:
    """`sql` declares it; `base` and `args` are what it comes down to, for the decoder."""

    def __init__(self, sql, base, values, args=(), element=None, keyable=False, domain=False):
        self.sql, self.base, self.values, self.args = sql, base, values, args
        self.element, self.keyable, self.domain = element, keyable, domain

    def __repr__(self):
        return self.sql

    def small(self, rng):
        """A value that fits into an index."""
        while True:
            text = self.values(rng)
            if len(text) <= 100:
                return text


def edge(rng, chance=0.3):
    return rng.random() < chance


def pick(*options):
    return lambda rng: rng.choice(options)


def mixed(edges, ordinary, chance=0.3):
    return lambda rng: rng.choice(edges) if edge(rng, chance) else ordinary(rng)


# -- numbers

def integer(bits, signed=True):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)

    def ordinary(rng):
        n = rng.getrandbits(rng.randint(1, bits - 1))
        return str(-n if signed and rng.random() < 0.5 else n)
    return mixed([str(n) for n in (low, high, 0, 1, max(low, -1))], ordinary)


def real(digits, exponent):
    def ordinary(rng):
        text = f"{rng.choice(['', '-'])}{rng.random():.{rng.randint(1, digits)}f}"
        return text if rng.random() < 0.5 else f"{text}e{rng.randint(-exponent, exponent)}"
    edges = ["0", "-0", "NaN", "Infinity", "-Infinity", "1", "0.1", "100", "0.001", "1e7", "9999999",
             "-1.5e-7", "123456.7"]
    edges += ["3.4028235e38", "1e-45", "1.17549435e-38", "16777217"] if digits < 10 else \
        ["1.7976931348623157e308", "4.9e-324", "2.2250738585072014e-308", "9007199254740993",
         "1e-300", "123456789012345678"]
    return mixed(edges, ordinary)


def digits(rng, most):
    n = min(most, rng.randint(1, 9)) if rng.random() < 0.3 else rng.randint(1, most)
    return "".join(rng.choices("0123456789", k=n))


def numeric(precision, scale):
    def ordinary(rng):
        n = digits(rng, precision)
        if scale < 0:
            text = n + "0" * -scale
        else:
            n = n.rjust(scale + 1, "0")
            text = f"{n[:len(n) - scale]}.{n[len(n) - scale:]}" if scale else n
        return rng.choice(["", "-"]) + text
    return mixed(["0", "NaN", "-0"], ordinary, 0.2)


def any_numeric(rng):
    if edge(rng):
        return rng.choice(["0", "-0", "NaN", "Infinity", "-Infinity", "1e-300", "-1e300", "0.000",
                           "1.10", "100", "1e20", "-0.5", "1e-7", "0.0000001", "1e7"])
    whole = digits(rng, 40)
    if edge(rng, 0.02):
        whole = digits(rng, 5000)
    fraction = "." + digits(rng, 30) if rng.random() < 0.7 else ""
    return rng.choice(["", "-"]) + whole + fraction


# The longest there is: digits in front of the point and behind it.
HUGE_NUMERIC = "9" * 131072 + "." + "1" * 16383


def money(rng):
    cents = rng.choice([0, 1, -1, 99, 100, 1234567, 2 ** 63 - 1, -2 ** 63]) if edge(rng) else \
        rng.getrandbits(rng.randint(1, 62)) * rng.choice([1, -1])
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


# -- text

POOLS = ("abcXYZ 019", "'\"\\,;{}()[]<>&%$/:=-_", "\t\n\x0b\x08\x0c\x01\x1f\x7f", "äßçñÿ\u00a0\u0085",
         "名前タイプ한글\u2028\ufeff\uffff\u0301", "😀🏳️\u200d🌈𝒳\U0010ffff")


def characters(rng, most, pools=POOLS):
    chosen = rng.sample(pools, rng.randint(1, len(pools)))
    return "".join(rng.choice(rng.choice(chosen)) for _ in range(rng.randint(0, most)))


def text(most, pools=POOLS):
    edges = ["", " ", "NULL", "null", "\\", "''", '"', "a  ", "\\x41", "{}", "__debezium_unavailable_value"]
    return mixed([e for e in edges if len(e) <= most], lambda rng: characters(rng, most, pools), 0.15)


def long_text(rng):
    """Now and then one that goes out of line."""
    return characters(rng, 6000) if edge(rng, 0.03) else text(40)(rng)


def name(rng):
    return text(60)(rng).encode()[:63].decode(errors="ignore")


def bytea(rng):
    n = rng.choice([0, 1, 2, 3, 4, 20]) if not edge(rng, 0.03) else 5000
    return "\\x" + rng.randbytes(n).hex()


def bits(low, high):
    def make(rng):
        n = rng.choice([low, high, rng.randint(low, high)])
        return rng.choice(["0" * n, "1" * n, "".join(rng.choice("01") for _ in range(n))])
    return make


def label(rng):
    return "".join(rng.choice("abcXYZ019_") for _ in range(rng.randint(1, 8)))


def ltree(rng):
    return ".".join(label(rng) for _ in range(rng.randint(0, 5)))


def hstore(rng):
    def quoted(s):
        return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return ", ".join(f"{quoted(text(8)(rng))}=>{quoted(text(8)(rng)) if rng.random() < 0.8 else 'NULL'}"
                     for _ in range(rng.randint(0, 4)))


def tsvector(rng):
    def lexeme(s):
        return "'" + s.replace("\\", "\\\\").replace("'", "''") + "'"
    parts = []
    for _ in range(rng.randint(0, 4)):
        at = ",".join(f"{rng.randint(1, 16383)}{rng.choice(['', 'A', 'B', 'C'])}"
                      for _ in range(rng.randint(0, 3)))
        parts.append(lexeme(text(8)(rng) or "x") + (":" + at if at else ""))
    return " ".join(parts)


def json_node(rng, depth=0):
    kind = rng.randint(0, 6 if depth < 3 else 4)
    if kind <= 1:
        return json.dumps(text(10)(rng), ensure_ascii=rng.random() < 0.5)
    if kind <= 4:
        return rng.choice(["null", "true", "0", "-0", "1.50", "1e400", "1E-7", "12345678901234567890.10", "[]", "{}"])
    inner = [json_node(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind == 5:
        return "[" + rng.choice([",", ", ", " , \n"]).join(inner) + "]"
    keys = [json.dumps(text(4)(rng), ensure_ascii=rng.random() < 0.5) for _ in inner]
    return "{" + ", ".join(f"{k}: {v}" for k, v in zip(keys, inner)) + "}"


def xml(rng):
    inside = escape(characters(rng, 10, POOLS[:2] + POOLS[3:4] + ("名前😀",)))
    return rng.choice([f"<a>{inside}</a>", "<a/>", f"text {inside}", f'<a b="{len(inside)}"><!-- c --></a>', ""])


def an_uuid(rng):
    return str(uuid.UUID(int=rng.choice([0, 2 ** 128 - 1, rng.getrandbits(128)])))


def address(rng):
    if rng.random() < 0.5:
        return ipaddress.IPv4Address(rng.getrandbits(32)), 32
    return ipaddress.IPv6Address(rng.choice([0, 1, rng.getrandbits(128), rng.getrandbits(16)])), 128


def inet(rng):
    host, most = address(rng)
    return rng.choice([str(host), f"{host}/{rng.randint(0, most)}"])


def cidr(rng):
    host, most = address(rng)
    return str(ipaddress.ip_network(f"{host}/{rng.randint(0, most)}", strict=False))


def mac(n):
    return lambda rng: ":".join(f"{b:02x}" for b in rng.randbytes(n))


def ean(prefix, given):
    """A number with its check digit."""
    def make(rng):
        body = prefix + "".join(rng.choice("0123456789") for _ in range(given))
        check = -sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10
        return body + str(check)
    return make


# -- dates and times

def civil(julian):
    """Year (0 is 1 BC), month and day of a Julian day number."""
    a = julian + 32044
    b = (4 * a + 3) // 146097
    c = a - 146097 * b // 4
    d = (4 * c + 3) // 1461
    e = c - 1461 * d // 4
    m = (5 * e + 2) // 153
    return 100 * b + d - 4800 + m // 10, m + 3 - 12 * (m // 10), e - (153 * m + 2) // 5 + 1


def date_text(julian):
    year, month, day = civil(julian)
    return (f"{year if year > 0 else 1 - year:04d}-{month:02d}-{day:02d}", "" if year > 0 else " BC")


EPOCH = 2440588         # Julian day of 1970-01-01
LAST_DATE, LAST_STAMP = 2147483493, 109203527       # 5874897-12-31, 294276-12-31


def julian(rng, last):
    if edge(rng):
        return rng.choice([0, 1, EPOCH, EPOCH - 1, last - 1, last, 2299160, 2299161,     # 1582
                           1721424, 1721425, 1721426, 5373484, 5373485])            # 1 AD, 9999
    if rng.random() < 0.8:
        return EPOCH + rng.randint(-60000, 60000)
    return rng.randint(0, last)


def date(rng):
    if edge(rng, 0.1):
        return rng.choice(["infinity", "-infinity"])
    return "".join(date_text(julian(rng, LAST_DATE)))


def clock(rng, places):
    """A time of day with at most so many places behind the point."""
    if edge(rng):
        second = rng.choice(["00:00:00", "23:59:59", "12:00:00", "00:00:01", "04:00:54"])
        part = rng.choice([0, 10 ** places - 1, 1 if places else 0])
    else:
        second = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
        part = rng.randrange(10 ** places)
    return f"{second}.{part:0{places}d}" if places and rng.random() < 0.9 else second


def zone(rng, most=15):
    hours, rest = rng.randint(0, most), rng.choice(["", "", ":30", ":45", ":12:34"])
    return f"{rng.choice('+-')}{hours:02d}{rest}"


def time(places, zoned=False):
    def make(rng):
        out = "24:00:00" if edge(rng, 0.1) else clock(rng, places)
        if not zoned and edge(rng, 0.1) and out[:2] != "24":
            out = f"{out[:8]}.{rng.randrange(10 ** 6):06d}"      # the server rounds
        return out + (zone(rng) if zoned else "")
    return make


def stamp(places, zoned=False):
    def make(rng):
        if edge(rng, 0.1):
            return rng.choice(["infinity", "-infinity"])
        day = julian(rng, LAST_STAMP)
        # at the ends of the calendar a zone would lead outside
        offset = "+00" if day < 3 or day > LAST_STAMP - 3 else zone(rng, 14)
        front, era = date_text(day)
        return f"{front} {clock(rng, places)}{offset if zoned else ''}{era}"
    return make


def interval(rng):
    if edge(rng, 0.15):
        return rng.choice(["0", "178956970 years 7 mons", "-178956970 years -8 mons", "2147483647 days",
                           "-2147483648 days", "1000000000:59:59.999999", "-1000000000:59:59.999999",
                           "-00:00:00.000001", "1 mon -1 days", "-1 years -2 mons +3 days -04:05:06.789"])
    parts = []
    for unit, most in (("years", 300), ("mons", 40), ("days", 400), ("hours", 100), ("mins", 100)):
        if rng.random() < 0.5:
            parts.append(f"{rng.randint(-most, most)} {unit}")
    if rng.random() < 0.6:
        parts.append(f"{rng.choice(['', '-'])}{rng.randint(0, 100)}.{rng.randrange(10 ** 6):06d} secs")
    return " ".join(parts) or "00:00:01"


# -- the rest

def ranged(values, order):
    """A range of what `values` makes; `order` brings bounds into order."""
    def make(rng):
        if edge(rng, 0.1):
            return "empty"
        low, high = sorted([values(rng), values(rng)], key=order)
        low = low if rng.random() < 0.85 else ""
        high = high if rng.random() < 0.85 else ""
        return f'{rng.choice("[(")}{low and quote(low)},{high and quote(high)}{rng.choice("])")}'
    return make


def quote(s):
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'


def near_date(rng):
    return "".join(date_text(EPOCH + rng.randint(-90000, 90000)))


def near_stamp(zoned):
    return lambda rng: f"{near_date(rng)} {clock(rng, 6)}{'+00' if zoned else ''}"


def point(rng):
    coordinate = real(17, 300)
    return f"({coordinate(rng)},{coordinate(rng)})"


def points(rng, n, brackets):
    return brackets[0] + ",".join(f"({rng.randint(-9, 9)},{rng.random():.3f})" for _ in range(n)) + brackets[1]


def array(item):
    """Of the values of a type; mostly of one dimension."""
    def element(rng):
        return quote(item.small(rng)) if rng.random() < 0.85 else "NULL"

    def make(rng):
        between = ";" if item.base == "box" else ","

        def row(n):
            return "{" + between.join(element(rng) for _ in range(n)) + "}"
        n = rng.randint(1, 5)
        if edge(rng, 0.1):
            return "{}"
        if edge(rng, 0.08):
            return "{" + between.join(row(n) for _ in range(rng.randint(1, 3))) + "}"
        low = rng.randint(-3, 5)
        return (f"[{low}:{low + n - 1}]=" if edge(rng, 0.1) else "") + row(n)
    return make
