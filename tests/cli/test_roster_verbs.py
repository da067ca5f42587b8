"""Test importing lists of other systems into the class list: students match by id, e-mail or login, and gaps are reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import graded, refused, said, term
from trial import Trial

from grader.classroom.disk import DiskForge
from grader.classroom.roster import Roster, Student, read_roster

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,01 Setup (7001),Current Score
    Points Possible,,,,,20,(read only)
"Ohm, Ada",501,u0001,ada@example.edu,A,20,100
"Ruiz Gil, Ben",502,u0002,ben@example.edu,A,,
"Park, Cleo",503,,cleo,B,,
"Student, Test",599,,abcdef,A,,
"""
MOODLE = """First name,Last name,ID number,Email address,Groups
Ada,Ohm,u0001,ada@example.edu,A
Ben,Ruiz Gil,u0002,ben@example.edu,B
"""
CLASSROOM = """identifier,github_username,github_id,name
ada@example.edu,ada-ohm,11,Ada
u0002,benruiz,12,
ben-too@example.edu,,,
"""
CLASSROOM50 = """username,first_name,last_name,email,section,github_id
ada-ohm,Ada,Ohm,ada@example.edu,A,11
benruiz,Ben,Ruiz Gil,ben@example.edu,A,12
"""
OURS = """id,name,login,email,section,pseudonym
ada,Ada Ohm,ada-ohm,ada@example.edu,A,analytical
ben,Ben Ruiz,benruiz,ben@example.edu,A,
"""


@pytest.fixture
def course(trial: Trial) -> Path:
    (trial.folder / ".grader").mkdir(mode=0o700)
    return trial.folder


def listed(course: Path) -> Roster:
    return read_roster(course / ".grader" / "roster.csv")


def bring(course: Path, text: str, *options: str) -> str:
    (course / "list.csv").write_text(text)
    return said(course, "roster", "import", "list.csv", *options)


def refuse(course: Path, text: str, *options: str) -> str:
    """Return the message of an import that must fail and write nothing."""
    (course / "list.csv").write_text(text)
    file = course / ".grader" / "roster.csv"
    before = file.read_bytes() if file.exists() else None
    message = refused(course, "roster", "import", "list.csv", *options)
    assert (file.read_bytes() if file.exists() else None) == before
    return message


def test_a_canvas_export_makes_a_class_list_that_waits_for_logins(course: Path) -> None:
    shown = bring(course, CANVAS)
    assert "Canvas, 3 students" in shown
    assert "3 students have no login yet" in shown
    assert listed(course).students == ()
    assert listed(course).waiting == (
        Student(id="u0001", name="Ada Ohm", login="", email="ada@example.edu", section="A"),
        Student(id="u0002", name="Ben Ruiz Gil", login="", email="ben@example.edu", section="A"),
        Student(id="503", name="Cleo Park", login="", section="B"),
    )


def test_lists_of_several_systems_become_one_class_list(course: Path) -> None:
    for text in (
        CANVAS,
        CLASSROOM.rsplit("ben-too", 1)[0],
        MOODLE,
        "login,pseudonym\nada-ohm,analytical\nBENRUIZ,owl\n",
    ):
        bring(course, text)
    ada, ben = listed(course).students
    assert (ada.id, ada.login, ada.email, ada.section, ada.pseudonym) == (
        "u0001", "ada-ohm", "ada@example.edu", "A", "analytical",
    )  # fmt: skip
    assert (ben.login, ben.section, ben.name, ben.pseudonym) == ("benruiz", "B", "Ben Ruiz Gil", "owl")
    assert [student.name for student in listed(course).waiting] == ["Cleo Park"]


def test_an_identifier_of_github_classroom_may_be_an_address_an_id_or_a_name(course: Path) -> None:
    text = "identifier,github_username,github_id,name\nAda Ohm,ada-ohm,11,\nu0002,benruiz,12,Ben\nc@example.edu,cleo,,Cleo\n"
    bring(course, text, "--id-from", "login")
    assert [(one.id, one.name, one.email) for one in listed(course).students] == [
        ("ada-ohm", "Ada Ohm", ""),
        ("u0002", "Ben", ""),
        ("cleo", "Cleo", "c@example.edu"),
    ]


