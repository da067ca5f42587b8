"""Test records that were edited, moved, replayed or made up. None becomes a score, and none is signed again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradebook.making import SECRET, check, course, record, score_of
from trial import SECRET as TRIAL_SECRET
from trial import SOLUTION, Trial

from grader.cli.options import workspace_here
from grader.gradebook.gradebook import Gradebook
from grader.grading import grade
from grader.grading.course_secret import SecretError, course_secret
from grader.grading.grade import Job
from grader.grading.record import Outcome, Record
from grader.grading.store import Store, StoreError
from grader.grading.submission import from_folder
from grader.reports.audience import Audience
from grader.reports.folder import write_reports
from grader.reports.redact import redact

GOOD = record(check("test_a"), check("test_b", Outcome.FAILED)).signed(SECRET)
UNFINISHED = record(complete=False).signed(SECRET)


def edited(**facts: Any) -> str:
    return json.dumps({**json.loads(GOOD.to_json()), **facts})


def full_marks() -> str:
    checks = [{**one, "outcome": "passed", "points": 10} for one in json.loads(GOOD.to_json())["checks"]]
    return edited(checks=checks, points=20)


FORGED: dict[str, str] = {
    "full marks": full_marks(),
    "another student": edited(student="eve"),
    "another module": edited(module="activations"),
    "another commit": edited(commit="1" * 40),
    "an earlier time": edited(submitted_at="2020-01-01T00:00:00Z"),
    "no signature": edited(signature=""),
    "a signature of nothing": edited(signature=None),
    "incomplete called complete": UNFINISHED.to_json().replace('"complete": false', '"complete": true'),
    "a student twice, the second time another": GOOD.to_json().replace('"student": "ada"', '"student": "ada", "student": "eve"'),
    "more than the maximum": edited(points=10**30),
    "points that are not a number": GOOD.to_json().replace('"points": 10', '"points": NaN'),
    "a float for points": GOOD.to_json().replace('"points": 10', '"points": 10.5'),
    "another spelling of a name": edited(student="a\u0064\u0301a"),
    "half a surrogate pair": GOOD.to_json().replace("course/tinytorch-ada", "\\ud800"),
    "nested without end": "[" * 100_000,
    "a number without end": '{"points": ' + "9" * 100_000 + "}",
    "bytes that are no text": "\ufffe",
    "a field of its own": edited(bonus=5),
    "another schema": edited(schema="tinytorch/record/v3"),
}  # fmt: skip


@pytest.mark.parametrize("document", FORGED.values(), ids=FORGED)
def test_a_forged_record_is_refused_and_the_others_are_kept(tmp_path: Path, document: str) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "a-forged.json").write_text(document)
    (folder / "b-good.json").write_text(record(student="bob").signed(SECRET).to_json())
    with Gradebook(f"sqlite:///{tmp_path}/book.sqlite") as book:
        filled = book.fill(folder, SECRET)
        assert [refused.path.name for refused in filled.refused] == ["a-forged.json"]
        assert book.students() == ["bob"]


def test_reformatting_a_record_changes_nothing(tmp_path: Path) -> None:
    """The signature covers the content of a record as we read it. Spelling and order are free, and gain nothing."""
    folder = tmp_path / "records"
    folder.mkdir()
    document = json.loads(GOOD.to_json())
    (folder / "a.json").write_text(json.dumps(dict(reversed(document.items())), ensure_ascii=True))
    (folder / "b.json").write_text(json.dumps({**document, "points": "10", "graded_at": "2027-01-20T13:30:00+01:00"}))
    with Gradebook(f"sqlite:///{tmp_path}/book.sqlite") as book:
        filled = book.fill(folder, SECRET)
        assert (filled.added, filled.known) in {(1, 1), (1, 0)}
        assert {it.points for it in book.history("ada", "tensor")} == {10}


def test_a_record_in_another_students_folder_still_belongs_to_its_own_student(tmp_path: Path) -> None:
    folder = tmp_path / "records" / "eve" / "tensor"
    folder.mkdir(parents=True)
    (folder / "c0ffee000000-input-1.json").write_text(GOOD.to_json())
    with Gradebook(f"sqlite:///{tmp_path}/book.sqlite") as book:
        book.fill(tmp_path / "records", SECRET)
        assert (book.students(), book.history("eve", "tensor")) == (["ada"], [])
        assert [it.total for it in book.standings(course(), {"eve": "Eve"})] == [0]


def test_an_older_better_record_that_is_put_back_gains_nothing(tmp_path: Path) -> None:
    """Under the policy "last", replaying a record changes nothing, because the record says when it was handed in."""
    old = record(check("test_a"), commit="a" * 40).signed(SECRET)
    new = record(check("test_a", Outcome.FAILED), commit="b" * 40, submitted_at=old.graded_at, graded_at=old.graded_at)
    with Gradebook(f"sqlite:///{tmp_path}/book.sqlite") as book:
        for one in (old, new.signed(SECRET), old):
            book.add(one)
        score = score_of(book, "ada", course(score="last"))
    assert score is not None
    assert (score.points, score.commit) == (0, "b" * 40)


def forge(trial: Trial, student: str, change: Callable[[Record], Record]) -> Path:
    """Grade a stub, and change the record on disk without the secret."""
    honest = trial.graded(student, "def double(x): return x\n")
    path = Store(trial.folder / "graded").path_of(honest)
    path.write_text(change(honest).to_json())
    return path


def all_passed(one: Record) -> Record:
    checks = tuple(c.model_copy(update={"outcome": Outcome.PASSED, "points": c.max_points}) for c in one.checks)
    return one.model_copy(update={"checks": checks, "points": one.max_points})


def test_an_edited_record_is_not_signed_again_for_another_commit(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files at another commit get the known outcome. An edited record must not come back with our signature."""
    path = forge(trial, "eve", all_passed)
    folder = trial.submission("eve", {})
    monkeypatch.setattr(grade, "from_commit", lambda source, commit, given: from_folder(folder, given))
    for commit in ("a" * 40, None):
        with pytest.raises(StoreError, match="is not signed with this course's secret"):
            trial.grader().grade(Job("eve", folder, commit, "trial"))
    store = Store(trial.folder / "graded")
    assert [one for one in map(store.read, store.records.rglob("*.json")) if one.is_signed_by(TRIAL_SECRET)] == []
    path.unlink()
    assert trial.grader().grade(Job("eve", folder, "a" * 40, "trial")).points == 0


