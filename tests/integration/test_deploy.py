"""What is shipped beside the program: compose file, image, unit, example, demo."""
import os
import re
import shutil
import signal
import subprocess

import pytest
import yaml

import agentlib

TREE = agentlib.TREE


def read(*path):
    with open(os.path.join(TREE, *path), encoding="utf-8") as f:
        return f.read()


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(read("docker-compose.yml"))


def test_compose_holds_together(compose):
    services = compose["services"]
    assert {"postgres", "kafka", "pgwake", "workload", "consumer"} <= set(services)
    for name, service in services.items():
        assert "image" in service or "build" in service, name
        for other, how in service.get("depends_on", {}).items():
            assert other in services
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], other
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert os.path.exists(os.path.join(TREE, source)), source
            else:
                assert source in compose["volumes"], source


def test_compose_agrees_with_the_configuration(compose, tmp_path):
    """Names and ports of the containers are those that pgwake is told."""
    services = compose["services"]
    conf = read("deploy", "pgwake.container.conf")
    host = re.search(r"host=(\S+) dbname=(\S+) user=(\w+)", conf)
    assert host.group(1) in services
    assert host.group(2) == services["postgres"]["environment"]["POSTGRES_DB"]
    assert services["pgwake"]["environment"]["PGPASSWORD"] == \
        services["postgres"]["environment"]["PGWAKE_PASSWORD"]
    broker = re.search(r'bootstrap_servers = "(\w+):(\d+)"', conf)
    kafka = services[broker.group(1)]["environment"]
    assert f"PLAINTEXT://{broker.group(1)}:{broker.group(2)}" in kafka["KAFKA_ADVERTISED_LISTENERS"]
    command = " ".join(services["postgres"]["command"])
    assert "wal_level=logical" in command


@pytest.mark.skipif(subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
                    if shutil.which("docker") else True, reason="no docker compose here")
def test_compose_is_understood_by_docker():
    done = subprocess.run(["docker", "compose", "config", "-q"], cwd=TREE,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ["pgwake.conf", "deploy/pgwake.container.conf"])
def test_shipped_configurations_are_valid(path):
    done = agentlib.run("-c", os.path.join(TREE, path), "--print-config")
    assert done.returncode == 0, done.stderr


def test_image_is_built_from_what_is_there():
    """Every file that is copied exists, and all build packages are those of tests/tools/deps."""
    text = read("Dockerfile").replace("\\\n", " ")
    for source in re.findall(r"^COPY (?!--from)(\S+)", text, re.M):
        assert os.path.exists(os.path.join(TREE, source)), source
    build = set(re.search(r'^build="([^"]*)"', read("tests", "tools", "deps"), re.M)
                .group(1).split())
    installed = [set(words.split()) for words in
                 re.findall(r"--no-install-recommends\s+(.*?)\s+&&", text)]
    assert build == installed[0]
    assert re.search(r"^USER pgwake$", text, re.M)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_unit_is_valid(tmp_path):
    unit = tmp_path / "pgwake.service"
    program = tmp_path / "bin" / "pgwake"
    program.parent.mkdir()
    shutil.copy(agentlib.BINARY, program)
    unit.write_text(read("deploy", "pgwake.service").replace("@PREFIX@", str(tmp_path))
                    .replace("Documentation=man:pgwake(1)\n", ""))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert "pgwake.service" not in done.stdout + done.stderr, done.stderr


def test_unit_does_not_repeat_what_a_restart_cannot_cure():
    text = read("deploy", "pgwake.service")
    assert "Restart=on-failure" in text
    assert re.search(r"^RestartPreventExitStatus=2 3$", text, re.M)


def demo(seconds, request, **env):
    return subprocess.Popen([os.path.join(TREE, "deploy", "demo")], start_new_session=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**agentlib.clean_environment(), "DEMO_SECONDS": str(seconds),
                                 "PG": request.config.getoption("--pg"),
                                 "PGWAKE_BIN": agentlib.BINARY,
                                 **env},
                               # a runner in the background has it ignored, and bash cannot undo that
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def left_behind():
    """Processes that work in the demo's directory, and the directory itself."""
    home = os.path.join(TREE, ".demo")
    found = [home] if os.path.exists(home) else []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd").startswith(home):
                found.append(pid)
        except OSError:
            pass        # it ended
    return found


def test_demo_counts_what_arrives(request):
    """Example database, workload, PostgreSQL, Kafka and agent: make demo."""
    process = demo(3, request)
    text, _ = process.communicate(timeout=180)
    assert process.returncode == 0, text
    there, made, read = map(int, re.search(
        r"demo: (\d+) rows were there, (\d+) changed, (\d+) records read", text).groups())
    assert there == 9 and made > 10 and read == there + made
    for table in ("customers", "products", "invoices"):
        assert re.search(rf"^{table}\s+r \{{", text, re.M), table
    for table, op in ("customers", "c"), ("products", "u"), ("invoices", "c"):
        assert re.search(rf"^{table}\s+{op} \{{", text, re.M), table
    assert re.search(r"^unconfirmed +\d", text, re.M)
    assert left_behind() == []


def test_demo_ends_with_a_signal(request):
    """Ctrl-C: what is under way arrives, nothing stays behind."""
    process = demo(0, request)
    lines = iter(process.stdout.readline, "")
    assert any(line.startswith("customers ") for line in lines)
    process.send_signal(signal.SIGINT)
    text = process.communicate(timeout=120)[0]
    assert process.returncode == 0, text
    assert left_behind() == []