def test_canvas_names_may_be_in_two_columns(course: Path) -> None:
    bring(course, "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section\nOhm,Ada Maria,501,u0001,ada,A\n")
    assert listed(course).student("u0001").name == "Ada Maria Ohm"


@pytest.mark.parametrize("text", [CANVAS, MOODLE, OURS])
def test_importing_twice_changes_nothing(course: Path, text: str) -> None:
    bring(course, text)
    before = (course / ".grader" / "roster.csv").read_bytes()
    assert "nothing new" in bring(course, text)
    assert (course / ".grader" / "roster.csv").read_bytes() == before


def test_a_list_without_ids_says_what_is_missing_and_where(course: Path) -> None:
    message = refuse(course, CLASSROOM50)
    assert "list.csv:2: nobody in the class list has login 'ada-ohm' or email 'ada@example.edu'" in message
    assert "list.csv:3: " in message
    assert "--id-from" in message
    bring(course, CLASSROOM50, "--id-from", "login")
    assert [student.id for student in listed(course).students] == ["ada-ohm", "benruiz"]


def test_a_missing_name_is_asked_for(course: Path) -> None:
    assert (
        "list.csv:3: nobody in the class list has id 'u0002' or login 'benruiz', and a new student needs name"
        in refuse(course, CLASSROOM.replace("ada@example.edu", "u0001"))
    )


def test_ids_logins_and_addresses_are_never_changed_by_a_list(course: Path) -> None:
    bring(course, OURS)
    shown = bring(course, "id,name,login,email,section\nada,Ada Ohm-Lund,other-login,new@example.edu,C\n")
    assert "kept: ada, login ada-ohm, which line 2 gives as other-login" in shown
    assert "changed: ada, section A -> C" in shown
    ada = listed(course).student("ada")
    assert (ada.name, ada.login, ada.email, ada.section) == ("Ada Ohm", "ada-ohm", "ada@example.edu", "C")


def test_a_pseudonym_that_looks_like_somebody_else_is_refused_by_line(course: Path) -> None:
    bring(course, OURS)
    message = refuse(course, "login,pseudonym\nbenruiz,Ana1ytical\n")
    assert (
        "list.csv:2: pseudonym: 'Ana1ytical' looks like somebody else, on line 2 of .grader/roster.csv"
        in message.replace(str(course) + "/", "")
    )
    assert "list.csv:2: pseudonym: 'Ada Ohm'" in refuse(course, "login,pseudonym\nbenruiz,Ada Ohm\n")
    both = refuse(course, "login,pseudonym\nbenruiz,Ana1ytical\nzed,x\n")
    assert "list.csv:2: pseudonym" in both
    assert "list.csv:3: nobody in the class list has login 'zed'" in both, "every problem in one go"
    new = "id,name,login\nana,Analytical,ana\n"
    assert "on line 2 of" in refuse(course, new), "a new student's name may be what another is called on the board"


def test_a_student_can_remove_a_pseudonym_and_an_empty_cell_changes_nothing(course: Path) -> None:
    bring(course, OURS)
    bring(course, "login,pseudonym\nada-ohm,\n")
    assert listed(course).student("ada").pseudonym == "analytical"
    bring(course, "Timestamp,login,pseudonym\n2027/01/20,ada-ohm,-\n")
    assert listed(course).student("ada").pseudonym == ""


def test_a_student_who_is_no_longer_on_the_list_has_left_and_stays_in_the_class_list(course: Path) -> None:
    bring(course, CANVAS)
    fewer = CANVAS.replace('"Ruiz Gil, Ben",502,u0002,ben@example.edu,A,,\n', "")
    assert "dropped" not in bring(course, fewer)
    assert "dropped: u0002, Ben Ruiz Gil" in bring(course, fewer, "--drop-missing")
    (ben,) = listed(course).dropped
    assert ben.id == "u0002"
    again = bring(course, CANVAS)
    assert "left: u0002 since" in again
    assert "(Canvas, 3 students): nothing new; as before: 1 left\n" in again
    assert "needs a list of everybody" in refuse(course, "login,pseudonym\na,b\n", "--drop-missing")


