"""Connect to the gradebook's database (SQLite by default, PostgreSQL by URL) and run transactions that wait for their turn.

On PostgreSQL, a read sees the database as it is at one moment. A connection is tested before it is used, and a transaction runs
again if its connection broke. So a restart of the server between two commands does no harm. No message shows a password.

On SQLite, the journal stays in rollback mode, the default, because in WAL mode the gradebook would be more than one file and
would not work on network disks. So people can copy, cache and archive the file. A writer takes the lock before it reads, and
other writers wait.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.orm import Session

from grader.gradebook import GradebookError
from grader.gradebook.tables import SCHEMA_VERSION, Base, MetaRow

Result = TypeVar("Result")

BUSY_SECONDS = 15
_LOCKED = ("55P03", "40P01")  # PostgreSQL's codes for a lock that was not given in time, and for a deadlock
TRIES = 3


class Database:
    """Run functions that take a session, each in one transaction."""

    def __init__(self, url: str, accepts: Collection[int] = (SCHEMA_VERSION,)) -> None:
        """Connect. accepts: the versions of tables that the caller can read; new tables get the current version"""
        self._accepts = accepts
        parsed = _parsed(url)
        self._on_server = parsed.get_backend_name() == "postgresql"
        self._where = parsed.set(query={}).render_as_string(hide_password=True)
        engine = self._engine = _engine(parsed)
        self._writer = engine.execution_options(write=True)
        self._reader = engine.execution_options(isolation_level="REPEATABLE READ") if self._on_server else engine
        try:
            self.write(self._prepare)
        except GradebookError:
            self.close()
            raise

    def close(self) -> None:
        self._engine.dispose()

    def read(self, work: Callable[[Session], Result]) -> Result:
        return self._patiently(self._reader, work)

    def write(self, work: Callable[[Session], Result]) -> Result:
        return self._patiently(self._writer, work)

    def _prepare(self, session: Session) -> None:
        """Make the tables, or check that they have an accepted version."""
        connection = session.connection()
        if self._on_server:  # two processes may make the tables at once; SQLite has taken its only lock already
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7406241)")
        Base.metadata.create_all(connection)
        version = session.get(MetaRow, "schema_version")
        if version is None:
            session.add(MetaRow(key="schema_version", value=str(SCHEMA_VERSION)))
        elif version.value not in map(str, self._accepts):
            mend = (
                "run `grader convert`, which brings state of an earlier version up to date"
                if version.value == str(SCHEMA_VERSION - 1)
                else "use the grader that wrote it"
            )
            raise GradebookError(
                f"{self._where} has tables of version {version.value}, and this grader knows version {SCHEMA_VERSION}: {mend}"
            )

    def _patiently(self, engine: Engine, work: Callable[[Session], Result]) -> Result:
        """Run `work` in one transaction. Try again while another process holds the lock, or if the connection broke."""
        for left in reversed(range(TRIES)):
            try:
                with Session(engine) as session, session.begin():
                    return work(session)
            except DatabaseError as last:
                error = _first(last)
                if not (_is_locked(error) or (error.connection_invalidated and left)):
                    said = " ".join(str(error.orig).split())
                    raise GradebookError(f"{self._where} cannot be used: {said}. {self._how_to_mend}") from error
                if not left:
                    raise GradebookError(
                        f"{self._where} stayed locked by another process: wait until it has finished, or end it, and "
                        "run this command again"
                    ) from error
                time.sleep(0.1)
        raise AssertionError("unreachable: the last try returns or raises")

    @property
    def _how_to_mend(self) -> str:
        if self._on_server:
            return (
                "Check that the server runs and can be reached from here, and that host, database, user and password are right. "
                "No grade is lost: the records are on disk, and `grader report` fills the gradebook from them"
            )
        return (
            "Check that the folder exists, that you may write there, that the disk has room, and that the URL is right. If the "
            "file is damaged, delete it: `grader report` fills a new file from the records"
        )


def _parsed(url: str) -> URL:
    """Parse the URL. A text that is not a URL may hold a password anywhere, so the error shows no part of it."""
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise GradebookError(
            "the gradebook's address is not a database URL: write sqlite:////path/to/gradebook.sqlite or "
            "postgresql+psycopg://user@host/database"
        ) from None
    if parsed.get_backend_name() == "postgresql" and "@" in f"{parsed.host}{parsed.database}":
        # SQLAlchemy ends a password at the first @, and would show the rest as a part of the host
        raise GradebookError(
            "the gradebook's address has an @ where a host or a database is named. If the password has an @, write it as %40"
        )
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")  # the driver that `make setup` installs
    return parsed


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        waits = {} if url.get_backend_name() == "sqlite" else {"connect_timeout": BUSY_SECONDS}
        engine = create_engine(url, pool_pre_ping=True, connect_args=waits)
    except OSError as error:
        raise GradebookError(f"the folder of {url.database} cannot be made: {error}") from error
    except ModuleNotFoundError as error:
        raise GradebookError(
            f"{error}: write postgresql+psycopg://…, whose driver comes with `make setup`, or install the driver"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: _set_up_sqlite(raw))
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _begin_on_server)
    return engine


def _begin_on_server(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(BUSY_SECONDS * 1000)}")


def _set_up_sqlite(raw: DBAPIConnection) -> None:
    """Make SQLite enforce foreign keys, and overwrite deleted data in the file."""
    raw.isolation_level = None  # we begin the transactions, not the driver
    for pragma in (f"busy_timeout = {int(BUSY_SECONDS * 1000)}", "foreign_keys = ON", "secure_delete = ON"):
        raw.cursor().execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the lock before the first read of a writer. Two writers that both read first would both have to give up."""
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _first(error: DatabaseError) -> DatabaseError:
    """Return the first error. A full disk ends SQLite's transaction, and then the rollback of that transaction fails too."""
    while isinstance(error.__context__, DatabaseError):
        error = error.__context__
    return error


def _is_locked(error: DatabaseError) -> bool:
    """Tell a lock by its code, because the server's words are in the server's language."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:  # the low byte is the kind of the error; the bytes above it say more
        return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error.orig, "sqlstate", None) in _LOCKED
