"""Test the forms of other classroom systems, each against the schema that we publish with it."""

from __future__ import annotations

import base64
import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command import cells, graded, refused, run, said, term
from trial import ROOT, Trial

from grader.adapters import autograding, classroom50
from grader.adapters.old_grades import COLUMNS
from grader.grading.store import Store
from grader.reports.audience import Audience
from grader.reports.redact import View, redact

ROSTER = """id,name,login,email,section,pseudonym
ada,Ada Ohm,ada-ohm,ada@example.edu,A,
ben,Ben Ruiz,benruiz,ben@example.edu,A,
"""
GRADES = """\
assignment_name,assignment_url,starter_code_url,github_username,roster_identifier,student_repository_name,\
student_repository_url,submission_timestamp,points_awarded,points_available
trial,https://x/a,https://x/s,ada-ohm,,r-ada,https://x/r,2027-01-20 10:00:00 UTC,17,20
trial,https://x/a,https://x/s,,ben@example.edu,r-ben,https://x/r,,"",20
"""


def schema(name: str) -> jsonschema.Draft202012Validator:
    document = json.loads((ROOT / "docs" / "schema" / name).read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def decoded(text: str) -> Any:
    return json.loads(base64.b64decode(text.strip(), validate=True))


def view(*failed: str) -> View:
    return redact(graded("ada", failed), Audience.STUDENT)


def test_a_result_of_github_classroom_fits_its_schema_and_adds_up() -> None:
    document = decoded(autograding.encoded(view("test_box")))
    schema("autograding-result-3.json").validate(document)
    assert (document["status"], document["max_score"]) == ("fail", 10)
    assert sum(test["score"] for test in document["tests"]) == 8
    assert autograding.result(view())["status"] == "pass"


def test_the_notices_have_the_form_of_github_classrooms_reporter() -> None:
    complete, report = autograding.notices(8, 10)
    assert complete == "::notice title=Autograding complete::Points 8/10"
    title, _, message = report.removeprefix("::").partition("::")
    assert title == "notice title=Autograding report"
    schema("autograding-report.json").validate(json.loads(message))
    assert json.loads(message) == {"totalPoints": 8, "maxPoints": 10}


def test_a_result_of_classroom_50_fits_its_schema_and_adds_up() -> None:
    document = classroom50.result(view("test_box"), "ada-ohm", "https://github.com/course/trial-ada-ohm")
    schema("classroom50-result-1.json").validate(document)
    assert (document["score"], document["max-score"], document["datetime"]) == (8, 10, "2027-01-23T23:59:00Z")
    assert document["release"].endswith("/releases/tag/submit%2Ftrial-" + document["commit"][-40:-28])
    assert [test["passed"] for test in document["tests"]] == [True, True, False, True]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("autograding-result-3.json", {"version": 2}),
        ("autograding-result-3.json", {"grade": 1}),
        ("autograding-result-3.json", {"status": "passed"}),
        ("classroom50-result-1.json", {"score": 8.5}),
        ("classroom50-result-1.json", {"datetime": "2027-01-23T23:59:00+00:00"}),
        ("classroom50-result-1.json", {"submission": "tags/one"}),
        ("classroom50-result-1.json", {"hidden": []}),
    ],
)
def test_the_schemas_refuse_a_document_of_another_form(name: str, change: dict[str, Any]) -> None:
    made = {
        "autograding-result-3.json": autograding.result(view()),
        "classroom50-result-1.json": classroom50.result(view(), "ada", "https://github.com/course/ada"),
    }
    with pytest.raises(jsonschema.ValidationError):
        schema(name).validate({**made[name], **change})


@pytest.fixture
def folder(trial: Trial) -> Path:
    return term(trial, ROSTER, graded("ada", ("test_box",)))


def test_a_record_is_printed_in_another_form(folder: Path) -> None:
    path = str(Store(folder / ".grader").path_of(graded("ada", ("test_box",))))
    assert "nothere.json: there is no such file" in refused(folder, "result", "notices", "nothere.json")
    assert said(folder, "result", "notices", path).splitlines() == autograding.notices(8, 10)
    schema("autograding-result-3.json").validate(decoded(said(folder, "result", "autograding", path)))
    document = json.loads(said(folder, "result", "classroom50", path, "--repository", "https://github.com/c/a"))
    schema("classroom50-result-1.json").validate(document)
    assert document["owner"] == "ada-ohm"


def test_other_forms_hold_no_hidden_value(trial: Trial) -> None:
    plain = graded("ada", ("test_box",))
    checks = tuple(
        it.model_copy(update={"message": "expected 12345.678", "detail": "12345.678", "output": "12345.678"})
        if it.id == "test_box" else it for it in plain.checks
    )  # fmt: skip
    seen = redact(plain.model_copy(update={"checks": checks}), Audience.STUDENT)
    assert "12345.678" not in json.dumps([autograding.result(seen), classroom50.result(seen, "ada", "r")])


def test_a_record_that_was_edited_is_not_printed(folder: Path) -> None:
    path = Store(folder / ".grader").path_of(graded("ada", ("test_box",)))
    path.write_text(path.read_text().replace('"seed_id": "seed"', '"seed_id": "other"'))
    assert "not signed" in refused(folder, "result", "notices", str(path))


BY = ("--by", "grace", "--reason", "from the old classroom")


def test_grades_of_github_classroom_become_overrides_and_only_once(folder: Path) -> None:
    (folder / "grades.csv").write_text(GRADES)
    for row in csv.DictReader(GRADES.splitlines()):
        schema("classroom-grades.json").validate(row)
    assert set(schema("classroom-grades.json").schema["properties"]) == {*COLUMNS, "group_name"}
    said(folder, "decide", "carry-over", "grades.csv", "1", "--scale", *BY)
    before = (folder / ".grader" / "decisions.yaml").read_bytes()
    standings = cells(said(folder, "report"))
    assert (standings["ada"][0], standings["ben"][0]) == ("8!", "0!")
    assert "decided already" in said(folder, "decide", "carry-over", "grades.csv", "1", "--scale", *BY)
    assert (folder / ".grader" / "decisions.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GRADES, "grades.csv:2: is out of 20 points, and 01_trial is worth 10: --scale"),
        (GRADES.replace("ada-ohm", "eve"), "grades.csv:2: nobody in the class list has the login 'eve'"),
        (GRADES.replace(",17,", ",many,"), "grades.csv:2: points_awarded: 'many' is not a number"),
        (GRADES.replace(",17,", ",21,"), "grades.csv:2: points_awarded 21 of points_available 20 is not a grade"),
        (GRADES.replace("points_available", "points"), "grades.csv:1: is not a list of grades from GitHub Classroom"),
        (GRADES + GRADES.splitlines()[-1].replace("trial,", "other,", 1) + "\n", "name one: other, trial"),
    ],
)
def test_a_bad_file_of_grades_is_refused_with_the_line_of_the_problem(folder: Path, text: str, says: str) -> None:
    (folder / "grades.csv").write_text(text)
    assert says in refused(folder, "decide", "carry-over", "grades.csv", "1", *BY)
    assert not (folder / ".grader" / "decisions.yaml").exists()
    assert run(folder, "report").returncode == 0
