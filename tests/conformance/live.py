#!/usr/bin/env python3
"""Run Debezium and pgwake side by side on one server, and compare what they emit.

    live.py [--random N] [--seed S] [--scenarios DIR] [--out DIR] [scenario ...]

Each has a slot of its own, so that LSNs, transaction ids and times must be equal
too. Without names it takes the scenarios that run.py takes, and then N scenarios
of random tables over all types with random options (default 12), written to
OUT/random; --random 0 leaves these out. With --scenarios or names there are no
random ones unless --random asks for them. The same seed makes the same tables.

Needs Java 17 or newer and Maven; the program around Debezium is built once into
CACHE_DIR (default: ../../.cache). Environment: that of run.py.
"""
import argparse
import os
import random
import sys

import compare
import run
import run_oracle

sys.path.insert(0, os.path.join(run.TREE, "tests", "integration"))
import tablegen         # noqa: E402  the tables of the property test

SIGNALS = ("96", "97", "98")    # each program would see the signals' rows of the other
SCENARIOS, TABLES, ROWS = 12, 20, 20    # of random tables, unless told


class Recorder(run.Recorder):
    """pgwake's slot says when it has delivered; Debezium's is a transaction late, so that it is watched."""

    def wait_delivered(self):
        run_oracle.Recorder.wait_delivered(self)
        for side in self.sides:
            if isinstance(side.engine, run.Pgwake):
                self.wait_done(side)


# -- random scenarios

def write(directory, name, text):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "w", encoding="utf-8", newline="\n") as f:
        f.write(text)


def script(statements):
    return "".join(s.strip() + ";\n" for s in statements)


def make_scenario(directory, seed, number):
    """Random tables, options and changes, as a directory of the corpus has them."""
    rng = random.Random("%d %d" % (seed, number))
    modes = tablegen.modes(rng, number)
    options = tablegen.debezium(modes, schemas=rng.random() < 0.9)
    kinds = tablegen.Catalogue(tame=True, nanoseconds=modes["time_precision_mode"] == "nanoseconds")
    tables = [tablegen.Table(rng, "t%d" % i, kinds) for i in range(TABLES)]
    setup = kinds.setup() + [s for t in tables for s in t.sql()]
    changes = []
    for table in tables:
        changes += [c[2] for c in tablegen.changes(rng, table, ROWS)]
    write(directory, "setup.sql", script(setup))
    write(directory, "changes.sql", script(changes))
    write(directory, "config.properties", "".join("%s=%s\n" % o for o in sorted(options.items())))
    write(directory, "compare.flags", "unordered-objects\n")     # hstore as JSON


def make_random(directory, seed, count):
    """The names of the scenarios that were made."""
    names = ["%d-random-%d" % (1000 + number, seed) for number in range(count)]
    for number, name in enumerate(names):
        make_scenario(os.path.join(directory, name), seed, number)
    return names


# -- the run

def corpus(args):
    names, _ = run.choose(args)
    return [n for n in names if n.split("-")[0] not in SIGNALS]


def live(args, scratch):
    chosen = args.scenario or args.scenarios != compare.SCENARIOS
    if args.random is None:
        args.random = 0 if chosen else SCENARIOS
    names = [] if args.only_random else corpus(args)
    server = run_oracle.Server(scratch, int(os.environ.get("CONFORMANCE_PORT") or run_oracle.free_port()))
    oracle = run_oracle.Oracle(scratch)
    oracle.build = os.path.join(os.environ.get("CACHE_DIR") or os.path.join(run.TREE, ".cache"), "oracle")
    sides = [run_oracle.Side("oracle", oracle, scratch),    # setup.sql may have made its publication
             run.Side("pgwake", run.Pgwake(run.binary(), scratch), scratch)]
    tally = run.Tally(args, live=True)

    def record(directory, scenarios):
        recorder = Recorder(server, sides, directory)
        for name in scenarios:
            targets = [os.path.join(args.out, side.name, name + ".jsonl") for side in sides]
            tally.record(recorder, name, targets, targets[0])
            sys.stdout.flush()
    try:
        oracle.compile()
        server.start()
        record(args.scenarios, names)
        if args.random:
            print("random tables, seed %d" % args.seed)
            directory = os.path.join(args.out, "random")
            record(directory, make_random(directory, args.seed, args.random))
    finally:
        for side in sides:
            side.engine.quit()
        server.stop()
    return tally.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_arguments(parser)
    parser.add_argument("--random", type=int, metavar="N", help="so many scenarios of random tables")
    parser.add_argument("--only-random", action="store_true", help="nothing but these")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6), help="of these")
    return run.in_scratch(parser.parse_args(), live)


if __name__ == "__main__":
    sys.exit(main())