def test_a_list_of_another_course_does_not_drop_the_class(course: Path) -> None:
    head = "id,name,login\n"
    bring(course, head + "".join(f"s{n},Name{n},login{n}\n" for n in range(8)))
    canvas = "Student,ID,Section\n"
    on_it = [f"Name{n},s{n},A\n" for n in range(8)]
    other = canvas + "Stranger,z1,A\n"
    message = refuse(course, other, "--drop-missing")
    assert "list.csv:1: 8 of the 8 students enrolled are not on this list" in message
    assert "--drop-many" in message
    assert "3 of the 8" in refuse(course, canvas + "".join(on_it[3:]), "--drop-missing")
    tried = bring(course, other, "--drop-missing", "--dry-run")
    assert "dropped: s7, Name7" in tried
    assert "without --dry-run this is refused: 8 of the 8 students" in tried
    assert listed(course).dropped == ()
    bring(course, canvas + "".join(on_it[2:]), "--drop-missing")
    assert len(listed(course).dropped) == 2, "two may always go"
    assert "refused" not in bring(course, other, "--drop-missing", "--drop-many")
    assert [student.id for student in listed(course).enrolled] == ["z1"]


def test_a_student_who_will_leave_is_enrolled_until_then_unless_a_list_drops_them(course: Path) -> None:
    bring(
        course,
        OURS.replace("pseudonym\n", "pseudonym,dropped\n")
        .replace("analytical\n", "analytical,9999-01-31\n")
        .replace("A,\n", "A,,\n"),
    )
    assert "leaves on 9999-01-31: ada, Ada Ohm" in said(course, "roster", "check")
    canvas = "Student,ID,Section\nBen Ruiz,ben,A\n"
    assert "left" not in bring(course, canvas + "Ada Ohm,ada,A\n", "--drop-missing")
    assert "dropped: ada, Ada Ohm" in bring(course, canvas, "--drop-missing")
    assert [student.id for student in listed(course).dropped] == ["ada"]


