#!/usr/bin/env python3
"""Record what the Debezium PostgreSQL connector emits for the scenarios.

    run_oracle.py [options] [scenario ...]

Without names every scenario is recorded. A scenario is a directory below
scenarios/, or below DIR with --scenarios DIR; a name may be its number alone. The result replaces the scenario's
expected.jsonl, or goes to OUT/<scenario>.jsonl with --out OUT.

With --program CMD, CMD is run in place of Debezium; with --live CMD, beside it
on the same server, and the recordings go to OUT/oracle and OUT/program. In CMD,
{properties} and {output} stand for the file with the options and the file to
append records to. CMD has to use the slot and the publication named in the
options, keep its position in offset.storage.file.filename or where it likes,
and end in good order on SIGTERM.

A throwaway PostgreSQL server (wal_level=logical) is started for the run and
stopped afterwards. Nothing outside the scratch directory is touched.

Environment: PG_BIN (server binaries; PostgreSQL 15 if it is there, else the
newest below /usr/lib/postgresql), CONFORMANCE_SCRATCH (default: a new temporary
directory, removed at the end), CONFORMANCE_PORT (default: a free one),
CONFORMANCE_QUIET (seconds without output that count as "all delivered",
default 0.6), JAVA, MVN.
"""
import argparse
import glob
import os
import queue
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import compare

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = os.path.join(HERE, "scenarios")
DATABASE = "conformance"
USER = "postgres"


class Failure(Exception):
    pass


def find_pg_bin():
    given = os.environ.get("PG_BIN")
    if given:
        return given
    found = {int(p.split("/")[4]): os.path.dirname(p) for p in glob.glob("/usr/lib/postgresql/*/bin/initdb")}
    if found:
        return found[15 if 15 in found else max(found)]
    initdb = shutil.which("initdb")
    if initdb:
        return os.path.dirname(os.path.realpath(initdb))
    raise Failure("no PostgreSQL server binaries; set PG_BIN")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, test, seconds, step=0.05):
    end = time.time() + seconds
    while time.time() < end:
        if test():
            return
        time.sleep(step)
    raise Failure("timed out waiting for " + what)


