#!/usr/bin/env python3
"""Records the seed corpus of the fuzz targets from a real server.

    tests/fuzz/record_corpus.py --bin /usr/lib/postgresql/15/bin \\
        --data DIR --port PORT [--out tests/fuzz/corpus]

Makes a cluster in DIR (which must not exist), starts one pg_recvlogical for
each way of reading a slot that the server knows, runs the workload below and
keeps what is new: transactions and segments whose messages differ in type or
length from those that the corpus has of this server. psql and pg_recvlogical are taken
from PATH or --client.  As root, the server runs as the user postgres.
"""
import argparse
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

WORKLOAD = r"""
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TYPE pair AS (x int, y text);
CREATE TABLE kinds (id serial PRIMARY KEY, a smallint, b bigint, c numeric(10,2),
  d real, e double precision, f boolean, g char(4), h varchar(9), i text, j bytea,
  k date, l time, m timetz, n timestamp(3), o timestamptz, p interval, q uuid,
  r json, s jsonb, t inet, u point, v bit varying(8), w int4range, x int[],
  y mood, z positive, aa pair, ab mood[], ac money, ad xml, ae name, af oid);
CREATE TABLE "Odd "" näme" ("select" int PRIMARY KEY, "ü" text);
CREATE TABLE whole (id int, t text, big text);
ALTER TABLE whole ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
CREATE TABLE toasted (id int PRIMARY KEY, t text, big text);
ALTER TABLE toasted ALTER big SET STORAGE EXTERNAL;
CREATE TABLE bigkey (k text PRIMARY KEY, v int);
ALTER TABLE bigkey ALTER k SET STORAGE EXTERNAL;
CREATE TABLE byindex (v text, k2 int NOT NULL, k1 int NOT NULL, UNIQUE (k1, k2));
ALTER TABLE byindex REPLICA IDENTITY USING INDEX byindex_k1_k2_key;
CREATE TABLE nokey (v text);
CREATE TABLE nothing ();
CREATE TABLE parent (id serial PRIMARY KEY, v text);
CREATE TABLE child (id int PRIMARY KEY REFERENCES parent ON DELETE CASCADE);
CREATE TABLE generated (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE parts (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts2 (v text, id int NOT NULL);
ALTER TABLE parts ATTACH PARTITION parts2 FOR VALUES FROM (100) TO (200);
INSERT INTO kinds DEFAULT VALUES;
INSERT INTO kinds VALUES (77, -1, 9223372036854775807, 12.50, 1.5, 'NaN', true, 'ab',
  'cd', E'line\n"q"\\', '\x00ff', '4713-01-01 BC', '12:00:00.5', '12:00+02',
  'infinity', '2024-02-29 12:00:00.123456+01', '1 mon -2 days 03:04:05',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, null]}', '{"b": 2}',
  '10.0.0.1/8', '(1,2)', '101', '[1,10)', '{1,NULL,3}', 'happy', 5,
  ROW(1, 'two'), '{sad,happy}', '12.34', '<a/>', 'name', 42);
UPDATE kinds SET i = 'é' WHERE id = 77;
DELETE FROM kinds;
INSERT INTO "Odd "" näme" VALUES (1, 'x'), (2, ''), (3, NULL);
UPDATE "Odd "" näme" SET "select" = 9 WHERE "select" = 1;
INSERT INTO whole VALUES (1, 'a', repeat('b', 3000));
UPDATE whole SET t = 'c';
DELETE FROM whole;
INSERT INTO toasted VALUES (1, 'a', repeat('b', 3000));
UPDATE toasted SET t = 'c';
UPDATE toasted SET id = 2;
UPDATE toasted SET big = 'short';
INSERT INTO bigkey VALUES (repeat('k', 2200), 1);
UPDATE bigkey SET v = 2;
DELETE FROM bigkey;
INSERT INTO byindex VALUES ('v', 2, 1);
UPDATE byindex SET v = 'w';
UPDATE byindex SET k2 = 3;
DELETE FROM byindex;
INSERT INTO nokey VALUES ('only');
INSERT INTO nothing DEFAULT VALUES;
INSERT INTO generated VALUES (1);
UPDATE generated SET id = 2;
INSERT INTO parts VALUES (1, 'a'), (150, 'b');
UPDATE parts SET id = 160 WHERE id = 1;
TRUNCATE parts;
BEGIN;
INSERT INTO parent VALUES (1, 'p'), (2, 'q');
INSERT INTO child VALUES (1);
DELETE FROM parent WHERE id = 1;
SELECT pg_logical_emit_message(true, 'in', 'transaction');
SELECT pg_logical_emit_message(false, 'out', E'\\x00ff'::bytea);
SAVEPOINT s;
INSERT INTO parent VALUES (3, 'gone');
ROLLBACK TO s;
ALTER TABLE parent ADD extra int DEFAULT 4;
INSERT INTO parent VALUES (5, 'new', 6);
TRUNCATE parent, child RESTART IDENTITY CASCADE;
COMMIT;
SELECT pg_logical_emit_message(false, '', '');
CREATE TABLE public.selected AS SELECT 1 AS one;
SELECT pg_replication_origin_create('elsewhere');
SELECT pg_replication_origin_session_setup('elsewhere');
BEGIN;
SELECT pg_replication_origin_xact_setup('1/2345', '2020-01-01');
INSERT INTO parent VALUES (7, 'from elsewhere');
COMMIT;
SELECT pg_replication_origin_session_reset();
"""