def test_a_dry_run_changes_nothing(course: Path) -> None:
    assert "added: u0001" in bring(course, CANVAS, "--dry-run")
    assert not (course / ".grader" / "roster.csv").exists()


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("a,b\n1,2\n", (), "list.csv:1: columns 'a', 'b' are not known"),
        ("id,b\n1,2\n", (), "list.csv:1: column 'b' is not known"),
        ("name,section\nAda,A\n", (), "list.csv:1: names nobody"),
        (OURS, ("--format", "canvas"), "list.csv:1: is not a list of Canvas: column ID, Section, Student is missing"),
        (OURS, ("--format", "sakai"), "there is no format 'sakai'"),
        (MOODLE + "Ada,Ohm\n", (), "list.csv:4: does not have the 5 fields of the header"),
        (MOODLE + "Eve,Ohm,u0003,ADA@example.edu,A\nEve,Ohm,u0001,ben@example.edu,A\n", (), "list.csv:4: is u0001, as line 2 is"),
        (MOODLE + "Eve,Ohm,u0001,ben@example.edu,A\n", (), "list.csv:4: is more than one student of the class list"),
        (MOODLE + "Eve,Ohm,u 3,eve@example.edu,A\n", (), "list.csv:4: id: letters, digits"),
        (MOODLE + "=cmd(),Ohm,u0003,eve@example.edu,A\n", (), "list.csv:4: name: begins with '='"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_list_is_named_with_its_line(
    course: Path, text: str, options: tuple[str, ...], says: str
) -> None:
    assert says in refuse(course, text, *options)


def test_a_list_in_utf16_with_tabs_is_read(course: Path) -> None:
    (course / "list.csv").write_bytes(MOODLE.replace(",", "\t").replace("Ada", "Åda").encode("utf-16"))
    said(course, "roster", "import", "list.csv")
    assert [student.name for student in listed(course).waiting] == ["Åda Ohm", "Ben Ruiz Gil"]


def test_students_who_left_or_have_no_login_are_listed_separately(trial: Trial) -> None:
    gone = "gus,Gus Adeyemi,gus,gus@example.edu,A,,2026-02-10\nhal,Hal Novak,,hal@example.edu,B,,\n"
    whole = (
        OURS.replace("pseudonym\n", "pseudonym,dropped\n")
        .replace("analytical\n", "analytical,\n")
        .replace("A,\n", "A,,\n")
    )
    folder = term(trial, whole + gone, graded("ada"), graded("gus"))
    shown = said(folder, "roster", "check")
    assert "section A: 2 students; read by nobody" in shown
    assert "no login yet: hal, Hal Novak" in shown
    assert "left on 2026-02-10: gus, Gus Adeyemi" in shown
    assert "3 students, 1 of them on the leaderboard by choice" in shown
    standings = said(folder, "report")
    assert "hal" in standings
    assert "gus" not in standings
    assert (folder / ".grader" / "reports" / "gus").is_dir(), "records and reports of who left stay"


def test_staff_read_the_repositories_of_their_sections(trial: Trial) -> None:
    folder = term(trial, OURS.replace("ben@example.edu,A", "ben@example.edu,B"))
    forge = DiskForge(folder / ".grader" / "forge")
    for repo in ("trial-ada-ohm", "trial-benruiz"):
        forge.create_repo(repo)
    (folder / ".grader" / "staff.csv").write_text("login,name,sections\ngrace,Grace Hopper,B\nalan,Alan Turing,*\n")
    assert "section B: 1 student; read by grace, alan" in said(folder, "roster", "check")
    tried = said(folder, "roster", "readers", "--dry-run")
    assert "trial-benruiz: let alan read, let grace read" in tried
    assert "nothing was changed" in tried
    assert not any(readers_of(folder).values())
    said(folder, "roster", "readers")
    assert readers_of(folder) == {"trial-ada-ohm": ["alan"], "trial-benruiz": ["alan", "grace"]}
    (folder / ".grader" / "staff.csv").write_text("login,name,sections\ngrace,Grace Hopper,A B\n")
    shown = said(folder, "roster", "readers")
    assert "trial-ada-ohm: let grace read, no longer alan" in shown
    assert "trial-benruiz: no longer alan" in shown
    assert readers_of(folder) == {"trial-ada-ohm": ["grace"], "trial-benruiz": ["grace"]}
    assert "trial-" not in said(folder, "roster", "readers"), "the second time nothing changes"


@pytest.mark.parametrize(
    ("sections", "ada", "ben"),
    [
        ("CS 101-A", True, False),
        ("CS 101-A; CS 101-A and CS 101-B", True, True),
        ("CS 101-A;*", True, True),
        ("*", True, True),
        ("CS 101-A and CS 101-B", False, True),
        ("", False, False),
    ],
)
def test_a_section_with_blanks_in_its_name_has_its_readers(trial: Trial, sections: str, ada: bool, ben: bool) -> None:
    """Canvas puts a student of two sections into one section that is named after both."""
    roster = OURS.replace("ada@example.edu,A", "ada@example.edu,CS 101-A")
    folder = term(trial, roster.replace("ben@example.edu,A", "ben@example.edu,CS 101-A and CS 101-B"))
    (folder / ".grader" / "staff.csv").write_text(f"login,name,sections\ngrace,Grace Hopper,{sections}\n")
    shown = said(folder, "roster", "check")
    assert f"section CS 101-A: 1 student; read by {'grace' if ada else 'nobody'}" in shown
    assert f"section CS 101-A and CS 101-B: 1 student; read by {'grace' if ben else 'nobody'}" in shown


def readers_of(folder: Path) -> dict[str, list[str]]:
    files = (folder / ".grader" / "forge" / "state").glob("*/repo.json")
    return {file.parent.name: json.loads(file.read_text()).get("readers", []) for file in files}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("grace,Grace,C", "staff.csv:2: sections: nobody is in section 'C'"),
        ("grace,Grace,A; C", "staff.csv:2: sections: nobody is in section 'C'"),
        (
            "grace,Grace,A C",
            "staff.csv:2: sections: nobody is in section 'A C'. Known here: A. Write ';' between two sections",
        ),
        ("ada-ohm,Ada,A", "staff.csv:2: login: 'ada-ohm' belongs to a student"),
        ("gr ace,Grace,A", "staff.csv:2: login: a GitHub login"),
        (",Grace,A", "staff.csv:2: login: is missing"),
        ("grace,Grace", "staff.csv:2: does not have the 3 fields"),
    ],
)
def test_a_mistake_in_the_list_of_staff_is_named_with_its_line(trial: Trial, row: str, says: str) -> None:
    folder = term(trial, OURS)
    (folder / ".grader" / "staff.csv").write_text(f"login,name,sections\n{row}\n")
    assert says in refused(folder, "roster", "check")
