"""Test the class list: all mistakes are named at once, each with its line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from grader.classroom.roster import Roster, RosterError, read_roster

HEAD = "id,name,login,email,section,pseudonym\n"


def read(tmp_path: Path, text: str | bytes) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_roster(path)


def problems(tmp_path: Path, text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(RosterError) as caught:
        read(tmp_path, text)
    assert all(f"roster.csv:{line}: " in str(caught.value) for line, _ in caught.value.problems)
    return list(caught.value.problems)


def test_a_class_list_is_read(tmp_path: Path) -> None:
    roster = read(tmp_path, HEAD + 's01,"Byron, Ada",ada,ada@example.edu,A,Analyst\ns02,Ødegård Ærø,o-d,,,\n')
    assert [student.name for student in roster.students] == ["Byron, Ada", "Ødegård Ærø"]
    assert roster.student("s02").pseudonym == ""
    assert roster.student("ADA").id == "s01"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEAD + "s01,Ada,ada,,,\n",  # Excel's byte order mark
        HEAD.replace("\n", "\r\n") + "s01,Ada,ada,,,\r\n",
        "login,name,id\n ada , Ada , s01 \n",  # any order, optional columns left out, spaces around values
        "id;name;login\ns01;Ada;ada\n",  # in countries with a decimal comma, spreadsheets write semicolons between cells
        "id\tname\tlogin\ns01\tAda\tada\n",
    ],
)
def test_class_lists_of_common_spreadsheets_are_read(tmp_path: Path, text: str) -> None:
    (student,) = read(tmp_path, text).students
    assert (student.id, student.name, student.login) == ("s01", "Ada", "ada")


def test_without_a_column_of_logins_every_student_waits_for_a_login(tmp_path: Path) -> None:
    roster = read(tmp_path, "id,name\ns01,Ada\n")
    assert (roster.students, [student.id for student in roster.waiting]) == ((), ["s01"])


def test_a_student_who_leaves_is_enrolled_until_that_day(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("id,name,login,dropped\ns01,Ada,ada,2027-02-10\ns02,Alan,,2027-02-10\n")
    day = date(2027, 2, 10)
    before, then = (read_roster(path, today) for today in (day - timedelta(days=1), day))
    assert ([one.id for one in before.enrolled], before.dropped) == (["s01", "s02"], ())
    assert (then.enrolled, [one.id for one in then.dropped]) == ((), ["s01", "s02"])
    assert before.everyone == then.everyone


def test_every_problem_is_named_with_its_line(tmp_path: Path) -> None:
    text = HEAD + (
        "s01,Ada,ada,ada@example.edu,A,Fox\n"
        "s01,Grace,grace,ADA@example.edu,A,fox\n"
        "s/2,Alan,ADA,alan,B,\n"
        ",,-x-,,,\n"
        "s05,=cmd(),a_b,,,\n"
        "s06,Too,few\n"
    )
    found = problems(tmp_path, text)
    lines = {line: [text for at, text in found if at == line] for line, _ in found}
    assert [text.split(":")[0] for text in lines[3]] == ["email", "id", "pseudonym"]
    assert "'s01' is already on line 2" in lines[3][1]
    assert [text.split(":")[0] for text in lines[4]] == ["email", "id"]
    assert [text.split(":")[0] for text in lines[5]] == ["id", "login", "name"]
    assert "which a spreadsheet takes for a formula" in " ".join(lines[6])
    assert lines[7] == ["does not have the 6 fields of the header"]


def test_logins_that_differ_only_in_case_are_the_same(tmp_path: Path) -> None:
    assert problems(tmp_path, HEAD + "a,A,ada,,,\nb,B,Ada,,,\n") == [(3, "login: 'Ada' is already on line 2")]


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("id,login\n", "column 'name' is missing"),
        ("id,name,login,grade\n", "column 'grade' is not known"),
        ("id,id,name,login\n", "column 'id' appears twice"),
        ("id;name;grade\n", "column 'grade' is not known"),
        ("", "column 'id' is missing"),
    ],
)
def test_a_wrong_header_is_answered_with_the_right_one(tmp_path: Path, header: str, word: str) -> None:
    found = problems(tmp_path, header)
    assert word in found[0][1] or word in " ".join(text for _, text in found)
    assert all(line == 1 for line, _ in found)


@pytest.mark.parametrize("text", [b"\xff\xfe", HEAD + "s01,A\x07da,ada,,,\n", HEAD + "s01,Ada\u202e,ada,,,\n"])
def test_bytes_and_characters_that_could_hide_something_are_refused(tmp_path: Path, text: str | bytes) -> None:
    assert problems(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match=r"roster.csv:1: cannot be read"):
        read_roster(tmp_path / "roster.csv")
