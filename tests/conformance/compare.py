#!/usr/bin/env python3
"""Compare recorded records with those of another run.

    compare.py EXPECTED.jsonl ACTUAL.jsonl
    compare.py --actual-dir DIR [scenario ...]   scenarios/S/expected.jsonl with DIR/S.jsonl
    compare.py --self-test

--scenarios DIR takes the scenarios from another directory.

Records are compared per topic, in order: key, value and headers must be deeply
equal, including the order of fields. What differs between any two runs is
replaced before the comparison:

  * wall clock times become "<ts>" (but ts_ms, ts_us and ts_ns of one struct
    must still agree with each other, and all records of a transaction must
    carry the same commit time);
  * each LSN, commit LSN and transaction id becomes its rank among all of the
    file, so that equal stays equal, different stays different and the order
    stays checked;
  * source.version, source.xmin, the run id header and generated notification
    ids become placeholders.

With --live both files must come from the same server and the same changes;
then LSNs, transaction ids and commit times must be exactly equal (except on
snapshot records, which each program takes at a moment of its own).

partition and timestamp are compared only where the expectation has one.
Heartbeat records are counted as one, however many were sent.

--deviations FILE accepts the differences that FILE lists, by rule; a rule that met
no difference although its scenarios were compared is a failure (see README.md).
"""
import argparse
import difflib
import json
import os
import re
import struct
import sys

import deviations

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = os.path.join(HERE, "scenarios")


# ---------------------------------------------------------------- JSON model

class Num(str):
    """A number, kept as the text it was written with."""


class Obj:
    """A JSON object that remembers the order of its members."""
    __slots__ = ("pairs",)

    def __init__(self, pairs):
        self.pairs = pairs

    def get(self, name, default=None):
        for k, v in self.pairs:
            if k == name:
                return v
        return default

    def has(self, *names):
        have = {k for k, _ in self.pairs}
        return all(n in have for n in names)

    def put(self, name, value):
        self.pairs = [(k, value if k == name else v) for k, v in self.pairs]

    def names(self):
        return [k for k, _ in self.pairs]


def parse(text):
    return json.loads(text, object_pairs_hook=Obj, parse_int=Num, parse_float=Num, parse_constant=Num)


def dump(node):
    if isinstance(node, Obj):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + dump(v) for k, v in node.pairs) + "}"
    if isinstance(node, list):
        return "[" + ",".join(dump(v) for v in node) + "]"
    if isinstance(node, Num):
        return str(node)
    return json.dumps(node, ensure_ascii=False)


def is_int(node):
    return isinstance(node, Num) and re.fullmatch(r"-?\d+", node) is not None


def load(path):
    records = []
    with open(path, encoding="utf-8", newline="\n") as f:
        for number, line in enumerate(f, 1):
            if not line.strip():
                continue
            try:
                record = parse(line)
            except ValueError as e:
                raise SystemExit("%s:%d: not JSON: %s" % (path, number, e))
            if not isinstance(record, Obj) or not record.has("topic", "key", "value", "headers"):
                raise SystemExit("%s:%d: a record needs topic, key, value and headers" % (path, number))
            records.append(record)
    return records


# ------------------------------------------------------------- normalisation

FLAT = re.compile(r"__(?:source_)?(ts_ms|ts_us|ts_ns|lsn|txId|sequence|xmin|version)$")
TX_ID = re.compile(r"(\d+):(-?\d+)$")
# what Debezium calls logical decoding messages in the list of a transaction's collections
MESSAGE_COLLECTION = re.compile(r".*LogicalDecodingMessageId@[0-9a-f]+|LOGICAL_DECODING_MESSAGE")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def payload(node):
    """The data of a converted key, value or header: with or without the schema around it."""
    if isinstance(node, Obj) and node.names() == ["schema", "payload"]:
        return node.get("payload")
    return node


def set_payload(owner, index, value):
    if isinstance(owner[index], Obj) and owner[index].names() == ["schema", "payload"]:
        owner[index].put("payload", value)
    else:
        owner[index] = value


def is_envelope(p):
    return isinstance(p, Obj) and p.has("source", "op") and isinstance(p.get("source"), Obj)


