"""Test the course's state on the forge: files of staff and results of grading go there and come back; the secret does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.classroom.names import staff_repo
from grader.classroom.state_repository import StateError, fetch, save
from grader.grading.record import CheckResult, ReachedLevel, Record, Visibility

from .world import BY, LATER, Classroom

RECORD = "records/s01/setup/aaaaaaaaaaaa-bbbbbbbbbbbb.json"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Make a state folder as a term leaves it."""
    files = {
        "secret": "never to leave",
        "roster.csv": "id,name,login\ns01,Ada,ada\n",
        "decisions.yaml": "[]\n",
        "gradebook.sqlite": "can be made anew",
        RECORD: "{}\n",
        "posted/0123.json": "{}\n",
        "reports/s01/setup/ta.json": "{}\n",
    }
    folder = tmp_path / "state"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_kept_files_come_back_and_no_other_file_leaves_the_folder(
    classroom: Classroom, state: Path, tmp_path: Path
) -> None:
    repo = staff_repo(classroom.course)
    kept = {"roster.csv", "decisions.yaml", RECORD, "posted/0123.json"}
    assert set(save(classroom.forge, repo, state, BY)) == kept
    assert set(classroom.files(repo)) == kept
    elsewhere = tmp_path / "elsewhere"
    assert set(fetch(classroom.forge, repo, elsewhere).written) == kept
    assert contents(elsewhere) == {path: text for path, text in contents(state).items() if path in kept}


def test_saving_and_fetching_twice_changes_nothing(classroom: Classroom, state: Path) -> None:
    repo = staff_repo(classroom.course)
    save(classroom.forge, repo, state, BY)
    before = classroom.snapshot()
    assert save(classroom.forge, repo, state, LATER) == ()
    assert fetch(classroom.forge, repo, state).written == ()
    assert classroom.snapshot() == before


def test_new_records_are_added_to_those_already_there(classroom: Classroom, state: Path, tmp_path: Path) -> None:
    repo = staff_repo(classroom.course)
    save(classroom.forge, repo, state, BY)
    other = tmp_path / "other" / RECORD.replace("s01", "s02")
    other.parent.mkdir(parents=True)
    other.write_text("{}\n")
    save(classroom.forge, repo, tmp_path / "other", LATER)
    assert {RECORD, RECORD.replace("s01", "s02"), "roster.csv"} <= set(classroom.files(repo))


def graded(complete: bool) -> str:
    """Make a record of one check, or of the grader's trouble with it."""
    outcome = {"outcome": "passed", "points": 10} if complete else {"outcome": "error"}
    check = CheckResult(id="test_a", title="A", about="A.", visibility=Visibility.PUBLIC, max_points=10, **outcome)
    when = datetime(2027, 1, 20, tzinfo=UTC)
    return Record(
        course="small", module="setup", student="s01", repo="small-ada", commit="a" * 40, graded_at=when,
        grader_version="1", suite_digest="d", seed_id="s", input_digest="b" * 64, jail=ReachedLevel(level=3, name="jail"),
        checks=(check,), points=check.points, max_points=10, capability="Setting up", complete=complete,
    ).to_json()  # fmt: skip


@pytest.mark.parametrize("trouble_is", ["here", "on the forge"])
def test_a_grade_is_never_replaced_by_the_trouble_that_came_before_it(
    classroom: Classroom, state: Path, trouble_is: str
) -> None:
    """One place has tried again and succeeded; the other still has the record of trouble."""
    repo = staff_repo(classroom.course)
    (state / RECORD).write_text(graded(trouble_is == "here"))
    save(classroom.forge, repo, state, BY)
    (state / RECORD).write_text(graded(trouble_is != "here"))
    assert save(classroom.forge, repo, state, LATER) == (() if trouble_is == "here" else (RECORD,))
    fetch(classroom.forge, repo, state)
    assert (state / RECORD).read_text() == classroom.files(repo)[RECORD].decode() == graded(True)


