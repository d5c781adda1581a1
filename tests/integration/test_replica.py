"""The replica that the hand-over tests trust: no stream that was tampered with gets past it."""
import copy

import pytest

from records import Record
from replica import UNAVAILABLE, Kind, Replica, Wrong
from traffic import Traffic


def keyed(r):
    return not r.tombstone and r.key is not None


def changed(record, **parts):
    """A copy with other parts of the value, like after={"pad": "x"}."""
    out = copy.copy(record)
    out.value = {**record.value}
    for name, part in parts.items():
        out.value[name] = {**record.value[name], **part} if isinstance(part, dict) else part
    return out


def pairs(records, first, second):
    """Places of two events of one key, one after the other, with such ops."""
    last = {}
    for i, r in enumerate(records):
        if r.key is None:
            continue
        at = (r.table, tuple(r.key.items()))
        if at in last and (records[last[at]].op, r.op) == (first, second):
            yield last[at], i
        last[at] = i


# -- what is done to a true stream: each gives another one

def without(records, *places):
    return [r for i, r in enumerate(records) if i not in places]


def update_lost(records, rng):
    return without(records, rng.choice(list(pairs(records, "u", "u")))[0])


def last_update_lost(records, rng):
    last = {(r.table, tuple(r.key.items())): i for i, r in enumerate(records) if r.key is not None}
    return without(records, rng.choice([i for i in last.values() if records[i].op == "u"]))


def insert_lost(records, rng):
    return without(records, rng.choice(list(pairs(records, "c", "u")))[0])


def delete_lost(records, rng):
    i, tombstone = rng.choice(list(pairs(records, "d", "tombstone")))
    return without(records, i, tombstone)


def keyless_insert_lost(records, rng):
    return without(records, rng.choice([i for i, r in enumerate(records)
                                        if r.table == "public.t06" and r.op == "c"]))


def swapped(records, rng):
    i, j = rng.choice(list(pairs(records, "u", "u")))
    out = list(records)
    out[i], out[j] = out[j], out[i]
    return out


def tombstone_late(records, rng):
    i, j = rng.choice(list(pairs(records, "tombstone", "c")))
    return records[:i] + records[i + 1:j + 1] + [records[i]] + records[j + 1:]


def read_old(records, rng):
    """A row read that is older than what was streamed before."""
    i, j = rng.choice(list(pairs(records, "c", "u")))
    return records[:j + 1] + [changed(records[i], op="r")] + records[j + 1:]


def read_deleted(records, rng):
    """A row read after its deletion was streamed."""
    i, j = rng.choice(list(pairs(records, "c", "d")))
    return records[:j + 2] + [changed(records[i], op="r")] + records[j + 2:]


def last_value_wrong(records, rng):
    last = {(r.table, tuple(r.key.items())): i for i, r in enumerate(records) if r.key is not None}
    i = rng.choice([i for i in last.values() if records[i].op in "cu"])
    return records[:i] + [changed(records[i], after={"pad": "x"})] + records[i + 1:]


def value_left_out(records, rng):
    """Of a new row; one that came from another key may have it from there."""
    i = rng.choice([i for i, r in enumerate(records) if keyed(r) and r.op == "c" and r.after["doc"]
                    and "__debezium.oldkey" not in r.headers])
    return records[:i] + [changed(records[i], after={"doc": UNAVAILABLE})] + records[i + 1:]


def other_key(records, rng):
    i = rng.choice([i for i, r in enumerate(records) if keyed(r) and r.op == "c"])
    out = copy.copy(records[i])
    out.key = {**out.key, "id": out.key["id"] + 1}
    return records[:i] + [out] + records[i + 1:]


TAMPERED = [update_lost, last_update_lost, insert_lost, delete_lost, keyless_insert_lost, swapped,
            tombstone_late, read_old, read_deleted, last_value_wrong, value_left_out, other_key]


@pytest.mark.parametrize("root", [False, True])
def test_streams(db, pgwake, kafka, seed, root):
    """It agrees with a true one, also with repeats as after a crash, and with nothing else."""
    db.publish("for all tables", f"with (publish_via_partition_root = {root})")
    traffic = Traffic(db, seed, scale=0)
    agent = pgwake(kafka)
    with traffic.write(pause=0.002) as writers:
        writers.reached(800)
    db.wait_confirmed(timeout=30)
    records, source = agent.records(0), traffic.source(root)

    def check(stream, strict=True, undone=traffic.undone):
        Replica(traffic.kinds(root), strict, undone).apply_all(stream).compare(source)
    check(records)
    first = seed.choice([i for i, r in enumerate(records) if not r.tombstone])
    check(records[:first + 100] + records[first:])
    for tamper in TAMPERED:
        with pytest.raises(Wrong):
            check(tamper(records, seed))
            pytest.fail(f"{tamper.__name__} was not seen")
    with pytest.raises(Wrong, match="rolled back"):
        check(records, undone={next(r.after["version"] for r in records if keyed(r) and r.op == "c")})


def event(op, lsn, version, prev=None, doc="x", snapshot="false"):
    return Record("p.public.t", {"id": 1}, {
        "op": op, "before": None, "source": {"lsn": lsn, "txId": lsn, "snapshot": snapshot},
        "after": {"id": 1, "version": version, "prev": prev, "doc": doc}}, [])


def test_changes_before_the_row():
    """In a snapshot of several rounds a row may change before it is read, but it has to be read."""
    kinds = {"public.t": Kind(("id",), False)}
    row = {"id": 1, "version": 3, "prev": 2, "doc": "x"}
    early = [event("u", 10, 2, 1, UNAVAILABLE), event("u", 20, 3, 2, UNAVAILABLE)]
    read = event("r", 25, 3, 2)
    replica = Replica(kinds, strict=False).apply_all([*early, read])
    replica.compare({"public.t": [row]})
    assert replica.early == 2
    for stream, strict in ((early, False), ([*early, read], True),
                           ([early[0], read, event("r", 5, 2, 1)], False)):
        with pytest.raises(Wrong):
            Replica(kinds, strict).apply_all(stream).compare({"public.t": [row]})
