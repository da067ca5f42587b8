"""Test collecting and posting, with real repositories, while students join and leave and deadlines move."""

from __future__ import annotations

import errno
import json
import os
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command import cells, refused, said
from trial import SECRET

from grader.classroom.disk import DiskForge
from grader.classroom.names import template_repo
from grader.cli.options import term_here
from grader.pipeline.publish import publish
from tests.faults.world import WORK, World, build
from tests.on_disk import comments_of, pulls_of


@pytest.fixture
def new(tmp_path: Path) -> World:
    """Return a class whose pushes nobody has collected."""
    made = build(tmp_path, ["all", "half", "off"], ["trial"])
    made.fresh(made.checkout / ".grader")
    return made


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = build(tmp_path_factory.mktemp("world"), ["all", "half", "off"], ["trial"])
    made.fresh(made.checkout / ".grader")
    said(made.checkout, "collect")
    return made.keep()


@pytest.fixture
def world(collected: World) -> World:
    """Return a class whose first pushes have been collected."""
    return collected.put_back()


def roster(world: World, old: str, new: str) -> None:
    file = world.checkout / ".grader" / "roster.csv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def forge(world: World) -> DiskForge:
    return DiskForge(world.checkout / ".grader" / "forge")


def posted(world: World, student: str) -> str:
    """Return the comment on a student's pull request, or "" if there is none."""
    repo = world.repo(student)
    return "".join(
        text for pull in pulls_of(forge(world), repo) for text in comments_of(forge(world), repo, pull.number).values()
    )


def test_a_student_who_has_left_is_neither_graded_nor_posted_to_and_keeps_the_records(world: World) -> None:
    roster(world, "pseudonym\n", "pseudonym,dropped\n")
    roster(world, "nick-half\n", "nick-half,2026-02-10\n")
    roster(world, "nick-all\n", "nick-all,\n")
    roster(world, "nick-off\n", "nick-off,\n")
    records = {path.name for path in (world.checkout / ".grader" / "records" / "half").rglob("*.json")}
    suite = world.checkout / "solutions" / "01_trial" / "test_trial.py"
    suite.write_text(suite.read_text() + "\nMENDED = True\n")
    assert "looked at 2 submissions" in said(world.checkout, "collect")
    assert "posted to 2 students" in said(world.checkout, "publish")
    assert posted(world, "half") == ""
    assert {path.name for path in (world.checkout / ".grader" / "records" / "half").rglob("*.json")} == records
    assert "half" not in cells(said(world.checkout, "report"))


def test_a_student_without_a_login_is_in_the_standings_and_has_no_repository(new: World) -> None:
    roster(new, "off-login", "")
    assert "looked at 2 submissions" in said(new.checkout, "collect")
    assert cells(said(new.checkout, "report"))["off"][0] == "-"


def test_the_student_sees_the_effect_of_a_decision_and_not_its_reason(world: World) -> None:
    said(world.checkout, "publish")
    assert "Score of record: 6 of 10 points" in posted(world, "half")
    said(world.checkout, "decide", "override", "half", "1", "--points", "8", "--by", "grace", "--reason", "bereavement")
    said(world.checkout, "decide", "excuse", "off", "1", "--by", "grace", "--reason", "bereavement")
    said(world.checkout, "publish")
    assert "Score of record: 8 of 10 points (set by staff)" in posted(world, "half")
    assert "Excused: this module counts neither for you nor against you." in posted(world, "off")
    assert "bereavement" not in posted(world, "half") + posted(world, "off")


def badges(world: World, student: str) -> dict[str, str]:
    """Return the text of each badge on the branch `badges`."""
    with forge(world).workspace(world.repo(student)) as git:
        tree = {entry.path: entry.id for entry in git.tree(git.refs()["refs/heads/badges"])}
        drawn = git.blobs(tree.values())
    return {path: drawn[one].decode().partition("<title>")[2].partition("</title>")[0] for path, one in tree.items()}


