#!/usr/bin/env python3
"""Run the scenarios against pgwake and compare what it emits with what Debezium did.

    run.py [--scenarios DIR] [--deviations FILE] [--all] [--out DIR] [scenario ...]

For each scenario the connector's options are written to a properties file, as
a user of Debezium has one, translated by `pgwake --import-debezium`, and run
with `pgwake --stdout`. The slot of the server says when everything has been
delivered: pgwake confirms what it has printed.

Without names, the scenarios listed in `pending` beside this file are left out:
they need what pgwake does not have yet; --all runs them too. With another
directory of scenarios nothing is left out.

Environment: PGWAKE_BIN (the program; default ../../pgwake), and that of
run_oracle.py.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import compare
import run_oracle
from run_oracle import Failure, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
SIMPLE_CONVERTER = "org.apache.kafka.connect.storage.SimpleHeaderConverter"
SETTLE = 30     # seconds within which the slot must reach the end of the WAL
READ = 60       # within which the rows that are there must be read

# per table: its columns (type, typtype of type or elements, default; of a domain
# what it comes down to), and the columns of its identity index and of the key that
# Debezium takes: the primary key, or else a unique index, INCLUDE columns and all
TABLES = """
with recursive roots as (
    select oid, oid as root, -1 as typmod from pg_type where typtype <> 'd'
    union all
    select t.oid, r.root, case r.typmod when -1 then t.typtypmod else r.typmod end
    from pg_type t join roots r on t.typbasetype = r.oid
), columns as (
    select a.attrelid, json_object_agg(a.attname, json_build_object(
               'type', format_type(r.root, greatest(a.atttypmod, r.typmod)),
               'kind', coalesce(e.typtype, t.typtype),
               'default', pg_get_expr(d.adbin, d.adrelid))) as columns
    from pg_attribute a join roots r on r.oid = a.atttypid join pg_type t on t.oid = r.root
    left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped group by 1
), chosen as (
    select distinct on (i.indrelid) i.indexrelid from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indisunique and i.indexprs is null
    order by i.indrelid, not i.indisprimary, not i.indisclustered, c.relname
), keys as (
    select i.indrelid,
           json_agg(a.attname order by k.n) filter (where i.indisreplident and k.n <= i.indnkeyatts) as identity,
           json_agg(a.attname order by k.n) filter (where i.indexrelid in (select indexrelid from chosen)
               and (k.n <= i.indnkeyatts or not i.indisprimary)) as key
    from pg_index i cross join unnest(i.indkey) with ordinality k (attnum, n)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum group by 1
)
select json_object_agg(n.nspname || '.' || c.relname, json_build_object(
           'columns', columns, 'identity', case c.relreplident when 'i' then identity end, 'key', key))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join columns on columns.attrelid = c.oid left join keys on keys.indrelid = c.oid
