"""One PostgreSQL, one Kafka, and the runs of readers over backlogs in them."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

import paths                    # noqa: F401
import agentlib
import pglib
from kafkalib import Kafka
from waiting import wait_until
from workloads import WORKLOADS

SETTINGS = {"shared_buffers": "'2GB'", "max_wal_size": "'64GB'", "wal_buffers": "'64MB'",
            "log_replication_commands": "off"}
# The broker stamps each batch when it is appended: the clock of every figure.
BROKER = {"log_message_timestamp_type": "LogAppendTime", "message_max_bytes": 16777216,
          "replica_fetch_max_bytes": 16777216, "file_delete_delay_ms": 500}
BROKER_JAVA = ("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20")


def say(text):
    print(text, file=sys.stderr, flush=True)


class Rig:
    """The servers, and the backlogs in them."""

    def __init__(self, scratch, compression):
        self.scratch, self.compression = scratch, compression
        self.server = pglib.Server(pglib.Binaries(os.environ.get("PG", "15"), scratch),
                                   os.path.join(scratch, "pg"), settings=SETTINGS)
        self.kafka = Kafka(os.path.join(scratch, "kafka"), java=BROKER_JAVA, **BROKER)
        self.databases = {}
        self.shared = {}            # workload -> topics that its runs share
        self.record_size = {}       # (workload, reader) -> bytes, as measured

    def start(self):
        self.server.start()
        self.kafka.start().ready(180)

    def database(self, workload):
        """The workload's, built at its first use."""
        if workload not in self.databases:
            began = time.monotonic()
            db = self.databases[workload] = self.server.database(workload)
            WORKLOADS[workload].build(db)
            say(f"{workload}: built in {time.monotonic() - began:.0f} s")
        return self.databases[workload]

    def forget(self, workload):
        """Its WAL and its tables are not needed any more."""
        if workload in self.databases:
            self.databases.pop(workload).drop()
        if workload in self.shared:
            self.shared.pop(workload).delete()

    def stop(self):
        self.kafka.remove()
        if self.server.running():
            self.server.stop("immediate")


class Topics:
    """The topics of a run, one partition each: counts, and times by the broker's clock.

    What other runs have left in them is not seen: all begins at begin().
    """

    def __init__(self, kafka, names):
        self.kafka, self.names = kafka, names
        self.admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        self.first = dict.fromkeys(names, 0)    # offsets at the beginning
        self.began_ms = self.stored_before = 0

    def begin(self):
        """From here on; makes the topics that are not there."""
        there = self.kafka.topics()
        missing = [NewTopic(n, 1, 1) for n in self.names if n not in there]
        for result in self.admin.create_topics(missing).values() if missing else ():
            result.result(60)
        # A leader is elected a moment later.
        latest = wait_until(lambda: self._offsets(OffsetSpec.latest()), "the topics to be ready",
                            180, step=0.1)
        self.first = {n: offset for n, (offset, _) in zip(self.names, latest)}
        self.stored_before = self._file_sizes()
        self.began_ms = int(time.time() * 1000)

    def _offsets(self, spec):
        """(offset, time in ms) of each partition; None for one without a leader yet."""
        wanted = {TopicPartition(n, 0): spec for n in self.names}
        answers = self.admin.list_offsets(wanted, request_timeout=30)
        out = []
        for partition in wanted:
            try:
                found = answers[partition].result()
            except Exception:       # confluent_kafka has no narrower one here
                return None
            out.append((found.offset, found.timestamp))
        return out

    def count(self):
        """Records in all of them, or -1 when that cannot be told just now."""
        found = self._offsets(OffsetSpec.latest())
        if found is None:
            return -1
        return sum(offset for offset, _ in found) - sum(self.first.values())

    def appended(self):
        """When the first and the last record were appended, in seconds since 1970."""
        first = [t for o, t in self._offsets(OffsetSpec.for_timestamp(self.began_ms)) if o >= 0]
        last = [t for o, t in self._offsets(OffsetSpec.max_timestamp()) if o >= 0]
        return min(first) / 1000, max(last) / 1000

    def read(self, start, limit):
        """Up to `limit` records in all, without the first `start` of each topic, in batches."""
        consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": "bench",
                             "log_level": 0, "fetch.message.max.bytes": 16777216,
                             "enable.auto.commit": False})
        consumer.assign([TopicPartition(n, 0, at + start) for n, at in self.first.items()])
        try:
            while limit > 0:
                batch = consumer.consume(min(limit, 5000), 5)
                if not batch:
                    return
                limit -= len(batch)
                yield [m for m in batch if not m.error()]
        finally:
            consumer.close()

    def record_bytes(self, limit=55000):
        """Mean size of key, value and headers of the first records that have a value."""
        total = count = 0
        for batch in self.read(0, limit):
            for m in batch:
                if m.value() is not None:
                    total += len(m.key() or b"") + len(m.value())
                    total += sum(len(name) + len(value or b"") for name, value in m.headers() or ())
                    count += 1
        return total / count

    def stored_bytes(self):
        """In the broker's files, so compressed."""
        return self._file_sizes() - self.stored_before

    def _file_sizes(self):
        total = 0
        for name in self.names:
            folder = os.path.join(self.kafka.dir, "data", f"{name}-0")
            total += sum(os.path.getsize(os.path.join(folder, f))
                         for f in os.listdir(folder) if f.endswith(".log"))
        return total

    def delete(self):
        there = self.kafka.topics()
        left = [n for n in self.names if n in there]
        if left:
            self.kafka.delete_topics(left)