class Normaliser:
    """Replaces what differs between runs, in all records of one file."""

    def __init__(self, records, live):
        self.live = live
        self.lsns, self.commits, self.txids = set(), set(), set()
        self.tx_times = {}
        self.ranking = False
        for r in records:           # first pass: collect
            self.visit(r)
        self.lsn_rank = self.rank(self.lsns)
        self.commit_rank = self.rank(self.commits)
        self.tx_rank = self.rank(self.txids)
        self.ranking = True
        for r in records:           # second pass: replace
            self.visit(r)

    @staticmethod
    def rank(values):
        return {v: i for i, v in enumerate(sorted(values), 1)}

    # each of these collects in the first pass and gives the replacement in the second
    def lsn(self, v):
        if not is_int(v):
            return v
        if not self.ranking:
            self.lsns.add(int(v))
            return v
        return "<lsn %d>" % self.lsn_rank[int(v)]

    def commit(self, text):
        if not self.ranking:
            self.commits.add(int(text))
            return text
        return "<commit %d>" % self.commit_rank[int(text)]

    def txid(self, v):
        if not is_int(v):
            return v
        if not self.ranking:
            self.txids.add(int(v))
            return v
        return "<tx %d>" % self.tx_rank[int(v)]

    def sequence(self, v):
        if not isinstance(v, str) or isinstance(v, Num):
            return v
        try:
            last, own = json.loads(v)
            compact = json.dumps([last, own], separators=(",", ":")) == v
        except ValueError:
            return v
        if last is not None:
            last = self.commit(last)
        own = own if own is None else self.lsn(Num(own))
        return v if not self.ranking else "%s[%s,%s]" % ("" if compact else "not compact: ", last, own)

    def transaction_id(self, v, end=False):
        """"<xid>:<lsn>"; at the end of a transaction the LSN is that of the commit."""
        m = TX_ID.match(v) if isinstance(v, str) else None
        if not m:
            return v
        tx, lsn = self.txid(Num(m.group(1))), (self.commit if end else self.lsn)(Num(m.group(2)))
        return v if not self.ranking else tx + ":" + lsn

    def end_id(self, v):
        return self.transaction_id(v, True)

    def times(self, owner):
        """ts_ms, ts_us and ts_ns of a struct; they must be one moment at three resolutions."""
        if not self.ranking:
            return
        values = [owner.get(n) for n in ("ts_ms", "ts_us", "ts_ns")]
        if all(is_int(v) for v in values):
            ms, us, ns = map(int, values)
            if ns // 1000 != us or us // 1000 != ms:
                for n in ("ts_ms", "ts_us", "ts_ns"):
                    owner.put(n, "<times disagree: %d %d %d>" % (ms, us, ns))
                return
        for n in ("ts_ms", "ts_us", "ts_ns"):
            if is_int(owner.get(n)):
                owner.put(n, "<ts>")

    def source(self, s):
        snapshot = s.get("snapshot") not in ("false", None)
        if self.ranking and s.has("version"):
            s.put("version", "<version>")
        if s.get("xmin") is not None and self.ranking:
            s.put("xmin", "<xmin>")
        if self.live and not snapshot:
            return
        tx, us = s.get("txId"), s.get("ts_us")
        if not snapshot and is_int(tx) and is_int(us):
            if not self.ranking:
                self.tx_times.setdefault(int(tx), set()).add(int(us))
            elif len(self.tx_times[int(tx)]) > 1:
                s.put("ts_us", "<commit time differs within the transaction>")
        for name, how in (("txId", self.txid), ("lsn", self.lsn), ("sequence", self.sequence)):
            if s.get(name) is not None:
                new = how(s.get(name))
                if self.ranking:
                    s.put(name, new)
        if s.get("origin") is None:     # with an origin, the times are those the origin gave
            self.times(s)

    def signal(self, key, value):
        """The rows that a connector itself writes to the signal table."""
        row = value.get("after")
        if self.ranking and isinstance(row, Obj) and row.names() == ["id", "type", "data"] \
                and str(row.get("type")).startswith("snapshot-window-"):
            row.put("id", UUID.sub("<uuid>", str(row.get("id"))))
            row.put("data", re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "<time>", str(row.get("data"))))
            if isinstance(key, Obj):
                key.put("id", UUID.sub("<uuid>", str(key.get("id"))))

    def flat(self, name, v):
        """A metadata field that a transform has put into a flat record or a header."""
        m = FLAT.match(name)
        if not m:
            return v
        kind = m.group(1)
        if kind == "version":
            return "<version>" if self.ranking and v is not None else v
        if kind == "xmin":
            return "<xmin>" if self.ranking and v is not None else v
        if self.live and name != "__ts_ms":
            return v
        text = isinstance(v, str) and not isinstance(v, Num) and v.lstrip("-").isdigit()
        if kind == "sequence":
            return self.sequence(v)
        if kind.startswith("ts_"):
            return "<ts>" if self.ranking and (is_int(v) or text) else v
        new = (self.lsn if kind == "lsn" else self.txid)(Num(v) if text else v)
        return new if self.ranking else v

    def visit(self, r):
        topic, key, value = r.get("topic"), payload(r.get("key")), payload(r.get("value"))
        if is_envelope(value):
            self.times(value)
            self.signal(key, value)
            self.source(value.get("source"))
            if isinstance(value.get("transaction"), Obj):
                self.replace(value.get("transaction"), "id", self.transaction_id)
        elif isinstance(value, Obj) and value.has("status", "id", "event_count", "data_collections", "ts_ms"):
            how = self.end_id if value.get("status") == "END" else self.transaction_id
            self.replace(value, "id", how)
            if isinstance(key, Obj) and key.names() == ["id"]:
                self.replace(key, "id", how)
            for c in value.get("data_collections") or []:
                if self.ranking and isinstance(c, Obj) and MESSAGE_COLLECTION.fullmatch(str(c.get("data_collection"))):
                    c.put("data_collection", "<messages>")
            if self.ranking and isinstance(value.get("data_collections"), list):
                value.get("data_collections").sort(key=dump)    # a set: the order means nothing
            if not self.live:
                self.times(value)
        elif isinstance(value, Obj) and value.has("aggregate_type", "id", "timestamp"):
            if self.ranking:
                for owner in (key, value):
                    if isinstance(owner, Obj) and UUID.fullmatch(str(owner.get("id"))):
                        owner.put("id", "<id>")
                value.put("timestamp", "<ts>" if is_int(value.get("timestamp")) else value.get("timestamp"))
        elif isinstance(value, Obj) and value.names() == ["ts_ms"] and "heartbeat" in topic:
            self.times(value)
        elif isinstance(value, Obj):
            for name, v in list(value.pairs):
                new = self.flat(name, v)
                if self.ranking:
                    value.put(name, new)
        for header in r.get("headers") or []:
            name = header[0]
            if name == "__debezium.context.runId":
                if self.ranking and isinstance(payload(header[1]), str):
                    set_payload(header, 1, "<run id>")
            else:
                new = self.flat(name, payload(header[1]))
                if self.ranking and FLAT.match(name):
                    set_payload(header, 1, new)

    def replace(self, owner, name, how):
        if self.live:
            return
        new = how(owner.get(name))
        if self.ranking:
            owner.put(name, new)


