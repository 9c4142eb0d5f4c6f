"""A PostgreSQL server that tests start: reached by a socket in a folder of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.processes import program, wait_until

PROGRAMS = "/usr/lib/postgresql/15/bin"
PACKAGE = "postgresql-15"
SUPERUSER = "nachschub"
# Tests end with their server: nothing of it has to outlive a power cut.
UNSAFE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

CUT_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
DELETE_ALL = """
    DO $$
    DECLARE
        found record;
    BEGIN
        SET LOCAL session_replication_role = replica; -- asks no foreign key
        FOR found IN SELECT oid::regclass AS name, relkind FROM pg_class
            WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace
        LOOP
            IF found.relkind = 'r' THEN
                EXECUTE 'DELETE FROM ' || found.name;
            ELSE
                EXECUTE 'ALTER SEQUENCE ' || found.name || ' RESTART';
            END IF;
        END LOOP;
    END $$
"""


@dataclass(slots=True)
class PostgreSql:
    """A cluster in `folder`. `settings`: of postgresql.conf."""

    folder: Path
    settings: dict[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def prepare(self) -> None:
        command = [_server_program("initdb"), "-D", str(self.folder / "data")]
        command += ["-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C", "-N"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **_unprivileged())

    def start(self) -> None:
        command = [_server_program("postgres"), "-D", str(self.folder / "data")]
        command += [
            "-k",
            str(self.folder),
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=200",
        ]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **_unprivileged())
        wait_until(self._answers, what=f"PostgreSQL, see {self.folder}/log", within_s=30)

    def stop(self) -> None:
        """As for maintenance: every open connection is cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
            self._process = None

    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def execute(self, statement: str) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A new one without tables; yields its URL."""
        self.execute(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def wipe(self, name: str) -> None:
        """Leaves the tables and not a row: a ninth of the work of a new database."""
        with psycopg.connect(self._address(name), autocommit=True) as connection:
            connection.execute(CUT_OTHERS)
            connection.execute(DELETE_ALL)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@/{name}?host={self.folder}"

    def _address(self, name: str) -> str:
        return f"host={self.folder} user={SUPERUSER} dbname={name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgresql(**settings: str) -> Iterator[PostgreSql]:
    """A running server. Missing, it skips the test, or fails it where CI=true."""
    folder = Path(tempfile.mkdtemp(prefix="nachschub-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")  # it refuses to run as root
    server = PostgreSql(folder, settings)
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _server_program(name: str) -> str:
    """Debian keeps the servers of several versions side by side, off the PATH."""
    return program(name, PACKAGE, also_in=PROGRAMS)


def _unprivileged() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}
