"""Test that after a real term of work, on either forge, no data of a forgotten student is left in the state folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.classroom.world import ON_BOTH, ON_DISK_FIRST, ROSTER, Classroom
from tests.workflows.staff import grader

from .search import exposed

FORGOTTEN = "s02"


@pytest.fixture
def state(classroom: Classroom, tmp_path: Path) -> Path:
    """Make a state folder in which every command has left its files."""
    classroom.start("setup")
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    (folder / "roster.csv").write_text(ROSTER)
    for repo in classroom.repos:
        classroom.clone(repo).push({"tinytorch/setup.py": "def answer():\n    return 42\n"})
    grader(classroom, "plan", "--state", str(folder))
    for verb in (["plan"], ["grade-shard", "001"], ["collect"], ["publish"], ["regrade", "1", "--dry-run"]):
        grader(classroom, *verb, "--state", str(folder))
    return folder


def said(classroom: Classroom, state: Path, *arguments: str) -> str:
    return grader(classroom, *arguments, "--state", str(state)).stdout


@ON_DISK_FIRST
def test_no_data_of_a_forgotten_student_is_left(classroom: Classroom, state: Path) -> None:
    forgotten = [student for student in classroom.roster.everyone if student.id == FORGOTTEN]
    assert len({line.partition(":")[0] for line in exposed(state, forgotten)}) > 5, "there is much to be found before"
    first = said(classroom, state, "forget", FORGOTTEN)
    second = said(classroom, state, "forget", FORGOTTEN, "--yes")
    assert [line.removeprefix("would remove") for line in first.splitlines() if line.startswith("would remove")] == [
        line.removeprefix("removed") for line in second.splitlines() if line.startswith("removed")
    ], "what is said first is what is done"
    assert exposed(state, forgotten) == []


@pytest.mark.thorough
@ON_BOTH
def test_the_other_students_are_not_affected(classroom: Classroom, state: Path) -> None:
    said(classroom, state, "forget", FORGOTTEN, "--yes")
    before = classroom.snapshot()
    assert "0 new records" in said(classroom, state, "collect")
    assert "posted to 2 students; 0 problems" in said(classroom, state, "publish")
    assert classroom.snapshot() == before


@pytest.mark.thorough
def test_forget_names_the_places_where_data_remains(classroom: Classroom, state: Path) -> None:
    shown = said(classroom, state, "forget", FORGOTTEN, "--yes")
    for place in ("small-grace-m on the forge", "small_staff on the forge", "artifacts of workflow runs", "backups"):
        assert place in shown
