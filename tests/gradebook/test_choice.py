"""Test which record represents a commit. It must be the same in standings, in reports and at the start of a regrade."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from grader.gradebook.gradebook import Gradebook
from grader.gradebook.scores import Earned
from grader.grading.record import Outcome, Record

from .making import DUE, check, course, record, score_of

DAY = timedelta(days=1)
OLD, NEW = "a" * 40, "b" * 40


def trouble(graded_at: datetime, **facts: object) -> Record:
    """Return a record from another machine on which no check could run."""
    failed = check("test_adds", Outcome.ERROR)
    return record(failed, complete=False, graded_at=graded_at, input_digest=f"input at {graded_at}", **facts)


def passed(graded_at: datetime, **facts: object) -> Record:
    return record(check("test_adds", capability=True), graded_at=graded_at, **facts)


def failed(graded_at: datetime, **facts: object) -> Record:
    return record(check("test_adds", Outcome.FAILED, capability=True), graded_at=graded_at, **facts)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_trouble_never_replaces_a_grade_whatever_the_times_and_the_order_of_reading(
    order: tuple[int, ...],
) -> None:
    grade = passed(DUE)
    records = [trouble(DUE - DAY), grade, trouble(DUE + DAY)]
    with Gradebook("sqlite://") as book:
        for place in order:
            book.add(records[place])
        assert book.newest("tensor") == [grade]
        (reported,) = book.reported("tensor")
        assert (reported.record, reported.trouble) == (grade, None)
        assert book.graded_commits("ada", "tensor") == {grade.commit: grade}
        score = score_of(book, "ada", course())
    assert score
    assert (score.points, score.pending, score.regrading, score.capability) == (10, False, False, True)


def test_if_a_newer_suite_has_trouble_the_older_grade_counts_and_the_trouble_is_reported() -> None:
    grade, late = passed(DUE), trouble(DUE + DAY, suite_digest="suite-2")
    with Gradebook("sqlite://") as book:
        book.add(late)
        book.add(grade)
        (reported,) = book.reported("tensor")
        score = score_of(book, "ada", course())
        assert (reported.record, reported.trouble) == (grade, late)
        assert book.newest("tensor") == [grade]
        done = failed(DUE + 2 * DAY, suite_digest="suite-2")
        book.add(done)
        assert book.newest("tensor") == [done], "a complete record of the newer suite is the grade"
        assert book.reported("tensor")[0].trouble is None
    assert score
    assert (score.points, score.pending, score.regrading) == (10, False, True)


def test_if_a_newer_commit_has_trouble_reports_keep_the_earlier_grade_and_mention_the_trouble() -> None:
    grade = passed(DUE - DAY, commit=OLD, submitted_at=DUE - DAY)
    late = trouble(DUE, commit=NEW, submitted_at=DUE)
    with Gradebook("sqlite://") as book:
        book.add(grade)
        book.add(late)
        (reported,) = book.reported("tensor")
        assert (reported.record, reported.trouble) == (grade, late)
        assert book.newest("tensor") == [late], "its status says that it waits"


def test_the_newest_commit_is_the_one_pushed_last_and_not_the_one_graded_last() -> None:
    """The difference matters because a regrade grades old commits again."""
    last = passed(DUE, commit=NEW, submitted_at=DUE)
    with Gradebook("sqlite://") as book:
        book.add(failed(DUE - DAY, commit=OLD, submitted_at=DUE - DAY))
        book.add(last)
        book.add(failed(DUE + DAY, commit=OLD, submitted_at=DUE - DAY, suite_digest="suite-2"))
        assert book.newest("tensor") == [last]


def test_the_first_commit_that_passes_earns_the_capability_even_if_it_was_graded_last() -> None:
    with Gradebook("sqlite://") as book:
        book.add(passed(DUE + DAY, commit=NEW, submitted_at=DUE + DAY))
        book.add(passed(DUE + 2 * DAY, commit=OLD, submitted_at=DUE))
        score = score_of(book, "ada", course())
    assert score
    assert score.capability_by == Earned(OLD, DUE)


@pytest.mark.parametrize("clock", [-DAY, DAY], ids=["slow", "a day fast"])
def test_records_by_the_current_suite_come_first_whatever_the_clocks_said(clock: timedelta) -> None:
    """This happens if a suite is put back to an earlier text: its records are older than those of the newer text."""
    first, other = passed(DUE), failed(DUE + clock, suite_digest="suite-2")
    for now, grade in (("suite-1", first), ("suite-2", other)):
        with Gradebook("sqlite://", suites_now={"tensor": now}) as book:
            book.add(first)
            book.add(other)
            book.add(trouble(DUE + 2 * DAY, suite_digest="suite-3"))
            assert book.newest("tensor") == [grade]
            assert book.graded_commits("ada", "tensor") == {grade.commit: grade}
            assert book.reported("tensor")[0].trouble is None, "nobody waits for a suite that was left"
            score = score_of(book, "ada", course())
            assert score
            assert (score.points, score.regrading) == (grade.points, False)


def test_trouble_of_the_current_suite_replaces_no_grade_and_is_reported_even_if_its_clock_is_slow() -> None:
    grade, late = passed(DUE), trouble(DUE - DAY, suite_digest="suite-2")
    with Gradebook("sqlite://", suites_now={"tensor": "suite-2"}) as book:
        book.add(grade)
        book.add(late)
        (reported,) = book.reported("tensor")
        score = score_of(book, "ada", course())
    assert (reported.record, reported.trouble) == (grade, late)
    assert score
    assert (score.points, score.regrading) == (10, True)
