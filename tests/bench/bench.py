#!/usr/bin/env python3
"""Drains a backlog with pgwake, and with less and less of it, side by side.

    make bench [BENCH_WORKLOADS="mix big one"] [BENCH_RUNS=3]
               [BENCH_READERS="rx pipe pgwake"] [BENCH_COMPRESSION=none|lz4]

One PostgreSQL, one Kafka, one reader after another over the same changes, in
turns; medians are printed. All share the machine's cores, so only the ratios
within one run mean something. Rows per second are source rows by the broker's
own clock, from the first record appended to the last; for the null reader,
from the first row read to the last. "server" is the CPU time of the walsender,
"others" how many cores anything else on the machine kept busy.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import agentlib                                             # noqa: E402
import pglib                                                # noqa: E402
from kafkalib import Kafka                                  # noqa: E402
from waiting import wait_until                              # noqa: E402
from workloads import WORKLOADS                             # noqa: E402

PIPE = os.path.join(os.path.dirname(agentlib.BINARY), "bench", "pipe")
TICKS = os.sysconf("SC_CLK_TCK")
QUIET = 0.3         # seconds without a new record that end a drain
PATIENCE = 60       # and those that end one with too few records
DISTURBED = 0.3     # cores used by strangers that make a run doubtful

SETTINGS = {"shared_buffers": "'1GB'", "max_wal_size": "'64GB'", "wal_buffers": "'64MB'",
            "listen_addresses": "''", "log_replication_commands": "off"}
# The broker stamps each batch when it is appended: the clock of every figure.
BROKER = {"log_message_timestamp_type": "LogAppendTime", "message_max_bytes": 16777216}


class Rig:
    """The servers, and the backlogs in them."""

    def __init__(self, scratch, compression):
        self.scratch, self.compression = scratch, compression
        self.server = pglib.Server(pglib.Binaries(os.environ.get("PG", "15"), scratch),
                                   os.path.join(scratch, "pg"), settings=SETTINGS).start()
        self.kafka = Kafka(os.path.join(scratch, "kafka"), java=("-Xms1g", "-Xmx1g"), **BROKER)
        self.kafka.start().ready()
        self.databases = {}

    def build(self, name):
        began = time.monotonic()
        db = self.databases[name] = self.server.database(name)
        WORKLOADS[name].build(db)
        say(f"{name}: backlog built in {time.monotonic() - began:.0f} s")

    def stop(self):
        self.kafka.remove()
        self.server.stop("immediate")


class Run:
    """One reader over one backlog: its own slot and topic."""
    number = 0

    def __init__(self, rig, workload):
        Run.number += 1
        self.rig, self.kafka = rig, rig.kafka
        self.workload = WORKLOADS[workload]
        self.db = rig.databases[workload]
        self.slot = f"run_{Run.number}"
        self.prefix = f"run{Run.number}"
        self.topic = f"{self.prefix}.public.t10"
        self.dir = os.path.join(rig.scratch, self.prefix)
        os.makedirs(self.dir)

    def conninfo(self, *more):
        return " ".join([self.db.server.conninfo(self.db.name), *more])

    def begin(self):
        self.db.sql("select pg_copy_logical_replication_slot(%s, %s)", "base_" + self.db.name,
                    self.slot)
        self.kafka.create_topic(self.topic)

    def end(self):
        def freed():
            self.db.sql("select pg_terminate_backend(active_pid) from pg_replication_slots"
                        " where slot_name = %s and active", self.slot)
            return not self.db.sql("select 1 from pg_replication_slots"
                                   " where slot_name = %s and active", self.slot)
        wait_until(freed, "the slot to be free")
        self.db.sql("select pg_drop_replication_slot(%s)", self.slot)
        self.kafka.delete_topics(self.kafka.topics(self.prefix))
        shutil.rmtree(self.dir)

    def walsender_pid(self):
        rows = self.db.sql("select active_pid from pg_replication_slots where slot_name = %s",
                           self.slot)
        return rows[0][0] if rows else None


# -- readers: a command line, and how many records it makes of a workload

def pipe(kafka=True, size=0, nap=0):
    def command(run):
        out = [PIPE, "-c", run.conninfo("replication=database"), "-S", run.slot,
               "-n", str(run.workload.rows), "-s", str(size), "-w", str(nap)]
        if kafka:
            out += ["-b", run.kafka.bootstrap, "-t", run.topic, "-z", run.rig.compression]
        return out
    command.records = (lambda w: w.rows) if kafka else None
    return command


def pgwake(schemas):
    def command(run):
        path = os.path.join(run.dir, "pgwake.conf")
        agentlib.write_config(path, {
            "prefix": run.prefix,
            "postgres": {"dsn": run.conninfo(), "slot": run.slot, "publication": "bench"},
            "kafka": {"bootstrap_servers": run.kafka.bootstrap,
                      "compression_type": run.rig.compression},
            "snapshot": {"mode": "no_data"},
            "format": {"schemas": schemas}})
        return [agentlib.BINARY, "-c", path]
    command.records = lambda w: w.rows + w.deletes       # with a tombstone for each delete
    return command


READERS = {
    "rx": (pipe(kafka=False), "libpq, discards"),
    "pipe": (pipe(), "raw bytes to Kafka"),
    "pipe-nap": (pipe(nap=200), "with a nap of 200 us"),
    "pipe-800": (pipe(size=800), "records padded to 800 B"),
    "pgwake": (pgwake(False), "schemas = false"),
    "pgwake-s": (pgwake(True), "schemas = true"),
}


# -- measuring

def cpu_seconds(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_rss_mb(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            return next(int(s.split()[1]) for s in f if s.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return 0.0


def busy_seconds():
    """CPU seconds that all processes of the machine have used."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


