"""Grades in the forms that other systems import, cell by cell."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from command import DAY, graded, refused, said, term
from trial import Trial

from grader.exports.sheet import csv_text

ROSTER = """id,name,login,email,section,pseudonym
u0001,Ada Maria Ohm,ada-ohm,ada@example.edu,A,analytical
u0002,"Ruiz, Ben",benruiz,ben@example.edu,B,
u0003,Cleo Park,,,A,
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,01 Trial (7001),Quiz (7002),Final Score
    Points Possible,,,,,10,5,(read only)
"Ohm, Ada",501,u0001,ada,Lab A,,,
"Ruiz, Ben",502,,BEN@example.edu,Lab B,3,,
"""


@pytest.fixture
def folder(trial: Trial) -> Path:
    made = term(trial, ROSTER, graded("u0001"), graded("u0002", ("test_box",), after_due=DAY / 2))
    said(made, "report")
    said(made, "decide", "excuse", "u0003", "1", "--by", "grace", "--reason", "joined late")
    return made


def exported(folder: Path, *arguments: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(said(folder, "export", *arguments), newline="")))


def test_the_canvas_form_has_identity_columns_a_row_of_points_and_the_canvas_word_for_excused(folder: Path) -> None:
    assert exported(folder, "canvas") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01 Trial"],
        ["    Points Possible", "", "", "", "", "10"],
        ["Ada Maria Ohm", "", "u0001", "ada@example.edu", "A", "10"],
        ["Ruiz, Ben", "", "u0002", "ben@example.edu", "B", "8"],
        ["Cleo Park", "", "u0003", "", "A", "EX"],
    ]


@pytest.mark.parametrize("column", ["01 Trial (7001)", "03 Trial (7001)"], ids=["as it is", "moved since"])
def test_canvas_ids_come_from_a_file_that_canvas_exported(folder: Path, column: str) -> None:
    (folder / "canvas.csv").write_text(CANVAS.replace("01 Trial (7001)", column))
    header, _, ada, ben, cleo = exported(folder, "canvas", "--like", "canvas.csv")
    assert header[-1] == column
    assert ada == ["Ohm, Ada", "501", "u0001", "ada", "Lab A", "10"]
    assert ben == ["Ruiz, Ben", "502", "", "BEN@example.edu", "Lab B", "8"]
    assert cleo[:3] == ["Cleo Park", "", "u0003"]
    assert "not in canvas.csv: u0003" in said(folder, "export", "canvas", "--like", "canvas.csv", "-o", "out.csv")


def test_the_moodle_form_has_numbers_and_the_moodle_word_for_no_grade_only(folder: Path) -> None:
    assert exported(folder, "moodle") == [
        ["First name", "Last name", "ID number", "Email address", "01 Trial"],
        ["Ada Maria", "Ohm", "u0001", "ada@example.edu", "10"],
        ["Ben", "Ruiz", "u0002", "ben@example.edu", "8"],
        ["Cleo", "Park", "u0003", "", "-"],
    ]


def test_the_gradescope_form_has_four_columns_for_each_module(folder: Path) -> None:
    header, _, ben, cleo = exported(folder, "gradescope")
    assert header == [
        "First Name", "Last Name", "SID", "Email", "Sections",
        "01 Trial", "01 Trial - Max Points", "01 Trial - Submission Time", "01 Trial - Lateness (H:M:S)",
    ]  # fmt: skip
    assert ben[4:] == ["B", "8.0", "10.0", "2027-01-25 11:59:00 +0000", "12:00:00"]
    assert cleo[5:] == ["", "10.0", "", ""]


def test_the_plain_form_has_totals_and_capabilities(folder: Path) -> None:
    header, ada, _, cleo = exported(folder, "csv")
    assert header[5:] == ["trial", "total", "out_of", "late_days_spent", "capabilities", "milestones"]
    assert ada[5:] == ["10", "10", "10", "0", "Doubling", ""]
    assert cleo[5:] == ["excused", "0", "0", "0", "", ""]


def test_one_section_can_be_exported_to_a_file(folder: Path) -> None:
    shown = said(folder, "export", "csv", "--section", "B", "-o", "b.csv")
    assert "b.csv: 1 student, 1 module\n" in shown
    assert (folder / "b.csv").read_bytes().count(b"\r\n") == 2
    assert (folder / "b.csv").stat().st_mode & 0o077 == 0, "names and grades are nobody else's to read"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\uff1d"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(start: str) -> None:
    assert csv_text([[f"{start}cmd|'/c calc'!A1"]]).lstrip('"').startswith("'")


def test_numbers_and_the_word_for_no_grade_stay_as_they_are() -> None:
    assert csv_text([[-1, 2.5, "-", None, "a-b"]]) == "-1,2.5,-,,a-b\r\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["moodle", "--like", "course.yaml"], "--like is for canvas"),
        (["canvas", "--like", "course.yaml"], "course.yaml:1: is not a gradebook exported by Canvas"),
        (["canvas", "--like", "nowhere.csv"], "nowhere.csv:1: cannot be read"),
        (["csv", "--section", "Z"], "nobody is in section 'Z'. Known here: A, B."),
    ],
)
def test_a_mistake_is_reported(folder: Path, arguments: list[str], says: str) -> None:
    assert says in refused(folder, "export", *arguments)