# Transactions above logical_decoding_work_mem: streamed while in progress.
# The pauses let the walsender send what has been written before a rollback.
FILL = "INSERT INTO nokey SELECT repeat('x', 400) FROM generate_series(1, 300);"
LARGE = r"""
BEGIN; %(fill)s SELECT pg_sleep(0.5);
INSERT INTO kinds (id, y, ab) VALUES (101, 'sad', '{happy}');
UPDATE kinds SET i = 'streamed' WHERE id = 101;
UPDATE toasted SET t = 'streamed';
UPDATE byindex SET k1 = 9; DELETE FROM kinds; TRUNCATE child;
SELECT pg_logical_emit_message(true, 'streamed', 'message');
SELECT pg_logical_emit_message(false, 'direct', 'message');
SAVEPOINT s; %(fill)s SELECT pg_sleep(0.5); ROLLBACK TO s;
%(fill)s COMMIT;
BEGIN; %(fill)s SELECT pg_sleep(0.5); ROLLBACK;
SELECT pg_replication_origin_session_setup('elsewhere');
BEGIN; %(fill)s SELECT pg_replication_origin_xact_setup('1/2346', now()); COMMIT;
SELECT pg_replication_origin_session_reset();
""" % {"fill": FILL}

PREPARED = r"""
BEGIN; INSERT INTO nokey VALUES ('two'); PREPARE TRANSACTION 'small';
COMMIT PREPARED 'small';
BEGIN; INSERT INTO nokey VALUES ('two'); PREPARE TRANSACTION 'given up';
ROLLBACK PREPARED 'given up';
BEGIN; %(fill)s SELECT pg_sleep(0.5); PREPARE TRANSACTION 'large one';
SELECT pg_sleep(0.5);
COMMIT PREPARED 'large one';
BEGIN; %(fill)s SELECT pg_sleep(0.5); PREPARE TRANSACTION 'large two';
SELECT pg_sleep(0.5);
ROLLBACK PREPARED 'large two';
""" % {"fill": FILL}


# (name, number of columns, what is copied): COPY writes each row as one message.
ROWS = [
    ("numbers", 5, "SELECT -1, 9223372036854775807, 12.50, 'NaN'::real, true"),
    ("times", 4, "SELECT date '4713-01-01 BC', time '12:00:00.5', "
                 "timestamptz 'infinity', interval '1 mon -2 days 03:04:05'"),
    ("nulls", 4, "SELECT NULL, '', NULL, 'N'"),
    ("null", 1, "SELECT NULL"),
    ("empty", 1, "SELECT ''"),
    ("nothing", 0, "SELECT"),
    ("escapes", 3, r"SELECT E'\b\f\n\r\t\x0b\\', E'a\tb\\c\n', E'\x01\x7f'"),
    ("end", 2, r"SELECT E'\\.', E'\\N'"),
    ("bytea", 2, r"SELECT '\x00ff5c'::bytea, ARRAY['\x5c'::bytea, NULL]"),
    ("structures", 5, r"""SELECT '{"a": "x\ny\\"}'::json, '{1,NULL,3}'::int[],
                          ROW(1, 'a "b" \')::pair, ARRAY[E'\t', 'é'], '(1,2)'::point"""),
    ("wide", 1600, "SELECT " + ", ".join(str(n % 7) for n in range(1600))),
]