class Meter:
    """What the reader and the processes that serve it have used since the beginning."""

    def __init__(self, run, process):
        self.run, self.pid = run, process.pid
        self.broker = run.kafka.process.pid
        self.walsender = None
        self.began = time.monotonic()
        self.busy, self.served = busy_seconds(), cpu_seconds(self.broker)
        self.driver = time.process_time()
        self.cpu = self.server = self.rss = self.other = 0.0

    def sample(self):
        """Keeps the last figures of a process that has ended."""
        self.walsender = self.walsender or self.run.walsender_pid()
        self.cpu = max(self.cpu, cpu_seconds(self.pid))
        self.rss = max(self.rss, peak_rss_mb(self.pid))
        if self.walsender:
            self.server = max(self.server, cpu_seconds(self.walsender))
        ours = (self.cpu + self.server + cpu_seconds(self.broker) - self.served
                + time.process_time() - self.driver)
        self.other = ((busy_seconds() - self.busy - ours)
                      / max(time.monotonic() - self.began, 0.1))

    def figures(self, seconds):
        return {"seconds": seconds, "cpu": self.cpu, "server": self.server, "rss": self.rss,
                "other": max(self.other, 0.0)}


class Topic:
    """How many records a topic of one partition has, and when they were appended."""

    def __init__(self, kafka, name):
        self.partition = TopicPartition(name, 0)
        self.consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "bench",
                                  "log_level": 0, "fetch.message.max.bytes": 16777216})

    def count(self):
        try:
            return self.consumer.get_watermark_offsets(self.partition, timeout=10)[1]
        except KafkaException:      # a partition just made may have no leader yet
            return 0

    def appended_at(self, offset):
        """Seconds by the broker's clock."""
        self.consumer.assign([TopicPartition(self.partition.topic, 0, offset)])
        # In a list, because a tombstone is as false as nothing.
        (message,) = wait_until(lambda: self.consumer.consume(1, 1), "a record to be read back")
        return message.timestamp()[1] / 1000

    def close(self):
        self.consumer.close()


