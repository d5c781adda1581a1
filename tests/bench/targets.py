"""The targets, and what a result says of each.

Each row is (what, target, measure): measure(results) gives (text, met) or None
when its case was not run. `results` are the suites' results by name; a ratio is
always of medians of one run of one suite.
"""
from table import good, median, ratio

QUEUE_MB = 16           # kafka.queue_buffering_max_kbytes, the default
MILLION = 1_000_000
TIMES = "{:.2f} times"


def case(results, suite, name):
    return results.get(suite, {}).get("cases", {}).get(name)


def beside(suite, name, reader, to, figure, met, form):
    """The ratio of the medians of a figure of two readers."""
    def measure(results):
        c = case(results, suite, name)
        got = ratio(c["readers"], reader, to, figure) if c else None
        return None if got is None else (form(got), met(got))
    return measure


def at_least(suite, name, reader, to, figure, least, form="{:.0%}"):
    return beside(suite, name, reader, to, figure, lambda got: got >= least, form.format)


def at_most(suite, name, reader, to, figure, most, form="{:.0%}".format):
    return beside(suite, name, reader, to, figure, lambda got: got <= most, form)


def inverse(got):
    return f"1/{1 / got:.0f}"


def value(suite, name, reader, figure, most, form):
    """The median of a figure, at most so much."""
    def measure(results):
        c = case(results, suite, name)
        got = median(c["readers"], reader, figure) if c else None
        return None if got is None else (form(got), got <= most)
    return measure


def drain_mix(results):
    """95 % of the padded pipe, and the null reader where that pipe passes it."""
    c = case(results, "bench", "mix")
    pipe = ratio(c["readers"], "pgwake", "pipe-pad", "rate") if c else None
    null = ratio(c["readers"], "pgwake", "rx", "rate") if c else None
    if pipe is None or null is None:
        return None
    passed = ratio(c["readers"], "pipe-pad", "rx", "rate") > 1
    text = f"{pipe:.0%} of the pipe, {null:.0%} of rx"
    if not passed:
        text += " (which the pipe does not pass)"
    return text, pipe >= 0.95 and (null >= 1 or not passed)


def cpu_of_mix(results):
    c = case(results, "bench", "mix")
    if not c or median(c["readers"], "pgwake", "cpu") is None:
        return None
    all_, own, kafka = (median(c["readers"], "pgwake", k) * MILLION / c["rows"]
                        for k in ("cpu", "cpu_own", "cpu_kafka"))
    return f"{all_:.2f} s: own {own:.2f}, librdkafka {kafka:.2f}", all_ <= 2.5


def latency(rate, p50, p99):
    def measure(results):
        readers = results.get("bench", {}).get("latency", {}).get(str(rate))
        if not readers or median(readers, "pgwake", "p50") is None:
            return None
        got50, got99 = median(readers, "pgwake", "p50"), median(readers, "pgwake", "p99")
        return f"p50 {got50:.1f}, p99 {got99:.1f} ms", got50 <= p50 and got99 <= p99
    return measure


def peak_memory(results):
    """Of any run of any case with default settings."""
    peaks = [(r["rss_mb"], name) for name, c in results.get("bench", {}).get("cases", {}).items()
             for reader in c["readers"] if reader.startswith("pgwake")
             for r in good(c["readers"][reader]["runs"])]
    if not peaks:
        return None
    peak, name = max(peaks)
    return f"{peak:.0f} MB ({name})", peak <= 30 + QUEUE_MB


def snapshot_speed(results):
    c = case(results, "snapshot", "snapshot")
    got = {r: ratio(c["readers"], r, "pipe", "rate")
           for r in c["readers"] if r.startswith("pgwake")} if c else {}
    got = {r: v for r, v in got.items() if v is not None}
    if not got:
        return None
    best = max(got, key=got.get)
    return f"{got[best]:.0%} with {best[7:]} reader{'s' if best[7:] != '1' else ''}", \
        got[best] >= 0.45


def same_size(name, label):
    return (label, "at least 90 % of the same-size pipe",
            at_least("bench", name, "pgwake", "pipe-pad", "rate", 0.90))


def napping(name, label, figure="rate"):
    return (label, "at least 95 % of the padded pipe",
            at_least("bench", name, "pgwake", "pipe-pad", figure, 0.95))


def outboxx(name, least):
    return (f"rows/s beside Outboxx: {name}", f"at least {least} times",
            at_least("peers", name, "pgwake", "outboxx", "rate", least, TIMES))


TARGETS = [
    ("drain of mixed changes", "at least 95 % of the padded pipe; the null reader where that"
     " pipe passes it", drain_mix),
    napping("one", "single-row transactions"),
    napping("nar", "narrow FULL rows"),
    napping("big", "one large transaction, from start", "rate_from_start"),
    ("agent CPU, all threads, for 1 M rows of mix", "at most 2.5 s", cpu_of_mix),
    same_size("wide", "100 columns"),
    same_size("fat", "rows of 20 KB"),
    same_size("tables", "500 tables"),
    ("over TCP", "at least 1.5 times rx-tcp",
     at_least("bench", "tcp", "pgwake-tcp", "rx-tcp", "rate", 1.5, TIMES)),
    ("`schemas = true`", "at least 70 % of the same-size pipe",
     at_least("bench", "schemas", "pgwake-s", "pipe-pad-s", "rate", 0.70)),
    ("latency at 1,000 rows/s", "p50 at most 1.5 ms, p99 5 ms", latency(1000, 1.5, 5)),
    ("latency at 50,000 rows/s", "p50 at most 3 ms, p99 7 ms", latency(50000, 3, 7)),
    ("peak memory, in any case", f"at most {30 + QUEUE_MB} MB: 30 and librdkafka's queue",
     peak_memory),
    ("start to first record, slot exists", "at most 100 ms",
     value("bench", "mix", "pgwake", "first_s", 0.100, lambda s: f"{s * 1000:.0f} ms")),
    outboxx("mix", 1.2), outboxx("one", 1.2), outboxx("big", 1.2), outboxx("nar", 1.05),
    ("CPU seconds beside Outboxx: mix", "at most 70 %",
     at_most("peers", "mix", "pgwake", "outboxx", "cpu", 0.70)),
    ("rows/s beside Debezium: mix", "at least 5 times",
     at_least("peers", "mix", "pgwake", "debezium", "rate", 5, TIMES)),
    ("CPU seconds beside Debezium: mix", "at most 1/17",
     at_most("peers", "mix", "pgwake", "debezium", "cpu", 1 / 17, inverse)),
    ("peak memory beside Debezium: mix", "at most 1/50",
     at_most("peers", "mix", "pgwake", "debezium", "rss_mb", 1 / 50, inverse)),
    ("snapshot", "at least 45 % of the raw COPY pipe", snapshot_speed),
]


def verdicts(results):
    """(what, target, measured, verdict) of each target."""
    for what, target, measure in TARGETS:
        got = measure(results)
        if got is None:
            yield what, target, "not measured", ""
        else:
            yield what, target, got[0], "met" if got[1] else "**missed**"
