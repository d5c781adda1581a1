"""PostgreSQL servers of our own, and databases in them.

A server runs in a scratch directory, on free ports, as an unprivileged user
when the tests run as root. One cluster is made by initdb in a session; further
servers are copies of it.
"""
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import threading

import psycopg

from waiting import free_port, wait_until

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools")
SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "wal_level": "logical",
    "max_wal_senders": "20",
    "max_replication_slots": "40",
    "max_prepared_transactions": "20",
    "max_connections": "60",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "track_commit_timestamp": "on",
    "wal_sender_timeout": "'20s'",
    "wal_writer_delay": "'10ms'",
    "max_wal_size": "'4GB'",
    "checkpoint_timeout": "'1h'",
    "shared_buffers": "'256MB'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_min_messages": "warning",
    "log_replication_commands": "on",
}

HBA = """
local all         all                    trust
host  all         secretive 127.0.0.1/32 scram-sha-256
host  all         all       127.0.0.1/32 trust
"""


def find_binaries(major):
    """The directory of initdb, pg_ctl and postgres of a major version."""
    done = subprocess.run([os.path.join(TOOLS, "fetch-postgres"), str(major)],
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def server_user():
    """Whom the servers run as: us, or an unprivileged user if we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no user to run it as")


_numbers = itertools.count(1)      # names are not used twice in a session, on any server


class Binaries:
    """The programs of one major version, run as the right user."""

    def __init__(self, major, scratch):
        self.major = int(major)
        self.dir = find_binaries(major)
        self.user = server_user()
        if self.user and not self._reachable():
            private = os.path.join(scratch, f"pg{major}")
            shutil.copytree(os.path.dirname(self.dir), private, symlinks=True)
            self.dir = os.path.join(private, "bin")

    def _reachable(self):
        done = subprocess.run([*self._prefix(), "test", "-x", self.path("postgres")])
        return done.returncode == 0

    def _prefix(self):
        if not self.user:
            return []
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}",
                "--clear-groups"]

    def path(self, program):
        return os.path.join(self.dir, program)

    def run(self, program, *args, timeout=60, check=True):
        done = subprocess.run([*self._prefix(), self.path(program), *args], cwd="/",
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, text=True)
        if check and done.returncode:
            raise RuntimeError(f"{program} {' '.join(args)}: {done.stdout}")
        return done.returncode

    def own(self, path, mode):
        os.chmod(path, mode)
        if self.user:
            for top, _, files in os.walk(path):
                for name in ["", *files]:
                    os.chown(os.path.join(top, name), self.user.pw_uid, self.user.pw_gid)


class Server:
    """A cluster; `settings` are laid over SETTINGS."""

    def __init__(self, binaries, directory, template=None, settings=None):
        self.bin = binaries
        self.major = binaries.major
        self.dir = directory
        self.data = os.path.join(directory, "data")
        self.logfile = os.path.join(self.data, "server.log")
        self.port = free_port()
        os.makedirs(directory)
        binaries.own(directory, 0o755)
        if template:
            shutil.copytree(template, self.data, symlinks=True)
            binaries.own(self.data, 0o700)
        else:
            binaries.run("initdb", "-D", self.data, "-U", SUPERUSER, "-A", "trust", "-N",
                         "--no-locale", "-E", "UTF8")
        self.configure({**SETTINGS, "port": str(self.port),
                        "unix_socket_directories": f"'{directory}'", **(settings or {})})
        self.allow(HBA)

    def allow(self, entries):
        """Write pg_hba.conf; it holds from the next start or reload."""
        with open(os.path.join(self.data, "pg_hba.conf"), "w") as f:
            f.write(entries)

    def configure(self, settings):
        """Append settings; they hold from the next start or reload."""
        with open(os.path.join(self.data, "postgresql.conf"), "a") as f:
            f.writelines(f"{k} = {v}\n" for k, v in settings.items())

    # -- life

    def start(self):
        self.bin.run("pg_ctl", "-D", self.data, "-l", self.logfile, "-w", "-t", "60", "start")
        return self

    def stop(self, mode="fast", timeout=30):
        """pg_ctl stop; fails if the server has not gone after `timeout` seconds."""
        self.bin.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", str(timeout), "stop",
                     timeout=timeout + 10)

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def reload(self):
        self.bin.run("pg_ctl", "-D", self.data, "reload")

    def running(self):
        return self.bin.run("pg_ctl", "-D", self.data, "status", check=False) == 0

    def kill9(self):
        """As a power cut: no process of the server gets to say good-bye."""
        pids = self.pids()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not any(alive(p) for p in pids), "the server's processes to end")
        # Nobody may have reaped the postmaster yet, and its locks name its pid.
        for lock in ("data/postmaster.pid", f".s.PGSQL.{self.port}.lock"):
            os.unlink(os.path.join(self.dir, lock))

    def pids(self):
        with open(os.path.join(self.data, "postmaster.pid")) as f:
            postmaster = int(f.readline())
        with open(f"/proc/{postmaster}/task/{postmaster}/children") as f:
            return [postmaster, *map(int, f.read().split())]

    def log(self):
        with open(self.logfile, errors="replace") as f:
            return f.read()

    # -- clients

    def conninfo(self, dbname="postgres", user=SUPERUSER, host=None, port=None, **more):
        """By unix socket unless a host is named."""
        parts = {"host": host or self.dir, "port": port or self.port, "dbname": dbname,
                 "user": user, **more}
        return " ".join(f"{k}={v}" for k, v in parts.items())

    def connect(self, dbname="postgres", user=SUPERUSER, **more):
        return psycopg.connect(self.conninfo(dbname, user, client_encoding="UTF8", **more),
                               autocommit=True)

    def sql(self, statement, *args, dbname="postgres"):
        with self.connect(dbname) as c:
            return fetch(c, statement, *args)

    def database(self, hint="t", **options):
        """A new, empty database; options as of CREATE DATABASE."""
        name = re.sub(r"[^a-z0-9]+", "_", hint.lower())[:40] + f"_{next(_numbers)}"
        with_ = " ".join(f"{k} {v}" for k, v in options.items())
        self.sql(f'create database "{name}" template template0 {with_}')
        return Database(self, name)


class Database:
    """A database with a slot name and a publication name that nobody else uses."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.slot = f"s_{name}"
        self.publication = "pgwake"
        self.prefix = name
        self._lock = threading.Lock()
        self._connection = None

    # -- statements

    def connect(self, **more):
        """Another connection, autocommit."""
        return self.server.connect(self.name, **more)

    def sql(self, statement, *args):
        """Run on the test's own connection; the rows, if it has any."""
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = self.connect()
            return fetch(self._connection, statement, *args)

    def one(self, statement, *args):
        return self.sql(statement, *args)[0][0]

    def script(self, text):
        """Several statements, each a transaction of its own; no semicolons inside them."""
        for statement in text.split(";"):
            if statement.strip():
                self.sql(statement)

    def forget_connection(self):
        """After the server was stopped or killed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def set_for_server(self, setting, value):
        """A setting of the whole server; in force, also for our connection, on return."""
        self.server.configure({setting: f"'{value}'"})
        self.server.reload()
        wait_until(lambda: self.one(f"show {setting}") == value, f"{setting} to be '{value}'")

    # -- what the agent follows

    def publish(self, what="for all tables", options=""):
        """(Re)create the publication: "for table a, b"."""
        self.unpublish()
        self.sql(f'create publication "{self.publication}" {what} {options}')

    def unpublish(self):
        self.sql(f'drop publication if exists "{self.publication}"')

    def create_slot(self, name=None, plugin="pgoutput", two_phase=False):
        self.sql("select pg_create_logical_replication_slot(%s, %s, false, %s)",
                 name or self.slot, plugin, two_phase)

    def slot_row(self, name=None):
        """The slot's row as a dict, or None."""
        with self.connect() as c:
            c.row_factory = psycopg.rows.dict_row
            return c.execute("select *, pg_current_wal_lsn() - confirmed_flush_lsn as lag"
                             " from pg_replication_slots where slot_name = %s",
                             [name or self.slot]).fetchone()

    def confirmed(self):
        """confirmed_flush_lsn as a number, 0 if there is no slot."""
        rows = self.sql("select confirmed_flush_lsn from pg_replication_slots"
                        " where slot_name = %s", self.slot)
        return lsn(rows[0][0]) if rows and rows[0][0] else 0

    def wal_lsn(self):
        """The end of the log, also of what is not flushed yet."""
        position = lsn(self.one("select pg_current_wal_insert_lsn()"))
        # At the beginning of a page it is told as behind the page's header.
        return position - position % 8192 if position % 8192 in (24, 40) else position

    def wait_confirmed(self, position=None, timeout=15):
        """Wait until the slot is confirmed up to a position (now: all that is committed)."""
        position = position or self.wal_lsn()
        wait_until(lambda: self.confirmed() >= position,
                   f"slot {self.slot} to be confirmed up to {format_lsn(position)}", timeout)

    def walsender(self):
        """(pid, state) of who streams from the slot, or None."""
        rows = self.sql("select r.pid, r.state from pg_replication_slots s"
                        " join pg_stat_replication r on r.pid = s.active_pid"
                        " where s.slot_name = %s", self.slot)
        return rows[0] if rows else None

    def drop(self):
        """Leave nothing in the shared server."""
        self.forget_connection()
        s = self.server
        s.sql("select pg_terminate_backend(active_pid) from pg_replication_slots"
              " where database = %s and active", self.name)

        def slots_gone():
            s.sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots"
                  " where database = %s and not active", self.name)
            return not s.sql("select 1 from pg_replication_slots where database = %s", self.name)
        wait_until(slots_gone, "the slots to be free")
        for (gid,) in s.sql("select gid from pg_prepared_xacts where database = %s", self.name):
            s.sql(f"rollback prepared '{gid}'", dbname=self.name)
        s.sql(f'drop database "{self.name}" with (force)')


def fetch(connection, statement, *args):
    cursor = connection.execute(statement, args or None)
    return cursor.fetchall() if cursor.description else []


def lsn(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def format_lsn(position):
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
