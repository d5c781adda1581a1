#!/usr/bin/env python3
"""From the results of the suites to docs/bench/ and the short table of README.md.

    tests/bench/report.py [--results build/bench] [--docs docs/bench] [--readme README.md]

README.md is changed between its two lines that begin with "<!-- bench".
"""
import argparse
import json
import os
import re
import shutil

import plots
from table import case_rows, disturbed, latency_rows, spread
from targets import verdicts

TITLES = {"bench": "Beside a pipe and a null reader", "peers": "Beside other programs",
          "snapshot": "A table that is there already"}
SHORT = re.compile(r"(<!-- bench[^\n]*-->\n).*?(<!-- bench[^\n]*-->)", re.S)
NOTES = "notes.md"      # of docs/bench, by hand: what the figures mean


def markdown(rows):
    rows = list(rows)
    lines = ["| " + " | ".join(r) + " |" for r in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def read_results(folder):
    found = {}
    for name in TITLES:
        path = os.path.join(folder, f"{name}.json")
        if os.path.exists(path):
            with open(path) as f:
                found[name] = json.load(f)
    return found


def trust(readers):
    count, most = disturbed(readers)
    failed = [name for name, r in readers.items() if any("failed" in run for run in r["runs"])]
    text = ""
    if count:
        text += f"\nDisturbed: in {count} runs something else used up to {most:.2f} cores.\n"
    if failed:
        text += f"\nRuns that failed are not counted: {', '.join(failed)}.\n"
    return text


def ranges(case):
    """The lowest and highest rate of each reader's runs."""
    parts = []
    for name in case["readers"]:
        low, high = spread(case["readers"], name, case["figure"])
        if low is not None:
            parts.append(f"{name} {low / 1000:.0f}-{high / 1000:.0f}")
    return "Lowest and highest rate, thousands: " + ", ".join(parts) + ".\n"


def case_section(name, case):
    size = ", ".join(f"{r} {b:,} B" for r, b in case["record_bytes"].items())
    start = " Rates count from the start of the program." \
        if case["figure"] == "rate_from_start" else ""
    return (f"\n### {name}: {case['title']}\n\n{case['about']}."
            + (f" Mean record: {size}." if size else "") + start
            + f" \"of pipe\" is of {case['reference']}.\n\n"
            + markdown(case_rows(case)) + "\n" + ranges(case) + trust(case["readers"]))


def facts_section(result):
    m, s = result["machine"], result["settings"]
    return (f"{result['began']}, {result['seconds'] // 60} minutes. {m['cpu']},"
            f" {m['cores']} cores, {m['memory_gb']} GB, Linux {m['kernel']}"
            f" ({m['virtual']}). PostgreSQL {s['postgresql']}, Kafka {s['kafka']}"
            f" ({s['java']}), librdkafka {s['librdkafka']}, libpq {s['libpq']}, compiler"
            f" {s['compiler']}, commit {s['commit']}. Compression {s['compression']}, scale"
            f" {s['scale']:,}, medians of {s['runs']}.\n")


def suite_section(name, result, pictures):
    parts = [f"\n## {TITLES[name]}\n\n", facts_section(result)]
    parts += [f"\n{line[0].upper()}{line[1:]}.\n" for line in result["skipped"]]
    parts += [f"\n![{title}]({file})\n" for title, file in pictures]
    parts += [case_section(n, c) for n, c in result["cases"].items()]
    for rate, readers in result["latency"].items():
        parts.append(f"\n### Latency at {int(rate):,} rows/s\n\nFrom the row's own clock to the"
                     " broker's append, every record, in milliseconds.\n\n"
                     + markdown(latency_rows(readers)) + trust(readers))
    return "".join(parts)


def target_table(results):
    return markdown([["what", "target", "measured", ""], *verdicts(results)])


def page(results, pictures, notes):
    missed = [what for what, _, _, verdict in verdicts(results) if "missed" in verdict]
    text = ("# Speed, measured\n\nWritten by `make bench-report` from the results beside it."
            " How it is measured, and how to do it again: [tests/bench](../../tests/bench/"
            "README.md). Only ratios within one run mean something.\n\n"
            + target_table(results) + "\n")
    text += f"Missed: {'; '.join(missed)}.\n" if missed else ""
    text += f"\n{notes}" if notes else ""
    return text + "".join(suite_section(n, r, pictures.get(n, [])) for n, r in results.items())


def write_readme(path, results):
    with open(path) as f:
        text = f.read()
    if not SHORT.search(text):
        print(f"{path} has no lines <!-- bench --> and <!-- bench end -->: left as it is")
        return
    rows = [v for v in verdicts(results) if v[2] != "not measured"]
    table = markdown([["what", "target", "measured", ""], *rows])
    with open(path, "w") as f:
        f.write(SHORT.sub(lambda m: m[1] + table + m[2], text))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--results", default="build/bench")
    parser.add_argument("--docs", default="docs/bench")
    parser.add_argument("--readme", default="README.md")
    args = parser.parse_args()
    results = read_results(args.results)
    if not results:
        raise SystemExit(f"no results in {args.results}: run make bench")
    os.makedirs(args.docs, exist_ok=True)
    for name in results:
        shutil.copy(os.path.join(args.results, f"{name}.json"), args.docs)
    notes = ""
    if os.path.exists(os.path.join(args.docs, NOTES)):
        with open(os.path.join(args.docs, NOTES)) as f:
            notes = f.read()
    pictures = plots.draw(results, args.docs)
    with open(os.path.join(args.docs, "README.md"), "w") as f:
        f.write(page(results, pictures, notes))
    write_readme(args.readme, results)
    for what, target, measured, verdict in verdicts(results):
        print(f"{verdict.strip('*') or '-':<7} {what}: {measured} (target: {target})")


if __name__ == "__main__":
    main()
