"""Where a gradebook can be: a file, and a database of its own on a PostgreSQL server that this session starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gradebook.server import PostgreSQL


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests; without PostgreSQL on this machine they are skipped."""
    programs = PostgreSQL.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; `make setup` gets it: sudo apt-get install -y postgresql")
    server = PostgreSQL(programs)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a gradebook that has not been made yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/er/gradebook.sqlite"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.database()
