"""What processes have used: CPU seconds by role and by thread, peak memory."""
import os
import time

TICKS = os.sysconf("SC_CLK_TCK")
KAFKA_THREADS = "rdk:"      # librdkafka names its threads so


def fields(path):
    """The numbers behind the name in a stat file, or None when the process is gone."""
    try:
        with open(path) as f:
            name, _, rest = f.read().partition("(")[2].rpartition(")")
    except (OSError, ValueError):
        return None
    return name, rest.split()


def cpu_seconds(pid, with_children=False):
    """User and system time; `with_children` also that of those it has waited for."""
    found = fields(f"/proc/{pid}/stat")
    if not found:
        return 0.0
    return sum(map(int, found[1][11:15 if with_children else 13])) / TICKS


def thread_seconds(pid):
    """{(thread, name): CPU seconds}"""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return {}
    found = {t: fields(f"/proc/{pid}/task/{t}/stat") for t in threads}
    return {(t, f[0]): sum(map(int, f[1][11:13])) / TICKS for t, f in found.items() if f}


def peak_rss_mb(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            return next(int(s.split()[1]) for s in f if s.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return 0.0


def busy_seconds():
    """CPU seconds that all processes of the machine have used, and that others took from it."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


class Meter:
    """A reader, the server processes that serve it, and the broker, since a moment.

    sample() keeps what it has seen of processes that end. Foreign is what
    everything else on the machine used: none of reader, PostgreSQL, broker,
    driver.
    """

    def __init__(self, run):
        self.run, self.pid = run, run.process.pid
        self.broker = run.kafka.process.pid
        self.postmaster = run.server.pids()[0]
        self.began = time.monotonic()
        self.broker_before = cpu_seconds(self.broker)
        self.before = self._everything()
        self.threads, self.backends = {}, {}
        self.cpu = self.rss = 0.0
        self.marks = []
        self._next_look = 0.0

    def _everything(self):
        times = os.times()
        server = cpu_seconds(self.postmaster, True) + sum(
            cpu_seconds(p) for p in self.run.server.pids()[1:])
        return {"busy": busy_seconds(), "server": server, "broker": cpu_seconds(self.broker),
                "driver": times.user + times.system + times.children_user + times.children_system}

    def sample(self):
        now = time.monotonic()
        if now >= self._next_look:      # asking the server for its processes costs something
            self._next_look = now + 0.3
            self.backends = {**dict.fromkeys(self.run.backends(), 0.0), **self.backends}
        for p in self.backends:
            self.backends[p] = max(self.backends[p], cpu_seconds(p))
        self.cpu = max(self.cpu, cpu_seconds(self.pid))
        self.rss = max(self.rss, peak_rss_mb(self.pid))
        for thread, seconds in thread_seconds(self.pid).items():
            self.threads[thread] = max(self.threads.get(thread, 0.0), seconds)

    def mark(self):
        """The cores of figures() are between the first and the last of these."""
        self.sample()
        self.marks.append((time.monotonic(), self._roles()))
        del self.marks[1:-1]

    def _roles(self):
        kafka = sum(s for (_, name), s in self.threads.items()
                    if name.startswith(KAFKA_THREADS))
        return {"reader": self.cpu, "librdkafka": kafka, "server": sum(self.backends.values()),
                "broker": cpu_seconds(self.broker) - self.broker_before}

    def foreign(self):
        """Cores."""
        after = self._everything()
        used = {k: after[k] - self.before[k] for k in after}
        ours = used["server"] + used["broker"] + used["driver"]
        if self.run.process.returncode is None:     # else it is among the driver's children
            ours += cpu_seconds(self.pid)
        return max(used["busy"] - ours, 0.0) / max(time.monotonic() - self.began, 0.1)

    def figures(self):
        """As of the last mark."""
        (begin, first), (end, last) = self.marks[0], self.marks[-1]
        seconds = max(end - begin, 0.05)
        return {"cpu": last["reader"], "cpu_kafka": last["librdkafka"],
                "cpu_own": max(last["reader"] - last["librdkafka"], 0.0),
                "server": last["server"], "broker": last["broker"], "rss_mb": self.rss,
                "cores": {k: (last[k] - first[k]) / seconds for k in last}}
