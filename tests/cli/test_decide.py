"""Test decisions of staff: commands or people write them into a file, the file is checked, and scores follow from it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import DAY, cells, graded, refused, run, said, term
from trial import ROOT, Trial

ROSTER = """id,name,login,email,section,pseudonym
ada,Ada Ohm,ada-ohm,ada@example.edu,A,analytical
ben,Ben Ruiz,benruiz,ben@example.edu,A,
cleo,Cleo Park,cleo-park,cleo@example.edu,B,night-owl
"""
BY = ("--by", "grace", "--reason", "was ill")


@pytest.fixture
def class_of_three(trial: Trial) -> Path:
    """Make a class: ada has full marks, ben failed test_box three days late, cleo failed two checks. 10 % a late day."""
    text = (trial.folder / "course.yaml").read_text()
    (trial.folder / "course.yaml").write_text(
        text + "policy: {late_days: 0, late_days_per_module: 0, late_penalty_percent: 10}\n"
    )
    late = graded("ben", ("test_box",), after_due=3 * DAY)
    return term(trial, ROSTER, graded("ada"), late, graded("cleo", ("test_box", "test_square")))


def decisions(folder: Path) -> Path:
    return folder / ".grader" / "decisions.yaml"


def scores(folder: Path) -> dict[str, str]:
    """Return score and total by student, as `grader report` prints them."""
    return {name: f"{row[0]} {row[1]}" for name, row in cells(said(folder, "report")).items() if name != "Student"}


def test_without_decisions_scores_follow_from_records_and_policy(class_of_three: Path) -> None:
    assert scores(class_of_three) == {"ada": "10 10/10", "ben": "5L 5/10", "cleo": "4 4/10"}


def test_an_extension_an_override_and_an_excuse_change_scores_but_no_record(class_of_three: Path) -> None:
    records = {path: path.read_bytes() for path in class_of_three.glob(".grader/records/**/*.json")}
    said(class_of_three, "decide", "extend", "ben", "1", "--until", "2027-01-28", *BY)
    said(class_of_three, "decide", "override", "cleo-park", "trial", "--points", "7", *BY)
    said(class_of_three, "decide", "excuse", "ada", "trial", *BY)
    assert scores(class_of_three) == {"ada": "exc 0/0", "ben": "8 8/10", "cleo": "7! 7/10"}
    assert {path: path.read_bytes() for path in class_of_three.glob(".grader/records/**/*.json")} == records


def test_late_days_are_given_only_once_for_the_same_reason(class_of_three: Path) -> None:
    for _ in range(2):
        shown = said(class_of_three, "decide", "late-days", "ben", "--days", "2", *BY)
    assert "decided already" in shown
    assert decisions(class_of_three).read_text().count("late_days") == 1
    said(class_of_three, "decide", "late-days", "ben", "--days", "2", "--by", "grace", "--reason", "ill again")
    assert decisions(class_of_three).read_text().count("late_days") == 2


def test_a_withdrawn_check_gives_its_points_to_everybody_graded_with_that_suite(class_of_three: Path) -> None:
    said(class_of_three, "report")
    said(class_of_three, "decide", "withdraw", "1", "test_box", "--suite", "55555", *BY)
    assert scores(class_of_three) == {"ada": "10 10/10", "ben": "7L+ 7/10", "cleo": "6+ 6/10"}


def test_a_check_is_withdrawn_in_one_suite_only(class_of_three: Path) -> None:
    said(class_of_three, "decide", "withdraw", "1", "test_box", *BY)
    assert scores(class_of_three)["cleo"] == "4 4/10"


def test_a_decision_is_revoked_and_the_file_keeps_both(class_of_three: Path) -> None:
    number = said(class_of_three, "decide", "override", "cleo", "1", "--points", "7", *BY).split()[0]
    said(class_of_three, "decide", "revoke", number, "--by", "grace", "--reason", "the wrong student")
    assert scores(class_of_three)["cleo"] == "4 4/10"
    shown = said(class_of_three, "decide", "list")
    assert f"{number} " in shown
    assert "(revoked)" in shown
    assert "2 decisions, 0 in force" in shown
    assert shown.count("(revoked)") == 1
    again = said(class_of_three, "decide", "revoke", number, "--by", "grace", "--reason", "again")
    assert again.startswith("decided already")


def test_the_same_decision_twice_is_written_once(class_of_three: Path) -> None:
    first = said(class_of_three, "decide", "extend", "ben", "1", "--until", "2027-01-28T12:00:00+01:00", *BY)
    before = decisions(class_of_three).read_bytes()
    second = said(class_of_three, "decide", "extend", "ben", "1", "--until", "2027-01-28T11:00:00Z", *BY)
    assert second.startswith("decided already")
    assert first.split()[0] in second
    assert decisions(class_of_three).read_bytes() == before


def move_due(folder: Path, due: str) -> None:
    course = folder / "course.yaml"
    text = course.read_text()
    assert "due: 2027-01-24T23:59:00Z" in text
    course.write_text(text.replace("due: 2027-01-24T23:59:00Z", f"due: {due}"))


def test_an_extension_before_the_current_deadline_stays_and_is_listed_without_effect(
    class_of_three: Path,
) -> None:
    said(class_of_three, "decide", "extend", "ben", "1", "--until", "2027-01-28", *BY)
    move_due(class_of_three, "2027-02-10T23:59:00Z")
    assert scores(class_of_three)["ben"] == "8 8/10"
    assert "(no effect: 01_trial is due 2027-02-10 23:59 UTC anyhow)" in said(class_of_three, "decide", "list")


def test_a_decision_that_no_longer_fits_the_course_is_named_and_can_be_revoked(class_of_three: Path) -> None:
    said(class_of_three, "decide", "override", "cleo", "1", "--points", "7", *BY)
    text = decisions(class_of_three).read_text()
    decisions(class_of_three).write_text(text.replace("points: 7", "points: 11"))
    listed = run(class_of_three, "decide", "list")
    assert (listed.returncode, "cleo trial: 11 points" in listed.stdout) == (2, True), "it is shown, and refused"
    message = refused(class_of_three, "report")
    assert "11 points, but 01_trial is worth 10" in message
    number = message.partition("grader decide revoke ")[2][:8]
    said(class_of_three, "decide", "revoke", number, "--by", "grace", "--reason", "the module is worth less now")
    assert scores(class_of_three)["cleo"] == "4 4/10"


def test_decisions_of_several_people_at_once_are_all_kept(class_of_three: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "grader", "decide", "late-days", "ben", "--days", "1", "--by", "grace", "--reason"]
    running = [
        subprocess.Popen([*command, reason], cwd=class_of_three, env=environment, stdout=subprocess.DEVNULL)
        for reason in ("one", "two", "three", "four")
    ]
    assert [process.wait(120) for process in running] == [0, 0, 0, 0]
    assert "4 decisions, 4 in force" in said(class_of_three, "decide", "list")


def test_text_that_a_person_wrote_stays_unchanged(class_of_three: Path) -> None:
    ours = """# agreed in the meeting of 1 February
