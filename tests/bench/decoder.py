#!/usr/bin/env python3
"""What a row costs in the decoder: nanoseconds, and instructions by callgrind.

    make bench-decoder [ARGS=--check|--renew]

Instructions do not depend on the machine or its load, only on the code, the
compiler and the recordings, so they have a budget: decoder.budget. --check
measures no time and fails when a case has grown by more than 5 % beyond it;
--renew writes the budget, to be committed with the change that explains it.
"""
import argparse
import glob
import os
import platform
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FRAMES = os.path.join(HERE, "frames")
BUDGET = os.path.join(HERE, "decoder.budget")
STAGES = ("parse", "change", "values", "record")
TOLERANCE = 0.05
RENEW = "make bench-decoder ARGS=--renew"
# The C library chooses its copying by the processor: the same one everywhere.
PLAIN = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-EVEX,-ERMS,-FSRM,-RTM"


def build_facts(cc, cflags):
    """What the counts depend on besides the code."""
    version = subprocess.run([*cc.split(), "-dumpfullversion", "-dumpversion"], text=True,
                             stdout=subprocess.PIPE, check=True).stdout.split()[0]
    return f"{version} {platform.machine()} {cflags}".strip()


def nanoseconds(program):
    """{case: {stage: (ns, bytes)}}, each stage with those before it."""
    out = subprocess.run([program, FRAMES], stdout=subprocess.PIPE, text=True, check=True).stdout
    cases = {}
    for line in out.splitlines():
        case, stage, ns, size = line.split()
        cases.setdefault(case, {})[stage] = (float(ns), int(size))
    return cases


def instructions(program):
    """{case: {stage: instructions per row}}, each stage with those before it."""
    cases = {}
    with tempfile.TemporaryDirectory(prefix="pgwake-decoder-") as scratch:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no",
             f"--callgrind-out-file={scratch}/out", program, FRAMES],
            env={"PATH": os.environ["PATH"], "GLIBC_TUNABLES": PLAIN},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.exit(done.stdout)
        dumps = glob.glob(f"{scratch}/out.*")
        for path in sorted(dumps, key=lambda p: int(p.rpartition(".")[2])):
            with open(path) as f:
                text = f.read()
            title = re.search(r"^desc: Trigger: Client Request: (\S+) (\S+) (\d+)$", text, re.M)
            if title:
                total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
                case, stage, rows = title.groups()
                cases.setdefault(case, {})[stage] = round(int(total.group(1)) / int(rows))
    return cases


def read_budget():
    """The facts of its build, and {case: {stage: instructions}}."""
    cases = {}
    with open(BUDGET) as f:
        lines = [s.split() for s in f if s.strip() and not s.startswith("#")]
    for case, *counts in lines[1:]:
        cases[case] = dict(zip(STAGES, map(int, counts)))
    return " ".join(lines[0][1:]), cases


def write_budget(counted, build):
    with open(BUDGET, "w") as f:
        f.write("# Instructions per row in the decoder, each stage with those before it.\n"
                f"# Written by: {RENEW}\n"
                f"build {build}\n")
        f.write(f"# {'case':<12}" + "".join(f"{s:>9}" for s in STAGES) + "\n")
        for case, counts in counted.items():
            f.write(f"{case:<14}" + "".join(f"{counts[s]:>9}" for s in STAGES) + "\n")


def print_table(title, cases, cell):
    """The share of each stage, and the sum."""
    print(f"\n{title:<22}" + "".join(f"{s:>9}" for s in STAGES) + "      all")
    for case, counts in cases.items():
        values = [cell(counts[s]) for s in STAGES]
        shares = [values[0]] + [b - a for a, b in zip(values, values[1:])]
        print(f"{case:<22}" + "".join(f"{v:>9.0f}" for v in shares) + f"{values[-1]:>9.0f}")


def check(counted, build):
    """The exit code."""
    budgeted, budget = read_budget()
    if budgeted != build:
        print(f"Not compared: the budget is that of a build with {budgeted}, this is {build}.")
        return 0
    if budget.keys() != counted.keys():
        print(f"The budget has other cases. Renew it: {RENEW}")
        return 1
    worst = 0
    for case, counts in counted.items():
        was, now = budget[case]["record"], counts["record"]
        worst = max(worst, now / was - 1)
        print(f"{case:<14}{now:>8} instructions per row, budget {was} ({now / was - 1:+.1%})")
    if worst > TOLERANCE:
        print(f"The decoder has become slower by more than {TOLERANCE:.0%}. If that is the price"
              f" of what the\nchange brings, renew the budget in the same commit: {RENEW}\n"
              f"Where the instructions are:")
        print_table("budget by stage", budget, float)
        print_table("now", counted, float)
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="build/bench/decoder")
    parser.add_argument("--cc", default="cc", help="the compiler it was built with")
    parser.add_argument("--cflags", default="", help="and its flags")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--renew", action="store_true")
    args = parser.parse_args()
    build = build_facts(args.cc, args.cflags)
    counted = instructions(args.program)
    if args.check:
        return check(counted, build)
    if args.renew:
        write_budget(counted, build)
    timed = nanoseconds(args.program)
    print_table("ns per row", timed, lambda v: v[0])
    print_table("instructions per row", counted, float)
    print("\nbytes per row: " + ", ".join(f"{c} {s['record'][1]}" for c, s in timed.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