where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"""


class Pgwake:
    """The program, started anew for each life of the connector."""

    def __init__(self, binary, scratch):
        self.binary = binary
        self.log = os.path.join(scratch, "pgwake.log")
        self.proc = None
        self.life = 0       # where the log of this life begins
        self.mode = None    # snapshot.mode

    def translate(self, props_file):
        done = subprocess.run([self.binary, "--import-debezium", props_file], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Failure("--import-debezium: exit %d\n%s" % (done.returncode, done.stderr.rstrip()))
        conf = os.path.join(os.path.dirname(props_file), "pgwake.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(done.stdout)
        self.mode = re.search(r'^  mode = "(\w+)"', done.stdout, re.M).group(1)
        return conf

    def start(self, props_file, output):
        conf = self.translate(props_file)
        self.life = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log, open(output, "ab") as out:
            self.proc = subprocess.Popen([self.binary, "-c", conf, "--stdout", "-o", "log.level=debug"],
                                         stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def logged(self):
        """What this life has logged."""
        with open(self.log, "rb") as f:
            f.seek(self.life)
            return f.read().decode(errors="replace")

    def tail(self):
        return "\n".join("  " + line for line in self.logged().splitlines()[-4:])

    def has_read(self):
        """No snapshot is under way. It has one with a new slot, or in every life."""
        log = self.logged()
        wanted = self.mode == "always" or self.mode != "no_data" and 'msg="slot created"' in log
        return not wanted or 'msg="the snapshot is complete"' in log

    def has_ended(self):
        """By itself, because there is no stream to follow."""
        return self.mode == "initial_only" and self.proc.poll() == 0

    def stop(self):
        if self.has_ended():
            return
        self.proc.terminate()
        try:
            status = self.proc.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("does not end on SIGTERM\n" + self.tail())
        if status:
            raise Failure("ended with status %d on SIGTERM\n%s" % (status, self.tail()))

    def check(self):
        if self.proc.poll() is not None and not self.has_ended():
            raise Failure("ended with status %d\n%s" % (self.proc.returncode, self.tail()))

    def kill(self):
        if self.proc is not None and self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()

    quit = kill


class Recorder(run_oracle.Recorder):
    """Knows by the slot's position when everything has been delivered."""

    def wait_delivered(self):
        for side in self.sides:
            self.wait_done(side)

    def wait_done(self, side):
        if self.streams:
            self.wait(side, "the snapshot to be complete", side.engine.has_read, READ)
            self.wait_confirmed(side)
        else:
            self.wait(side, "the end of the snapshot", side.engine.has_ended, READ)

    @staticmethod
    def wait(side, what, test, seconds):
        def checked():
            side.engine.check()
            return test()
        try:
            wait_for(what, checked, seconds)
        except Failure as e:
            raise Failure("%s\n%s" % (e, side.engine.tail()))

    def wait_confirmed(self, side):
        end = self.server.psql("select pg_current_wal_insert_lsn()")

        def confirmed():
            return self.server.psql(
                "select confirmed_flush_lsn >= least('%s', pg_current_wal_flush_lsn())"
                " from pg_replication_slots where slot_name = '%s'" % (end, side.slot)) == "t"
        self.wait(side, "everything to be confirmed", confirmed, SETTLE)

    def tables(self):
        """What the deviations want to know of the tables, as they are now."""
        return json.loads(self.server.psql(TABLES) or "{}")

    def note(self):
        """Columns that are gone later stay noted: DDL may be among the changes."""
        tables = self.tables()
        for name in self.noted.keys() - tables.keys():
            self.noted[name]["gone"] = True
        for name, table in tables.items():
            before = self.noted.get(name, table)
            self.noted[name] = dict(table, columns=dict(before["columns"], **table["columns"]))

    def write_notes(self, target):
        """Beside a recording, for the comparison."""
        with open(re.sub(r"jsonl$", "tables.json", target), "w", encoding="utf-8") as f:
            json.dump(self.noted, f)

    def record(self, scenario, targets):
        self.noted = {}
        counts = super().record(scenario, targets)
        self.note()
        return counts

    def start(self):
        self.note()
        self.server.hush()
        super().start()
        # a record that ends with its page of the WAL ends before the next one begins: far from there
        self.server.psql("select pg_switch_wal()", "postgres")

    def drop_slots(self):
        self.server.hush(False)
        super().drop_slots()


class Side(run_oracle.Side):
    def prepare(self, props):
        """Adds what the corpus takes for granted: headers as JSON unless it says otherwise."""
        simple = props.get("conformance.header.converter") == "simple"
        if os.path.exists(self.engine.log):
            os.unlink(self.engine.log)
        super().prepare(dict(props, **{"header.converter": SIMPLE_CONVERTER if simple else JSON_CONVERTER}))


def read_pending():
    path = os.path.join(HERE, "pending")
    pending = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                name, _, reason = line.strip().partition(" ")
                if name and not name.startswith("#"):
                    pending[name] = reason.strip()
    return pending


def choose(args):
    """The scenarios to run, and those left out with the reason."""
    names = run_oracle.find_scenarios(args.scenarios, args.scenario)
    if args.all or args.scenario or not os.path.samefile(args.scenarios, compare.SCENARIOS):
        return names, {}
    pending = read_pending()
    unknown = [n for n in pending if n not in names]
    if unknown:
        sys.exit("pending: no such scenario: " + ", ".join(unknown))
    return [n for n in names if n not in pending], pending


