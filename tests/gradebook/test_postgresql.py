"""Test what can happen only on a server: it restarts, is unreachable, or refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradebook.making import SECRET, record, worth
from gradebook.server import PostgreSQL
from grader.gradebook import GradebookError
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


def test_a_missing_database_is_reported(postgresql: PostgreSQL) -> None:
    with pytest.raises(GradebookError, match='database "nowhere" does not exist'):
        Gradebook(postgresql.address("nowhere"))