# ---------------------------------------------------------------- deviations

class Deviations:
    """Differences that are meant, each with the rule that allows it.

    The file says what and why, deviations.py how a rule is recognised.
    """

    def __init__(self, path=None):
        self.rules = []
        if path:
            with open(path, encoding="utf-8") as f:
                self.rules = json.load(f)
        for rule in self.rules:
            for member in ("rule", "debezium", "pgwake", "why", "scenarios"):
                if member not in rule:
                    raise SystemExit("%s: a rule without %s: %s" % (path, member, rule.get("rule")))
            rule["test"] = deviations.TESTS.get(rule["rule"])
            rule["used"] = 0
            if bool(rule["scenarios"]) != bool(rule["test"]) or bool(rule["test"]) == ("unseen" in rule):
                raise SystemExit("%s: %s needs scenarios and a test in deviations.py, or the reason why it is unseen"
                                 % (path, rule["rule"]))

    def accepts(self, path, want, got, table):
        """Whether a rule allows this difference; table: what is known of the record's table."""
        place = deviations.Place(path, table)
        for rule in self.rules:
            if rule["test"] and rule["test"](place, want, got):
                rule["used"] += 1
                return True
        return False

    def unused(self, compared):
        """Rules that met no difference although one of their scenarios was compared."""
        numbers = {name.split("-")[0] for name in compared}
        return [r for r in self.rules if not r["used"] and numbers & set(r["scenarios"])]


