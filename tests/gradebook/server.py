"""Run a PostgreSQL server of our own, in a temporary folder and on a Unix socket. It leaves nothing behind."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text

PORT = 5432  # a part of the socket's name; nothing listens on the network


class PostgreSQL:
    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket may have 107 bytes
        self._user: str | None = None
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            names = {one.pw_name for one in pwd.getpwall()}
            self._user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self._folder, self._user)
        self._numbers = count(1)
        self._made = False

    @staticmethod
    def programs() -> Path | None:
        """Return the folder with initdb and pg_ctl, if this machine has them. Debian keeps that folder out of PATH."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        there = shutil.which("initdb")
        return found[-1].parent if found else Path(there).resolve().parent if there else None

    def start(self) -> None:
        if not self._made:
            self._run("initdb", "-D", "data", "-U", "grader", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            self._made = True
        options = f"-k {self._folder} -p {PORT} -c listen_addresses='' -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-t", "120", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def close(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder)

    def database(self) -> str:
        """Make a new, empty database and return its address."""
        name = f"book{next(self._numbers)}"
        execute(self.address("postgres"), f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, name: str) -> str:
        return f"postgresql+psycopg://grader@/{name}?host={self._folder}&port={PORT}"

    def _run(self, program: str, *arguments: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        done = subprocess.run(
            [str(self._programs / program), *arguments], cwd=self._folder, env=environment, user=self._user,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def execute(url: str, statement: str) -> None:
    """Run one statement in a transaction of its own, without the gradebook."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
