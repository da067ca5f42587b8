"""Test that trouble of the grader never replaces a grade, on any machine, at any time, neither in the state nor in reports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command import cells, run, said
from trial import ROOT, SECRET

from grader.classroom.disk import DiskForge
from grader.grading.record import Outcome, Record
from grader.grading.store import Store
from grader.pipeline.shards import read_plan
from tests.faults.world import WORK, World, build
from tests.on_disk import comments_of, pulls_of


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Grade and post two students: 10 and 6 of 10 points."""
    made = build(tmp_path_factory.mktemp("world"), ["all", "half"], ["trial"])
    made.fresh(made.checkout / ".grader")
    said(made.checkout, "collect")
    said(made.checkout, "publish")
    return made.keep()


@pytest.fixture
def world(graded: World) -> World:
    return graded.put_back()


@pytest.fixture
def no_jail(tmp_path: Path) -> str:
    """Return a search path on which bubblewrap cannot start."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (programs / "bwrap").chmod(0o755)
    return f"{programs}:{os.environ['PATH']}"


def state(world: World) -> Path:
    return world.checkout / ".grader"


def shard(world: World, path: str) -> None:
    """Run the plan's only shard in a new process in which grading fails."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", "grade-shard", "001"],
        cwd=world.checkout,
        env={"PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "not graded, to be tried again" in done.stdout


def on_another_machine(world: World) -> None:
    """Make the shard's records come from a machine with other versions, which makes no difference."""
    where = state(world) / "plan"
    (key,) = {task.signing_key for task in read_plan(where).tasks}
    store = Store(where / "graded" / "001")
    for path in list(store.records.rglob("*.json")):
        record = store.read(path)
        path.unlink()
        version = record.grader_version.rpartition(".")[0] + ".ffffffff"
        store.write(record.model_copy(update={"grader_version": version, "signature": ""}).signed(key))


def commit(world: World, student: str) -> str:
    with DiskForge(state(world) / "forge").workspace(world.repo(student)) as git:
        return git.refs()["refs/heads/main"]


def posted(world: World, student: str, at: str = "") -> tuple[str, str]:
    """Return the status on a commit, by default the head, and the comment."""
    forge, repo = DiskForge(state(world) / "forge"), world.repo(student)
    (status,) = forge.statuses(repo, at or commit(world, student))
    (pull,) = pulls_of(forge, repo)
    (comment,) = comments_of(forge, repo, pull.number).values()
    return status.description, comment


def page(world: World, student: str, name: str = "student.md") -> str:
    return (state(world) / "reports" / student / "trial" / name).read_text()


def grades_stand(world: World) -> None:
    """Check that standings, posts, reports, exports and a student's own data are the same as without the trouble."""
    report = said(world.checkout, "report")
    assert (cells(report)["all"][0], cells(report)["half"][0]) == ("10", "6")
    before = posted(world, "all")
    said(world.checkout, "publish")
    assert posted(world, "all") == before
    assert before[0].startswith("10/10")
    assert "10 / 10" in page(world, "all")
    assert "no score" not in page(world, "all") + page(world, "all", "ta.md")
    assert json.loads(page(world, "all", "student.json"))["pending"] is False
    assert ",10," in said(world.checkout, "export", "csv")
    own = state(world) / "own"
    shutil.rmtree(own, ignore_errors=True)
    said(world.checkout, "student-data", "all", "-o", str(own))
    assert "10 of 10 points" in (own / "README.txt").read_text()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["a machine like this one", "another machine"])
def test_a_shard_without_a_jail_leaves_posted_grades_as_they_are(world: World, no_jail: str, elsewhere: bool) -> None:
    said(world.checkout, "plan", "--again")
    shard(world, no_jail)
    if elsewhere:
        on_another_machine(world)
    done = run(world.checkout, "take")
    assert done.returncode == 1
    assert "took 0 of 2 records; 2 incomplete: " in done.stdout
    assert done.stdout.endswith("; 0 refused\n")
    assert "incomplete: all trial: " in done.stdout
    assert "(its earlier grade stays)" in done.stdout
    grades_stand(world)
    assert "0 records asked for" in said(world.checkout, "plan")


@pytest.mark.parametrize("after", [timedelta(days=1), -timedelta(days=1)], ids=["later", "by a slow clock"])
def test_trouble_that_is_already_among_the_records_is_repaired(world: World, after: timedelta) -> None:
    """An earlier version of the grader may have stored it, or a fetch of the state may have brought it."""
    store = Store(state(world))
    (record,), _ = store.readable_of("all", "trial")
    troubled = [it.model_copy(update={"points": 0, "outcome": Outcome.ERROR}) for it in record.checks]
    new = {
        "checks": tuple(troubled),
        "points": 0,
        "complete": False,
        "capability_earned": False,
        "milestone_met": False,
        "input_digest": "f" * 64,
        "graded_at": datetime.now(UTC).replace(microsecond=0) + after,
        "signature": "",
    }
    store.write(Record.model_validate({**dict(record), **new}).signed(SECRET))
    grades_stand(world)
    said(world.checkout, "collect")
    grades_stand(world)


