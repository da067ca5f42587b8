"""Test what commands print, which files they write, and how they end; where it matters, in a process of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import run, said
from trial import SOLUTION, Trial

from grader.classroom.disk import DiskForge
from grader.classroom.names import student_repo
from grader.classroom.posted_ledger import Posted
from grader.cli import verbs
from tests.faults.world import World, build
from tests.on_disk import comments_of, pulls_of

GRADER = Path(sys.executable).with_name("grader")
CONTEXT = "tinytorch/trial"


def fresh(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program `grader` as a person does."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "140", "TERM": "dumb"}
    return subprocess.run(
        [str(GRADER), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_grade_prints_the_checks_and_writes_reports(trial: Trial) -> None:
    folder = trial.submission(
        "ada", {"tinytorch/trial.py": SOLUTION.replace("return x * x", "return x"), "conftest.py": ""}
    )
    done = fresh(trial.folder, "grade", str(folder), "--module", "1")
    assert done.returncode == 0, done.stderr
    assert "6 / 10 points" in done.stdout
    assert "square squares" in done.stdout
    assert "conftest.py" in done.stdout
    reports = trial.folder / ".grader" / "tries" / "reports" / "local" / "trial"
    assert {path.name for path in reports.iterdir()} == {
        "ta.html",
        "ta.md",
        "ta.json",
        "student.html",
        "student.md",
        "student.json",
    }
    assert json.loads((reports / "student.json").read_text())["points"] == 6


def test_grade_takes_a_commit_of_a_git_repository(trial: Trial) -> None:
    folder = trial.submission("git", {"tinytorch/trial.py": SOLUTION})
    identity = ["-c", "user.name=A", "-c", "user.email=a@invalid"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], [*identity, "commit", "-qm", "work"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    (folder / "tinytorch" / "trial.py").write_text("broken after the commit")
    for named in (commit, commit[:12]):
        done = run(trial.folder, "grade", str(folder), "--commit", named, "--module", "trial", "--quiet")
        assert "10 / 10 points" in done.stdout, done.stderr
    assert run(trial.folder, "grade", str(folder), "--module", "trial", "--quiet").stdout.count("0 / 10 points") == 1


def test_a_try_is_never_a_score(trial: Trial) -> None:
    """Grading a submission by hand writes no file that the gradebook or `publish` would read."""
    folder = str(trial.submission("ada", {"tinytorch/trial.py": SOLUTION}))
    assert "10 / 10" in run(trial.folder, "grade", folder, "--student", "ada", "--quiet").stdout
    (trial.folder / ".grader" / "roster.csv").write_text("id,name,login\nada,Ada,ada\n")
    assert "10 / 10" in run(trial.folder, "grade", folder, "--student", "ada", "--quiet").stdout
    done = run(trial.folder, "report")
    assert done.returncode == 0, done.stderr
    assert re.search(r"ada.*0/10", done.stdout)


def test_a_try_with_a_students_inputs_needs_a_student_in_the_class_list(trial: Trial) -> None:
    (trial.folder / "class.csv").write_text("id,name,login\nben,Ben,ruiz-b\n")
    folder = str(trial.submission("ben", {"tinytorch/trial.py": SOLUTION}))
    of_class = ("grade", folder, "--roster", "class.csv")
    done = run(trial.folder, *of_class, "--student", "bne", "--quiet")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no student 'bne' in the class list. Did you mean 'ben'?" in done.stderr
    assert run(trial.folder, *of_class, "--student", "ruiz-b", "--quiet").returncode == 0
    assert run(trial.folder, *of_class, "--quiet").returncode == 0
    tries = {path.name for path in (trial.folder / ".grader" / "tries" / "records").iterdir()}
    assert tries == {"ben", "local"}


def test_only_the_owner_can_read_files_that_grading_writes(trial: Trial) -> None:
    fresh(trial.folder, "grade", str(trial.submission("ada", {"tinytorch/trial.py": SOLUTION})), "--quiet")
    assert (trial.folder / ".grader").stat().st_mode & 0o077 == 0
    assert (trial.folder / ".grader" / "secret").stat().st_mode & 0o077 == 0


def test_grading_twice_prints_the_same_line(trial: Trial) -> None:
    folder = str(trial.submission("ada", {"tinytorch/trial.py": SOLUTION}))
    first, second = (run(trial.folder, "grade", folder, "--quiet") for _ in range(2))
    assert first.stdout.splitlines()[0] == second.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["grade", "nowhere"], "nowhere"),
        (["grade", "submissions", "--module", "nine"], "no module 'nine'"),
        (["grade", "submissions"], "no file of a course module under tinytorch/"),
        (["grade", "submissions", "--commit", "main"], "'main' is not a commit id"),
        (["collect"], "there is no class list"),
    ],
)
def test_a_mistake_prints_one_message_without_a_traceback(trial: Trial, arguments: list[str], says: str) -> None:
    (trial.folder / "submissions").mkdir()
    done = run(trial.folder, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_outside_a_checkout_the_message_says_where_to_run_the_command(tmp_path: Path) -> None:
    done = fresh(tmp_path, "build")
    assert done.returncode == 2
    assert "Run this inside a checkout" in done.stderr


def test_course_check_names_file_line_and_field(trial: Trial) -> None:
    text = (trial.folder / "course.yaml").read_text()
    (trial.folder / "course.yaml").write_text(text.replace("points: 10", "points: ten"))
    done = run(trial.folder, "course", "check")
    assert done.returncode == 2
    assert "course.yaml:12: modules[0].points" in done.stderr


def test_course_check_reports_a_suite_whose_points_differ_from_course_yaml(trial: Trial) -> None:
    suite = trial.folder / "modules" / "trial" / "suite.py"
    suite.parent.mkdir(parents=True, exist_ok=True)
    suite.write_text(
        'from checks import check\n\n\n@check("Doubles", points=4)\ndef test_double():\n    """Doubles."""\n'
    )
    done = run(trial.folder, "course", "check")
    assert done.returncode == 2
    assert "modules/trial/suite.py:1: the checks are worth 4 points, but course.yaml:" in done.stderr
    assert "course.yaml is right" not in done.stdout


def test_every_verb_has_help() -> None:
    for verb in verbs.GRADER.commands:
        assert "Usage" in said(Path.cwd(), verb, "--help")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Collect and grade the work of two students."""
    made = build(tmp_path_factory.mktemp("world"), ("all", "half"), ("trial",))
    made.fresh(made.checkout / ".grader")
    assert run(made.checkout, "collect").returncode == 0
    return made.keep()


