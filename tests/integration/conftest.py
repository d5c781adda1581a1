"""Fixtures: a PostgreSQL and a Kafka for the session, a database for each test.

    pytest tests/integration [--pg MAJOR] [--keep]

PG, PGWAKE_BIN (the program), CACHE_DIR (where tests/tools/fetch-* put
things) and PGWAKE_TEST_PORTS (LOW-HIGH) may be set in the environment.
"""
import os
import random
import shutil
import tempfile

import pytest

import agentlib
import pglib
from kafkalib import Kafka, KafkaProxy
from snapshots import Snapshot


def pytest_addoption(parser):
    parser.addoption("--pg", default=os.environ.get("PG", "15"), help="PostgreSQL major")
    parser.addoption("--keep", action="store_true", help="keep the scratch directory")


def pytest_configure(config):
    config.addinivalue_line("markers", "majors: belongs to the short pass over other majors")
    config.addinivalue_line("markers", "scenario(*numbers): the acceptance scenarios it shows")


def pytest_report_header(config):
    return f"pgwake: {agentlib.BINARY}, PostgreSQL {config.getoption('--pg')}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With a failure, show what the agent had to say."""
    report = yield
    if report.when == "call" and report.failed:
        for agent in getattr(item, "agents", []):
            report.sections.append((f"log of pgwake {agent.pid}", agent.log()[-6000:]))
    return report


@pytest.fixture(scope="session")
def scratch(request):
    path = tempfile.mkdtemp(prefix="pgwake-")
    os.chmod(path, 0o755)
    yield path
    if request.config.getoption("--keep"):
        print(f"\nkept: {path}")
    else:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def binaries(request, scratch):
    return pglib.Binaries(request.config.getoption("--pg"), scratch)


@pytest.fixture(scope="session")
def template(binaries, scratch):
    """A cluster fresh from initdb, to be copied."""
    return pglib.Server(binaries, os.path.join(scratch, "template")).data


@pytest.fixture(scope="session")
def server(binaries, template, scratch):
    """The session's server. Who stops it starts it again."""
    s = pglib.Server(binaries, os.path.join(scratch, "pg"), template).start()
    yield s
    if s.running():
        s.stop("immediate")


@pytest.fixture
def new_server(binaries, template, scratch):
    """Makes servers of the test's own: new_server(wal_level="replica")."""
    made = []

    def make(**settings):
        path = os.path.join(scratch, f"own-{random.getrandbits(32):08x}")
        made.append(pglib.Server(binaries, path, template, settings))
        return made[-1].start()
    yield make
    for s in made:
        if s.running():
            s.stop("immediate")
        shutil.rmtree(s.dir, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _broker(request, scratch):
    """Started beside the first tests, if any test needs it: Java takes its time."""
    k = Kafka(os.path.join(scratch, "kafka"))
    if any("kafka" in item.fixturenames for item in request.session.items):
        k.start_aside()
    yield k
    k.remove()


@pytest.fixture
def kafka(_broker):
    """The session's Kafka; up again if the last test left it down."""
    return _broker.up()


@pytest.fixture
def kafka_proxy(kafka):
    """The broker behind a fault proxy."""
    p = KafkaProxy(kafka)
    yield p
    p.close()


@pytest.fixture
def seed(request):
    """Reproducible randomness: the test's name is the seed."""
    return random.Random(request.node.nodeid)


@pytest.fixture
def db(server, request):
    """A database with a publication for all tables."""
    d = server.database(request.node.originalname[5:])
    d.publish()
    yield d
    d.drop()


@pytest.fixture
def role(server, db):
    """A role that may replicate, and nothing else."""
    name = f"limited_{db.name}"[:60]
    server.sql(f"create role {name} login replication")
    yield name
    db.sql(f"drop owned by {name}")
    server.sql(f"drop role {name}")


@pytest.fixture
def pgwake(db, tmp_path, request):
    """Starts the program: pgwake(broker, postgres={..}, kafka={..}, ...); prints without one."""
    return _starter(db, tmp_path, request)


@pytest.fixture
def starter(tmp_path, request):
    """pgwake for another database than `db`: starter(database)."""
    return lambda db: _starter(db, tmp_path, request)


@pytest.fixture
def snapshot(db, kafka, pgwake, tmp_path):
    """Makes snapshots that can be held: snapshot(threads=2, ..)."""
    made = []

    def make(*args, **settings):
        made.append(Snapshot(db, kafka, pgwake, tmp_path, *args, **settings))
        return made[-1]
    yield make
    for s in made:
        s.close()


def settings_for(db, kafka=None, user=pglib.SUPERUSER):
    """What every test's configuration begins with."""
    settings = {
        "prefix": db.prefix,
        "postgres": {"dsn": db.server.conninfo(db.name, user), "slot": db.slot,
                     "publication": db.publication},
        "snapshot": {"mode": "no_data"},
        "format": {"schemas": False},
    }
    if kafka:
        settings["kafka"] = {"bootstrap_servers": kafka.bootstrap,
                             "reconnect_backoff_max_ms": 500}
    return settings


def _starter(db, tmp_path, request):
    request.node.agents = agents = getattr(request.node, "agents", [])

    def start(broker=None, wait=True, args=(), stdout=None, user=pglib.SUPERUSER, directory=None,
              **over):
        path = directory or os.path.join(tmp_path, f"agent{len(agents)}")
        os.makedirs(path, exist_ok=True)
        settings = agentlib.merge(settings_for(db, broker, user), over)
        if not broker:
            settings = agentlib.merge({"state": {"file": os.path.join(path, "state")}}, settings)
        agent = agentlib.Agent(db, path, settings, broker, args, stdout)
        agents.append(agent)
        return agent.wait_streaming() if wait else agent

    def finish():
        for agent in agents:
            agent.close()
    request.addfinalizer(finish)
    return start