- kind: extension
  student: ben
  module: trial   # he moved house
  until: 2027-01-28T23:59:00Z
  at: 2027-02-01T10:00:00Z
  author: grace
  reason: moved house"""
    decisions(class_of_three).write_text(ours)
    said(class_of_three, "decide", "override", "cleo", "1", "--points", "7", *BY)
    assert decisions(class_of_three).read_text().startswith(ours + "\n- kind: override\n")
    assert scores(class_of_three) == {"ada": "10 10/10", "ben": "8 8/10", "cleo": "7! 7/10"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- kind: extenson\n", "decisions.yaml:1: [0].kind: "),
        ("- kind: excused\n  student: bob\n  module: trial\n", "decisions.yaml:1: no student 'bob' in the class list"),
        ("\n- kind: excused\n  student: ben\n  module: triel\n", "yaml:2: no module 'triel'. Did you mean 'trial'?"),
        ("- kind: override\n  student: ben\n  module: trial\n  points: 11\n", "11 points, but 01_trial is worth 10"),
        ("- kind: override\n  student: ben\n  module: trial\n  point: 1\n", "yaml:4: [0].point: unknown key"),
        ("- kind: extension\n  student: ben\n  module: trial\n", "a decision of kind extension needs until"),
        ("- kind: late_days\n  student: ben\n  days: 1\n  module: trial\n", "a decision of kind late days has no module"),
        ("- kind: revocation\n  revokes: abcdef12\n", "there is no decision 'abcdef12' above"),
        ("kind: excused\n", "not a list of decisions"),
        ("- {kind: excused\n", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_named_with_its_line(class_of_three: Path, text: str, says: str) -> None:
    signed = "".join(f"  {line}\n" for line in ("at: 2027-02-01T10:00:00Z", "author: grace", "reason: ill"))
    whole = text + signed if text.lstrip().startswith("- kind") else text
    decisions(class_of_three).write_text(whole)
    for verb in (["report"], ["decide", "list"], ["decide", "excuse", "ada", "1", *BY]):
        assert says in refused(class_of_three, *verb)
    assert decisions(class_of_three).read_text() == whole


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["excuse", "cloe", "1", *BY], "no student 'cloe' in the class list. Did you mean 'cleo'?"),
        (["excuse", "ben", "9", *BY], "no module '9'"),
        (["extend", "ben", "1", "--until", "tomorrow", *BY], "'tomorrow': not a date or time"),
        (["extend", "ben", "1", "--until", "2027-01-28T12:00:00", *BY], "has no time zone"),
        (["extend", "ben", "1", "--until", "2027-01-20", *BY], "an extension never shortens it"),
        (["override", "ben", "1", "--points", "11", *BY], "worth 10"),
        (["late-days", "ben", "--days", "-1", *BY], "days: Input should be greater than or equal to 1"),
        (["override", "ben", "1", "--points", "1", "--by", "grace", "--reason", ""], "reason: "),
        (["withdraw", "1", "test_boxx", *BY], "Did you mean 'test_box'?"),
        (["withdraw", "1", "test_box", "--suite", "77", *BY], "0 suites of 01_trial begin with '77'"),
        (["revoke", "12345678", *BY], "there is no decision '12345678'. `grader decide list` shows them"),
    ],
)
def test_an_impossible_decision_is_refused_and_nothing_is_written(
    class_of_three: Path, arguments: list[str], says: str
) -> None:
    message = refused(class_of_three, "decide", *arguments)
    assert says in message
    assert "decisions.yaml:" not in message, "no line of a file that does not have it"
    assert not decisions(class_of_three).exists()


def test_a_decision_needs_an_author_and_a_reason(class_of_three: Path) -> None:
    done = run(class_of_three, "decide", "excuse", "ada", "1", "--reason", "ill")
    assert done.returncode == 2
    assert "--by" in done.stderr
    said(class_of_three, "decide", "excuse", "ada", "1", "--reason", "ill", GRADER_AUTHOR="grace")
    assert "author: grace" in decisions(class_of_three).read_text()