def table_of(record):
    """"schema.table", as the source block of a record says; None without one."""
    value = payload(record.get("value"))
    if not is_envelope(value):
        return None
    return "%s.%s" % (value.get("source").get("schema"), value.get("source").get("table"))


# ---------------------------------------------------------------- comparison

class Options:
    def __init__(self, live=False, ignore_order=False, strict_numbers=False, unordered=False,
                 exact_timestamp=False, ignore_headers=False, limit=12, singles=()):
        self.live = live
        self.ignore_order = ignore_order
        self.strict_numbers = strict_numbers
        self.unordered = unordered              # objects inside column values, also as JSON text
        self.exact_timestamp = exact_timestamp
        self.ignore_headers = ignore_headers
        self.limit = limit
        self.singles = singles                  # names of columns of single precision

    def with_flags(self, flags):
        new = Options(**vars(self))
        new.unordered = new.unordered or "unordered-objects" in flags
        new.exact_timestamp = new.exact_timestamp or "exact-timestamp" in flags
        return new


def label(items, i):
    """Schema fields are easier to find by name than by position."""
    item = items[i]
    if isinstance(item, Obj) and isinstance(item.get("field"), str):
        return "[%s]" % item.get("field")
    if isinstance(item, list) and item and isinstance(item[0], str):
        return "[%s]" % item[0]
    return "[%d]" % i


def json_object(text):
    if isinstance(text, str) and not isinstance(text, Num) and text.startswith("{"):
        try:
            return parse(text)
        except ValueError:
            pass
    return None


def same_float(a, b, single):
    """Two decimal texts of the same binary number, double or single precision."""
    if is_int(a) or is_int(b):
        return False
    if single:
        try:
            return struct.pack("f", float(a)) == struct.pack("f", float(b))
        except OverflowError:
            pass
    return float(a) == float(b)


def single_precision(node, found):
    """Names of the fields that a schema declares as float, or as array of float."""
    if isinstance(node, Obj):
        items = node.get("items")
        if isinstance(node.get("field"), str) and ("float" == node.get("type") or
                                                   isinstance(items, Obj) and items.get("type") == "float"):
            found.add(node.get("field"))
        for _, v in node.pairs:
            single_precision(v, found)
    elif isinstance(node, list):
        for v in node:
            single_precision(v, found)
    return found


def diff(a, b, path, opts, out, free=False):
    """Collect (path, expected, got) for each difference. free: order of members does not matter."""
    if isinstance(a, Num) and isinstance(b, Num):
        if a != b:
            name = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
            default = re.search(r"\[([^]]+)\]\.default$", path)
            name = default.group(1) if default else name
            if opts.strict_numbers or not same_float(a, b, name in opts.singles):
                out.append((path, dump(a), dump(b)))
        return
    if isinstance(a, Obj) and isinstance(b, Obj):
        names_a, names_b = a.names(), b.names()
        missing = [n for n in names_a if n not in names_b]
        extra = [n for n in names_b if n not in names_a]
        for n in missing:
            out.append((path + "." + n, dump(a.get(n)), "(absent)"))
        for n in extra:
            out.append((path + "." + n, "(absent)", dump(b.get(n))))
        if not missing and not extra and names_a != names_b and not opts.ignore_order and not free:
            out.append((path, "members in order " + ",".join(names_a), ",".join(names_b)))
        for n in names_a:
            if n in names_b:
                inside = free or n == "additional_data" or (opts.unordered and n in ("before", "after"))
                diff(a.get(n), b.get(n), path + "." + n if path else n, opts, out, inside)
        return
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            names = [label(x, i) for x in (a,) for i in range(len(a))], [label(b, i) for i in range(len(b))]
            if names[0] != ["[%d]" % i for i in range(len(a))] and len(set(names[0])) == len(a):
                gone = [n for n in names[0] if n not in names[1]]
                new = [n for n in names[1] if n not in names[0]]
                out.append((path, "%d items, missing %s" % (len(a), " ".join(gone) or "-"),
                            "%d items, extra %s" % (len(b), " ".join(new) or "-")))
            else:
                out.append((path, "%d items" % len(a), "%d items" % len(b)))
            return
        for i in range(len(a)):
            diff(a[i], b[i], path + label(a, i), opts, out, free)
        return
    if type(a) is type(b) and a == b:
        return
    if free or opts.unordered:
        left, right = json_object(a), json_object(b)
        if left is not None and right is not None:
            diff(left, right, path + "(as JSON)", opts, out, True)
            return
    out.append((path, dump(a), dump(b)))


