"""Medians of a result, and their tables as plain text."""
import statistics


def good(runs):
    return [r for r in runs if "failed" not in r]


def median(readers, reader, figure):
    """Of the runs of a reader; None where there is none."""
    runs = good(readers.get(reader, {}).get("runs", []))
    values = [r[figure] for r in runs if r.get(figure) is not None]
    return statistics.median(values) if values else None


def ratio(readers, reader, to, figure):
    """Of the medians of one figure of two readers."""
    a, b = median(readers, reader, figure), median(readers, to, figure)
    return a / b if a is not None and b else None


def spread(readers, reader, figure):
    """(lowest, highest)"""
    values = [r[figure] for r in good(readers[reader]["runs"])]
    return (min(values), max(values)) if values else (None, None)


def disturbed(readers):
    """How many runs something else disturbed, and the most cores it used."""
    runs = [r for one in readers.values() for r in good(one["runs"])]
    return sum(r.get("disturbed", False) for r in runs), max(
        (r["foreign"] for r in runs), default=0.0)


def null_reader(readers):
    return next((r for r in readers if r.startswith("rx") or r == "copy"), None)


def number(value, form="{:,.0f}"):
    return "-" if value is None else form.format(value)


COLUMNS = [("CPU s", "cpu", "{:.2f}"), ("own", "cpu_own", "{:.2f}"),
           ("librdkafka", "cpu_kafka", "{:.2f}"), ("server", "server", "{:.2f}"),
           ("broker", "broker", "{:.2f}"), ("peak MB", "rss_mb", "{:.1f}"),
           ("foreign", "foreign", "{:.2f}")]


def case_rows(case):
    """Header and rows of a case's table, as text."""
    readers, figure = case["readers"], case["figure"]
    null = null_reader(readers)
    yield ["reader", "rows/s", "of pipe", f"of {null or 'rx'}", *(c for c, _, _ in COLUMNS),
           "what it is"]
    for name, reader in readers.items():
        yield [name, number(median(readers, name, figure)),
               number(ratio(readers, name, case["reference"], figure), "{:.2f}"),
               number(ratio(readers, name, null, figure), "{:.2f}"),
               *(number(median(readers, name, key), form) for _, key, form in COLUMNS),
               reader["about"]]


def print_rows(rows):
    rows = list(rows)
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [c.rjust(w) for c, w in zip(row, widths)]
        cells[0], cells[-1] = row[0].ljust(widths[0]), row[-1]
        print("  ".join(cells))


def print_case(name, case):
    runs = max(len(r["runs"]) for r in case["readers"].values())
    start = ", from the start of the program" if case["figure"] == "rate_from_start" else ""
    print(f"\n{name}: {case['about']}; medians of {runs}{start};"
          f" \"of pipe\" is of {case['reference']}")
    print_rows(case_rows(case))
    tell_disturbed(case["readers"])


def latency_rows(readers):
    yield ["reader", "p50 ms", "p95", "p99", "max", "made/s", "CPU s", "foreign", "what it is"]
    for name, reader in readers.items():
        yield [name, *(number(median(readers, name, p), "{:.1f}")
                       for p in ("p50", "p95", "p99", "max")),
               number(median(readers, name, "made")),
               number(median(readers, name, "cpu"), "{:.2f}"),
               number(median(readers, name, "foreign"), "{:.2f}"), reader["about"]]


def print_latency(rate, readers):
    print(f"\nlatency at {rate} rows/s: commit to append by the broker")
    print_rows(latency_rows(readers))
    tell_disturbed(readers)


def tell_disturbed(readers):
    count, most = disturbed(readers)
    if count:
        print(f"Not to be trusted: in {count} runs something else used up to {most:.2f} cores.")
