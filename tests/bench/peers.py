"""The peers: other programs that bring row changes to Kafka, as readers.

Debezium comes by Maven. The others are taken where the environment names a
program: BENCH_OUTBOXX and so on; see README.md.
"""
import json
import os
import shutil
import subprocess

from paths import HERE
from readers import Reader
from waiting import free_port


class Peer(Reader):
    """missing() says why it cannot run here, or nothing."""
    variable = None

    def missing(self):
        path = os.environ.get(self.variable)
        if not path:
            return f"{self.variable} does not name its program"
        return None if os.access(path, os.X_OK) else f"{path} is not a program"

    def program(self):
        return os.path.abspath(os.environ[self.variable])


class Debezium(Peer):
    """The connector in Kafka Connect standalone, tuned for throughput."""
    warm_up = 25        # seconds until the JVM has compiled what it needs
    patience = 120

    def __init__(self, about, linger_ms=20):
        super().__init__(about)
        self.linger_ms = linger_ms
        self.jars = None

    def missing(self):
        if not shutil.which("java"):
            return "there is no java"
        if not self.jars:
            done = subprocess.run([os.path.join(HERE, "peers", "fetch-debezium")],
                                  stdout=subprocess.PIPE, text=True)
            if done.returncode:
                return "Maven could not fetch it"
            self.jars = done.stdout.strip()
        return None

    def records(self, workload):
        return workload.rows + workload.deletes

    def worker(self, run):
        converter = "org.apache.kafka.connect.json.JsonConverter"
        return {"bootstrap.servers": run.kafka.bootstrap,
                "key.converter": converter, "value.converter": converter,
                "key.converter.schemas.enable": "false",
                "value.converter.schemas.enable": "false",
                "offset.storage.file.filename": os.path.join(run.dir, "offsets"),
                "offset.flush.interval.ms": 10000,
                "plugin.path": os.path.join(self.jars, "debezium"),
                "plugin.discovery": "only_scan",
                "listeners": f"http://127.0.0.1:{free_port()}",
                "connector.client.config.override.policy": "All"}

    def connector(self, run):
        return {"name": "bench",
                "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
                "tasks.max": 1, "plugin.name": "pgoutput", "snapshot.mode": "no_data",
                "database.hostname": "127.0.0.1", "database.port": run.server.port,
                "database.user": "postgres", "database.password": "unused",
                "database.dbname": run.db.name, "topic.prefix": run.prefix,
                "slot.name": run.slot, "publication.name": "bench",
                "publication.autocreate.mode": "disabled",
                "max.batch.size": 16384, "max.queue.size": 65536, "poll.interval.ms": 10,
                "producer.override.compression.type": run.rig.compression,
                "producer.override.linger.ms": self.linger_ms,
                "producer.override.batch.size": 1048576,
                "producer.override.buffer.memory": 134217728,
                "producer.override.enable.idempotence": "true",
                "producer.override.max.in.flight.requests.per.connection": 5}

    def command(self, run):
        files = []
        for name, settings in (("worker", self.worker(run)), ("connector", self.connector(run))):
            files.append(os.path.join(run.dir, f"{name}.properties"))
            with open(files[-1], "w") as f:
                f.writelines(f"{k}={v}\n" for k, v in settings.items())
        log = os.path.join(HERE, "peers", "log4j2.properties")
        return ["java", "-Xms3g", "-Xmx3g", "-XX:+UseG1GC", f"-Dlog4j2.configurationFile={log}",
                "-cp", os.path.join(self.jars, "connect", "lib", "*"),
                "org.apache.kafka.connect.cli.ConnectStandalone", *files]


class Outboxx(Peer):
    """Cannot compress; takes deletes only with REPLICA IDENTITY FULL."""
    variable = "BENCH_OUTBOXX"
    CONFIG = """[metadata]
version = "v0"
[source]
type = "postgres"
[source.postgres]
connection_env = "POSTGRES_URL"
slot_name = "{slot}"
publication_name = "bench"
[sink]
type = "kafka"
[sink.kafka]
brokers = ["{brokers}"]
tls = false
[[streams]]
name = "bench"
[streams.source]
resource = "{table}"
operations = {operations}
[streams.flow]
format = "json"
[streams.sink]
destination = "{topic}"
routing_key = "id"
"""

    def records(self, workload):
        return workload.rows - (0 if workload.tables == ["nar"] else workload.deletes)

    def command(self, run):
        path = os.path.join(run.dir, "outboxx.toml")
        operations = ["insert", "update"] + (["delete"] if run.tables == ["nar"] else [])
        with open(path, "w") as f:
            f.write(self.CONFIG.format(slot=run.slot, brokers=run.kafka.bootstrap,
                                       table=run.tables[0], operations=json.dumps(operations),
                                       topic=run.topics.names[0]))
        return [self.program(), "--config", path]

    def environment(self, run):
        return {"POSTGRES_URL": run.conninfo()}


class WalListener(Peer):
    """One acknowledged record after another; cannot compress."""
    variable = "BENCH_WAL_LISTENER"

    def command(self, run):
        path = os.path.join(run.dir, "config.yml")      # JSON is YAML too
        table = run.tables[0]
        settings = {
            "listener": {"serverPort": free_port(), "slotName": run.slot,
                         "refreshConnection": "30s", "heartbeatInterval": "10s",
                         "filter": {"tables": {table: ["insert", "update", "delete"]}},
                         "topicsMap": {f"public_{table}": table}},
            "logger": {"level": "warn", "fmt": "json"},
            "database": {"host": "127.0.0.1", "port": run.server.port, "name": run.db.name,
                         "user": "postgres", "password": "unused", "debug": False},
            "publisher": {"type": "kafka", "messageKeyFrom": "id",
                          "address": run.kafka.bootstrap, "enable_tls": False,
                          "topic": f"{run.prefix}.public", "topicPrefix": ""},
            "monitoring": {"sentryDSN": "", "promAddr": f"127.0.0.1:{free_port()}"}}
        with open(path, "w") as f:
            json.dump(settings, f)
        return [self.program(), "-c", path]


class GoPqCdc(Peer):
    """A program around that library, told what to do by its environment."""
    variable = "BENCH_GO_PQ_CDC_KAFKA"

    def command(self, run):
        return [self.program()]

    def environment(self, run):
        return {"PGPORT": str(run.server.port), "DB": run.db.name, "SLOT": run.slot,
                "TABLE": run.tables[0], "TOPIC": run.topics.names[0],
                "BROKER": run.kafka.bootstrap, "COMPRESSION": run.rig.compression,
                "METRIC": str(free_port()), "BATCH": "10000", "BATCH_BYTES": "8mb",
                "TICK_MS": "20"}


PEERS = {
    "outboxx": Outboxx("libpq and librdkafka, plain JSON, not compressed"),
    "debezium": Debezium("in Kafka Connect, tuned, schemas off"),
    "debezium-linger-0": Debezium("the same without linger", linger_ms=0),
    "go-pq-cdc": GoPqCdc("batches of 10,000 rows or 20 ms, plain JSON"),
    "wal-listener": WalListener("one record at a time, not compressed"),
}


def present(names, say):
    """Those of them that can run here; of the others `say` hears why not."""
    out = []
    for name in names:
        why = PEERS[name].missing() if name in PEERS else None
        if why:
            say(f"{name} is skipped: {why}")
        else:
            out.append(name)
    return out