class Run:
    """One life of one reader: its slot, topics and directory."""
    number = 0

    def __init__(self, rig, workload, db=None, slot=None):
        Run.number += 1
        self.rig, self.kafka, self.server = rig, rig.kafka, rig.server
        self.name, self.workload = workload, WORKLOADS.get(workload)
        self.db = db or rig.database(workload)
        self.slot = slot or f"run_{Run.number}"
        # Kafka takes seconds to make many topics: these are used again.
        self.shared = bool(self.workload) and len(self.workload.tables) > 1
        self.prefix = workload if self.shared else f"run{Run.number}"
        self.tables = self.workload.tables if self.workload else ["t10"]
        self.topics = Topics(rig.kafka, [f"{self.prefix}.public.{t}" for t in self.tables])
        self.dir = os.path.join(rig.scratch, self.slot)
        self.process = None
        os.makedirs(self.dir)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        # Ended by a signal that the broker has had too, nothing would answer.
        if kind is None or issubclass(kind, Exception):
            self.end()
        else:
            self.stop()

    def conninfo(self, *more, tcp=False):
        host = "127.0.0.1" if tcp else None
        return " ".join([self.server.conninfo(self.db.name, host=host), *more])

    def begin(self, to_kafka=True):
        if self.workload and self.workload.slot:
            self.db.sql("select pg_copy_logical_replication_slot(%s, %s)",
                        "base_" + self.db.name, self.slot)
        if to_kafka:
            self.topics.begin()

    def start(self, reader):
        """The reader's process; `spawned` is when, in seconds since 1970."""
        command = reader.command(self)
        environment = {**agentlib.clean_environment(), **reader.environment(self)}
        with open(os.path.join(self.dir, "stdout"), "w") as out, \
                open(os.path.join(self.dir, "stderr"), "w") as err:
            self.spawned = time.time()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=environment, cwd=self.dir)
        return self.process

    def backends(self):
        """The server processes that serve the reader: of a snapshot, all but our own."""
        if self.workload and not self.workload.slot:
            rows = self.db.sql("select pid from pg_stat_activity where datname ="
                               " current_database() and pid <> pg_backend_pid()")
        else:
            rows = self.db.sql("select active_pid from pg_replication_slots"
                               " where slot_name = %s and active", self.slot)
        return [pid for (pid,) in rows]

    def said(self, stream="stderr"):
        with open(os.path.join(self.dir, stream), errors="replace") as f:
            return f.read()[-1500:]

    def report(self):
        """What pipe printed at its end; nothing of other programs."""
        return json.loads(self.said("stdout") or "null")

    def stop(self):
        p = self.process
        if p and p.poll() is None:
            p.send_signal(signal.SIGTERM)
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()

    def end(self):
        self.stop()

        def freed():
            self.db.sql("select pg_terminate_backend(active_pid) from pg_replication_slots"
                        " where slot_name = %s and active", self.slot)
            return not self.db.sql("select 1 from pg_replication_slots"
                                   " where slot_name = %s and active", self.slot)
        wait_until(freed, "the slot to be free")
        self.db.sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots"
                    " where slot_name = %s", self.slot)
        left = [n for n in self.kafka.topics() if n.endswith("." + self.slot)]
        if left:
            self.kafka.delete_topics(left)
        if self.shared:
            self.rig.shared[self.name] = self.topics
        else:
            self.topics.delete()
        shutil.rmtree(self.dir)
