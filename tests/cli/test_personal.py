"""Test that all data on a student is given out on request, and that all of it can be removed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from command import graded, refused, said, term
from trial import Trial

from grader.classroom.roster import Student
from grader.exports.personal import personal

ROSTER = """id,name,login,email,section,pseudonym
u7391,Adelheid Ohmstede,ohmstede-a,adelheid@example.edu,A,analytical
u7392,Ben Ruiz,benruiz,ben@example.edu,A,
"""
TRACES = ("u7391", "adelheid", "ohmstede", "analytical")
BY = ("--by", "grace", "--reason", "was in hospital")


@pytest.fixture
def folder(trial: Trial) -> Path:
    """Make a state folder of two students with records, reports, a leaderboard and decisions."""
    made = term(trial, ROSTER, graded("u7391", ("test_box",)), graded("u7392"))
    said(made, "report")
    said(made, "decide", "override", "u7392", "1", "--points", "9", "--by", "grace", "--reason", "oral exam")
    number = said(made, "decide", "excuse", "u7391", "1", *BY).split()[0]
    said(made, "decide", "revoke", number, "--by", "grace", "--reason", "came back")
    said(made, "decide", "extend", "u7391", "1", "--until", "2027-02-01", *BY)
    return made


def state(folder: Path) -> dict[str, bytes]:
    inside = folder / ".grader"
    return {str(path.relative_to(inside)): path.read_bytes() for path in inside.rglob("*") if path.is_file()}


def test_all_data_on_a_student_is_given_out_as_readable_files(folder: Path) -> None:
    assert "begin with" in said(folder, "student-data", "ohmstede-a", "-o", "mine")
    mine = folder / "mine"
    (row,) = csv.DictReader((mine / "class-list.csv").read_text().splitlines())
    assert (row["id"], row["email"], row["pseudonym"]) == ("u7391", "adelheid@example.edu", "analytical")
    decisions = json.loads((mine / "decisions.json").read_text())
    assert [(it["kind"], it["reason"]) for it in decisions] == [
        ("excused", "was in hospital"),
        ("revocation", "came back"),
        ("extension", "was in hospital"),
    ]
    assert json.loads((mine / "scores.json").read_text())["trial"]["points"] == 8
    (grading,) = (mine / "gradings" / "trial").iterdir()
    assert json.loads(grading.read_text())["points"] == 8
    readme = (mine / "README.txt").read_text()
    assert "  trial: Score of record: 8 of 10 points (deadline moved" in readme
    assert "  email      adelheid@example.edu\n" in readme
    assert "was in hospital (revoked)\n" in readme
    assert "came back\n" in readme, "what takes another back is not itself taken back"
    assert readme.isascii()
    assert "\\" not in readme


def test_characters_that_are_not_visible_are_left_out() -> None:
    hostile = Student.model_construct(
        id="u1", name="Ada\x1b[31m\u202e\nScores\n::error::", login="ada", email="a_b@c.example"
    )  # as if the class list had accepted this name
    readme = personal(hostile, None, [], [])["README.txt"]
    assert readme.startswith("What the course holds on Ada Scores : :error::\n\nThe class list\n")
    assert "a_b@c.example\n" in readme
    assert readme.isascii()
    assert readme.replace("\n", "").isprintable()


def test_nothing_of_another_student_is_in_it(folder: Path) -> None:
    said(folder, "student-data", "u7391", "-o", "mine")
    whole = "\n".join(path.read_text() for path in (folder / "mine").rglob("*") if path.is_file())
    assert "u7392" not in whole
    assert "Ruiz" not in whole
    assert "oral exam" not in whole


def test_data_does_not_overwrite_other_files(folder: Path) -> None:
    said(folder, "student-data", "u7391", "-o", "mine")
    assert "is there already" in refused(folder, "student-data", "u7392", "-o", "mine")


def test_forgetting_without_yes_only_shows_what_it_would_remove(folder: Path) -> None:
    before = state(folder)
    shown = said(folder, "forget", "u7391")
    assert "would remove: the line in" in shown
    assert "decisions.yaml: 3" in shown
    assert "run the command again with --yes" in shown
    assert state(folder) == before


def test_forgetting_removes_all_data_of_the_student_and_none_of_others(folder: Path) -> None:
    before = state(folder)
    shown = said(folder, "forget", "u7391", "--yes")
    assert "trial-ohmstede-a on the forge" in shown
    assert "backups" in shown
    after = state(folder)
    for name, content in after.items():
        for trace in TRACES:
            assert trace not in name.lower()
            assert trace.encode() not in content.lower(), f"{trace} is still in {name}"
    others = {name for name in before if "u7392" in name}
    assert {name: after[name] for name in others} == {name: before[name] for name in others}
    assert "9!" in said(folder, "report")


def test_forgetting_twice_is_safe_and_completes_an_interrupted_run(folder: Path) -> None:
    said(folder, "forget", "u7391", "--yes")
    before = state(folder)
    assert "nothing is held on u7391" in said(folder, "forget", "u7391", "--yes")
    assert state(folder) == before


def test_a_student_who_is_off_the_class_list_can_be_forgotten(folder: Path) -> None:
    roster = folder / ".grader" / "roster.csv"
    roster.write_text("".join(line for line in ROSTER.splitlines(keepends=True) if "u7391" not in line))
    said(folder, "forget", "u7391", "--yes")
    assert not [name for name, content in state(folder).items() if "u7391" in name or b"u7391" in content]


def test_a_login_is_not_enough_to_remove_somebody(folder: Path) -> None:
    assert "give the id: u7391" in refused(folder, "forget", "ohmstede-a", "--yes")
    assert "nothing is held on ../forge" in said(folder, "forget", "../forge", "--yes")