def record_diff(e, a, opts, singles=frozenset()):
    """singles: names of columns of single precision, beside those that the value's schema tells."""
    out = []
    opts.singles = singles | single_precision(e.get("value"), set())
    diff(e.get("key"), a.get("key"), "key", opts, out)
    diff(e.get("value"), a.get("value"), "value", opts, out)
    if not opts.ignore_headers:
        diff(e.get("headers"), a.get("headers"), "headers", opts, out)
    if e.get("partition") is not None:
        diff(e.get("partition"), a.get("partition"), "partition", opts, out)
    if e.get("timestamp") is not None:
        if opts.exact_timestamp or not is_int(a.get("timestamp")):
            diff(e.get("timestamp"), a.get("timestamp"), "timestamp", opts, out)
    return out


def single_columns(table):
    """Names of a table's columns of type real, and arrays of it."""
    columns = (table or {}).get("columns", {})
    return {name for name, c in columns.items() if re.fullmatch(r"real(\[\])?", c.get("type") or "")}


def short(text, size=160):
    return text if len(text) <= size else text[:size - 30] + " ... " + text[-24:]


def summary(r):
    key, value = payload(r.get("key")), payload(r.get("value"))
    if is_envelope(value):
        value = Obj([(n, v) for n, v in value.pairs if n in ("op", "before", "after", "message")])
    return short("key=%s value=%s" % (dump(key), dump(value)), 200)


def by_topic(records):
    topics = {}
    for r in records:
        topics.setdefault(r.get("topic"), []).append(r)
    for topic, list_ in topics.items():
        if topic.startswith("__debezium-heartbeat") or "heartbeat" in topic:
            seen, kept = set(), []
            for r in list_:
                text = dump(r)
                if text not in seen:
                    seen.add(text)
                    kept.append(r)
            topics[topic] = kept
    return topics


def compare(expected, actual, opts, allowed=None, tables=None):
    """The differences between two lists of records, as lines of text.

    tables: what run.py has noted of each table, for the deviations that go by type.
    """
    allowed = allowed or Deviations()
    Normaliser(expected, opts.live)
    Normaliser(actual, opts.live)
    left, right = by_topic(expected), by_topic(actual)
    # a tombstone does not name its table, but others of its topic do
    table_of_topic = {r.get("topic"): table_of(r) for r in expected if table_of(r)}
    lines = []
    for topic in list(left) + [t for t in right if t not in left]:
        es, as_ = left.get(topic, []), right.get(topic, [])
        if len(es) == len(as_):
            pairs = list(zip(range(len(es)), es, as_))
        else:
            lines.append("%s: expected %d records, got %d" % (topic, len(es), len(as_)))
            pairs = []
            # records of different number: line up those whose key and data agree
            short_form = [[dump(payload(r.get("key"))) + summary(r) for r in side] for side in (es, as_)]
            for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *short_form, autojunk=False).get_opcodes():
                n = min(i2 - i1, j2 - j1)
                pairs += [(i1 + k, es[i1 + k], as_[j1 + k]) for k in range(n)]
                lines += ["%s [%d] missing: %s" % (topic, i, summary(es[i])) for i in range(i1 + n, i2)]
                lines += ["%s [%d] not expected: %s" % (topic, j, summary(as_[j])) for j in range(j1 + n, j2)]
        for i, e, a in pairs:
            table = table_of(e) or table_of_topic.get(topic)
            for path, want, got in record_diff(e, a, opts, single_columns((tables or {}).get(table))):
                if allowed.accepts(path, want, got, (tables or {}).get(table)):
                    continue
                lines.append("%s [%d] %s\n      expected %s\n      got      %s"
                             % (topic, i, path, short(want), short(got)))
    return lines


