"""Test a regrade after a suite was mended: staff see the changes before they count, and no push becomes late."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command import cells, refused, run, said

from grader.gradebook.gradebook import Gradebook
from grader.grading.record import Record
from tests.faults.world import WORK, World, build

WRONG, MENDED = "assert_close(square(x), x * x)", "assert_close(square(x) * 0, x * 0)"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Collect three students once. `half` failed a check of 4 points that asks for too much."""
    made = build(tmp_path_factory.mktemp("world"), ["all", "half", "empty"], ["trial"])
    made.fresh(made.checkout / ".grader")
    said(made.checkout, "collect")
    return made.keep()


@pytest.fixture
def world(collected: World) -> World:
    return collected.put_back()


def mend(world: World, old: str = WRONG, new: str = MENDED) -> None:
    suite = world.checkout / "solutions" / "01_trial" / "test_trial.py"
    assert old in suite.read_text()
    suite.write_text(suite.read_text().replace(old, new))


def records(world: World) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (world.checkout / ".grader" / "records").rglob("*.json")}


def history(world: World, student: str) -> list[Record]:
    with Gradebook(f"sqlite:///{world.checkout / '.grader' / 'gradebook.sqlite'}") as book:
        return book.history(student, "trial")


def test_a_dry_run_shows_which_scores_change_and_keeps_nothing(world: World) -> None:
    before = records(world)
    mend(world)
    shown = said(world.checkout, "regrade", "1", "--dry-run")
    assert "3 commits graded again" in shown
    assert "  half  trial  6 -> 10  (+4)  capability earned" in shown
    assert "1 student changes: 1 up, 0 down" in shown
    assert "no score has changed" in shown
    assert records(world) == before
    assert cells(said(world.checkout, "report"))["half"][0] == "6"


def test_a_regrade_counts_and_keeps_the_time_of_the_push(world: World) -> None:
    (first,) = history(world, "half")
    mend(world)
    said(world.checkout, "regrade", "1", "--dry-run")
    assert "(+4)" in said(world.checkout, "regrade", "1")
    again, _ = history(world, "half")
    assert (again.points, again.submitted_at, again.commit) == (10, first.submitted_at, first.commit)
    assert cells(said(world.checkout, "report"))["half"][0] == "10"
    assert "0 commits graded again" in said(world.checkout, "regrade", "1"), "safe to run twice"


@pytest.mark.parametrize("verb", [["regrade", "1", "--dry-run"], ["collect"], ["plan"]])
def test_a_mended_suite_that_was_not_built_is_an_error_and_the_old_suite_grades_nothing(
    world: World, verb: list[str]
) -> None:
    source = world.checkout / "modules" / "trial" / "suite.py"
    source.parent.mkdir(parents=True)
    source.write_text((world.checkout / "solutions" / "01_trial" / "test_trial.py").read_text())
    said(world.checkout, *verb)
    source.write_text(source.read_text().replace(WRONG, MENDED))
    told = refused(world.checkout, *verb)
    assert "modules/trial/suite.py has changed since solutions/01_trial/test_trial.py was built" in told
    assert "run `make build`" in told


def test_without_a_new_suite_there_is_nothing_to_grade(world: World) -> None:
    before = records(world)
    told = said(world.checkout, "regrade", "1")
    assert "0 commits graded again\n0 students change" in told
    assert re.search(r"01_trial: this suite and the grader 0\.\S+ have graded every commit that counts", told)
    assert records(world) == before


def test_with_again_every_commit_that_counts_is_graded_and_another_outcome_is_named(world: World) -> None:
    mend(world, WRONG, f"{WRONG}; import os; assert 'BAD_LUCK' not in os.environ")
    said(world.checkout, "regrade", "1")
    before = records(world)
    assert "3 commits graded again\n0 students change" in said(world.checkout, "regrade", "1", "--again")
    assert records(world) == before
    done = run(world.checkout, "regrade", "1", "--again", BAD_LUCK="1")
    assert done.returncode == 1
    assert "has the same input, but other outcomes than now. It was graded by 0." in done.stdout
    assert records(world) == before


def test_a_commit_that_counts_because_of_the_regrade_is_regraded_too(world: World) -> None:
    """The check was too lenient. With the mended check, the best commit loses points and an older commit counts."""
    world.push("half", WORK["off"].replace("return x * x", "return x"))  # 5 points: `half` of 6 still counts
    said(world.checkout, "collect")
    mend(world, "assert_close(double(x), 2 * x)", "assert_close(double(x), 3 * x)")
    shown = said(world.checkout, "regrade", "1")
    assert "half  trial  6 -> 3  (-3)" in shown
    assert "4 commits graded again" in shown


def test_work_that_was_on_time_stays_on_time_with_the_mended_suite(world: World) -> None:
    """The same file was pushed again with later work, and collected after the deadline and after the suite was mended."""
    with (world.checkout / "course.yaml").open("a") as file:
        file.write("policy: {score: last, late_days: 0, late_penalty_percent: 10}\n")
    world.push("half", WORK["half"], second=WORK["all"])
    log = world.checkout / ".grader" / "forge" / "repos" / f"{world.repo('half')}.git" / "logs/refs/heads/main"
    *before, last = log.read_text().splitlines(keepends=True)
    late = int(datetime(2027, 1, 26, tzinfo=UTC).timestamp())
    log.write_text("".join([*before, re.sub(r"> \d+ ", f"> {late} ", last)]))
    mend(world)
    said(world.checkout, "collect")
    assert cells(said(world.checkout, "report"))["half"][0] == "8L"
    assert "half  trial  8 -> 10  (+2)" in said(world.checkout, "regrade", "1")


def test_a_commit_that_no_longer_exists_keeps_its_score_and_is_named(world: World) -> None:
    repo = world.checkout / ".grader" / "forge" / "repos" / f"{world.repo('half')}.git"
    for folder in (repo / "objects").iterdir():
        for file in folder.iterdir():
            file.unlink()
    mend(world)
    done = run(world.checkout, "regrade", "1")
    assert done.returncode == 1
    assert "problem: half trial: " in done.stdout
    assert cells(said(world.checkout, "report"))["half"][0] == "6"