@pytest.mark.parametrize("student", ["../../outside", "/etc", "..", ".", "a/b", "a\nb", "\x1b[2J", "-rf", "é" * 90])
def test_a_student_id_cannot_form_a_path(tmp_path: Path, student: str) -> None:
    one = record(student=student, module="../x", commit="../../y")
    store = Store(tmp_path / "deep" / "state")
    written = [store.write(one), *write_reports(tmp_path / "deep" / "state" / "reports", one)]
    assert all(path.resolve().is_relative_to(tmp_path / "deep" / "state") for path in written)
    assert {path.parent.parent.parent for path in written} == {store.folder / "records", store.folder / "reports"}


# Secrets of the staff that others could reach


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = course_secret(tmp_path)
    for mode in (0o604, 0o602, 0o666):
        (tmp_path / "secret").chmod(mode)
        with pytest.raises(SecretError, match="chmod 600"):
            course_secret(tmp_path)
    (tmp_path / "secret").chmod(0o640)
    assert course_secret(tmp_path) == secret


def test_no_secret_is_made_beside_records_signed_with_another_one(tmp_path: Path) -> None:
    """A machine may have received the records without the secret. All old records would be refused, and new ones mixed in."""
    Store(tmp_path).write(record())
    with pytest.raises(SecretError, match="Put the course's secret back"):
        course_secret(tmp_path)
    assert not (tmp_path / "secret").exists()


def test_the_name_of_a_file_is_not_accepted_as_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYTORCH_SECRET", "/root/keys/course-secret.txt")
    with pytest.raises(SecretError, match="it has to hold the secret itself"):
        course_secret(tmp_path)


@pytest.mark.parametrize(("made", "kept"), [(0o777, 0o770), (0o755, 0o750), (0o700, 0o700), (0o770, 0o770)])
def test_a_state_folder_is_closed_to_other_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: int, kept: int
) -> None:
    trial = Trial.build(tmp_path / "course")
    monkeypatch.chdir(trial.folder)
    (trial.folder / ".grader").mkdir()
    (trial.folder / ".grader").chmod(made)
    assert workspace_here().state.stat().st_mode & 0o777 == kept


def test_a_students_report_says_nothing_about_the_machine_that_graded(trial: Trial) -> None:
    folder = trial.submission("ada", {"tinytorch/trial.py": SOLUTION})
    shutil.rmtree(folder)
    one = record(repo=str(folder))
    assert str(folder.parent) not in repr(redact(one, Audience.STUDENT))
    assert str(folder) in repr(redact(one, Audience.STAFF))


def test_a_token_in_a_url_appears_in_no_record(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = trial.submission("ada", {"tinytorch/trial.py": SOLUTION})
    monkeypatch.setattr(grade, "from_commit", lambda source, commit, given: from_folder(folder, given))
    url = "https://x-access-token:ghs_hidden@hidden@forge.example/course/ada.git"
    one = trial.grader().grade(Job("ada", url, "1" * 40, "trial"))
    assert one.repo == "https://forge.example/course/ada.git"
    assert not any(b"hidden@" in path.read_bytes() for path in (trial.folder / "graded").rglob("*.json"))
