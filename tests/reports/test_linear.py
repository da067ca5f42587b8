"""Test that cleaning and writing a text takes time in proportion to its length, whatever the text is.

Each text is 64 KiB of one character that some writer treats, or of two characters in turn. A pattern that looks at every later
character from every character takes seconds for such a text; a linear pattern takes some hundredths of a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from io import StringIO
from itertools import combinations

import pytest
from gradebook.making import check, record
from rich.console import Console
from selection import first_of_each

from grader.adapters import autograding, classroom50
from grader.classroom.roster import Student
from grader.exports.personal import personal
from grader.exports.sheet import csv_text
from grader.grading import late_stack
from grader.grading.record import IgnoredFile, Outcome, Record
from grader.reports import data, html, markdown
from grader.reports.audience import Audience
from grader.reports.badges import badge
from grader.reports.clean import one_line, plain
from grader.reports.redact import redact
from grader.reports.summary import summary_line
from grader.reports.terminal import record_panel

SIZE = 1 << 16
SECONDS = 2.0  # of processor time; correct code needs less than half a second
SMALL = 0.02  # a measurement below this says nothing about growth
WRITERS: dict[str, Callable[[str], object]] = {
    "plain": lambda text: plain(text, SIZE),
    "plain, cut": lambda text: plain(text, SIZE // 8),
    "one line": lambda text: one_line(text, SIZE),
    "Markdown text": markdown.text,
    "Markdown code": markdown.code,
    "Markdown fence": markdown.fence,
    "badge": lambda text: badge(text, text, "#123456"),
    "CSV": lambda text: csv_text([[text]]),
    "late stack": lambda text: late_stack.without_ours(late_stack._TITLE + text),
}
REPORTS: dict[str, Callable[[Record], object]] = {
    "terminal": lambda it: printed(record_panel(it, Audience.STAFF)),
    "HTML": lambda it: html.for_staff(it, [it, it]),
    "Markdown": markdown.for_staff,
    "JSON": data.for_staff_json,
    "summary": summary_line,
    "GitHub Classroom": lambda it: autograding.encoded(redact(it, Audience.STAFF)),
    "Classroom 50": lambda it: classroom50.result(redact(it, Audience.STAFF), "eve", "https://example.edu/eve"),
    "personal data": lambda it: personal(Student(id="eve", name="Eve"), None, [], [it]),
    "record": lambda it: Record.model_validate_json(it.to_json()).signed(b"a secret"),
}
CHARACTERS = (
    "\n\r\t \x0b\x0c\x1c\x85\xa0\u2003\u2028\u2029"  # blanks, and ends of lines
    ":#[]\x1b\x9b\x9d\x90\x07\x9c;m0"  # workflow commands; escapes of terminals
    "`~*_{}()+-.!|$@<>&\"'\\=%/"  # Markdown, HTML, formulas, commands of shells
    "\u202e\u200b\u200d\ufeff\u0301\u0323\u0488\U000e0100\ud800\u65e5\u0661\ufb03\U0001f600a"  # invisible, piled, wide, broken
)
TREATED = "\n\r :#[\x1b\x9b`\\&<@\u0301\u0323\u202e"


def repeated(unit: str, size: int = SIZE) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of `work`: the smaller of two measurements."""
    spent = []
    for _ in range(2):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def hostile(text: str) -> Record:
    """Make a record with this text in every place that a submission can fill;

    `message` and the like are longer than real ones.
    """
    text = text.encode("utf-8", "replace").decode()
    failed = check("test_x", Outcome.FAILED, message=text, detail=text, output=text, exception=text)
    return record(failed, ignored=(IgnoredFile(path=text, reason=text),), warnings=(text,), repo=text, student=text)


def printed(*shown: object) -> str:
    console = Console(file=StringIO(), width=100)
    console.print(*shown)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("write", first_of_each(WRITERS.values(), WRITERS))
def test_a_long_run_of_one_character_costs_little_time(write: Callable[[str], object]) -> None:
    for character in CHARACTERS:
        text = repeated(character)
        began = time.process_time()
        write(text)
        assert time.process_time() - began < SECONDS, repr(character)


@pytest.mark.parametrize("write", first_of_each(WRITERS.values(), WRITERS))
def test_a_long_run_of_two_alternating_characters_costs_little_time(write: Callable[[str], object]) -> None:
    for pair in combinations(TREATED, 2):
        text = repeated("".join(pair))
        began = time.process_time()
        write(text)
        assert time.process_time() - began < SECONDS, pair


@pytest.mark.parametrize(
    "unit",
    ["\n", " \n", "\n:", "::", ": \n", "\x1b[", "`", "|", "\u0301\u0323", "\u2003", "\\&", "##[", "a"],
    ids=ascii,
)
def test_a_report_of_a_hostile_record_costs_little_time(unit: str) -> None:
    eve = hostile(repeated(unit))
    for name, report in REPORTS.items():
        began = time.process_time()
        report(eve)
        assert time.process_time() - began < SECONDS, name


@pytest.mark.parametrize("unit", ["\n", " ", ":", "\n:", "\x1b[", "\u0301\u0323", "#[", '  File "\n'], ids=ascii)
@pytest.mark.parametrize("write", first_of_each(WRITERS.values(), WRITERS))
def test_four_times_the_text_takes_about_four_times_as_long(write: Callable[[str], object], unit: str) -> None:
    """Allow twelve times; a quadratic pattern would take sixteen times as long."""
    whole, part = repeated(unit, 4 * SIZE), repeated(unit, SIZE)
    assert seconds(lambda: write(whole)) < 12 * max(seconds(lambda: write(part)), SMALL)
