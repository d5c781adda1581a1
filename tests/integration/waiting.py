"""Waiting for conditions: the only place in the tests that sleeps."""
import os
import socket
import time


class TimedOut(AssertionError):
    pass


def wait_until(condition, what, timeout=15.0, step=0.02):
    """Return the first true answer of `condition`; fail with `what` after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimedOut(f"timed out after {timeout:g} s waiting for {what}")
        time.sleep(step)


def stays(condition, seconds, what, step=0.05):
    """Fail if `condition` stops being true within `seconds`: for what must not happen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), what
        time.sleep(step)


def free_port():
    """A loopback port nobody listens on; from PGWAKE_TEST_PORTS=LOW-HIGH where that is set."""
    wanted = os.environ.get("PGWAKE_TEST_PORTS")
    low, high = map(int, wanted.split("-")) if wanted else (0, 0)
    for port in range(low, high + 1):
        if port in _given:
            continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(s.getsockname()[1])
            return s.getsockname()[1]
    raise RuntimeError("no free port in PGWAKE_TEST_PORTS")


_given = set()
