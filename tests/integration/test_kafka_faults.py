"""Kafka that is away, slow, or refuses: wait or stop, never lose, never move the slot."""
import signal

import pytest
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType,
                                   ResourcePatternType, ResourceType)

import kafkalib
from records import afters
from waiting import stays, wait_until


@pytest.fixture
def table(db):
    db.sql("create table t(id int primary key, v text)")
    return db


def fill(db, first, last, width=200):
    """One transaction; the position behind its commit, which is not to be confirmed too early."""
    db.sql("insert into t select g, repeat('x', %s) from generate_series(%s::int, %s::int) g",
           width, first, last)
    return db.wal_lsn()


def ids(records):
    return [a["id"] for a in afters(records)]


# -- away

def test_unreachable_at_start(table, pgwake, kafka_proxy):
    """It keeps trying, says so, and the slot does not move; then all is delivered."""
    db = table
    kafka_proxy.refuse()
    agent = pgwake(kafka_proxy, wait=False)
    agent.wait_log(r"(?i)kafka.*(reach|connect|down|wait)")
    wait_until(lambda: db.slot_row() is None or db.confirmed() > 0, "the slot's state")
    end = fill(db, 1, 1)
    stays(lambda: agent.running() and db.confirmed() < end, 3, "the slot moved")
    kafka_proxy.open()
    agent.wait_streaming(40)
    db.sql("insert into t values (2, 'x')")
    assert ids(agent.delivered(40))[-1] == 2
    agent.stop()


@pytest.mark.scenario(63)
def test_away_under_load(table, pgwake, kafka_proxy):
    """Memory stays bounded, the walsender stays, and all comes once Kafka is back."""
    db = table
    agent = pgwake(kafka_proxy)
    fill(db, 1, 1000)
    db.wait_confirmed()
    sender = db.walsender()[0]
    kafka_proxy.refuse()
    end = fill(db, 1001, 100_000, width=500)
    stays(lambda: db.confirmed() < end and db.walsender(), 4, "the slot moved or was lost")
    assert agent.peak_rss_mb() < 46
    kafka_proxy.open()
    db.wait_confirmed(timeout=60)
    assert db.walsender()[0] == sender
    assert ids(agent.delivered(60)) == list(range(1, 100_001))
    agent.stop()


def test_connections_are_cut(table, pgwake, kafka_proxy, seed):
    """The idempotent producer sends again: no loss, no duplicate, no reordering."""
    db = table
    agent = pgwake(kafka_proxy)
    for k in range(10):
        fill(db, k * 2000 + 1, (k + 1) * 2000)
        if seed.random() < 0.7:
            kafka_proxy.cut()
    db.wait_confirmed(timeout=60)
    assert ids(agent.delivered(60)) == list(range(1, 20_001))
    agent.stop()


def test_stalls(table, pgwake, kafka_proxy):
    """A broker that answers nothing for a while: back-pressure, then everything."""
    db = table
    agent = pgwake(kafka_proxy)
    fill(db, 1, 10)
    db.wait_confirmed()
    kafka_proxy.stall()
    end = fill(db, 11, 5000)
    stays(lambda: db.confirmed() < end, 2, "the slot moved")
    kafka_proxy.resume()
    assert ids(agent.delivered(40)) == list(range(1, 5001))
    agent.stop()


def test_broker_is_killed_and_started(table, pgwake, kafka):
    db = table
    agent = pgwake(kafka)
    fill(db, 1, 2000)
    db.wait_confirmed()
    kafka.kill9()
    end = fill(db, 2001, 4000)
    stays(lambda: db.confirmed() < end, 1, "the slot moved")
    kafka.start().ready()
    assert ids(agent.delivered(60)) == list(range(1, 4001))
    agent.stop()


def test_broker_is_frozen(table, pgwake, kafka):
    db = table
    agent = pgwake(kafka)
    fill(db, 1, 100)
    db.wait_confirmed()
    kafka.freeze()
    end = fill(db, 101, 3000)
    stays(lambda: db.confirmed() < end, 2, "the slot moved")
    kafka.thaw()
    assert ids(agent.delivered(60)) == list(range(1, 3001))
    agent.stop()


