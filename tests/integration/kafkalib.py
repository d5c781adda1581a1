"""A one-node Kafka of our own, and reading what is in its topics."""
import json
import os
import shutil
import signal
import subprocess
import threading

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from faults import Proxy
from pglib import TOOLS
from records import Record
from waiting import free_port, wait_until

CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
FRUGAL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
SASL_USER, SASL_PASSWORD = "app", "correct-horse"

# PROXIED is advertised at the port of a fault proxy, so a client that
# bootstraps there never gets round it.
CONFIG = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAIN://127.0.0.1:{port},PROXIED://127.0.0.1:{behind},SASL://127.0.0.1:{sasl},\
TLS://127.0.0.1:{tls},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAIN://127.0.0.1:{port},PROXIED://127.0.0.1:{proxy},\
SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,PROXIED:PLAINTEXT,\
SASL:SASL_PLAINTEXT,TLS:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
log.dirs={dir}/data
num.network.threads=2
num.io.threads=4
auto.create.topics.enable=false
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.tls.ssl.keystore.type=PEM
listener.name.tls.ssl.keystore.location={dir}/server.pem
"""

LOG4J = """
status = error
appender.c.type = Console
appender.c.name = C
appender.c.target = SYSTEM_ERR
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.c.ref = C
"""


def find_jars():
    """The directory of the broker's jars."""
    done = subprocess.run([os.path.join(TOOLS, "fetch-kafka")], stdout=subprocess.PIPE, text=True,
                          check=True)
    return done.stdout.strip()


class Kafka:
    """`properties` are laid over CONFIG, with underscores for dots."""

    def __init__(self, directory, java=("-Xmx512m", *FRUGAL), **properties):
        self.dir = directory
        self.java = java
        self.classpath = os.path.join(find_jars(), "*")
        self.logfile = os.path.join(directory, "log")
        self.process = self._starting = None
        self.port, self.proxy_port, self.behind_port = free_port(), free_port(), free_port()
        self.sasl_port, self.tls_port, controller = free_port(), free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        os.makedirs(directory)
        self._certificate()
        self._write("log4j2.properties", LOG4J)
        self._write("server.properties", CONFIG.format(
            dir=directory, port=self.port, behind=self.behind_port, proxy=self.proxy_port,
            sasl=self.sasl_port, tls=self.tls_port, controller=controller,
            user=SASL_USER, password=SASL_PASSWORD) + "".join(
                f"{k.replace('_', '.')}={v}\n" for k, v in properties.items()))

    def _write(self, name, text):
        with open(os.path.join(self.dir, name), "w") as f:
            f.write(text)

    def _certificate(self):
        """A self-signed certificate in ca.pem; with its key in server.pem."""
        self.ca = os.path.join(self.dir, "ca.pem")
        key = os.path.join(self.dir, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,"
                        "IP:127.0.0.1", "-keyout", key, "-out", self.ca],
                       check=True, stderr=subprocess.DEVNULL)
        with open(key) as k, open(self.ca) as c:
            self._write("server.pem", k.read() + c.read())

    def _java(self, *args):
        return ["java", *self.java,
                f"-Dlog4j2.configurationFile={self.dir}/log4j2.properties",
                "-cp", self.classpath, *args]

    # -- life

    def start(self):
        """Format on first use and start; ready() tells when it answers."""
        if not os.path.exists(os.path.join(self.dir, "data")):
            subprocess.run(self._java(
                "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
                f"{self.dir}/server.properties", "--add-scram",
                f"SCRAM-SHA-512=[name={SASL_USER},password={SASL_PASSWORD}]"),
                check=True, stdout=subprocess.DEVNULL)
        with open(self.logfile, "a") as log:
            self.process = subprocess.Popen(
                self._java("kafka.Kafka", f"{self.dir}/server.properties"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def start_aside(self):
        """Begin to start; up() waits for it."""
        self._starting = threading.Thread(target=self.start)
        self._starting.start()

    def up(self):
        """Started if it is not, and answering."""
        self._wait_started()
        if self.process is None:
            self.start()
        self.thaw()
        return self.ready()

    def _wait_started(self):
        if self._starting:
            self._starting.join()
            self._starting = None

    def ready(self, timeout=60):
        def answers():
            assert self.process.poll() is None, "Kafka did not start: " + self.log()
            try:
                return bool(self.admin().list_topics(timeout=1).brokers)
            except KafkaException:
                return False
        wait_until(answers, "Kafka to answer", timeout)
        return self

    def stop(self, sig=signal.SIGTERM):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(sig)
            self.process.wait(30)
            self.process = None

    def kill9(self):
        self.stop(signal.SIGKILL)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def remove(self):
        self._wait_started()
        self.kill9()
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        with open(self.logfile, errors="replace") as f:
            return f.read()[-3000:]

    # -- topics

    def admin(self):
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def create_topic(self, name, partitions=1, **config):
        config = {k.replace("_", "."): str(v) for k, v in config.items()}
        admin = self.admin()  # has to live until the result is in
        admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(15)

    def delete_topics(self, names):
        admin = self.admin()
        for result in admin.delete_topics(list(names)).values():
            result.result(15)

    def topics(self, prefix=""):
        """{name: number of partitions}"""
        found = self.admin().list_topics(timeout=10).topics.values()
        return {t.topic: len(t.partitions) for t in found if t.topic.startswith(prefix)}

    def topic_config(self, name):
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        admin = self.admin()
        entries = admin.describe_configs([resource])[resource].result(10)
        return {k: v.value for k, v in entries.items()}

    def reader(self, prefix):
        return Reader(self, prefix)

    def last_value(self, topic):
        """That of the newest record in the first partition, parsed; None if there is no record."""
        if topic not in self.topics():
            return None
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "reader"})
        end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]
        consumer.assign([TopicPartition(topic, 0, max(end - 1, 0))])
        message = consumer.poll(10) if end else None
        consumer.close()
        return json.loads(message.value()) if message else None


