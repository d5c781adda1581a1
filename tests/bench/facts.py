"""What a result was measured on and with."""
import os
import platform
import re
import subprocess

from paths import HERE
from rig import BROKER, BROKER_JAVA, SETTINGS
from workloads import SCALE


def said(*command):
    """A command's output, or nothing where it cannot run."""
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, cwd=HERE).stdout.strip()
    except OSError:
        return ""


def proc_value(path, key):
    with open(path) as f:
        found = re.search(rf"^{key}\s*:\s*(.+)$", f.read(), re.M)
    return found[1] if found else "unknown"


def machine():
    memory = int(proc_value("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    return {"cpu": proc_value("/proc/cpuinfo", "model name"), "cores": os.cpu_count(),
            "memory_gb": round(memory), "kernel": platform.release(),
            "virtual": said("systemd-detect-virt") or "unknown",
            "load_before": os.getloadavg()[0]}


def settings(rig, runs, latency_seconds, disturbed):
    jars = os.listdir(os.path.dirname(rig.kafka.classpath))
    kafka = [m[1] for j in jars if (m := re.match(r"kafka-clients-([\d.]+)\.jar", j))]
    return {"scale": SCALE, "runs": runs, "latency_seconds": latency_seconds,
            "compression": rig.compression, "disturbed_cores": disturbed,
            "commit": said("git", "describe", "--always", "--dirty"),
            "compiler": said("cc", "-dumpfullversion"),
            "postgresql": rig.server.sql("show server_version")[0][0],
            "libpq": said("pkg-config", "--modversion", "libpq"),
            "librdkafka": said("pkg-config", "--modversion", "rdkafka"),
            "kafka": "".join(kafka), "java": said("java", "--version").split("\n")[0],
            "postgresql_settings": SETTINGS, "broker_settings": BROKER,
            "broker_java": " ".join(BROKER_JAVA)}