def ways(version):
    """(name, two_phase, options of START_REPLICATION) that the server knows."""
    yield "v1", False, {"proto_version": "1", "messages": "on"}
    yield "binary", False, {"proto_version": "1", "binary": "on"}
    yield "stream", False, {"proto_version": "2", "messages": "on", "streaming": "on"}
    if version >= 15:
        yield "prepared", True, {"proto_version": "3", "two_phase": "on"}
        yield "all", True, {"proto_version": "3", "two_phase": "on",
                            "messages": "on", "streaming": "on"}
        # A slot's two_phase counts even when the option is not given.
        yield "unasked", True, {"proto_version": "1"}
    if version >= 16:
        yield "parallel", False, {"proto_version": "4", "messages": "on",
                                  "streaming": "parallel"}


class Server:
    def __init__(self, args):
        self.args = args
        self.sockets = args.data + ".s"
        self.env = dict(os.environ, PGHOST=self.sockets, PGPORT=str(args.port),
                        PGUSER="postgres", PGDATABASE="postgres",
                        PGOPTIONS="-c client_min_messages=warning")

    def as_owner(self, *command):
        if os.geteuid() == 0:
            command = ("setpriv", "--reuid=postgres", "--regid=postgres",
                       "--clear-groups") + command
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        a = self.args
        os.makedirs(a.data)
        os.makedirs(self.sockets)
        if os.geteuid() == 0:
            shutil.chown(a.data, "postgres", "postgres")
            shutil.chown(self.sockets, "postgres", "postgres")
        self.as_owner(a.bin + "/initdb", "-D", a.data, "-U", "postgres", "-A",
                      "trust", "-N", "--no-locale", "-E", "UTF8")
        with open(a.data + "/postgresql.conf", "a") as conf:
            conf.write("port=%d\nlisten_addresses=''\nfsync=off\n"
                       "unix_socket_directories='%s'\nwal_level=logical\n"
                       "max_prepared_transactions=5\n"
                       "logical_decoding_work_mem='64kB'\n"
                       % (a.port, self.sockets))
        self.as_owner(a.bin + "/pg_ctl", "-D", a.data, "-l", a.data + "/log",
                      "-w", "start")

    def stop(self):
        self.as_owner(self.args.bin + "/pg_ctl", "-D", self.args.data, "-m",
                      "immediate", "-w", "stop")
        shutil.rmtree(self.args.data)
        shutil.rmtree(self.sockets)

    def sql(self, text):
        out = subprocess.run(
            [self.args.client + "psql", "-XqAt", "-v", "ON_ERROR_STOP=1"],
            input=text, env=self.env, check=True, text=True,
            stdout=subprocess.PIPE)
        return out.stdout.strip()

    def copy(self, query):
        """The one row of a query, as COPY sends it."""
        return subprocess.run(
            [self.args.client + "psql", "-Xq", "-v", "ON_ERROR_STOP=1",
             "-c", "COPY (%s) TO STDOUT" % query],
            env=self.env, check=True, stdout=subprocess.PIPE).stdout


