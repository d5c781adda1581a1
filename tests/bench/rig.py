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

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import agentlib                                             # noqa: E402
import pglib                                                # noqa: E402
from kafkalib import Kafka                                  # noqa: E402
from waiting import wait_until                              # noqa: E402
from workloads import WORKLOADS                             # noqa: E402

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
                                   os.path.join(scratch, "pg"), settings=SETTINGS).start()
        self.kafka = Kafka(os.path.join(scratch, "kafka"), java=BROKER_JAVA, **BROKER)
        self.kafka.start().ready()
        self.databases = {}
        self.record_size = {}       # (workload, reader) -> bytes, as measured

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

    def stop(self):
        self.kafka.remove()
        self.server.stop("immediate")


class Topics:
    """The topics of a run, one partition each: counts, and times by the broker's clock."""

    def __init__(self, kafka, names):
        self.kafka, self.names = kafka, names
        self.admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})

    def create(self):
        made = self.admin.create_topics([NewTopic(n, 1, 1) for n in self.names])
        for result in made.values():
            result.result(60)
        # A leader is elected a moment later.
        wait_until(lambda: self.count() == 0, "the topics to be ready", 60)

    def _offsets(self, spec):
        """(offset, time in ms) of each partition; None for one without a leader yet."""
        wanted = {TopicPartition(n, 0): spec for n in self.names}
        answers = self.admin.list_offsets(wanted, request_timeout=30)
        out = []
        for answer in answers.values():
            try:
                found = answer.result()
            except Exception:       # confluent_kafka has no narrower one here
                return None
            out.append((found.offset, found.timestamp))
        return out

    def count(self):
        """Records in all of them, or -1 when that cannot be told just now."""
        found = self._offsets(OffsetSpec.latest())
        return -1 if found is None else sum(offset for offset, _ in found)

    def appended(self):
        """When the first and the last record were appended, in seconds since 1970."""
        first = [t for o, t in self._offsets(OffsetSpec.for_timestamp(0)) if o >= 0]
        last = [t for o, t in self._offsets(OffsetSpec.max_timestamp()) if o >= 0]
        return min(first) / 1000, max(last) / 1000

    def read(self, start, limit):
        """Up to `limit` records from an offset on, of each topic, in batches."""
        consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": "bench",
                             "log_level": 0, "fetch.message.max.bytes": 16777216,
                             "enable.auto.commit": False})
        consumer.assign([TopicPartition(n, 0, start) for n in self.names])
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
        """Mean size of key and value of the first records that have a value."""
        total = count = 0
        for batch in self.read(0, limit):
            for m in batch:
                if m.value() is not None:
                    total += len(m.key() or b"") + len(m.value())
                    count += 1
        return total / count

    def stored_bytes(self):
        """In the broker's files, so compressed."""
        total = 0
        for name in self.names:
            folder = os.path.join(self.kafka.dir, "data", f"{name}-0")
            total += sum(os.path.getsize(os.path.join(folder, f))
                         for f in os.listdir(folder) if f.endswith(".log"))
        return total


class Run:
    """One life of one reader: its slot, topics and directory."""
    number = 0

    def __init__(self, rig, workload, db=None, slot=None):
        Run.number += 1
        self.rig, self.kafka, self.server = rig, rig.kafka, rig.server
        self.name, self.workload = workload, WORKLOADS.get(workload)
        self.db = db or rig.database(workload)
        self.slot = slot or f"run_{Run.number}"
        self.prefix = f"run{Run.number}"
        self.tables = self.workload.tables if self.workload else ["t10"]
        self.topics = Topics(rig.kafka, [f"{self.prefix}.public.{t}" for t in self.tables])
        self.dir = os.path.join(rig.scratch, self.prefix)
        self.process = None
        os.makedirs(self.dir)

    def conninfo(self, *more, tcp=False):
        host = "127.0.0.1" if tcp else None
        return " ".join([self.server.conninfo(self.db.name, host=host), *more])

    def begin(self, to_kafka=True):
        if self.workload and self.workload.slot:
            self.db.sql("select pg_copy_logical_replication_slot(%s, %s)",
                        "base_" + self.db.name, self.slot)
        if to_kafka:
            self.topics.create()

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
        """What pipe printed at its end."""
        return json.loads(self.said("stdout"))

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
        left = [n for n in self.kafka.topics() if n.startswith(self.prefix + ".")
                or n.endswith("." + self.prefix)]
        if left:
            self.kafka.delete_topics(left)
        shutil.rmtree(self.dir)
