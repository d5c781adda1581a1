"""From the snapshot to the stream: nothing missing, nothing stale, whatever breaks meanwhile.

    make chaos [CHAOS_SECONDS=600] [CHAOS_ROUNDS=1000] [SEED=7]

is the long form of the last test, with other tables, settings and misfortunes
in each round.
"""
import os
import random
import signal
import time

import pytest

from handover import Handover

pytestmark = pytest.mark.scenario(13)

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "inf"))
SEED = os.environ.get("SEED", "1")
BEGAN = time.monotonic()


@pytest.mark.parametrize("threads, root", [(1, False), (4, True)])
def test_joined(db, pgwake, kafka, seed, tmp_path, threads, root):
    """One round: no row is read twice, no change is told before the row it changes."""
    h = Handover(db, kafka, pgwake, seed, tmp_path, root, threads=threads, chunk_kbytes=64)
    with h.traffic.write() as writers:
        writers.reached(100)
        h.start()
        h.wait_complete()
        writers.reached(writers.transactions + 200)
    h.check(h.settle(), strict=True)
    h.agent.stop()


@pytest.mark.parametrize("state_file", [False, True])
def test_killed(db, pgwake, kafka, seed, tmp_path, state_file):
    """kill -9 of the agent; its progress survives in the topic and in a file."""
    h = Handover(db, kafka, pgwake, seed, tmp_path, state_file=state_file, threads=2,
                 chunk_kbytes=8, scale=0.5)
    with h.traffic.write(pause=0.03) as writers:
        h.start()
        h.disturb([(h.kill_agent,)], 4)
        h.wait_complete()
        writers.reached(writers.transactions + 100)
    h.check(h.settle(), strict=False)
    h.agent.stop()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_chaos(db, pgwake, kafka, tmp_path, number):
    """Everything at random: settings, kill -9, restarts of PostgreSQL and of Kafka, short rounds."""
    if time.monotonic() - BEGAN > SECONDS:
        pytest.skip("the time is over")
    rng = random.Random(f"{SEED} {number}")
    settings = {"threads": rng.randint(1, 4), "chunk_kbytes": rng.choice([8, 8, 32, 256]),
                "round_max_ms": rng.choice([500, 2000, 60_000])}
    h = Handover(db, kafka, pgwake, rng, tmp_path, root=rng.random() < 0.5,
                 state_file=rng.random() < 0.5, scale=rng.choice([1, 2, 4]), **settings)
    print(f"SEED={SEED}, round {number}: {settings} root={h.root} {h.over.get('state')}")
    misfortunes = [(h.kill_agent,)] * 12 + [(h.stop_agent,)] * 2 + [
        *[(h.end_backend, how) for how in ("terminate", "terminate", "cancel")],
        (h.restart_postgres, "fast"), (h.restart_postgres, "immediate"),
        (h.restart_kafka, signal.SIGTERM), (h.restart_kafka, signal.SIGKILL)]
    with h.traffic.write(pause=rng.choice([0.03, 0.1])) as writers:
        h.start()
        h.disturb(misfortunes, 4 if ROUNDS == 1 else 20)
        h.wait_complete()
        writers.reached(writers.transactions + 100)
    replica = h.check(h.settle(), strict=False)
    print(f"{h.done}; {writers.transactions} transactions, {writers.lost} lost, {replica}")
    h.agent.stop(10)