def scenario_order(name):
    number = name.split("-")[0]
    return (int(number) if number.isdigit() else 0, name)


def recorded(scenarios=SCENARIOS):
    return sorted((n for n in os.listdir(scenarios) if os.path.exists(os.path.join(scenarios, n, "expected.jsonl"))),
                  key=scenario_order)


def scenario_flags(name, scenarios=SCENARIOS):
    path = os.path.join(scenarios, name, "compare.flags")
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def compare_scenario(name, actual, opts, scenarios=SCENARIOS, expected=None, allowed=None):
    """Differences between what a scenario expects and the file `actual`."""
    expected = expected or os.path.join(scenarios, name, "expected.jsonl")
    for path in (expected, actual):
        if not os.path.exists(path):
            return ["no file " + path]
    notes = re.sub(r"jsonl$", "tables.json", actual)
    tables = {}
    if os.path.exists(notes):
        with open(notes, encoding="utf-8") as f:
            tables = json.load(f)
    return compare(load(expected), load(actual), opts.with_flags(scenario_flags(name, scenarios)),
                   allowed, tables)


def report(name, lines, opts, remark=""):
    if not lines:
        print(("ok    %-44s %s" % (name, remark)).rstrip())
        return True
    print(("FAIL  %-44s %s" % (name, remark)).rstrip())
    for line in lines[:opts.limit]:
        # half a character of a truncated text has no UTF-8
        print("    " + line.encode("utf-8", "backslashreplace").decode())
    if len(lines) > opts.limit:
        print("    ... and %d more differences" % (len(lines) - opts.limit))
    return False


# ----------------------------------------------------------------- self-test

def mutate(node, wanted, change):
    """Apply change to the first node for which wanted(node) holds; tell whether there was one."""
    if wanted(node):
        change(node)
        return True
    children = [v for _, v in node.pairs] if isinstance(node, Obj) else node if isinstance(node, list) else []
    return any(mutate(c, wanted, change) for c in children)


def mut_value(rs):
    """Another value in a column."""
    for r in rs:
        p = payload(r.get("value"))
        row = p.get("after") or p.get("before") if is_envelope(p) else p
        if isinstance(row, Obj):
            for name, v in row.pairs:
                if isinstance(v, str) and not isinstance(v, Num) and not FLAT.match(name):
                    row.put(name, v + "x")
                    return True
                if is_int(v) and not FLAT.match(name) and name not in ("ts_ms", "timestamp"):
                    row.put(name, Num(int(v) + 1))
                    return True
    return False


def mut_null(rs):
    """null instead of a value."""
    for r in rs:
        p = payload(r.get("value"))
        if is_envelope(p) and isinstance(p.get("after"), Obj):
            for name, v in p.get("after").pairs:
                if v is not None:
                    p.get("after").put(name, None)
                    return True
    return False


def mut_swap(rs):
    """Two records of one topic in the other order."""
    last = {}
    for i, r in enumerate(rs):
        j = last.get(r.get("topic"))
        if j is not None and dump(payload(r.get("value"))) != dump(payload(rs[j].get("value"))) \
                and "heartbeat" not in r.get("topic"):
            rs[i], rs[j] = rs[j], rs[i]
            return True
        last[r.get("topic")] = i
    return False


def mut_tombstone(rs):
    """A tombstone left out."""
    for i, r in enumerate(rs):
        if r.get("value") is None:
            del rs[i]
            return True
    return False


def mut_last(rs):
    """The last record left out."""
    if "heartbeat" in rs[-1].get("topic"):
        return False
    rs.pop()
    return True


def mut_duplicate(rs):
    """A record twice."""
    if "heartbeat" in rs[-1].get("topic"):
        return False
    rs.append(parse(dump(rs[-1])))
    return True


def schema_of(rs):
    for r in rs:
        v = r.get("value")
        if isinstance(v, Obj) and v.names() == ["schema", "payload"] and isinstance(v.get("schema"), Obj):
            yield v.get("schema")


