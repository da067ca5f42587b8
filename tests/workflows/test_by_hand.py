"""Test the commands of the workflows, typed by a person: plan, grade-shard, take, and the state on the forge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.grading.record import Record
from grader.pipeline.shards import read_plan
from tests.classroom.world import ROSTER, Classroom

from .staff import SECRET, grader, place

SOLVED = "def answer():\n    return 42\n"


@pytest.fixture
def class_(classroom: Classroom) -> Classroom:
    """Make a class on disk after its first release. One student has pushed a right answer."""
    classroom.start("setup")
    (classroom.root / ".grader").mkdir(mode=0o700)
    (classroom.root / ".grader" / "roster.csv").write_text(ROSTER)
    classroom.clone(classroom.ada).push({"tinytorch/setup.py": SOLVED})
    return classroom


def elsewhere(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a machine that has the checkout and the plan's folder, but neither forge nor secret."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_records_from_another_machine_are_taken_in_and_count(class_: Classroom, tmp_path: Path) -> None:
    said = grader(class_, "plan", "--per-shard", "2").stdout
    assert said.splitlines()[-1] == "3 records asked for, in 2 shards; 0 problems"
    (class_.root / ".grader" / "plan").rename(tmp_path / "plan")

    for name in ("001", "002"):
        done = elsewhere(
            class_.root, "grade-shard", name, "--plan", str(tmp_path / "plan"), "--state", str(tmp_path / "s")
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "s" / "secret").exists(), "the secret is not needed, so none is made"

    folders = ["--plan", str(tmp_path / "plan")]
    assert "took 3 of 3 records; 0 refused" in take(class_, *folders)
    assert "took 3 of 3 records; 0 refused" in take(class_, *folders), "again changes nothing"
    report = json.loads(grader_report(class_, "s01"))
    assert report["points"] == 10
    assert "0 records asked for, in 0 shards" in grader(class_, "plan").stdout


def take(class_: Classroom, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "grader", "take", *arguments],
        cwd=class_.root,
        env={**os.environ, "TINYTORCH_SECRET": SECRET},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def grader_report(class_: Classroom, student: str) -> str:
    grader(class_, "report")
    return (class_.root / ".grader" / "reports" / student / "setup" / "student.json").read_text()


def test_missing_and_refused_records_are_named_and_the_others_are_taken(class_: Classroom) -> None:
    grader(class_, "plan", "--per-shard", "2")
    done = elsewhere(class_.root, "grade-shard", "001")
    assert done.returncode == 0, done.stderr
    (record,) = (class_.root / ".grader" / "plan" / "graded").rglob("records/s01/*/*.json")
    record.write_text(record.read_text().replace('"complete": true', '"complete": false'))
    said = take(class_, status=1)
    assert "refused: " in said
    assert "not signed with the task's key" in said
    assert "missing: s01 setup at " in said
    assert "took 0 of 3 records; 1 refused" in said


def test_a_record_that_contradicts_another_of_the_same_input_is_refused(class_: Classroom) -> None:
    """This happens after a submission has broken out of its jail once, and everything is graded again."""
    grader(class_, "plan", "--student", "ada")
    elsewhere(class_.root, "grade-shard", "001")
    plan = read_plan(class_.root / ".grader" / "plan")
    (path,) = (class_.root / ".grader" / "plan" / "graded").rglob("records/s01/*/*.json")
    document = json.loads(path.read_text())
    document["checks"][0] |= {"points": 0, "outcome": "failed"}
    document["points"] = sum(check["points"] for check in document["checks"])
    path.write_text(Record.model_validate(document).signed(plan.tasks[0].signing_key).to_json())
    assert "took 1 of 1" in take(class_)

    grader(class_, "plan", "--student", "ada", "--again")
    elsewhere(class_.root, "grade-shard", "001")
    said = take(class_, status=1)
    assert "has the same files, suite and seed, but other outcomes. It was graded by 0.1.0+" in said
    assert "took 0 of 1 record; 1 refused" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["grade-shard", "001"], "there is no plan at"),
        (["take"], "there is no plan at"),
        (["plan", "--student", "nobody"], "no student 'nobody' in the class list. Name a student by id or login."),
        (["plan", "--module", "tensor"], "02_tensor has not been released"),
        (["state", "fetch"], "there is no repository small_staff on the forge. `grader state save` makes it"),
    ],
)
def test_a_mistake_gives_one_message(class_: Classroom, arguments: list[str], says: str) -> None:
    named = ["--forge", place(class_)] if arguments[0] in ("plan", "state") else []
    done = elsewhere(class_.root, *arguments, *named)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("mistake", [["--module", "01_setpu"], ["--student", "nobody"]])
def test_a_plan_that_fails_keeps_the_last_plan_and_its_graded_records(class_: Classroom, mistake: list[str]) -> None:
    grader(class_, "plan", "--student", "ada")
    grader(class_, "grade-shard", "001")
    grader(class_, "plan", *mistake, status=2)
    assert "took 1 of 1 record; 0 refused" in take(class_)
    assert not list((class_.root / ".grader").glob("tinytorch-scratch-*"))


def test_a_shard_that_is_not_in_the_plan_is_refused_with_a_message(class_: Classroom) -> None:
    grader(class_, "plan")
    done = elsewhere(class_.root, "grade-shard", "2")
    assert done.returncode == 2
    assert "the plan has no shard '2'; they are 001 to 001" in done.stderr


def test_only_the_names_for_the_matrix_go_to_standard_output(class_: Classroom) -> None:
    done = grader(class_, "plan", "--matrix", "--per-shard", "1", "--student", "ada", "--student", "s03")
    assert json.loads(done.stdout) == ["001", "002"]
    assert "2 records asked for, in 2 shards; 0 problems" in done.stderr


def test_the_state_goes_to_another_machine_and_back(class_: Classroom, tmp_path: Path) -> None:
    grader(class_, "collect")
    assert "would save: roster.csv" in grader(class_, "state", "save", "--dry-run").stdout
    assert "small_staff" not in class_.forge.repos()
    assert "saved 5 files to small_staff" in grader(class_, "state", "save").stdout
    other = ["--state", str(tmp_path / "other")]
    assert "fetched 5 files from small_staff" in grader(class_, "state", "fetch", *other).stdout
    assert "0 records asked for" in grader(class_, "plan", *other).stdout
    (tmp_path / "other" / "roster.csv").write_text("id,name,login\n")
    said = grader(class_, "state", "fetch", *other, status=1).stdout
    assert "roster.csv differs from the forge's file; --replace takes that file, `state save` keeps yours" in said
