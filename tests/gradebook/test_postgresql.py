"""Test what can happen only on a server: it restarts, is unreachable, or refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import create_engine, text

from gradebook.making import SECRET, record, worth
from gradebook.server import PostgreSQL
from grader.gradebook import GradebookError, database
from grader.gradebook.gradebook import Gradebook

AWAY = "postgresql+psycopg://grader:hunter2@/book?host=/nowhere&sslpassword=hunter3"


def test_a_gradebook_still_works_after_its_server_was_restarted(postgresql: PostgreSQL) -> None:
    with Gradebook(postgresql.database()) as book:
        book.add(worth(10))
        postgresql.stop()
        postgresql.start()
        assert [it.points for it in book.history("ada", "tensor")] == [10]
        postgresql.stop()
        postgresql.start()
        assert book.add(worth(20, student="bob"))


def test_an_unreachable_server_is_reported_and_no_record_is_lost(postgresql: PostgreSQL, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(record().signed(SECRET).to_json(), encoding="utf-8")
    with Gradebook(postgresql.database()) as book:
        postgresql.stop()
        try:
            with pytest.raises(GradebookError, match=r"cannot be used: .* server runs .* records are on disk"):
                book.fill(tmp_path, SECRET)
        finally:
            postgresql.start()
        assert book.students() == []
        assert book.fill(tmp_path, SECRET).added == 1


def test_no_message_shows_a_password() -> None:
    with pytest.raises(GradebookError, match="grader:\\*\\*\\*@/book cannot be used") as refused:
        Gradebook(AWAY)
    assert "hunter" not in str(refused.value)
    with pytest.raises(GradebookError, match="not a database URL") as refused:
        Gradebook("postgresql://grader:hunter2@host:hunter3/book")
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize("rest", ["hunter@2@host/book", "hunter@2/x@host/book", "h@unter:2@host/book"])
def test_no_message_shows_a_part_of_a_password_that_has_an_at_sign(rest: str) -> None:
    with pytest.raises(GradebookError, match=r"write it as %40|not a database URL") as refused:
        Gradebook(f"postgresql+psycopg://grader:{rest}")
    assert "unter" not in str(refused.value)
    assert "2" not in str(refused.value)


def test_an_address_without_a_driver_uses_the_one_that_is_installed(postgresql: PostgreSQL) -> None:
    with Gradebook(postgresql.database().replace("postgresql+psycopg://", "postgresql://")) as book:
        assert book.add(record())


def test_a_lock_is_told_by_its_code_and_not_by_the_servers_language(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that has the messages of another language sends them; this one has English alone, and sends them changed."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    address = postgresql.database()
    with Gradebook(address) as book:
        engine = create_engine(address)
        with engine.connect() as other:
            other.execute(text("LOCK TABLE records IN ACCESS EXCLUSIVE MODE"))
            monkeypatch.setattr(LockNotAvailable, "__str__", lambda self: "ein Zeitlimit")
            with pytest.raises(GradebookError, match="locked by another process: wait"):
                book.add(record())
        engine.dispose()


def test_a_missing_database_is_reported(postgresql: PostgreSQL) -> None:
    with pytest.raises(GradebookError, match='database "nowhere" does not exist'):
        Gradebook(postgresql.address("nowhere"))