def binary():
    return os.path.abspath(os.environ.get("PGWAKE_BIN", os.path.join(TREE, "pgwake")))


class Tally:
    """What has been compared, and how it went."""

    def __init__(self, args, live=False):
        self.allowed = compare.Deviations(args.deviations)
        self.opts = compare.Options(live=live, limit=args.max)
        self.passed = self.failed = 0
        self.compared = []

    def record(self, recorder, name, targets, expected=None):
        """Record a scenario and compare its last target with what is expected; whether all is well."""
        begin = time.time()
        try:
            counts = recorder.record(name, targets)
        except Failure as e:
            missing = re.search(r'extension "(\w+)" is not available', str(e))
            if missing:
                print("skip  %-44s needs the extension %s, which is not installed" % (name, missing.group(1)))
                return True
            self.failed += 1
            return compare.report(name, str(e).splitlines(), self.opts)
        recorder.write_notes(targets[-1])
        remark = "%s records  %4.1f s" % (" ".join("%4d" % c for c in counts), time.time() - begin)
        lines = compare.compare_scenario(name, targets[-1], self.opts, recorder.scenarios, expected, self.allowed)
        self.compared.append(name)
        well = compare.report(name, lines, self.opts, remark)
        self.passed += well
        self.failed += not well
        return well

    def finish(self):
        """The closing lines; the exit status."""
        for rule in self.allowed.unused(self.compared):
            print("FAIL  the deviation \"%s\" occurs nowhere" % rule["rule"])
            self.failed += 1
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0


def run(args, scratch):
    names, pending = choose(args)
    server = run_oracle.Server(scratch, int(os.environ.get("CONFORMANCE_PORT") or run_oracle.free_port()))
    side = Side("pgwake", Pgwake(binary(), scratch), scratch)
    recorder = Recorder(server, [side], args.scenarios)
    tally = Tally(args)
    try:
        server.start()
        for name in names:
            well = tally.record(recorder, name, [os.path.join(args.out, name + ".jsonl")])
            if not well and args.keep_logs and os.path.exists(side.engine.log):
                shutil.copy(side.engine.log, os.path.join(args.out, name + ".log"))
            sys.stdout.flush()
    finally:
        side.engine.quit()
        server.stop()
    for name, reason in pending.items():
        print("later %-44s %s" % (name, reason))
    return tally.finish()


def add_arguments(parser):
    default_deviations = os.path.join(HERE, "deviations.json")
    parser.add_argument("scenario", nargs="*", help="directory name, or its number")
    parser.add_argument("--scenarios", default=compare.SCENARIOS, help="directory of the scenarios")
    parser.add_argument("--deviations", help="file of the differences that are meant (deviations.json)",
                        default=default_deviations if os.path.exists(default_deviations) else None)
    parser.add_argument("--all", action="store_true", help="also those that are pending")
    parser.add_argument("--out", help="keep the recordings in this directory")
    parser.add_argument("--keep-logs", action="store_true", help="and the log of what failed")
    parser.add_argument("--max", type=int, default=12, help="differences shown per scenario")


def in_scratch(args, work):
    """work(args, directory) in a directory that is removed afterwards; the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    keep = os.environ.get("CONFORMANCE_SCRATCH")
    scratch = os.path.abspath(keep) if keep else tempfile.mkdtemp(prefix="conf-")
    os.makedirs(scratch, exist_ok=True)
    args.out = args.out or os.path.join(scratch, "out")
    os.makedirs(args.out, exist_ok=True)
    try:
        return work(args, scratch)
    except Failure as e:
        print("error: %s" % e, file=sys.stderr)
        return 1
    finally:
        if not keep:
            shutil.rmtree(scratch, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    return in_scratch(parser.parse_args(), run)


if __name__ == "__main__":
    sys.exit(main())
