"""Starting, watching and ending the program under test."""
import os
import re
import signal
import subprocess
import time

from records import Record
from waiting import wait_until

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("PGWAKE_BIN", os.path.join(TREE, "build", "pgwake"))


def clean_environment():
    """Nothing of ours may configure the program by accident."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")}


def libconfig(value, indent=""):
    """A value in libconfig's syntax; a dict is a group, a list a list."""
    if isinstance(value, dict):
        inner = "".join(f"{indent}  {k} = {libconfig(v, indent + '  ')};\n"
                        for k, v in value.items())
        return "{\n" + inner + indent + "}"
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(libconfig(v, indent) for v in value) + " )"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def write_config(path, settings):
    """`settings` is {"prefix": .., "postgres": {..}, ..}."""
    with open(path, "w") as f:
        f.writelines(f"{k} = {libconfig(v)};\n" for k, v in settings.items())


def merge(base, over):
    """`over` laid over `base`; None removes a key."""
    out = dict(base)
    for k, v in over.items():
        if v is None:
            out.pop(k, None)
        elif isinstance(v, dict):
            out[k] = merge(out.get(k, {}), v)
        else:
            out[k] = v
    return out


def run(*args, timeout=30, env=None, stdin=None):
    """The program to its end: CompletedProcess with text."""
    return subprocess.run([BINARY, *args], stdin=stdin or subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout, env={**clean_environment(), **(env or {})})


class Agent:
    """One life of the program. With `kafka` it publishes there, else it prints."""

    def __init__(self, db, directory, settings, kafka=None, args=(), stdout=None):
        self.db, self.kafka = db, kafka
        self.config = os.path.join(directory, "pgwake.conf")
        self.errors = os.path.join(directory, "stderr.log")
        self.output = os.path.join(directory, "stdout.jsonl")
        write_config(self.config, settings)
        self._offset = 0
        self._partial = b""
        self._reader = None
        self._seen = []
        command = [BINARY, "-c", self.config, *args]
        if not kafka:
            command.append("--stdout")
        with open(self.errors, "ab") as err, open(self.output, "ab") as out:
            self._log_start = err.tell()
            self._offset = out.tell()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=directory,
                                            stdout=stdout or out, stderr=err,
                                            env=clean_environment())
        self.pid = self.process.pid

    # -- life

    def running(self):
        return self.process.poll() is None

    def streaming(self):
        """Is the slot in our hands, with all there was sent?"""
        assert self.running(), f"pgwake ended with {self.process.returncode}:\n{self.log()}"
        sender = self.db.walsender()
        return sender and sender[1] == "streaming"

    def wait_streaming(self, timeout=20):
        try:
            wait_until(self.streaming, "the slot to be streamed from", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.log()}") from None
        return self

    def wait_log(self, pattern, timeout=15):
        """Wait for a line of the log that matches; returns the match."""
        def found():
            return re.search(pattern, self.log())
        try:
            return wait_until(found, f"{pattern!r} in the log", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.log()}") from None

    def wait_complete(self, timeout=30):
        """Wait until every row of the snapshot is delivered."""
        self.wait_log("the snapshot is complete|level=error", timeout)
        assert "the snapshot is complete" in self.log(), self.log()
        return self

    def wait_exit(self, code, timeout=15):
        """Wait for the end; it must be with this exit code. Returns the log."""
        try:
            got = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"pgwake still runs after {timeout} s:\n{self.log()}") from None
        assert got == code, f"exit code {got}, not {code}:\n{self.log()}"
        return self.log()

    def stop(self, timeout=5):
        """SIGTERM; must end with 0 in time. Returns the seconds it took."""
        assert self.running(), f"pgwake ended with {self.process.returncode}:\n{self.log()}"
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.wait_exit(0, timeout)
        return time.monotonic() - began

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self.close()

    def signal(self, number):
        self.process.send_signal(number)

    def close(self):
        if self.running():
            self.process.kill()
            self.process.wait()
        if self._reader:
            self._reader.close()
            self._reader = None

    # -- what it says

    def log(self):
        """Standard error of this life."""
        with open(self.errors, "rb") as f:
            f.seek(self._log_start)
            return f.read().decode("utf-8", "replace")

    def log_lines(self, level=None):
        lines = self.log().splitlines()
        return [s for s in lines if level is None or f"level={level}" in s]

    def peak_rss_mb(self):
        """VmHWM; only while it runs."""
        with open(f"/proc/{self.pid}/status") as f:
            kb = next(int(s.split()[1]) for s in f if s.startswith("VmHWM"))
        return kb / 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # -- what it delivers

    def printed(self):
        """Raw lines of this life that are complete, not returned before."""
        with open(self.output, "rb") as f:
            f.seek(self._offset)
            data = self._partial + f.read()
            self._offset = f.tell()
        *lines, self._partial = data.split(b"\n")
        return lines

    def _arrived(self):
        if self.kafka:
            if not self._reader:
                self._reader = self.kafka.reader(self.db.prefix)
            return self._reader.rest()
        return [Record.from_line(line) for line in self.printed()]

    def records(self, count, timeout=15):
        """Wait for at least so many records; all that arrived since the last call."""
        def enough():
            self._seen += self._arrived()
            return len(self._seen) >= count or not self.running()
        try:
            wait_until(enough, f"{count} records", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}; got {self._seen}\n{self.log()}") from None
        assert len(self._seen) >= count, f"pgwake ended:\n{self.log()}"
        seen, self._seen = self._seen, []
        return seen

    def delivered(self, timeout=15):
        """Wait until all that is committed is confirmed; all records not returned before."""
        position = self.db.wal_lsn()

        def confirmed():
            assert self.running(), f"pgwake ended with {self.process.returncode}"
            return self.db.confirmed() >= position
        try:
            wait_until(confirmed, "everything to be confirmed", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}; got {self._seen + self._arrived()}\n{self.log()}") from None
        return self.records(0)