def test_sigterm_while_kafka_is_away(table, pgwake, kafka_proxy):
    """Draining is tried for 3 seconds; what was not delivered comes in the next life."""
    db = table
    agent = pgwake(kafka_proxy)
    fill(db, 1, 10)
    db.wait_confirmed()
    kafka_proxy.refuse()
    end = fill(db, 11, 500)
    wait_until(lambda: db.one("select pg_wal_lsn_diff(sent_lsn, '0/0') from pg_stat_replication"
                              " where pid = %s", db.walsender()[0]) >= end, "the rows to be sent")
    agent.signal(signal.SIGTERM)
    agent.wait_exit(0, 5)
    assert db.confirmed() < end
    kafka_proxy.open()
    again = pgwake(kafka_proxy)
    assert ids(again.delivered(30)) == list(range(1, 501))
    again.stop()


# -- refusing

def check_stopped(agent, db, end, *words):
    """Exit code 2, the slot before `end`, and one line of the log that says it all."""
    log = agent.wait_exit(2, 30)
    assert db.confirmed() < end
    for word in words:
        assert word in agent.log_lines("error")[-1], log


@pytest.mark.scenario(64)
def test_record_too_large_for_the_producer(table, pgwake, kafka):
    db = table
    agent = pgwake(kafka)
    db.sql("insert into t values (1, 'small')")
    agent.delivered()
    db.sql("insert into t values (2, repeat('x', 1500000))")
    end = db.wal_lsn()
    db.sql("insert into t values (3, 'small')")
    check_stopped(agent, db, end, "public.t", '{\\"id\\":2}', "message_max_bytes",
                  f"{end >> 32:X}/", "15")
    again = pgwake(kafka, kafka={"message_max_bytes": 3_000_000})
    assert ids(again.delivered()) == [1, 2, 3]
    again.stop()


@pytest.mark.scenario(64)
def test_record_too_large_for_the_topic(table, pgwake, kafka):
    db = table
    kafka.create_topic(f"{db.prefix}.public.t", max_message_bytes=50_000)
    agent = pgwake(kafka, kafka={"compression_type": "none"})
    db.sql("insert into t values (1, 'small')")
    agent.delivered()
    db.sql("insert into t values (2, repeat('x', 100000))")
    check_stopped(agent, db, db.wal_lsn(), "public.t", "max.message.bytes")


def test_many_records_do_not_make_a_batch_too_large(table, pgwake, kafka):
    """A topic's limit below our batches' size concerns one record, not a batch."""
    db = table
    kafka.create_topic(f"{db.prefix}.public.t", max_message_bytes=50_000)
    agent = pgwake(kafka, kafka={"compression_type": "none", "batch_size": 40_000})
    fill(db, 1, 3000, width=1000)
    assert ids(agent.delivered(30)) == list(range(1, 3001))
    agent.stop()


@pytest.fixture
def acl(kafka):
    """acl(topic, operation): only an administrator may do that; undone at the end."""
    admin = kafka.admin()
    made = []

    def deny(topic, operation):
        binding = AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL,
                             f"User:{kafkalib.SASL_USER}", "*", operation, AclPermissionType.DENY)
        made.append(binding)
        for future in admin.create_acls([binding]).values():
            future.result(10)
    yield deny
    for b in made:
        wanted = AclBindingFilter(b.restype, b.name, b.resource_pattern_type, b.principal, b.host,
                                  b.operation, b.permission_type)
        for future in admin.delete_acls([wanted]).values():
            future.result(10)


def sasl(kafka, mechanism="PLAIN", password=kafkalib.SASL_PASSWORD):
    return {"bootstrap_servers": f"127.0.0.1:{kafka.sasl_port}",
            "security_protocol": "sasl_plaintext", "sasl_mechanisms": mechanism,
            "sasl_username": kafkalib.SASL_USER, "sasl_password": password}


@pytest.mark.parametrize("operation", [AclOperation.WRITE, AclOperation.ALL],
                         ids=["write", "all"])
