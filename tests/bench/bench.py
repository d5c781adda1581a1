#!/usr/bin/env python3
"""Readers over backlogs, side by side: bench.py bench|peers|snapshot. See README.md."""
import argparse
import json
import os
import shutil
import signal
import tempfile
import time

import facts
import snapshot
from cases import EVERY, LATENCY, RATES, SUITES, chosen
from drain import drain
from latency import database, latency
from peers import present
from rig import Rig, say
from table import print_case, print_latency
from workloads import WORKLOADS

QUICK = bool(os.environ.get("BENCH_QUICK"))
RUNS = {"bench": 5, "peers": 3, "snapshot": 5}      # peers take their time
LATENCY_SECONDS = int(os.environ.get("BENCH_LATENCY_SECONDS") or (3 if QUICK else 10))
REPEATS = int(os.environ.get("BENCH_REPEATS") or (0 if QUICK else 2))
DISTURBED = 0.15        # cores used by strangers that make a run doubtful
WARM_UPS = 4            # a cold broker costs the first readers a quarter of their rate


class Suite:
    """A result under construction, written to its file after each part."""

    def __init__(self, name, rig, path):
        self.rig, self.path = rig, path
        self.runs = int(os.environ.get("BENCH_RUNS") or (1 if QUICK else RUNS[name]))
        self.began = time.monotonic()
        self.result = {"suite": name, "began": time.strftime("%Y-%m-%d %H:%M:%S %z"),
                       "machine": facts.machine(),
                       "settings": facts.settings(rig, self.runs, LATENCY_SECONDS, DISTURBED),
                       "cases": {}, "latency": {}, "skipped": []}

    def keep(self):
        self.result["seconds"] = round(time.monotonic() - self.began)
        part = self.path + ".part"
        with open(part, "w") as f:
            json.dump(self.result, f, indent=1)
        os.replace(part, self.path)

    def skip(self, why):
        say(why)
        if why not in self.result["skipped"]:
            self.result["skipped"].append(why)

    def quietly(self, what, measure):
        """A run that nothing disturbed; after some tries the least disturbed, marked."""
        tries = []
        for _ in range(1 + REPEATS):
            try:
                tries.append(measure())
            except Exception as e:      # one run that fails does not spoil the others
                say(f"{what} failed: {e}")
                return {"failed": str(e)[-600:]}
            if tries[-1]["foreign"] <= DISTURBED:
                break
            say(f"{what}: something else used {tries[-1]['foreign']:.2f} cores")
        best = min(tries, key=lambda t: t["foreign"])
        return {**best, "disturbed": best["foreign"] > DISTURBED, "tries": len(tries)}

    def turns(self, what, readers, measure):
        """Every reader several times, in turns, forth and back: {reader: [figures]}"""
        runs = {r: [] for r in readers}
        for k in range(self.runs):
            for reader in readers if k % 2 == 0 else readers[::-1]:
                got = self.quietly(f"{what} {reader}", lambda: measure(reader))
                runs[reader].append(got)
                say(f"{what} {k + 1}/{self.runs} {reader}: {brief(got)}")
        return runs

    def readers(self, names):
        """Those that were asked for and can run."""
        asked = chosen("BENCH_READERS", EVERY)
        return present([n for n in names if n in asked], self.skip)

    def case(self, name, case):
        readers = self.readers(case.readers)
        size = self.rig.record_size
        for reader in case.measured:
            if (case.workload, reader) not in size:
                drain(self.rig, case.workload, reader, EVERY, sample_size=True)
        workload = WORKLOADS[case.workload]
        runs = self.turns(name, readers,
                          lambda r: drain(self.rig, case.workload, r, EVERY))
        self.result["cases"][name] = {
            "title": case.title, "about": workload.about, "rows": workload.rows,
            "figure": case.figure, "reference": case.reference,
            "record_bytes": {r: round(size[case.workload, r]) for r in case.measured},
            "readers": {r: {"about": EVERY[r].about, "runs": runs[r]} for r in readers}}
        self.keep()
        print_case(name, self.result["cases"][name])

    def latencies(self, readers):
        db = database(self.rig)
        readers = self.readers(readers)
        for rate in RATES:
            runs = self.turns(f"{rate} rows/s", readers,
                              lambda r: latency(self.rig, db, EVERY[r], rate, LATENCY_SECONDS))
            self.result["latency"][str(rate)] = {
                r: {"about": EVERY[r].about, "runs": runs[r]} for r in readers}
            self.keep()
            print_latency(rate, self.result["latency"][str(rate)])
        db.drop()


def brief(run):
    if "failed" in run:
        return "failed"
    if "rate" in run:
        return f"{run['rate']:,.0f} rows/s, {run['cpu']:.2f} CPU s"
    return f"p50 {run['p50']:.1f} ms, p99 {run['p99']:.1f} ms"


def warm_up(rig):
    """The records of both: pipe's have no headers, and what reads those would stay cold."""
    for _ in range(1 if QUICK else WARM_UPS):
        for reader in "pipe", "pgwake":
            drain(rig, "mix", reader)


def drains(suite, rig, cases):
    """The cases of one backlog follow each other; then it is forgotten."""
    names = chosen("BENCH_WORKLOADS", [*SUITES[suite.result["suite"]], "latency"])
    wanted = {n: cases[n] for n in names if n in cases}
    warm_up(rig)
    for workload in dict.fromkeys(c.workload for c in wanted.values()):
        for name, case in wanted.items():
            if case.workload == workload:
                suite.case(name, case)
        rig.forget(workload)
    if "latency" in names:
        suite.latencies(LATENCY[suite.result["suite"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", choices=[*SUITES, "snapshot"])
    parser.add_argument("--out", default="build/bench", help="directory of the results")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(os.path.abspath(args.out), args.suite + ".json")
    scratch = tempfile.mkdtemp(prefix="pgwake-bench-")
    os.chmod(scratch, 0o755)
    # As Ctrl-C: so that the servers are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rig = Rig(scratch, os.environ.get("BENCH_COMPRESSION", "lz4"))
    try:
        rig.start()
        suite = Suite(args.suite, rig, path)
        if args.suite == "snapshot":
            warm_up(rig)
            rig.forget("mix")
            snapshot.run(suite, rig)
        else:
            drains(suite, rig, SUITES[args.suite])
        suite.keep()
        say(f"{suite.result['seconds']} s; all runs are in {path}")
    finally:
        rig.stop()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