class Receiver:
    """pg_recvlogical writing into a socket that keeps the bounds of a write:
    one write is a message, the next one the line break behind it."""

    def __init__(self, server, name, two_phase, options):
        self.name = name
        self.messages = []
        server.sql("SELECT pg_create_logical_replication_slot('%s', 'pgoutput',"
                   " false, %s)" % (name, two_phase))
        command = [server.args.client + "pg_recvlogical", "-S", name, "--start",
                   "-d", "postgres", "-f", "-", "-s", "1",
                   "-o", "publication_names=p"]
        for key, value in options.items():
            command += ["-o", "%s=%s" % (key, value)]
        self.socket, theirs = socket.socketpair(socket.AF_UNIX,
                                                socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(command, env=server.env, stdout=theirs,
                                        stdin=subprocess.DEVNULL)
        theirs.close()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            message = self.socket.recv(1 << 20)
            if not message or not self.socket.recv(1):
                return
            self.messages.append(message)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.socket.close()


def wait_until_quiet(receivers, seconds):
    before = None
    while before != (before := [len(r.messages) for r in receivers]):
        time.sleep(seconds)
    for r in receivers:
        if not r.reader.is_alive():
            sys.exit("pg_recvlogical of %s has ended" % r.name)


def groups(messages):
    """Transactions and segments, cut at their ends, without repetitions."""
    group, seen = [], {}
    for m in messages:
        shape = (m[0], len(m))
        seen[shape] = seen.get(shape, 0) + 1
        if seen[shape] <= 2:
            group.append(m)
        if m[:1] in b"CEcAPpKr":
            yield group
            group, seen = [], {}
    if group:
        yield group


class Corpus:
    def __init__(self, out):
        self.out = out
        self.known = set()
        self.frames = set()
        for sub in ("pgoutput", "frame", "copy_text"):
            os.makedirs(os.path.join(out, sub), exist_ok=True)
        for name in sorted(os.listdir(os.path.join(out, "pgoutput"))):
            with open(os.path.join(out, "pgoutput", name), "rb") as f:
                self.known.add(self.shape(name, self.split(f.read())))
        for name in os.listdir(os.path.join(out, "frame")):
            with open(os.path.join(out, "frame", name), "rb") as f:
                data = f.read()
                self.frames.add((data[:1], data[25:26]))

    @staticmethod
    def split(data):
        messages = []
        while data:
            n = struct.unpack(">H", data[:2])[0]
            messages.append(data[2:2 + n])
            data = data[2 + n:]
        return messages

    @staticmethod
    def shape(name, messages):
        """Equal for what one server sends in the same way for two readers."""
        return name.split("-")[0], tuple((m[0], len(m)) for m in messages)

    def add(self, name, messages):
        shape = self.shape(name, messages)
        if shape in self.known:
            return 0
        self.known.add(shape)
        with open(os.path.join(self.out, "pgoutput", name), "wb") as f:
            for m in messages:
                f.write(struct.pack(">H", len(m)) + m)
        for m in messages:
            self.add_frame(name, m)
        return 1

    def add_frame(self, name, message):
        """What the walsender puts in front of a message."""
        if (b"w", message[:1]) in self.frames:
            return
        self.frames.add((b"w", message[:1]))
        head = struct.pack(">cQQq", b"w", 0x1234568, 0x1234568, 845000000000000)
        with open(os.path.join(self.out, "frame", name + "-%02x" % message[0]), "wb") as f:
            f.write(head + message[:200])

    def add_keepalives(self):
        for reply in (0, 1):
            with open(os.path.join(self.out, "frame", "keepalive-%d" % reply), "wb") as f:
                f.write(struct.pack(">cQqB", b"k", 0x100000001, 845000000000000, reply))


    def add_row(self, name, ncols, row):
        with open(os.path.join(self.out, "copy_text", name), "wb") as f:
            f.write(struct.pack(">H", ncols) + row)


def record(server, corpus):
    version = int(server.sql("SHOW server_version_num")) // 10000
    server.sql("CREATE PUBLICATION p FOR ALL TABLES WITH (publish_via_partition_root)")
    receivers = [Receiver(server, *way) for way in ways(version)]
    try:
        time.sleep(1)
        server.sql(WORKLOAD)
        server.sql(LARGE)
        if version >= 15:
            server.sql(PREPARED)
        wait_until_quiet(receivers, 2)
    finally:
        for r in receivers:
            r.stop()
    types = set()
    kept = 0
    for r in receivers:
        types.update(chr(m[0]) for m in r.messages)
        for n, group in enumerate(groups(r.messages)):
            kept += corpus.add("pg%d-%s-%03d" % (version, r.name, n), group)
    corpus.add_keepalives()
    for name, ncols, query in ROWS:
        corpus.add_row(name, ncols, server.copy(query))
    print("PostgreSQL %d: %d files, message types %s"
          % (version, kept, "".join(sorted(types))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True, help="directory of initdb and pg_ctl")
    parser.add_argument("--client", default="",
                        help="directory of psql and pg_recvlogical, with a slash")
    parser.add_argument("--data", required=True, help="a directory to be made")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "corpus"))
    args = parser.parse_args()
    args.data = os.path.abspath(args.data)
    server = Server(args)
    server.start()
    try:
        record(server, Corpus(args.out))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
