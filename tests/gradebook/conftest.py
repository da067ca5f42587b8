"""Provide gradebooks of both kinds: a file, and a database on a PostgreSQL server that this session starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gradebook.server import PostgreSQL


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Start one server for all tests. Without PostgreSQL on this machine, these tests are skipped."""
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
    """Return the address of a gradebook that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/er/gradebook.sqlite"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.database()