def mut_schema_optional(rs):
    """A schema field that is optional in one and required in the other."""
    def flip(f):
        f.put("optional", not f.get("optional"))
    return any(mutate(s, lambda n: isinstance(n, Obj) and n.has("field", "optional"), flip) for s in schema_of(rs))


def mut_schema_name(rs):
    """Another schema name."""
    return any(mutate(s, lambda n: isinstance(n, Obj) and n.has("name"), lambda n: n.put("name", n.get("name") + "X"))
               for s in schema_of(rs))


def mut_field_order(rs):
    """Members of the value in another order."""
    for r in rs:
        p = payload(r.get("value"))
        if isinstance(p, Obj) and len(p.pairs) > 1:
            p.pairs = p.pairs[1:] + p.pairs[:1]
            return True
    return False


def mut_header(rs):
    """A header left out."""
    for r in rs:
        if r.get("headers"):
            r.get("headers").pop()
            return True
    return False


def mut_key(rs):
    """No key."""
    for r in rs:
        if r.get("key") is not None and "heartbeat" not in r.get("topic"):
            r.put("key", None)
            return True
    return False


def mut_lsn(rs):
    """The same LSN on records that had different ones."""
    seen = []
    for r in rs:
        p = payload(r.get("value"))
        if is_envelope(p) and is_int(p.get("source").get("lsn")):
            if seen and p.get("source").get("lsn") != seen[-1]:
                p.get("source").put("lsn", seen[-1])
                return True
            seen.append(p.get("source").get("lsn"))
    return False


def mut_tx(rs):
    """The same transaction id on records that had different ones."""
    seen = []
    for r in rs:
        p = payload(r.get("value"))
        if is_envelope(p) and is_int(p.get("source").get("txId")):
            if seen and p.get("source").get("txId") != seen[-1]:
                p.get("source").put("txId", seen[-1])
                return True
            seen.append(p.get("source").get("txId"))
    return False


def mut_times(rs):
    """ts_us that is not ts_ms."""
    for r in rs:
        p = payload(r.get("value"))
        if is_envelope(p) and is_int(p.get("source").get("ts_us")):
            p.get("source").put("ts_us", Num(int(p.get("source").get("ts_us")) + 1000))
            return True
    return False


def shift(rs):
    """Another run: later, further on in the WAL, another version. Not a difference, except live."""
    def number(n):
        return Num(int(n) + 100000) if is_int(n) else n

    def tx(v):
        m = TX_ID.match(v) if isinstance(v, str) else None
        return "%d:%d" % (int(m.group(1)) + 100000, int(m.group(2)) + 100000) if m else v
    changed = False
    for r in rs:
        p = payload(r.get("value"))
        k = payload(r.get("key"))
        for h in r.get("headers"):
            if h[0] == "__debezium.context.runId":
                set_payload(h, 1, "00000000-0000-0000-0000-000000000000")
        if isinstance(p, Obj) and p.has("status", "data_collections"):
            p.put("id", tx(p.get("id")))
            k.put("id", tx(k.get("id")))
        if isinstance(p, Obj) and not is_envelope(p):
            for n, v in list(p.pairs):
                if FLAT.match(n) and is_int(v):
                    p.put(n, number(v))
        if is_envelope(p):
            s = p.get("source")
            s.put("version", "9.9")
            for n in ("txId", "lsn"):
                if s.has(n):
                    s.put(n, number(s.get(n)))
            if isinstance(s.get("sequence"), str):
                s.put("sequence", json.dumps([x and str(int(x) + 100000) for x in json.loads(s.get("sequence"))],
                                             separators=(",", ":")))
            if isinstance(p.get("transaction"), Obj):
                p.get("transaction").put("id", tx(p.get("transaction").get("id")))
            for owner in (s, p) if s.get("origin") is None else (p,):
                for n, step in (("ts_ms", 1), ("ts_us", 1000), ("ts_ns", 1000000)):
                    if is_int(owner.get(n)):
                        owner.put(n, Num(int(owner.get(n)) + 5 * step))
            changed = changed or s.get("snapshot") == "false" and is_int(s.get("lsn"))
    return changed