def test_publish_looks_again_where_two_places_disagree_about_what_was_posted(classroom: Classroom, state: Path) -> None:
    repo = staff_repo(classroom.course)
    note = state / "posted" / "0123.json"
    note.write_text('{"setup": "old", "tensor": "same"}')
    save(classroom.forge, repo, state, BY)
    note.write_text('{"setup": "new", "tensor": "same", "activations": "here"}')
    fetch(classroom.forge, repo, state)
    assert json.loads(note.read_text()) == {"tensor": "same", "activations": "here"}


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_the_state_is_never_saved_to_a_public_repository(classroom: Classroom, state: Path) -> None:
    repo = staff_repo(classroom.course)
    save(classroom.forge, repo, state, BY)
    classroom.forge.fake.hub.repo(repo).private = False
    (state / "roster.csv").write_text("id,name,login\ns09,Eve,eve\n")
    with pytest.raises(StateError, match="small_staff is public: everybody would see names, addresses and grades"):
        save(classroom.forge, repo, state, LATER)
    assert b"Eve" not in classroom.files(repo)["roster.csv"]


def test_a_workflow_run_leaves_the_class_list_as_staff_wrote_it(classroom: Classroom, state: Path) -> None:
    repo = staff_repo(classroom.course)
    save(classroom.forge, repo, state, BY)
    (state / "roster.csv").write_text("id,name,login\n")
    (state / RECORD).write_text(graded(True))
    assert save(classroom.forge, repo, state, LATER, grades_only=True) == (RECORD,)
    assert classroom.files(repo)["roster.csv"] == b"id,name,login\ns01,Ada,ada\n"


def test_a_class_list_that_differs_is_left_alone_unless_replace_is_given(classroom: Classroom, state: Path) -> None:
    repo = staff_repo(classroom.course)
    save(classroom.forge, repo, state, BY)
    (state / "roster.csv").write_text("id,name,login\n")
    assert fetch(classroom.forge, repo, state).differ == ("roster.csv",)
    assert (state / "roster.csv").read_text() == "id,name,login\n"
    assert fetch(classroom.forge, repo, state, replace=True).written == ("roster.csv",)
    assert (state / "roster.csv").read_text() == "id,name,login\ns01,Ada,ada\n"


def test_only_paths_of_the_state_are_written(classroom: Classroom, state: Path, tmp_path: Path) -> None:
    repo = staff_repo(classroom.course)
    save(classroom.forge, repo, state, BY)
    classroom.clone(repo).push({"secret": "planted", "records/note.txt": "planted", "reports/x.json": "planted"})
    fetch(classroom.forge, repo, tmp_path / "elsewhere")
    assert "planted" not in contents(tmp_path / "elsewhere").values()


def test_large_content_is_read_from_git_in_batches(
    classroom: Classroom, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.classroom.state_repository.BATCH_BYTES", 10)
    repo = staff_repo(classroom.course)
    save(classroom.forge, repo, state, BY)
    (state / RECORD).unlink()
    (state / "posted" / "0123.json").unlink()
    assert set(fetch(classroom.forge, repo, state).written) == {RECORD, "posted/0123.json"}


def test_a_fetch_before_the_first_save_says_how_to_begin(classroom: Classroom, state: Path) -> None:
    with pytest.raises(StateError, match=r"no repository small_staff on the forge. `grader state save` makes it"):
        fetch(classroom.forge, staff_repo(classroom.course), state)


DECISION = """- kind: late_days
  student: s01
  days: 1
  at: '2027-02-0{day}T10:00:00Z'
  author: grace
  reason: was ill
"""


@pytest.mark.parametrize("ours", ["[]\n", DECISION.format(day=1), DECISION.format(day=3), "- {", "\udcff"])
def test_a_machine_that_is_behind_cannot_remove_a_decision(classroom: Classroom, state: Path, ours: str) -> None:
    repo = staff_repo(classroom.course)
    theirs = DECISION.format(day=1) + DECISION.format(day=2)
    (state / "decisions.yaml").write_text(theirs)
    save(classroom.forge, repo, state, BY)
    (state / "decisions.yaml").write_bytes(ours.encode(errors="surrogateescape"))
    before = classroom.snapshot()
    with pytest.raises(
        StateError, match=r"decisions.yaml (on the forge has \d decisions? that the one here|cannot be)"
    ):
        save(classroom.forge, repo, state, LATER)
    assert classroom.snapshot() == before
    (state / "decisions.yaml").write_text(theirs + DECISION.format(day=3))
    assert save(classroom.forge, repo, state, LATER) == ("decisions.yaml",)