def test_a_badge_once_earned_stays_when_a_later_commit_breaks_it(world: World) -> None:
    """The standings and the leaderboard keep it too, as students were promised."""
    earned = {"trial.svg": "01 Trial: 10/10", "capability_trial.svg": "earned: Doubling"}
    said(world.checkout, "publish")
    assert badges(world, "all").items() >= earned.items()
    world.push("all", WORK["empty"])
    said(world.checkout, "collect")
    said(world.checkout, "publish")
    assert "0 of 10" in posted(world, "all"), "the comment is about the newest commit"
    assert badges(world, "all").items() >= earned.items()


def head(world: World, student: str) -> str:
    with forge(world).workspace(world.repo(student)) as git:
        return git.refs()["refs/heads/main"]


def report(world: World, student: str, name: str) -> str:
    """Return a report as people read it, without markup and escapes."""
    text = (world.checkout / ".grader" / "reports" / student / "trial" / name).read_text()
    return re.sub(r"<[^>]*>|\\", "", text)


PAGES = ("student.md", "student.html", "ta.md", "ta.html")


def test_every_report_names_the_commit_that_earned_a_capability_and_the_result_of_the_newest_push(world: World) -> None:
    first = head(world, "all")
    world.push("all", WORK["empty"])
    said(world.checkout, "collect")
    said(world.checkout, "publish")
    said(world.checkout, "student-data", "all", "-o", "own")
    today = f"{datetime.now(UTC):%Y-%m-%d}"  # by the forge's clock
    stays = f"on {today} at {first[:12]}; this push does not pass"
    for text in (re.sub(r"\\", "", posted(world, "all")), *(report(world, "all", page) for page in PAGES)):
        assert f"earned {stays}" in text
        assert f"met {stays}" in text
        assert "not yet" not in text
    reports = world.checkout / ".grader" / "reports" / "all" / "trial"
    for page in ("student.json", "ta.json"):
        facts = json.loads((reports / page).read_text())
        assert (facts["capability_earned"], facts["capability_passed"]) == (True, False)
        assert (facts["capability_earned_at"], facts["milestone_met_at"]) == (first, first)
    own = world.checkout / "own"
    assert json.loads((own / "scores.json").read_text())["trial"]["capability_earned"]["commit"] == first
    assert f"Capability earned on {today} at {first[:12]}" in (own / "README.txt").read_text()
    assert all('"capability_earned": true' in it.read_text() for it in own.rglob("gradings/*/*.json"))
    assert "Doubling" in said(world.checkout, "export", "csv")


def test_a_capability_is_earned_by_the_first_push_that_passes_however_late_and_whatever_comes_after(
    world: World,
) -> None:
    world.push("half", WORK["all"])
    log = world.checkout / ".grader" / "forge" / "repos" / f"{world.repo('half')}.git" / "logs/refs/heads/main"
    *before, last = log.read_text().splitlines(keepends=True)
    late = int(datetime(2027, 3, 26, tzinfo=UTC).timestamp())
    log.write_text("".join([*before, re.sub(r"> \d+ ", f"> {late} ", last)]))
    said(world.checkout, "collect")
    earning = head(world, "half")
    assert f"Capability **Doubling**: earned on 2027-03-26 at {earning[:12]}." in report(world, "half", "student.md")
    world.push("half", WORK["other"])
    log.write_text(re.sub(r"> \d+ ([^>]*)$", f"> {late + 60} \\1", log.read_text()))
    said(world.checkout, "collect")
    assert f"earned on 2027-03-26 at {earning[:12]}; this push passes." in report(world, "half", "student.md")


def test_every_report_says_if_a_capability_is_not_earned_yet(world: World) -> None:
    said(world.checkout, "publish")
    for text in (re.sub(r"\\", "", posted(world, "half")), *(report(world, "half", page) for page in PAGES)):
        assert "not yet earned" in text
        assert "this push" not in text


