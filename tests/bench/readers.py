"""The readers: command lines, and how many records each makes of a workload."""
import os

import paths                    # noqa: F401
import agentlib

PIPE = os.path.join(os.path.dirname(agentlib.BINARY), "bench", "pipe")
NAP_US = 200


class Reader:
    """What is measured."""
    to_kafka = True
    patience = 60       # seconds without a new record after which it is given up
    warm_up = 3         # seconds of load before its latency is measured

    def __init__(self, about):
        self.about = about

    def command(self, run):
        raise NotImplementedError

    def environment(self, run):
        return {}

    def records(self, workload):
        return workload.rows


class Pipe(Reader):
    """tests/bench/pipe.c; without `to_kafka` the null reader.

    `pad_to` is the name of the reader whose measured record size it pads to.
    """

    def __init__(self, about, to_kafka=True, nap=False, pad_to=None, tcp=False):
        super().__init__(about)
        self.to_kafka, self.nap, self.pad_to, self.tcp = to_kafka, nap, pad_to, tcp

    def command(self, run):
        w = run.workload
        conninfo = run.conninfo(tcp=self.tcp)
        if w and not w.slot:
            command = [PIPE, "-c", conninfo, "-C", w.tables[0]]
        else:
            conninfo += " replication=database"
            if w and w.work_mem_mb:
                conninfo += f" options='-c logical_decoding_work_mem={w.work_mem_mb}MB'"
            command = [PIPE, "-c", conninfo, "-S", run.slot, "-n", str(w.rows if w else 0)]
        if self.nap:
            command += ["-w", str(NAP_US)]
        if self.to_kafka:
            command += ["-b", run.kafka.bootstrap, "-t", run.prefix, "-z", run.rig.compression]
        if self.pad_to:
            # Without the key of four bytes.
            size = run.rig.record_size[run.name, self.pad_to]
            command += ["-s", str(max(round(size) - 4, 0))]
        return command


class Pgwake(Reader):
    """The program of this tree, with its default settings but for what is named."""

    def __init__(self, about, schemas=False, tcp=False, threads=None):
        super().__init__(about)
        self.schemas, self.tcp, self.threads = schemas, tcp, threads

    def command(self, run):
        path = os.path.join(run.dir, "pgwake.conf")
        postgres = {"dsn": run.conninfo(tcp=self.tcp), "slot": run.slot, "publication": "bench"}
        if run.workload and run.workload.work_mem_mb:
            postgres["logical_decoding_work_mem_mb"] = run.workload.work_mem_mb
        agentlib.write_config(path, {
            "prefix": run.prefix, "postgres": postgres,
            "kafka": {"bootstrap_servers": run.kafka.bootstrap,
                      "compression_type": run.rig.compression},
            "snapshot": {"mode": "no_data"},
            "state": {"topic": f"__pgwake_state.{run.slot}"},
            "format": {"schemas": self.schemas}})
        command = [agentlib.BINARY, "-c", path]
        if self.threads:
            command += ["-o", "snapshot.mode=initial_only",
                        "-o", f"snapshot.threads={self.threads}"]
        return command

    def records(self, workload):
        return workload.rows + workload.deletes       # a tombstone for each delete


READERS = {
    "rx": Pipe("null reader: libpq, discards", to_kafka=False),
    "pipe": Pipe("raw bytes to Kafka"),
    "pipe-nap": Pipe("the same with a nap of 200 us", nap=True),
    "pipe-pad": Pipe("with the nap, padded to pgwake's record size", nap=True, pad_to="pgwake"),
    "pipe-pad-s": Pipe("with the nap, padded to the size of pgwake-s's records", nap=True,
                       pad_to="pgwake-s"),
    "pgwake": Pgwake("format.schemas = false"),
    "pgwake-s": Pgwake("format.schemas = true", schemas=True),
    "rx-tcp": Pipe("null reader over TCP", to_kafka=False, tcp=True),
    "pipe-pad-tcp": Pipe("the padded pipe over TCP", nap=True, pad_to="pgwake", tcp=True),
    "pgwake-tcp": Pgwake("over TCP", tcp=True),
}