def test_if_a_newer_suite_has_trouble_the_older_grade_stays_and_the_trouble_is_shown(
    world: World, no_jail: str
) -> None:
    suite = world.checkout / "solutions" / "01_trial" / "test_trial.py"
    suite.write_text(suite.read_text() + "\nMENDED = True\n")
    said(world.checkout, "plan")
    shard(world, no_jail)
    assert "2 incomplete: " in run(world.checkout, "take").stdout
    report = said(world.checkout, "report")
    assert cells(report)["all"][0] == "10*", "it waits to be graded again"
    assert f"waits to be graded again: all trial at {commit(world, 'all')[:12]}: " in report
    said(world.checkout, "publish")
    status, comment = posted(world, "all")
    assert status.startswith("10/10")
    assert "this commit by a newer suite" in comment
    assert "10 of 10 points (waits to be graded by a newer suite)" in comment
    assert "this commit by a newer suite" in page(world, "all")
    assert "2 records asked for" in said(world.checkout, "plan"), "it is tried again"
    said(world.checkout, "collect")
    assert cells(said(world.checkout, "report"))["all"][0] == "10"
    said(world.checkout, "publish")
    assert "newer suite" not in posted(world, "all")[1]


def test_if_a_newer_push_has_trouble_the_page_and_the_comment_keep_the_grade(world: World, no_jail: str) -> None:
    before = commit(world, "all")
    comment = posted(world, "all")[1]
    world.push("all", WORK["half"])
    said(world.checkout, "plan")
    shard(world, no_jail)
    assert "took 0 of 1 record; 1 incomplete: " in run(world.checkout, "take").stdout
    said(world.checkout, "publish")
    assert posted(world, "all")[0].startswith("not graded yet")
    assert posted(world, "all", before) == (posted(world, "all", before)[0], comment)
    report = said(world.checkout, "report")
    assert cells(report)["all"][0] == "10*"
    assert f"the newer push {commit(world, 'all')[:12]}" in page(world, "all")
    assert "10 / 10" in page(world, "all")
    said(world.checkout, "collect")
    said(world.checkout, "publish")
    assert posted(world, "all")[0].startswith("6/10")


def test_take_counts_complete_and_incomplete_records_separately(world: World, no_jail: str) -> None:
    said(world.checkout, "plan", "--again")
    shard(world, no_jail)
    where = state(world) / "plan"
    plan = read_plan(where)
    store = Store(where / "graded" / "001")
    (path,) = (store.records / "all").rglob("*.json")
    (whole,), _ = Store(state(world)).readable_of("all", "trial")
    path.write_text(replace_time(whole, plan.tasks[0].made_at).signed(plan.tasks[0].signing_key).to_json())
    done = run(world.checkout, "take")
    assert done.returncode == 1
    assert "took 1 of 2 records; 1 incomplete: " in done.stdout
    assert "; 0 refused" in done.stdout
    assert "missing" not in done.stdout


def replace_time(record: Record, at: datetime) -> Record:
    return record.model_copy(update={"graded_at": at, "signature": ""})


def test_a_damaged_file_stops_the_posting_for_one_student_only(world: World) -> None:
    (path,) = (state(world) / "records" / "all").rglob("*.json")
    content = path.read_bytes()
    at = content.index(b"trial")
    path.write_bytes(content[:at] + bytes([content[at] ^ 0x80]) + content[at + 1 :])
    shutil.rmtree(state(world) / "posted")
    done = run(world.checkout, "publish")
    assert "not posted: all trial: " in done.stdout, done.stderr
    assert "posted to 1 student; 1 problem" in done.stdout
    path.write_bytes(content)
    (pull,) = (state(world) / "forge" / "state" / world.repo("half") / "pulls").glob("1.json")
    pull.write_bytes(b"")
    shutil.rmtree(state(world) / "posted")
    done = run(world.checkout, "publish")
    assert "pulls/1.json is not what the forge wrote" in done.stdout, done.stderr
    assert "posted to 1 student; 1 problem" in done.stdout


def taken_with(world: World, spoil: Callable[[Path], object]) -> subprocess.CompletedProcess[str]:
    """Take two sound records while the first student's existing record is damaged."""
    said(world.checkout, "plan", "--again")
    where = state(world) / "plan"
    plan, store = read_plan(where), Store(where / "graded" / "001")
    for one in (state(world) / "records").rglob("*.json"):
        store.write(replace_time(store.read(one), plan.tasks[0].made_at).signed(plan.tasks[0].signing_key))
    (path,) = (state(world) / "records" / "all").rglob("*.json")
    spoil(path)
    done = run(world.checkout, "take")
    assert done.returncode == 1, done.stdout + done.stderr
    return done


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def flip_a_bit(path: Path) -> None:
    path.write_bytes(b"\xfb" + path.read_bytes()[1:])


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [cut_off, flip_a_bit, become_a_folder])
def test_a_damaged_record_in_its_place_causes_one_refusal_and_the_others_are_taken(
    world: World, spoil: Callable[[Path], object]
) -> None:
    done = taken_with(world, spoil)
    assert "Move it away and grade again" in done.stdout
    assert "took 1 of 2 records; 1 refused" in done.stdout


def test_a_stray_file_among_the_records_is_a_problem_and_all_are_taken(world: World) -> None:
    done = taken_with(world, lambda path: (path.parent / "note.json").write_text("remember"))
    assert done.stdout.count("problem: ") == 1
    assert "note.json is not a record" in done.stdout
    assert "took 2 of 2 records; 0 refused" in done.stdout


def test_a_machine_without_records_that_cannot_grade_changes_no_posted_score(world: World, no_jail: str) -> None:
    for lost in ("records", "posted"):
        shutil.rmtree(state(world) / lost)
    for file in state(world).glob("gradebook*"):
        file.unlink()
    before = posted(world, "all")
    said(world.checkout, "plan")
    shard(world, no_jail)
    assert "took 0 of 2 records; 2 incomplete" in run(world.checkout, "take").stdout
    said(world.checkout, "publish")
    assert posted(world, "all") == before
    assert before[0].startswith("10/10")