class KafkaProxy(Proxy):
    """A fault proxy in front of a broker, to be given to an agent as if it were the broker.

    Readers go round it.
    """

    def __init__(self, kafka):
        super().__init__(("127.0.0.1", kafka.behind_port), kafka.proxy_port)
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.reader = kafka.reader


class Reader:
    """Reads every topic under a prefix from the beginning; topics may appear later."""

    def __init__(self, kafka, prefix):
        self.prefix = prefix
        self.consumer = Consumer({
            "bootstrap.servers": kafka.bootstrap, "group.id": "reader", "log_level": 0,
            "enable.auto.commit": False, "enable.partition.eof": False,
            "fetch.wait.max.ms": 20, "fetch.message.max.bytes": 8388608,
            "fetch.queue.backoff.ms": 10, "topic.metadata.refresh.interval.ms": -1})
        self.partitions = set()

    def refresh(self):
        """Assign partitions that appeared."""
        for t in self.consumer.list_topics(timeout=10).topics.values():
            if not t.topic.startswith(self.prefix + "."):
                continue
            new = {(t.topic, p) for p in t.partitions} - self.partitions
            if new:
                self.consumer.incremental_assign(
                    [TopicPartition(name, p, OFFSET_BEGINNING) for name, p in new])
                self.partitions |= new

    def messages(self, timeout=0.0):
        """What has arrived since the last call, raw."""
        return [m for m in self.consumer.consume(10000, timeout) if not m.error()]

    def behind(self):
        """How many records of the topics have not been read yet."""
        left = 0
        for name, p in self.partitions:
            end = self.consumer.get_watermark_offsets(TopicPartition(name, p), timeout=10)[1]
            position = self.consumer.position([TopicPartition(name, p)])[0].offset
            left += end - max(position, 0)
        return left

    def sizes(self):
        """How many records there are in each topic, without reading them."""
        self.refresh()
        out = {}
        for name, p in self.partitions:
            ends = self.consumer.get_watermark_offsets(TopicPartition(name, p), timeout=10)
            out[name] = out.get(name, 0) + ends[1] - ends[0]
        return out

    def rest(self, timeout=30.0):
        """Everything that is in the topics and was not read before, parsed."""
        self.refresh()
        out = []

        def emptied():
            out.extend(self.messages(0.05))
            return not self.behind()
        wait_until(emptied, f"the topics of {self.prefix} to be read", timeout, step=0)
        return [Record.from_message(m) for m in out]

    def close(self):
        self.consumer.close()