@pytest.fixture
def graded(collected: World) -> World:
    return collected.put_back()


def posted(world: World, student: str) -> tuple[list[str], list[str]]:
    """Return the statuses of the head and the comments on the forge."""
    forge = DiskForge(world.checkout / ".grader" / "forge")
    repo = student_repo(world.course, world.roster.student(student))
    statuses = [one.description for one in forge.statuses(repo, str(forge.head(repo)))]
    return statuses, [text for pull in pulls_of(forge, repo) for text in comments_of(forge, repo, pull.number).values()]


def test_a_dry_run_says_what_is_new_and_posts_nothing(graded: World) -> None:
    done = run(graded.checkout, "publish", "--dry-run")
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("would post:")]
    assert lines == [f"would post: all {CONTEXT} 10/10, Doubling, Calls", f"would post: half {CONTEXT} 6/10, Calls"]
    assert "would post to 2 students; 0 problems\n" in done.stdout
    assert "dry run: nothing was changed" in done.stdout
    assert posted(graded, "all") == ([], [])
    assert not (graded.checkout / ".grader" / "site").exists()
    assert not (graded.checkout / ".grader" / "posted").exists()


def test_a_dry_run_shows_the_score_of_record_if_it_differs_from_the_status(graded: World) -> None:
    by = ("--by", "grace", "--reason", "oral exam")
    assert run(graded.checkout, "decide", "override", "half", "1", "--points", "8", *by).returncode == 0
    lines = run(graded.checkout, "publish", "--dry-run").stdout.splitlines()
    assert f"would post: all {CONTEXT} 10/10, Doubling, Calls" in lines
    told = "Score of record: 8 of 10 points (set by staff)."
    assert f"would post: half {CONTEXT} 6/10, Calls. {told}" in lines


def test_earlier_posts_are_not_checked_again_without_the_option_again(graded: World) -> None:
    assert "posted to 2 students; 0 problems\n" in run(graded.checkout, "publish").stdout
    statuses, comments = posted(graded, "all")
    assert statuses == ["10/10, Doubling, Calls"]
    shutil.rmtree(graded.checkout / ".grader" / "forge" / "state")
    again = run(graded.checkout, "publish")
    assert "posted to 0 students; 0 problems; 2 grades posted before" in again.stdout
    assert posted(graded, "all") == ([], [])
    assert run(graded.checkout, "publish", "--again").returncode == 0
    assert posted(graded, "all") == (statuses, comments)


def test_publishing_works_after_the_list_of_posts_was_lost(graded: World) -> None:
    run(graded.checkout, "publish")
    before = posted(graded, "half")
    for note in (graded.checkout / ".grader" / "posted").iterdir():
        note.write_text("{")
    done = run(graded.checkout, "publish")
    assert "posted before" not in done.stdout
    assert posted(graded, "half") == before
    shutil.rmtree(graded.checkout / ".grader" / "posted")
    assert run(graded.checkout, "publish").returncode == 0


def test_posts_on_one_forge_do_not_count_for_another_forge(tmp_path: Path) -> None:
    ledger = Posted(tmp_path)
    ledger.note("https://github.example/course/ada.git", "trial", "digest")
    assert ledger.holds("https://github.example/course/ada.git", "trial", "digest")
    assert not ledger.holds("/forge/repos/ada.git", "trial", "digest")
    assert not ledger.holds("https://github.example/course/ada.git", "trial", "another")
    assert not ledger.holds("https://github.example/course/ada.git", "second", "digest")