def self_test():
    mutations = [mut_value, mut_null, mut_swap, mut_tombstone, mut_last, mut_duplicate, mut_schema_optional,
                 mut_schema_name, mut_field_order, mut_header, mut_key, mut_lsn, mut_tx, mut_times]
    used = {m.__name__: 0 for m in mutations}
    passed = failed = 0

    def check(ok, what):
        nonlocal passed, failed
        if ok:
            passed += 1
        else:
            failed += 1
            print("FAIL  " + what)

    for name in recorded():
        path = os.path.join(SCENARIOS, name, "expected.jsonl")
        opts = Options().with_flags(scenario_flags(name))
        live = Options(live=True).with_flags(scenario_flags(name))
        check(not compare(load(path), load(path), opts), name + ": equal to itself")
        check(not compare(load(path), load(path), live), name + ": equal to itself, live")
        if not load(path):
            continue
        other = load(path)
        changed = shift(other)
        check(not compare(load(path), other, opts), name + ": a later run is equal")
        if changed:
            other = load(path)
            shift(other)
            check(compare(load(path), other, live), name + ": a later run is not equal live")
        for m in mutations:
            other = load(path)
            if m(other):
                used[m.__name__] += 1
                check(compare(load(path), other, opts), "%s: %s" % (name, m.__doc__.lower()))
    for m, n in used.items():
        check(n > 0, m + " applied to no scenario")
    print("%d passed, %d failed" % (passed, failed))
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="two files, or with --actual-dir scenario names")
    parser.add_argument("--actual-dir", help="directory with one <scenario>.jsonl per scenario")
    parser.add_argument("--expected-dir", help="with --actual-dir: expectations from there, not from scenarios/")
    parser.add_argument("--scenarios", default=SCENARIOS, help="directory of the scenarios")
    parser.add_argument("--deviations", help="file of the differences that are meant")
    parser.add_argument("--live", action="store_true", help="both files come from the same run on the same server")
    parser.add_argument("--ignore-order", action="store_true", help="do not check the order of members")
    parser.add_argument("--ignore-headers", action="store_true", help="do not compare headers")
    parser.add_argument("--strict-numbers", action="store_true", help="1.0E10 and 10000000000.0 differ")
    parser.add_argument("--unordered-objects", action="store_true",
                        help="objects in column values (hstore) compare without order")
    parser.add_argument("--max", type=int, default=12, help="differences shown per scenario")
    parser.add_argument("--self-test", action="store_true", help="check this program against the recordings")
    args = parser.parse_args()
    if args.self_test:
        sys.exit(0 if self_test() else 1)

    opts = Options(live=args.live, ignore_order=args.ignore_order, strict_numbers=args.strict_numbers,
                   unordered=args.unordered_objects, ignore_headers=args.ignore_headers, limit=args.max)
    allowed = Deviations(args.deviations)
    passed = failed = 0
    if args.actual_dir:
        names = recorded(args.scenarios)
        if args.names:
            wanted = [n.rstrip("/").split("/")[-1] for n in args.names]
            names = [n for n in names if n in wanted or n.split("-")[0] in wanted]
        for name in names:
            actual = os.path.join(args.actual_dir, name + ".jsonl")
            expected = args.expected_dir and os.path.join(args.expected_dir, name + ".jsonl")
            if expected and not os.path.exists(expected) and not os.path.exists(actual):
                continue
            lines = compare_scenario(name, actual, opts, args.scenarios, expected, allowed)
            if report(name, lines, opts):
                passed += 1
            else:
                failed += 1
        for rule in allowed.unused(names):
            print("FAIL  the deviation \"%s\" occurs nowhere" % rule["rule"])
            failed += 1
        if not names:
            failed += 1
    elif len(args.names) == 2:
        parent = os.path.basename(os.path.dirname(os.path.abspath(args.names[0])))
        flags = scenario_flags(parent, args.scenarios)
        lines = compare(load(args.names[0]), load(args.names[1]), opts.with_flags(flags), allowed)
        if report(parent if flags else args.names[0], lines, opts):
            passed += 1
        else:
            failed += 1
    else:
        parser.error("give two files, or --actual-dir, or --self-test")
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
