"""Test that the workflow `release` audits a module, gives it to a class, and changes nothing the second time."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from grader.classroom.roster import Roster
from grader.course import load_course
from tests.classroom.forges import Disk, GitHub
from tests.classroom.world import ON_BOTH, PROJECT, ROSTER, Classroom

from .acting import Ran, act, commit_all
from .staff import SECRET, grader, place, surroundings

pytestmark = pytest.mark.thorough


@pytest.fixture
def class_(tmp_path: Path, roster: Roster, forge: Disk | GitHub) -> Classroom:
    """Copy the whole checkout as it is, and make a class of three without repositories."""
    root = tmp_path / "staff"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, root / name)
    (root / ".grader").mkdir(mode=0o700)
    (root / ".grader" / "roster.csv").write_text(ROSTER)
    commit_all(root)
    made = Classroom(load_course(root / "course.yaml"), roster, forge, root, tmp_path)
    grader(made, "state", "save")
    return made


def release(class_: Classroom, home: Path, module: str, *, dry_run: bool) -> Ran:
    return act(
        class_.root,
        "release.yml",
        "workflow_dispatch",
        home=home,
        inputs={"module": module, "dry-run": str(dry_run).lower()},
        variables={"FORGE": place(class_)},
        secrets={"TINYTORCH_SECRET": SECRET, "GRADER_APP_KEY": "not used on a forge in a folder"},
        extra=surroundings(class_),
    )


@ON_BOTH
def test_a_module_is_audited_and_released_and_a_second_run_changes_nothing(class_: Classroom, tmp_path: Path) -> None:
    before = class_.snapshot()
    tried = release(class_, tmp_path / "tried", "01_setup", dry_run=True)
    assert tried.jobs == {"release": "succeeded"}, tried.output
    assert "audit: holds  the stub earns nothing: 0 of 20 points" in tried.lines
    assert "dry run: nothing was changed" in tried.lines
    assert class_.snapshot() == before

    done = release(class_, tmp_path / "done", "01_setup", dry_run=False)
    assert done.jobs == {"release": "succeeded"}, done.output
    assert "released 01_setup to 3 of 3 students; 0 failed" in done.lines
    assert "modules/01_setup/README.md" in class_.files(class_.ada)

    after = class_.snapshot()
    again = release(class_, tmp_path / "again", "01_setup", dry_run=False)
    assert again.jobs == {"release": "succeeded"}, again.output
    assert "01_setup is out and up to date everywhere: nothing to do" in again.lines
    assert class_.snapshot() == after


def test_a_module_that_is_not_next_is_refused_and_nobody_gets_it(class_: Classroom, tmp_path: Path) -> None:
    before = class_.snapshot()
    ran = release(class_, tmp_path / "early", "03_activations", dry_run=False)
    assert ran.jobs == {"release": "failed"}, ran.output
    assert "03_activations" in ran.output
    assert "Traceback" not in ran.output
    assert class_.snapshot() == before
