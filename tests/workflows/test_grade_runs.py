"""Test the staff's workflow `grade` by running it on a class whose forge is a folder: plan, grade in a jail, publish."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from grader.classroom.forge import State
from tests.classroom.world import ON_BOTH, Classroom

from .acting import Ran, act
from .staff import SECRET, grader, make_staff_repository, place, surroundings

SOLVED = "def answer():\n    return 42\n"
WRONG = "def answer():\n    return 41\n"
CONTEXT = "tinytorch/setup"

pytestmark = pytest.mark.thorough


@pytest.fixture
def staff(classroom: Classroom) -> Path:
    classroom.start("setup")
    return make_staff_repository(classroom)


def run(classroom: Classroom, home: Path, path: str = "", **inputs: str) -> Ran:
    return act(
        classroom.root,
        "grade.yml",
        "workflow_dispatch",
        home=home,
        inputs={"module": "all", "student": "", "again": "false", **inputs},
        variables={"FORGE": place(classroom), "PAGES": "yes", "STUDENTS_PER_SHARD": "2"},
        secrets={"TINYTORCH_SECRET": SECRET, "GRADER_APP_KEY": "not used on a forge in a folder"},
        extra=surroundings(classroom),
        path=path,
    )


def posted(classroom: Classroom, repo: str, commit: str) -> dict[str, tuple[State, str]]:
    return {one.context: (one.state, one.description) for one in classroom.forge.statuses(repo, commit)}


@ON_BOTH
def test_a_run_plans_grades_and_publishes_and_the_next_run_only_new_pushes(
    classroom: Classroom, staff: Path, tmp_path: Path
) -> None:
    right = classroom.clone(classroom.repos[0]).push({"tinytorch/setup.py": SOLVED})
    wrong = classroom.clone(classroom.repos[1]).push({"tinytorch/setup.py": WRONG})

    first = run(classroom, tmp_path / "first")
    assert set(first.jobs) == {"plan", "grade-1", "grade-2", "publish", "pages"}, first.output
    assert first.status == 0, first.output
    assert posted(classroom, classroom.repos[0], right) == {CONTEXT: (State.SUCCESS, "10/10, Setup")}
    assert posted(classroom, classroom.repos[1], wrong) == {CONTEXT: (State.FAILURE, "0/10")}
    pull = classroom.forge.pull_request(classroom.ada, "main", "feedback")
    assert pull is not None
    assert "10 / 10" in classroom.forge.comments(classroom.ada, pull.number)[CONTEXT]
    assert "Analyst" in (first.artifacts / "deployed" / "index.html").read_text(), "the leaderboard"
    assert (first.artifacts / "reports" / "s01" / "setup" / "ta.html").is_file()

    moved = classroom.clone(classroom.repos[1]).push({"tinytorch/setup.py": SOLVED})
    second = run(classroom, tmp_path / "second")
    plan = json.loads((second.artifacts / "plan" / "plan.json").read_text())
    assert [task["student"] for shard in plan["shards"] for task in shard["tasks"]] == ["s02"]
    assert posted(classroom, classroom.repos[1], moved) == {CONTEXT: (State.SUCCESS, "10/10, Setup")}

    before = classroom.snapshot()
    third = run(classroom, tmp_path / "third")
    assert third.jobs == {"plan": "succeeded"}, "nothing has moved, so nothing is graded"
    assert classroom.snapshot() == before

    for verb in (
        ["decide", "override", "ada", "1", "--points", "7", "--by", "grace", "--reason", "oral exam"],
        ["state", "save"],
    ):
        grader(classroom, *verb)
    decided = run(classroom, tmp_path / "decided")
    assert decided.jobs == {"plan": "succeeded", "publish": "succeeded", "pages": "succeeded"}, (
        "posted, though nobody pushed"
    )
    assert "7 of 10 points (set by staff)" in classroom.forge.comments(classroom.ada, pull.number)[CONTEXT]

    one = run(classroom, tmp_path / "fourth", student="s03", module="setup", again="true")
    plan = json.loads((one.artifacts / "plan" / "plan.json").read_text())
    assert [task["student"] for shard in plan["shards"] for task in shard["tasks"]] == ["s03"]
    assert one.status == 0, one.output

    # The records belong to the course: after fetching the state, `collect` finds nothing left to grade.
    grader(classroom, "state", "fetch")
    records = {path: path.read_bytes() for path in (staff / ".grader" / "records").rglob("*.json")}
    assert len(records) == 4
    grader(classroom, "collect")
    assert {path: path.read_bytes() for path in (staff / ".grader" / "records").rglob("*.json")} == records


@ON_BOTH
def test_pages_deploys_the_leaderboard_from_the_kept_records(classroom: Classroom, staff: Path, tmp_path: Path) -> None:
    grader(classroom, "collect")
    grader(classroom, "state", "save")
    ran = act(
        staff,
        "pages.yml",
        "workflow_dispatch",
        home=tmp_path / "home",
        variables={"FORGE": place(classroom)},
        secrets={"TINYTORCH_SECRET": SECRET},
        extra=surroundings(classroom),
    )
    assert ran.jobs == {"build": "succeeded", "deploy": "succeeded"}, ran.output
    page = (ran.artifacts / "deployed" / "index.html").read_text()
    assert "Analyst" in page
    assert "Ada Byron" not in page


def test_without_level_3_nothing_is_graded_or_posted(
    classroom: Classroom,
    staff: Path,
    tmp_path: Path,
) -> None:
    commit = classroom.clone(classroom.ada).push({"tinytorch/setup.py": SOLVED})
    no_jail = tmp_path / "programs"
    no_jail.mkdir()
    (no_jail / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (no_jail / "bwrap").chmod(0o755)
    ran = run(classroom, tmp_path / "home", path=f"{no_jail}:{os.environ['PATH']}")
    assert ran.jobs == {"plan": "succeeded", "grade-1": "failed", "grade-2": "failed", "publish": "failed"}, ran.output
    assert posted(classroom, classroom.ada, commit) == {}
    assert "missing: s01 setup" in ran.output


def test_a_plan_that_was_changed_between_jobs_is_refused(classroom: Classroom, staff: Path, tmp_path: Path) -> None:
    """Code that breaks out of a jail may change the run's artifacts, but the plan's digest reaches the next job as an output."""
    commit = classroom.clone(classroom.ada).push({"tinytorch/setup.py": WRONG})
    file = staff / ".github" / "workflows" / "grade.yml"
    text = file.read_text()
    step = "      - name: Grade, jailed\n"
    assert text.count(step) == 1
    file.write_text(text.replace(step, '      - run: echo " " >>"$ARTIFACTS/plan/plan.json"\n' + step))
    ran = run(classroom, tmp_path / "home")
    assert ran.jobs["publish"] == "failed"
    assert posted(classroom, classroom.ada, commit) == {}
