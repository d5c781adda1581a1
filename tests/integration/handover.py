"""A snapshot while writers are at work and things break, then a look at what came of it."""
import os
import signal

from replica import Replica
from traffic import Traffic
from waiting import TimedOut, wait_until


class Handover:
    """`start` is the fixture pgwake; `settings` are those of its snapshot."""

    def __init__(self, db, kafka, start, rng, directory, root=False, state_file=False, scale=1.0,
                 **settings):
        self.db, self.kafka, self.rng, self._start = db, kafka, rng, start
        self.root = root
        self.over = {"snapshot": {"mode": "initial", **settings}, "directory": str(directory)}
        if state_file:
            self.over["state"] = {"file": os.path.join(directory, "state")}
        db.publish("for all tables", f"with (publish_via_partition_root = {root})")
        self.traffic = Traffic(db, rng, scale)
        self.agent = None
        self.done = []          # what has broken so far

    def start(self):
        self.agent = self._start(self.kafka, wait=False, **self.over)

    def complete(self):
        assert self.agent.running(), f"it ended with {self.agent.process.returncode}:\n{self.agent.log()}"
        return "the snapshot is complete" in self.agent.log()

    def wait_complete(self, timeout=120):
        try:
            wait_until(self.complete, "the snapshot to be complete", timeout)
        except TimedOut as e:
            raise AssertionError(f"{e}, after {self.done}\n{self.agent.log()}") from None

    # -- what breaks

    def disturb(self, misfortunes, times):
        """One after the other at random moments, until the snapshot is complete in spite of them."""
        for _ in range(times):
            if self._lasts(self.rng.random() ** 2 * 1.5):
                what, *arguments = self.rng.choice(misfortunes)
                self.done.append(" ".join([what.__name__, *map(str, arguments)]))
                what(*arguments)

    def _lasts(self, seconds):
        """Let it work so long. False: it is complete."""
        try:
            wait_until(self.complete, "", seconds)
        except TimedOut:
            return True
        return False

    def kill_agent(self):
        self.agent.kill9()
        self.start()

    def stop_agent(self):
        self.agent.signal(signal.SIGTERM)
        code = self.agent.process.wait(20)
        assert code in (0, -signal.SIGTERM), self.agent.log()     # it may not have begun yet
        self.start()

    def end_backend(self, how):
        """A reader, the holder, the stream's or the one for queries: whichever it hits."""
        self.db.sql(f"select pg_{how}_backend(pid) from (select pid from pg_stat_activity where"
                    " datname = current_database() and application_name like 'pgwake%%'"
                    " order by random() limit 1) any_one")

    def restart_postgres(self, mode):
        self.db.forget_connection()
        self.db.server.restart(mode)

    def restart_kafka(self, sig):
        self.kafka.stop(sig)
        self.kafka.start().ready()

    # -- in the end

    def settle(self, timeout=120):
        """All that was written is delivered: the records."""
        self.db.wait_confirmed(timeout=timeout)
        reader = self.kafka.reader(self.db.prefix)
        records = reader.rest(timeout)
        reader.close()
        return records

    def check(self, records, strict):
        """The topics tell the truth."""
        kinds = self.traffic.kinds(self.root)
        replica = Replica(kinds, strict, self.traffic.undone).apply_all(records)
        replica.compare(self.traffic.source(self.root))
        return replica
