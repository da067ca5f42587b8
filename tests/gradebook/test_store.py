"""Test adding records to the gradebook, and its answers."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from gradebook.making import DUE, SECRET, check, course, module, record, score_of, worth
from gradebook.server import execute
from grader.gradebook import GradebookError, database
from grader.gradebook.database import Database
from grader.gradebook.entries import Entry, Kind
from grader.gradebook.gradebook import Gradebook
from grader.gradebook.intake import Filled
from grader.gradebook.tables import SCHEMA_VERSION, CheckRow
from grader.grading.record import Outcome, SubmittedFile


def test_the_same_record_twice_changes_nothing(url: str) -> None:
    with Gradebook(url) as book:
        assert book.add(record())
        assert not book.add(record())
        assert book.history("ada", "tensor") == [record()]


def test_records_outlive_the_process_with_their_signature(url: str) -> None:
    signed = record(check(capability=True, message="naïve \x00 text")).signed(SECRET)
    with Gradebook(url) as book:
        book.add(signed)
    with Gradebook(url) as book:
        (found,) = book.history("ada", "tensor")
    assert found == signed
    assert found.is_signed_by(SECRET)


def test_a_record_signed_again_is_the_same_record(url: str) -> None:
    with Gradebook(url) as book:
        book.add(record().signed(SECRET))
        assert not book.add(record().signed(b"the next secret"))


def test_a_changed_record_under_the_same_identity_is_refused(url: str) -> None:
    with Gradebook(url) as book:
        book.add(worth(10))
        with pytest.raises(GradebookError, match=r"ada in tensor .* never changed"):
            book.add(worth(60))
        assert [it.points for it in book.history("ada", "tensor")] == [10]


def test_an_incomplete_record_may_change_until_it_is_complete(url: str) -> None:
    with Gradebook(url) as book:
        assert book.add(record(check(outcome=Outcome.NOT_RUN), complete=False))
        assert book.add(record(check(outcome=Outcome.ERROR), complete=False))
        assert book.add(record())
        found = score_of(book, "ada", course())
    assert found
    assert (found.points, found.pending) == (10, False)


def test_history_is_newest_first_and_of_one_student_and_module(url: str) -> None:
    times = [datetime(2027, 1, day, tzinfo=UTC) for day in (3, 1, 2)]
    with Gradebook(url) as book:
        for time in times:
            book.add(record(graded_at=time))
        book.add(record(student="bob"))
        book.add(record(module="activations"))
        assert [it.graded_at for it in book.history("ada", "tensor")] == sorted(times, reverse=True)
        assert book.students() == ["ada", "bob"]


def test_newest_has_one_record_for_each_student(url: str) -> None:
    with Gradebook(url) as book:
        book.add(worth(10))
        book.add(worth(20, graded_at=DUE))
        book.add(worth(30, student="bob"))
        assert [(it.student, it.points) for it in book.newest("tensor")] == [("ada", 20), ("bob", 30)]


def test_fill_counts_new_known_and_refused_records(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    (folder / "ada").mkdir(parents=True)
    good = record().signed(SECRET)
    (folder / "ada" / "good.json").write_text(good.to_json(), encoding="utf-8")
    (folder / "broken.json").write_text("{", encoding="utf-8")
    (folder / "edited.json").write_text(good.to_json().replace('"points": 10', '"points": 60'), encoding="utf-8")
    (folder / "forged.json").write_text(worth(60, student="bob").to_json(), encoding="utf-8")
    (folder / "link.json").symlink_to(folder / "ada" / "good.json")
    (folder / "notes.txt").write_text("not a record", encoding="utf-8")
    with Gradebook(url) as book:
        first, second = book.fill(folder, SECRET), book.fill(folder, SECRET)
    assert (first.added, first.known) == (1, 0)
    assert (second.added, second.known) == (0, 1)
    assert [it.path.name for it in first.refused] == ["broken.json", "edited.json", "forged.json", "link.json"]
    assert "not signed" in first.refused[2].reason


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe{}", b'{"warnings": ["\\udcff"]}', b"", b"null", b"NaN"])
def test_fill_refuses_any_file_that_is_not_a_record(url: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with Gradebook(url) as book:
        (refused,) = book.fill(tmp_path, SECRET).refused
    assert "not a record" in refused.reason


def test_fill_refuses_a_changed_record_and_takes_the_rest(url: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(worth(60).signed(SECRET).to_json(), encoding="utf-8")
    (tmp_path / "b.json").write_text(worth(20, student="bob").signed(SECRET).to_json(), encoding="utf-8")
    with Gradebook(url) as book:
        book.add(worth(10))
        filled = book.fill(tmp_path, SECRET)
    assert (filled.added, [it.path.name for it in filled.refused]) == (1, ["a.json"])


def test_fill_reports_a_missing_folder(url: str, tmp_path: Path) -> None:
    with Gradebook(url) as book, pytest.raises(GradebookError, match="not a folder"):
        book.fill(tmp_path / "nowhere", SECRET)


def test_standings_follow_the_roster_and_the_policy(url: str) -> None:
    tensor, setup = {"module": "tensor"}, {"module": "setup"}
    with Gradebook(url) as book:
        book.add(worth(30, **tensor))
        book.add(worth(20, of=20, **setup))
        book.add(record(check(points=60, capability=True), student="bob", **tensor))
        book.add(worth(60, student="dropped out"))
        term = course()
        found = book.standings(term, {"ada": "Countess", "bob": None, "cy": "Cypher"})
    assert [(it.student, it.pseudonym, it.total) for it in found] == [
        ("bob", None, 60), ("ada", "Countess", 50), ("cy", "Cypher", 0),
    ]  # fmt: skip
    assert found[0].capabilities == ("Tensors",)
    assert found[2].scores == {"setup": None, "tensor": None, "activations": None}
    assert found[0].max_points == 120


def test_standings_leave_out_planned_modules(url: str) -> None:
    term = course(module(1, "setup", 20), module(2, "tensor", 60, planned=True))
    with Gradebook(url) as book:
        book.add(worth(10, of=20, module="setup"))
        (found,) = book.standings(term, {"ada": None})
    assert (found.total, found.max_points, list(found.scores)) == (10, 20, ["setup"])


def test_time_without_a_zone_is_read_as_utc(url: str) -> None:
    with Gradebook(url) as book:
        book.add(worth(50, submitted_at=DUE.replace(tzinfo=None) + timedelta(hours=1)))
        found = score_of(book, "ada", course(late_penalty_percent=10))
    assert found
    assert (found.points, found.handed_in) == (45, DUE + timedelta(hours=1))


def test_a_later_commit_with_the_same_module_file_is_not_late(url: str) -> None:
    files = (SubmittedFile(path="tinytorch/tensor.py", sha256="1" * 64, size=10),)
    more = (*files, SubmittedFile(path="tinytorch/layers.py", sha256="2" * 64, size=10))
    late = DUE + timedelta(days=3)
    with Gradebook(url) as book:
        book.add(worth(50, files=files))
        book.add(worth(50, files=more, commit="b" * 40, submitted_at=late, graded_at=late))
        found = score_of(book, "ada", course(score="last", late_penalty_percent=10))
    assert found
    assert (found.commit, found.points) == ("b" * 40, 50)


def test_decisions_change_scores_but_no_record(url: str) -> None:
    entry = Entry(
        kind=Kind.OVERRIDE, student="ada", module="tensor", at=DUE, author="grace", reason="oral exam", points=55
    )
    with Gradebook(url) as book:
        book.add(worth(10))
        book.add(worth(10, student="bob"))
        found = score_of(book, "ada", course(), [entry])
        other = score_of(book, "bob", course(), [entry])
        assert book.history("ada", "tensor") == [worth(10)]
    assert found
    assert other
    assert (found.points, found.override) == (55, entry)
    assert (other.points, other.override) == (10, None)


def test_a_withdrawn_check_gives_its_points_in_its_suite_alone_and_once(url: str) -> None:
    def incident(number: int) -> Entry:
        at = DUE + timedelta(days=number)
        return Entry(
            kind=Kind.INCIDENT,
            module="tensor",
            check="test_failed",
            suite="suite-1",
            at=at,
            author="g",
            reason="wrong",
        )

    with Gradebook(url) as book:
        book.add(worth(10))
        book.add(worth(10, student="bob", suite_digest="suite-2"))
        book.add(worth(10, student="cem", module="activations", commit="b" * 40))
        standings = book.standings(course(), dict.fromkeys(("ada", "bob", "cem")), [incident(0), incident(1)])
    assert [(it.student, it.total) for it in standings] == [("ada", 60), ("bob", 10), ("cem", 10)]
    tensor = standings[0].scores["tensor"]
    assert tensor
    assert (tensor.points, tensor.given, tensor.capability) == (60, 50, False)


def test_a_revoked_decision_does_not_count_and_a_revocation_can_be_revoked(url: str) -> None:
    override = Entry(kind=Kind.OVERRIDE, student="ada", module="tensor", at=DUE, author="g", reason="oral", points=55)
    revoked = Entry(kind=Kind.REVOCATION, revokes=override.id, at=DUE, author="g", reason="was bob")
    restored = Entry(kind=Kind.REVOCATION, revokes=revoked.id, at=DUE, author="g", reason="was ada after all")
    with Gradebook(url) as book:
        book.add(worth(10))
        decided = ([override], [override, revoked], [override, revoked, restored])
        found = [score_of(book, "ada", course(), entries) for entries in decided]
    assert [score.points if score else None for score in found] == [55, 10, 55]


def _add_many(url: str, student: str, barrier: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    with Gradebook(url) as book:
        for day in range(1, 21):
            book.add(record(student=student, graded_at=datetime(2027, 1, day, tzinfo=UTC)))
            book.add(record(student="both", graded_at=datetime(2027, 1, day, tzinfo=UTC)))


def test_two_processes_fill_a_new_gradebook_at_once(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    workers = [context.Process(target=_add_many, args=(url, student, barrier)) for student in ("ada", "bob")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with Gradebook(url) as book:
        counts = {student: len(book.history(student, "tensor")) for student in book.students()}
    assert counts == {"ada": 20, "bob": 20, "both": 20}


def test_a_gradebook_that_stays_locked_is_reported(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with Gradebook(url) as book:
        engine = create_engine(url)
        with engine.connect() as other:
            if engine.dialect.name == "sqlite":
                other.execute(text("BEGIN IMMEDIATE"))
            else:
                other.execute(text("LOCK TABLE records IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(GradebookError, match="locked by another process: wait"):
                book.add(record())
        engine.dispose()
        assert book.add(record())


def test_records_from_another_secret_are_removed_when_their_files_are_refused(url: str, tmp_path: Path) -> None:
    """After a collection with a wrong secret, its points must not stay once the right secret is back."""
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "right.json").write_text(worth(10).signed(SECRET).to_json(), encoding="utf-8")
    (folder / "wrong.json").write_text(worth(60, student="bob").signed(b"another secret").to_json(), encoding="utf-8")
    with Gradebook(url) as book:
        assert book.fill(folder, b"another secret").added == 1
        assert book.students() == ["bob"]
        assert [it.path.name for it in book.fill(folder, SECRET).refused] == ["wrong.json"]
        assert book.students() == ["ada"]
        (folder / "wrong.json").unlink()
        assert book.fill(folder, SECRET) == Filled(0, 1, [])


@pytest.mark.parametrize("version", [1, 99])
def test_tables_of_another_version_are_refused_and_left_as_they_are(url: str, version: int) -> None:
    Gradebook(url).close()
    execute(url, f"UPDATE meta SET value = '{version}'")
    execute(url, "DROP TABLE checks")
    with pytest.raises(GradebookError, match=f"version {version}, and this grader knows version {SCHEMA_VERSION}"):
        Gradebook(url)
    execute(url, "CREATE TABLE checks (of_another INTEGER)")  # refused, had the grader made its own


def test_a_lost_gradebook_is_made_again_from_the_records(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    for day, student in enumerate(("ada", "bob", "cy"), 1):
        one = worth(10 * day, student=student).signed(SECRET)
        (folder / f"{student}.json").write_text(one.to_json(), encoding="utf-8")
    with Gradebook(url) as book:
        book.fill(folder, SECRET)
        before = book.standings(course(), dict.fromkeys(("ada", "bob", "cy")))
    for table in ("checks", "records", "meta"):
        execute(url, f"DROP TABLE {table}")
    with Gradebook(url) as book:
        assert book.fill(folder, SECRET).added == 3
        assert book.standings(course(), dict.fromkeys(("ada", "bob", "cy"))) == before


@pytest.mark.parametrize("url", ["no url", "oracel://host/name", "sqlite:////proc/nowhere/book.sqlite"])
def test_a_url_that_cannot_be_used_is_reported(url: str) -> None:
    with pytest.raises(GradebookError, match=r"database URL|cannot be made"):
        Gradebook(url)


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book.sqlite").write_text("these are not the tables you are looking for " * 40, encoding="utf-8")
    with pytest.raises(GradebookError, match="cannot be used"):
        Gradebook(f"sqlite:///{tmp_path}/book.sqlite")


def test_a_check_belongs_to_a_record(url: str) -> None:
    """SQLite leaves foreign keys off unless it is asked."""
    stray = {"record_id": 7, "place": 0, "name": "x", "title": "x", "visibility": "public", "outcome": "passed"}
    tables = Database(url)
    with pytest.raises(GradebookError, match=r"(?i)foreign key"):
        tables.write(lambda session: session.add(CheckRow(**stray, points=1, max_points=1, seconds=0.0)))
    tables.close()


@pytest.mark.parametrize("room", ["grader.gradebook", "grader.reports", "grader.files"])
def test_importing_the_room_imports_nothing_heavy(room: str) -> None:
    heavy = "{'sqlalchemy', 'rich', 'jinja2', 'pydantic'}"
    code = f"import sys, {room}; print({heavy} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"
