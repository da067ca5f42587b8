"""One connection to one database: SQLite by default, PostgreSQL by URL; transactions that wait for their turn.

SQLite's journal stays in rollback mode, its default, and not WAL: the gradebook stays one file that can be copied,
cached and archived, and works on network disks. Writers take the lock before they read, and wait for one another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.orm import Session

from grader.gradebook.problem import GradebookError
from grader.gradebook.tables import SCHEMA_VERSION, Base, MetaRow

Result = TypeVar("Result")

BUSY_SECONDS = 15
TRIES = 3


class Database:
    """Runs functions of a session, each in one transaction."""

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS) -> None:
        self._engine = _engine(url, busy_seconds)
        self._writer = self._engine.execution_options(write=True)
        self._where = make_url(url).render_as_string(hide_password=True)
        self.write(self._prepare)

    def close(self) -> None:
        self._engine.dispose()

    def read(self, work: Callable[[Session], Result]) -> Result:
        return self._patiently(self._engine, work)

    def write(self, work: Callable[[Session], Result]) -> Result:
        return self._patiently(self._writer, work)

    def _prepare(self, session: Session) -> None:
        """Make the tables, or see that they are of this version."""
        connection = session.connection()
        if connection.dialect.name == "postgresql":  # two first runs at once; SQLite has taken its one lock already
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7406241)")
        Base.metadata.create_all(connection)
        version = session.get(MetaRow, "schema_version")
        if version is None:
            session.add(MetaRow(key="schema_version", value=str(SCHEMA_VERSION)))
        elif version.value != str(SCHEMA_VERSION):
            raise GradebookError(
                f"{self._where} has tables of version {version.value}, and this grader knows version {SCHEMA_VERSION}: "
                "use the grader that wrote it, or fill a new gradebook from the folder of records"
            )

    def _patiently(self, engine: Engine, work: Callable[[Session], Result]) -> Result:
        """Run `work` in one transaction; while another process holds the lock, try again."""
        for left in reversed(range(TRIES)):
            try:
                with Session(engine) as session, session.begin():
                    return work(session)
            except DatabaseError as last:
                error = _first(last)
                if not _is_locked(error):
                    raise GradebookError(
                        f"{self._where} cannot be used: {error.orig}. See that the folder exists, that you may write "
                        "there, that the disk has room, and that the URL is right. A damaged file may be deleted: `grader "
                        "report` fills a new one from the records"
                    ) from error
                if not left:
                    raise GradebookError(
                        f"{self._where} stayed locked by another process: wait until it has finished, or end it, and "
                        "run this command again"
                    ) from error
                time.sleep(0.1)
        raise AssertionError("unreachable: the last try returns or raises")


def _engine(url: str, busy_seconds: float) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername.startswith("sqlite") and parsed.database not in (None, "", ":memory:"):
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError) as error:
        raise GradebookError(
            f"{url!r} is not a database URL: write sqlite:///path/to/gradebook.sqlite or postgresql+psycopg://host/name"
        ) from error
    except OSError as error:
        raise GradebookError(f"the folder of {url} cannot be made: {error}") from error
    except ModuleNotFoundError as error:
        raise GradebookError(f"{error}: install the driver that {parsed.drivername} asks for") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: _set_up_sqlite(raw, busy_seconds))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(raw: DBAPIConnection, busy_seconds: float) -> None:
    """Foreign keys hold, and what is deleted is overwritten in the file."""
    raw.isolation_level = None  # the transactions are ours, not the driver's
    for pragma in (f"busy_timeout = {int(busy_seconds * 1000)}", "foreign_keys = ON", "secure_delete = ON"):
        raw.cursor().execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock before it reads: two that read first and write later would both have to give up."""
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _first(error: DatabaseError) -> DatabaseError:
    """What went wrong at first: a full disk ends SQLite's transaction, and rolling back what is no more fails in turn."""
    while isinstance(error.__context__, DatabaseError):
        error = error.__context__
    return error


def _is_locked(error: DatabaseError) -> bool:
    return "database is locked" in str(error.orig) or "database table is locked" in str(error.orig)
