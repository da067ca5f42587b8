"""Test that nothing meant for staff reaches a student, through any kind of report."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from gradebook.making import check, record
from rich.console import Console

from grader.grading.record import CheckResult, Outcome, ReachedLevel, Record, Visibility
from grader.reports import data, html, markdown, summary, terminal, words
from grader.reports.redact import OWN_EXCEPTION, Audience, redact

HIDDEN = (Visibility.HIDDEN, Visibility.AFTER_DUE)


def in_terminal(record: Record) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(terminal.record_panel(record, Audience.STUDENT))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


STUDENT_OUTPUTS: dict[str, Callable[[Record], str]] = {
    "markdown": markdown.for_student,
    "html": html.for_student,
    "json": data.for_student_json,
    "terminal": in_terminal,
    "summary": summary.summary_line,
    "view": lambda record: repr(redact(record, Audience.STUDENT)),
}


def planted(visibility: Visibility, outcome: Outcome) -> CheckResult:
    """Make a check with a secret in every field that is for staff only."""
    return check(
        "test_SECRET_name",
        outcome,
        title="A title",
        visibility=visibility,
        exception="SECRET_Exception",
        message="SECRET message ::x",
        detail="SECRET detail",
        output="SECRET output",
        seconds=7.654321,
    )


def staff_only(*checks: CheckResult) -> Record:
    return record(
        *checks,
        seed_id="SECRET seed",
        input_digest="SECRET input",
        signature="SECRET signature",
        jail=ReachedLevel(level=3, name="bubblewrap", notes=("SECRET jail note",)),
        seconds=7.654321,
    )


@pytest.mark.parametrize("output", STUDENT_OUTPUTS.values(), ids=STUDENT_OUTPUTS)
@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("visibility", HIDDEN)
def test_no_secret_of_a_hidden_check_reaches_a_student(
    output: Callable[[Record], str], outcome: Outcome, visibility: Visibility
) -> None:
    waiting = check(
        "test_waits", Outcome.FAILED, title="Waits", visibility=Visibility.HIDDEN, blocked_by="test_SECRET_name"
    )
    shown = output(staff_only(planted(visibility, outcome), waiting))
    assert "SECRET" not in shown
    assert "7.65" not in shown


@pytest.mark.parametrize("output", STUDENT_OUTPUTS.values(), ids=STUDENT_OUTPUTS)
def test_a_student_does_not_see_the_message_of_the_graders_own_trouble_in_a_public_check(
    output: Callable[[Record], str],
) -> None:
    assert "SECRET" not in output(staff_only(planted(Visibility.PUBLIC, Outcome.ERROR)))


@pytest.mark.parametrize("name", ["markdown", "html", "json", "terminal"])
def test_a_student_reads_title_sentence_and_known_exception_of_a_hidden_check(name: str) -> None:
    hidden = check(
        "test_x", Outcome.FAILED, title="Empty tensors", visibility=Visibility.HIDDEN, exception="IndexError"
    )
    shown = STUDENT_OUTPUTS[name](record(hidden))
    for said in ("Empty tensors", "One sentence about it", "IndexError"):
        assert said in shown


@pytest.mark.parametrize("name", ["html", "json", "terminal"])
def test_a_student_reads_all_fields_of_a_public_check(name: str) -> None:
    public = check("test_x", Outcome.FAILED, message="the message", detail="the detail", output="the output")
    shown = STUDENT_OUTPUTS[name](record(public))
    for said in ("the message", "the detail", "the output"):
        assert said in shown


@pytest.mark.parametrize("name", ["markdown", "html", "terminal"])
def test_sentences_for_all_reports_stand_in_each_of_them(name: str) -> None:
    unfinished = record(check(outcome=Outcome.ERROR))
    view = redact(unfinished, Audience.STUDENT)
    shown = " ".join(STUDENT_OUTPUTS[name](unfinished).replace("\\", "").split())
    assert words.opening(view)
    assert words.closing(view)
    assert all(sentence in shown for sentence in [*words.opening(view), *words.closing(view)])


@pytest.mark.parametrize("name", ["markdown", "html", "terminal"])
def test_a_check_that_waits_for_another_says_only_that(name: str) -> None:
    needed = check("test_a", Outcome.FAILED, title="Adds", exception="ValueError")
    facts = {"blocked_by": "test_a", "message": "not run: needs it", "visibility": Visibility.HIDDEN}
    waits = check("test_b", Outcome.FAILED, title="Multiplies", **facts)
    shown = STUDENT_OUTPUTS[name](record(needed, waits)).replace("\\", "")
    assert "waits for: Adds" in shown
    assert "not run" not in shown
    assert words.WITHHELD not in shown


@pytest.mark.parametrize("name", ["markdown", "html", "terminal"])
def test_a_check_that_expects_an_exception_is_reported_in_our_own_words(name: str) -> None:
    lenient = check("test_x", Outcome.FAILED, visibility=Visibility.HIDDEN, exception="Failed")
    assert "no exception was raised" in STUDENT_OUTPUTS[name](record(lenient))


def waiting(number: int, title: str) -> list[CheckResult]:
    """Make two public checks, and checks that wait for the second: each waits for the check before it."""
    raised = {"exception": "ValueError", "message": "ValueError: no\n  raised in add (tinytorch/tensor.py, line 7)"}
    checks = [check("test_0", Outcome.FAILED), check("test_1", Outcome.FAILED, title=title, **raised)]
    for n in range(2, number + 2):
        checks.append(check(f"test_{n}", Outcome.FAILED, visibility=Visibility.HIDDEN, blocked_by=f"test_{n - 1}"))
    return checks


def test_the_opening_names_the_exception_behind_most_failures() -> None:
    view = redact(record(*waiting(3, "Adds")), Audience.STUDENT)
    said = "4 of 5 failed checks have one cause: ValueError in add (tinytorch/tensor.py, line 7). Mend that first."
    assert words.opening(view) == [said]


def test_the_opening_names_a_check_whose_exception_a_student_may_not_see() -> None:
    checks = waiting(3, "Adds")
    checks[1] = checks[1].model_copy(update={"visibility": Visibility.HIDDEN})
    view = redact(record(*checks), Audience.STUDENT)
    assert words.opening(view) == ["3 of 5 failed checks wait for: Adds. Mend that check first."]


def test_the_opening_names_no_cause_of_two_failures_only() -> None:
    assert words.opening(redact(record(*waiting(1, "Adds")), Audience.STUDENT)) == []


def test_a_hidden_check_does_not_name_an_exception_class_of_the_submission() -> None:
    """The name could hold an input: type(str(x), (Exception,), {})."""
    hidden = check("test_x", Outcome.FAILED, visibility=Visibility.HIDDEN, exception="array([1, 2])")
    assert redact(record(hidden), Audience.STUDENT).checks[0].exception == OWN_EXCEPTION
    assert redact(record(hidden), Audience.STAFF).checks[0].exception == "array([1, 2])"


@pytest.mark.parametrize(
    ("visibility", "past_due", "shown"),
    [
        (Visibility.PUBLIC, False, True),
        (Visibility.AFTER_DUE, False, False),
        (Visibility.AFTER_DUE, True, True),
        (Visibility.HIDDEN, True, False),
    ],
)
def test_the_due_date_opens_only_checks_marked_after_due(visibility: Visibility, past_due: bool, shown: bool) -> None:
    one = record(check("test_x", Outcome.FAILED, visibility=visibility, message="the message"))
    assert (redact(one, Audience.STUDENT, past_due=past_due).checks[0].message == "the message") is shown
    assert ("the message" in markdown.for_student(one, past_due=past_due)) is shown
    assert ("the message" in html.for_student(one, past_due=past_due)) is shown
    assert ("the message" in data.for_student_json(one, past_due=past_due)) is shown


def test_staff_see_everything() -> None:
    one = staff_only(planted(Visibility.HIDDEN, Outcome.FAILED))
    for shown in (html.for_staff(one), markdown.for_staff(one), data.for_staff_json(one)):
        for said in ("SECRET message", "SECRET detail", "SECRET output", "SECRET_Exception", "SECRET seed"):
            assert said in shown


def test_the_json_report_names_its_schema_and_audience() -> None:
    report = json.loads(data.for_student_json(record()))
    assert (report["schema"], report["audience"], report["points"]) == ("tinytorch/report/v2", "student", 10)
