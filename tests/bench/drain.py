"""Draining a backlog: one run of one reader, and its figures.

Rows per second are source rows by the broker's clock, from the first record
appended to the last; for a reader without Kafka from the first row read to
the last. `from start` counts from the start of the program.
"""
import time

from meter import Meter
from readers import READERS
from rig import Run

QUIET = 0.3         # seconds without a new record that end a drain
LOOK = 0.04         # seconds between two looks at the topics


def drain(rig, workload, name, readers=READERS, sample_size=False):
    """The figures of one run; with `sample_size` only the size of its records is kept."""
    reader = readers[name]
    with Run(rig, workload) as run:
        run.begin(reader.to_kafka)
        run.start(reader)
        meter = Meter(run)
        if reader.to_kafka:
            figures = watch_topics(run, meter, reader)
            if sample_size:
                rig.record_size[workload, name] = run.topics.record_bytes()
        else:
            figures = watch_process(run, meter)
    return {k: rounded(v) for k, v in figures.items()}


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def watch_topics(run, meter, reader):
    wanted = reader.records(run.workload)
    count, grown = 0, time.monotonic()
    while True:
        alive = run.process.poll() is None
        meter.sample()
        seen = run.topics.count()
        if seen > count:
            count, grown = seen, time.monotonic()
            meter.mark()
        quiet = time.monotonic() - grown
        if quiet > (QUIET if count >= wanted else reader.patience) or not alive:
            break
        # A look at many topics is not free.
        time.sleep(LOOK if len(run.tables) == 1 else 10 * LOOK)
    foreign = meter.foreign()
    count = max(run.topics.count(), count)
    if count != wanted:
        raise RuntimeError(f"{count} records instead of {wanted}; {run.said()}")
    return {**speed(run), **meter.figures(), "foreign": foreign, "records": count,
            "stored_bytes": run.topics.stored_bytes() / count}


def speed(run):
    rows = run.workload.rows
    first, last = run.topics.appended()
    return {"seconds": last - first, "rate": rows / max(last - first, 0.001),
            "rate_from_start": rows / (last - run.spawned), "first_s": first - run.spawned}


def watch_process(run, meter):
    """A reader without Kafka: its own figures, or those of the whole process."""
    meter.mark()
    while run.process.poll() is None:
        meter.mark()
        time.sleep(LOOK / 2)
    seconds = time.time() - run.spawned
    if run.process.returncode:
        raise RuntimeError(run.said())
    own = run.report() or {"rows": run.workload.rows, "seconds": seconds,
                           "from_start": seconds, "cpu": meter.cpu}
    return {"seconds": own["seconds"], "rate": own["rows"] / own["seconds"],
            "rate_from_start": own["rows"] / own["from_start"],
            "first_s": own["from_start"] - own["seconds"],
            **meter.figures(), "cpu": own["cpu"], "cpu_own": own["cpu"],
            "foreign": meter.foreign()}