class Server:
    """A PostgreSQL cluster of our own."""

    def __init__(self, scratch, port):
        self.bin = find_pg_bin()
        self.dir = os.path.join(scratch, "pg")
        self.log = os.path.join(scratch, "pg.log")
        self.sock = scratch
        self.port = port
        self.scratch = scratch
        self.started = False

    def as_owner(self, argv):
        if os.geteuid() == 0:
            argv = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + argv
        env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
        done = subprocess.run(argv, env=env, cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Failure("%s: %s" % (" ".join(argv), done.stdout))

    def start(self):
        if os.geteuid() == 0:
            shutil.chown(self.scratch, "postgres", "postgres")
            os.chmod(self.scratch, 0o755)
        if os.path.exists(self.dir):
            shutil.rmtree(self.dir)
        self.as_owner([os.path.join(self.bin, "initdb"), "-D", self.dir, "-U", USER, "-A", "trust",
                       "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        with open(os.path.join(self.dir, "postgresql.conf"), "a") as conf:
            conf.write("""
listen_addresses = '127.0.0.1'
port = %d
unix_socket_directories = '%s'
wal_level = logical
max_wal_senders = 10
max_replication_slots = 10
max_prepared_transactions = 10
wal_writer_delay = 10ms
fsync = off
autovacuum = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_monetary = 'C'
""" % (self.port, self.sock))
        self.as_owner([os.path.join(self.bin, "pg_ctl"), "-D", self.dir, "-l", self.log, "-w", "start"])
        self.started = True

    def hush(self, hushed=True):
        """No records of the server's own in the WAL: the background writer logs the transactions
        that run every 15 s, and positions that follow each other no longer do. It must go on
        before a database is dropped, which waits for it, and before the server is stopped."""
        pid = int(self.psql("select pid from pg_stat_activity where backend_type = 'background writer'",
                            "postgres"))
        os.kill(pid, signal.SIGSTOP if hushed else signal.SIGCONT)

    def stop(self):
        if self.started:
            self.hush(False)
            self.as_owner([os.path.join(self.bin, "pg_ctl"), "-D", self.dir, "-m", "immediate", "-w", "stop"])
            self.started = False

    def psql(self, sql, db=DATABASE):
        argv = [os.path.join(self.bin, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", db, "-f", "-"]
        env = dict(os.environ, PGCLIENTENCODING="UTF8", PGTZ="UTC", PGOPTIONS="")
        done = subprocess.run(argv, input=sql.encode(), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Failure("psql: " + done.stderr.decode(errors="replace").strip())
        return done.stdout.decode().strip()


class Oracle:
    """The Java process; it is kept for all scenarios because each start is slow."""

    def __init__(self, scratch):
        self.build = os.path.join(scratch, "oracle-build")
        self.log = os.path.join(scratch, "oracle.log")
        self.proc = None
        self.answers = queue.Queue()

    def compile(self):
        stamp = os.path.join(self.build, "stamp")
        sources = [os.path.join(HERE, "oracle", "pom.xml")]
        for parent, _, files in os.walk(os.path.join(HERE, "oracle", "src")):
            sources += [os.path.join(parent, f) for f in files]
        if os.path.exists(stamp) and os.path.getmtime(stamp) > max(map(os.path.getmtime, sources)):
            return
        subprocess.run([os.environ.get("MVN", "mvn"), "-q", "-B", "-f", os.path.join(HERE, "oracle", "pom.xml"),
                        "-Dstyle.color=never", "-Dbuild.dir=" + self.build, "package"],
                       check=True, stdin=subprocess.DEVNULL)
        with open(stamp, "w"):
            pass

    def start_process(self):
        classpath = os.path.join(self.build, "oracle-1.jar") + ":" + os.path.join(self.build, "lib", "*")
        argv = [os.environ.get("JAVA", "java"), "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Duser.language=en",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=" + os.environ.get("CONFORMANCE_LOG", "warn"),
                "-Dorg.slf4j.simpleLogger.showDateTime=true",
                "-cp", classpath, "pgwake.conformance.Oracle", "serve"]
        self.proc = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=open(self.log, "ab"))
        self.answers = queue.Queue()
        threading.Thread(target=self.read_answers, args=(self.proc, self.answers), daemon=True).start()

    @staticmethod
    def read_answers(proc, answers):
        for line in proc.stdout:
            answers.put(line.decode().strip())
        answers.put(None)

    def tell(self, text):
        if self.proc is None or self.proc.poll() is not None:
            self.start_process()
        self.proc.stdin.write((text + "\n").encode())
        self.proc.stdin.flush()

    def expect(self, wanted, seconds):
        end = time.time() + seconds
        while True:
            try:
                answer = self.answers.get(timeout=max(0.01, end - time.time()))
            except queue.Empty:
                raise Failure("oracle: no answer '%s' within %d s" % (wanted, seconds))
            if answer is None:
                raise Failure("oracle: process ended; see " + self.log)
            if answer == wanted:
                return
            if answer.startswith("failed"):
                raise Failure("oracle: " + answer)

    def start(self, props_file, output):
        self.tell("start " + props_file)
        self.expect("started", 60)

    def stop(self):
        self.tell("stop")
        self.expect("stopped", 60)

    def check(self):
        """Raise if the connector has reported a failure."""
        for answer in list(self.answers.queue):
            if answer is None or answer.startswith("failed"):
                raise Failure("oracle: %s; see %s" % (answer, self.log))

    def kill(self):
        if self.proc is not None:
            self.proc.kill()
            self.proc.wait()
            self.proc = None

    def quit(self):
        if self.proc is not None and self.proc.poll() is None:
            try:
                self.tell("quit")
                self.proc.wait(20)
            except (OSError, subprocess.TimeoutExpired):
                self.kill()
        self.proc = None


class Program:
    """Another program, started anew for each life of the connector."""

    def __init__(self, command, scratch):
        self.command = command
        self.log = os.path.join(scratch, "program.log")
        self.proc = None

    def start(self, props_file, output):
        argv = [a.replace("{properties}", props_file).replace("{output}", output) for a in shlex.split(self.command)]
        with open(self.log, "ab") as log:
            self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        self.proc.terminate()
        try:
            self.proc.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("program: does not end on SIGTERM")
        self.proc = None

    def check(self):
        if self.proc is not None and self.proc.poll() is not None:
            raise Failure("program: ended with status %d; see %s" % (self.proc.returncode, self.log))

    def kill(self):
        if self.proc is not None:
            self.proc.kill()
            self.proc.wait()
            self.proc = None

    quit = kill


class Side:
    """One of the programs that capture a scenario, with a slot and an output of its own."""

    def __init__(self, name, engine, scratch):
        self.name = name
        self.engine = engine
        self.slot = "conformance_" + name
        self.dir = os.path.join(scratch, "run_" + name)
        self.output = os.path.join(self.dir, "records.jsonl")
        self.props_file = os.path.join(self.dir, "connector.properties")
        self.position = self.count = 0

    def prepare(self, props):
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.position = self.count = 0
        props = dict(props, **{"slot.name": self.slot, "publication.name": self.slot,
                               "offset.storage.file.filename": os.path.join(self.dir, "offsets.dat"),
                               "conformance.output": self.output})
        with open(self.props_file, "w", encoding="utf-8") as f:
            for name in sorted(props):
                f.write("%s=%s\n" % (name, props[name].replace("\\", "\\\\")))

    def records_written(self):
        """How many records the output holds, without heartbeats: those never end."""
        if os.path.exists(self.output):
            with open(self.output, "rb") as f:
                f.seek(self.position)
                lines = f.read().split(b"\n")[:-1]
            self.position += sum(len(line) + 1 for line in lines)
            self.count += sum(1 for line in lines if b"heartbeat" not in line[:60])
        return self.count


def read_properties(path):
    props = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if line and line[0] not in "#!":
                name, _, value = line.partition("=")
                props[name.strip()] = value.strip()
    return props


class Recorder:
    def __init__(self, server, sides, scenarios=SCENARIOS):
        self.server = server
        self.sides = sides
        self.scenarios = scenarios
        self.quiet = float(os.environ.get("CONFORMANCE_QUIET", "0.6"))

    def drop_slots(self):
        self.server.psql("select pg_terminate_backend(active_pid) from pg_replication_slots where active", "postgres")

        def gone():
            self.server.psql("select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active",
                             "postgres")
            return self.server.psql("select count(*) from pg_replication_slots", "postgres") == "0"
        wait_for("the slots to be free", gone, 20)

    def start(self):
        for side in self.sides:
            side.engine.start(side.props_file, side.output)
        if self.streams:
            self.wait_streaming()
        else:
            wait_for("the first record", lambda: all(self.written()), 60)
        self.wait_delivered()

    def wait_streaming(self):
        def streaming():
            for side in self.sides:
                side.engine.check()
            return self.server.psql(
                "select count(*) from pg_replication_slots s join pg_stat_replication r on r.pid = s.active_pid"
                " where r.state = 'streaming'") == str(len(self.sides))
        wait_for("streaming to start", streaming, 60)

    def written(self):
        for side in self.sides:
            side.engine.check()
        return [side.records_written() for side in self.sides]

    def stop(self):
        for side in self.sides:
            side.engine.stop()
        # the server notices the end of a connection a little later
        wait_for("the slots to be free", lambda: self.server.psql(
            "select count(*) from pg_replication_slots where active") == "0", 20)

    def kill(self):
        for side in self.sides:
            side.engine.kill()

    def wait_delivered(self):
        """Wait until the walsenders have sent all of the WAL and the outputs have been quiet for a while.

        No marker row or message is used: each would show in source.sequence and the offsets.
        """
        if self.streams:
            self.wait_sent()
        seen, since, end = -1, time.time(), time.time() + 60
        while time.time() - since < self.quiet:
            now = sum(self.written())
            if now != seen:
                seen, since = now, time.time()
            if time.time() > end:
                raise Failure("records keep coming")
            time.sleep(0.02)

    def wait_sent(self):
        end = self.server.psql("select pg_current_wal_insert_lsn()")
        wait_for("the WAL to be sent", lambda: self.server.psql(
            "select count(*) from pg_stat_replication where sent_lsn >= least('%s', pg_current_wal_flush_lsn())"
            % end) == str(len(self.sides)), 60)

    def record(self, scenario, targets):
        directory = os.path.join(self.scenarios, scenario)
        base = os.path.join(self.scenarios, "base.properties")
        props = read_properties(base if os.path.exists(base) else os.path.join(HERE, "base.properties"))
        props.update(read_properties(os.path.join(directory, "config.properties")))
        props.setdefault("name", "conformance")
        props.update({
            "database.hostname": "127.0.0.1", "database.port": str(self.server.port),
            "database.user": USER, "database.password": "none", "database.dbname": DATABASE,
            "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
        })
        if props.pop("conformance.offset.storage", "file") == "memory":
            props["offset.storage"] = "org.apache.kafka.connect.storage.MemoryOffsetBackingStore"
        self.streams = props.get("snapshot.mode") != "initial_only"
        # only timing: the engine's own pace, not what it emits
        props.setdefault("offset.flush.interval.ms", "0")
        props.setdefault("poll.interval.ms", "20")
        props.setdefault("record.processing.threads", "1")
        for side in self.sides:
            side.prepare(props)

        self.drop_slots()
        self.server.psql('drop database if exists %s' % DATABASE, "postgres")
        self.server.psql("create database %s template template0" % DATABASE, "postgres")
        self.server.psql("select pg_replication_origin_drop(roname) from pg_replication_origin", "postgres")
        with open(os.path.join(directory, "setup.sql"), encoding="utf-8") as f:
            self.server.psql(f.read())
        with open(os.path.join(directory, "changes.sql"), encoding="utf-8") as f:
            changes = f.read()

        running = True
        try:
            self.start()
            for part in re.split(r"^(-- @\w+.*)$", changes, flags=re.M):
                command = part.split()[1] if part.startswith("-- @") else None
                if command == "@wait":
                    self.wait_delivered()
                elif command == "@sleep":
                    time.sleep(int(part.split()[2]) / 1000)
                elif command == "@stop":
                    self.wait_delivered()
                    self.stop()
                    running = False
                elif command == "@kill":
                    self.wait_delivered()
                    self.kill()
                    running = False
                elif command == "@start":
                    self.start()
                    running = True
                elif command == "@restart":
                    self.wait_delivered()
                    self.stop()
                    self.start()
                elif command:
                    raise Failure("unknown directive: " + part)
                elif part.strip():
                    self.server.psql(part)
            if running:
                self.wait_delivered()
                self.stop()
        except Exception:
            self.kill()
            raise
        counts = []
        for side, target in zip(self.sides, targets):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.exists(side.output):
                shutil.copyfile(side.output, target)
            else:
                open(target, "w").close()
            with open(target, "rb") as f:
                counts.append(sum(1 for _ in f))
        return counts


def find_scenarios(directory, wanted=()):
    """Names below the directory, in the order of their numbers; all, or those given by name or number."""
    names = sorted((d for d in os.listdir(directory) if os.path.exists(os.path.join(directory, d, "changes.sql"))),
                   key=compare.scenario_order)
    wanted = [w.rstrip("/").split("/")[-1] for w in wanted]
    unknown = [w for w in wanted if not any(n == w or n.split("-")[0] == w for n in names)]
    if unknown:
        sys.exit("no such scenario: " + ", ".join(unknown))
    return [n for n in names if not wanted or n in wanted or n.split("-")[0] in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", help="directory name, or its number")
    parser.add_argument("--scenarios", default=SCENARIOS, help="directory of the scenarios")
    parser.add_argument("--out", help="write OUT/<scenario>.jsonl instead of the scenario's expected.jsonl")
    parser.add_argument("--program", metavar="CMD", help="run CMD in place of Debezium; needs --out")
    parser.add_argument("--live", metavar="CMD", help="run CMD beside Debezium; needs --out")
    parser.add_argument("--missing", action="store_true", help="only scenarios that have no expected.jsonl yet")
    args = parser.parse_args()

    names = find_scenarios(args.scenarios, args.scenario)
    if args.missing:
        names = [n for n in names if not os.path.exists(os.path.join(args.scenarios, n, "expected.jsonl"))]
    if (args.program or args.live) and not args.out or args.program and args.live:
        parser.error("--program or --live, with --out")

    keep = os.environ.get("CONFORMANCE_SCRATCH")
    scratch = os.path.abspath(keep) if keep else tempfile.mkdtemp(prefix="conf-")
    os.makedirs(scratch, exist_ok=True)
    server = Server(scratch, int(os.environ.get("CONFORMANCE_PORT") or free_port()))
    sides = []
    if not args.program:
        sides.append(Side("oracle", Oracle(scratch), scratch))
    if args.program or args.live:
        sides.append(Side("program", Program(args.program or args.live, scratch), scratch))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failed = 0
    try:
        if not args.program:
            sides[0].engine.compile()
        server.start()
        recorder = Recorder(server, sides, args.scenarios)
        for name in names:
            if args.live:
                targets = [os.path.join(args.out, side.name, name + ".jsonl") for side in sides]
            elif args.out:
                targets = [os.path.join(args.out, name + ".jsonl")]
            else:
                targets = [os.path.join(args.scenarios, name, "expected.jsonl")]
            begin = time.time()
            try:
                counts = recorder.record(name, targets)
                print("%-44s %11s records  %5.1f s" % (name, " ".join(map(str, counts)), time.time() - begin), flush=True)
            except Failure as e:
                failed += 1
                print("%-44s FAILED: %s" % (name, e), flush=True)
    except Failure as e:
        failed += 1
        print("error: %s" % e, file=sys.stderr)
    finally:
        for side in sides:
            side.engine.quit()
        server.stop()
        if not keep:
            shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