def drain_to_kafka(run, process, wanted):
    """Watch the topic fill; the figures as of its last record."""
    meter, topic = Meter(run, process), Topic(run.kafka, run.topic)
    count, grown = 0, time.monotonic()
    while process.poll() is None:
        seen = topic.count()
        if seen > count:
            count, grown = seen, time.monotonic()
            meter.sample()
        if time.monotonic() - grown > (QUIET if count >= wanted else PATIENCE):
            break
        time.sleep(0.02)
    count = topic.count()
    if count != wanted:
        raise RuntimeError(f"{count} records instead of {wanted}; {tail(run)}")
    seconds = topic.appended_at(count - 1) - topic.appended_at(0)
    topic.close()
    return meter.figures(seconds)


def drain_to_nothing(run, process):
    meter = Meter(run, process)
    while process.poll() is None:
        meter.sample()
        time.sleep(0.02)
    with open(os.path.join(run.dir, "stdout")) as f:
        own = json.load(f)
    meter.cpu = own["cpu"]
    return meter.figures(own["seconds"])


def tail(run):
    with open(os.path.join(run.dir, "stderr"), errors="replace") as f:
        return f.read()[-1500:]


def measure(rig, workload, reader):
    command = READERS[reader][0]
    run = Run(rig, workload)
    run.begin()
    with open(os.path.join(run.dir, "stdout"), "w") as out, \
            open(os.path.join(run.dir, "stderr"), "w") as err:
        process = subprocess.Popen(command(run), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env=agentlib.clean_environment())
    try:
        if command.records:
            result = drain_to_kafka(run, process, command.records(run.workload))
        else:
            result = drain_to_nothing(run, process)
    finally:
        stop(process)
        run.end()
    result["rate"] = run.workload.rows / result["seconds"]
    return result


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# -- telling

def say(text):
    print(text, file=sys.stderr, flush=True)


def table(workload, results):
    """Medians, with ratios to the pipe and the null reader."""
    def median(reader, figure):
        return statistics.median(r[figure] for r in results[reader])

    def ratio(reader, to):
        return f"{median(reader, 'rate') / median(to, 'rate'):.2f}" if to in results else "-"
    runs = len(next(iter(results.values())))
    print(f"\n{workload}: {WORKLOADS[workload].about}; medians of {runs}")
    print(f"{'reader':<10}{'rows/s':>9}{'of pipe':>9}{'of rx':>7}{'CPU s':>8}{'server':>8}"
          f"{'peak RSS':>10}{'others':>8}   what it is")
    for reader in results:
        print(f"{reader:<10}{median(reader, 'rate'):>9,.0f}{ratio(reader, 'pipe'):>9}"
              f"{ratio(reader, 'rx'):>7}{median(reader, 'cpu'):>8.2f}"
              f"{median(reader, 'server'):>8.2f}{median(reader, 'rss'):>7.1f} MB"
              f"{median(reader, 'other'):>8.2f}   {READERS[reader][1]}")
    worst = max(r["other"] for several in results.values() for r in several)
    if worst > DISTURBED:
        print(f"Not to be trusted: something else used up to {worst:.1f} cores meanwhile.")


def wanted(variable, known, default):
    names = os.environ.get(variable, default).replace(",", " ").split()
    for name in names:
        if name not in known:
            sys.exit(f"{variable}: no {name}; there are {' '.join(known)}")
    return names


def main():
    workloads = wanted("BENCH_WORKLOADS", WORKLOADS, "mix big")
    readers = wanted("BENCH_READERS", READERS, " ".join(READERS))
    runs = int(os.environ.get("BENCH_RUNS", "3"))
    scratch = tempfile.mkdtemp(prefix="pgwake-bench-")
    os.chmod(scratch, 0o755)
    rig = None
    try:
        rig = Rig(scratch, os.environ.get("BENCH_COMPRESSION", "none"))
        for name in workloads:
            rig.build(name)
            # A cold broker costs the first readers a quarter of their rate.
            for _ in range(2):
                measure(rig, name, "pipe")
            results = {r: [] for r in readers}
            for k in range(runs):
                for reader in readers:
                    results[reader].append(measure(rig, name, reader))
                    say(f"{name} {k + 1}/{runs} {reader}: {results[reader][-1]['rate']:,.0f} rows/s")
            table(name, results)
    finally:
        if rig:
            rig.stop()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