def test_authorisation_refused(table, pgwake, kafka, acl, operation):
    db = table
    topic = f"{db.prefix}.public.t"
    kafka.create_topic(topic)
    acl(topic, operation)
    agent = pgwake(kafka, kafka=sasl(kafka))
    check_stopped(agent, db, fill(db, 1, 1), topic)
    assert kafkalib.SASL_PASSWORD not in agent.log()


# -- configured

def test_sasl_plain(table, pgwake, kafka):
    agent = pgwake(kafka, kafka=sasl(kafka))
    fill(table, 1, 10)
    assert ids(agent.delivered()) == list(range(1, 11))
    agent.stop()


def test_sasl_password_file(table, pgwake, kafka, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(kafkalib.SASL_PASSWORD + "\n")
    settings = sasl(kafka)
    settings["sasl_password"] = None
    settings["sasl_password_file"] = str(secret)
    agent = pgwake(kafka, kafka=settings)
    fill(table, 1, 10)
    assert ids(agent.delivered()) == list(range(1, 11))
    agent.stop()


def test_sasl_scram(table, pgwake, kafka):
    """Works, or the log names the defect of old client libraries that makes it fail."""
    agent = pgwake(kafka, wait=False, kafka=sasl(kafka, "SCRAM-SHA-512"))
    fill(table, 1, 10)

    def decided():
        return "2.6.1" in agent.log() or (agent.running() and table.walsender())
    wait_until(decided, "success or an explanation", 30)
    if "2.6.1" not in agent.log():
        assert ids(agent.delivered()) == list(range(1, 11))


def test_wrong_sasl_password(table, pgwake, kafka):
    agent = pgwake(kafka, wait=False, kafka=sasl(kafka, password="wrong-secret"))
    agent.wait_log("(?i)authentication")
    assert "wrong-secret" not in agent.log()


def test_tls(table, pgwake, kafka):
    agent = pgwake(kafka, kafka={"bootstrap_servers": f"127.0.0.1:{kafka.tls_port}",
                                 "security_protocol": "ssl", "ssl_ca_location": kafka.ca})
    fill(table, 1, 10)
    assert ids(agent.delivered()) == list(range(1, 11))
    agent.stop()


def test_topic_is_deleted(table, pgwake, kafka):
    topic = f"{table.prefix}.public.t"
    agent = pgwake(kafka)
    fill(table, 1, 1)
    assert ids(agent.delivered()) == [1]
    kafka.delete_topics([topic])
    wait_until(lambda: topic not in kafka.topics(table.prefix), "the topic to be gone")
    fill(table, 2, 2)
    assert "the topic has disappeared" in agent.wait_exit(1, timeout=45)
    agent = pgwake(kafka)
    assert ids(agent.delivered()) == [2]
    agent.stop()


def test_topics_are_created_as_configured(table, pgwake, kafka):
    agent = pgwake(kafka, kafka={"topic_partitions": 3, "topic_replication_factor": 1})
    fill(table, 1, 300)
    got = agent.delivered()
    assert kafka.topics(table.prefix)[f"{table.prefix}.public.t"] == 3
    assert sorted(ids(got)) == list(range(1, 301))
    assert {r.partition for r in got} == {0, 1, 2}
    agent.stop()


def test_keys_go_where_java_sends_them(table, pgwake, kafka):
    """murmur2 over the key's bytes, as Kafka's own client does."""
    def murmur2(data):
        m, mask = 0x5BD1E995, 0xFFFFFFFF
        h = 0x9747B28C ^ len(data)
        for i in range(0, len(data) & ~3, 4):
            k = int.from_bytes(data[i:i + 4], "little") * m & mask
            k = (k ^ k >> 24) * m & mask
            h = h * m & mask ^ k
        tail = data[len(data) & ~3:]
        if tail:
            h = (h ^ int.from_bytes(tail, "little")) * m & mask
        h = (h ^ h >> 13) * m & mask
        return h ^ h >> 15
    kafka.create_topic(f"{table.prefix}.public.t", 7)
    agent = pgwake(kafka)
    fill(table, 1, 100)
    table.sql("delete from t where id <= 10")
    for r in agent.delivered():
        assert r.partition == (murmur2(b'{"id":%d}' % r.key["id"]) & 0x7FFFFFFF) % 7, r
    agent.stop()