def test_a_try_does_not_read_the_gradebook_and_reports_only_that_push(world: World) -> None:
    world.push("all", WORK["half"])
    repo = str(world.checkout / ".grader" / "forge" / "repos" / f"{world.repo('all')}.git")
    shown = said(world.checkout, "grade", repo, "--module", "1", "--student", "all")
    assert "Capability Doubling: this push does not pass." in shown
    assert "Milestone Calls: this push passes." in shown
    assert "earned" not in shown


def test_a_full_disk_is_reported_once_and_not_for_every_student(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.checkout)
    monkeypatch.setenv("TINYTORCH_SECRET", SECRET.decode())
    tried: list[str] = []

    def full(_: DiskForge, repo: str, *_rest: object) -> None:
        tried.append(repo)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), repo)

    monkeypatch.setattr(DiskForge, "post_status", full)
    (line,) = publish(term_here(None, None)).problems
    assert "No space left on device" in line
    assert len(tried) == 1


def test_the_standings_of_one_section_can_be_printed(new: World) -> None:
    roster(new, "off@students.invalid,A", "off@students.invalid,B")
    assert set(cells(said(new.checkout, "report", "--section", "B"))) == {"Student", "off"}
    assert "nobody is in section 'b'. Known here: A, B." in refused(new.checkout, "report", "--section", "b")


def test_a_mistake_in_the_decisions_is_reported_before_grading(new: World) -> None:
    (new.checkout / ".grader" / "decisions.yaml").write_text("- kind: excused\n")
    assert "decisions.yaml:1: [0].at: is missing" in refused(new.checkout, "collect")
    assert not (new.checkout / ".grader" / "records").exists()


@pytest.mark.parametrize("spoil", ["empty", "loop", "only a tag", "beside a tag"])
def test_a_template_with_an_unreadable_branch_is_an_error_and_does_not_count_as_empty(new: World, spoil: str) -> None:
    with forge(new).workspace(template_repo(new.course)) as git:
        feedback, main = git.refs()["refs/heads/feedback"], git.path / "refs/heads/main"
        if "tag" in spoil:
            git.git("update-ref", "refs/tags/main", feedback)
    if spoil == "beside a tag":
        assert "looked at 3 submissions" in said(new.checkout, "collect"), "the branch is meant"
        return
    if spoil == "only a tag":
        main.unlink()
    else:
        main.write_text("" if spoil == "empty" else "ref: refs/heads/main\n")
    assert "has no readable branch main" in refused(new.checkout, "collect")
    assert "has no readable branch main" in refused(new.checkout, "plan")


def test_every_command_uses_the_gradebook_named_by_the_environment_or_the_course(new: World, tmp_path: Path) -> None:
    page = new.checkout / "course.yaml"
    by_course, by_hand = tmp_path / "of_the_course.sqlite", tmp_path / "of_the_environment.sqlite"
    page.write_text(f"{page.read_text()}\ngradebook: sqlite:///{by_course}\n")
    graded = cells(said(new.checkout, "collect"))
    assert sqlite3.connect(by_course).execute("SELECT count(*) FROM records").fetchone() == (3,)
    environment = {"TINYTORCH_GRADEBOOK": f"sqlite:///{by_hand}"}
    assert cells(said(new.checkout, "report", **environment)) == graded
    said(new.checkout, "publish", **environment)
    said(new.checkout, "forget", "half", "--yes", **environment)
    assert sqlite3.connect(by_hand).execute("SELECT count(*) FROM records").fetchone() == (2,)
    assert not (new.checkout / ".grader" / "gradebook.sqlite").exists()


def test_an_unreachable_gradebook_is_reported_and_costs_no_grade(new: World) -> None:
    away = "postgresql+psycopg://grader:hunter2@/book?host=/nowhere"
    for verb in ("collect", "report", "publish"):
        message = refused(new.checkout, verb, TINYTORCH_GRADEBOOK=away)
        assert "postgresql+psycopg://grader:***@/book cannot be used" in message
        assert "hunter2" not in message
    assert "looked at 3 submissions; 3 new records in the gradebook, 0 problems" in said(new.checkout, "collect")
