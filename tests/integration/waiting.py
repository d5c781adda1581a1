"""Waiting for conditions: the only place in the tests that sleeps."""
import os
import random
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
    """A loopback port nobody listens on; from PGWAKE_TEST_PORTS=LOW-HIGH where that is set.

    Never one of those that the kernel gives to outgoing connections: while
    its server is down, a client that keeps trying could take it.
    """
    for port in _candidates:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port left")


def _ports():
    """Each port once, in an order of this process's own."""
    wanted = os.environ.get("PGWAKE_TEST_PORTS")
    if wanted:
        low, high = map(int, wanted.split("-"))
        return iter(range(low, high + 1))
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        outgoing = int(f.read().split()[0])
    ports = list(range(min(20_000, outgoing - 5000), outgoing))
    random.shuffle(ports)
    return iter(ports)


_candidates = _ports()
