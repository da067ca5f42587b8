"""Test the arithmetic of the policy, with tables of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gradebook.making import DUE, course, module
from grader.course.model import Milestone
from grader.gradebook.entries import Entry, Kind
from grader.gradebook.scores import Attempt, Score, scores, standing

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def attempt(points: int, after_due: timedelta = -DAY, commit: str = "", **facts: object) -> Attempt:
    handed_in = DUE + after_due
    made = Attempt(
        commit=commit or f"{points} at {after_due}",
        handed_in=handed_in,
        graded_at=handed_in + SECOND,
        clean=True,
        points=points,
        capability=False,
        milestone=False,
        work=commit or f"{points} at {after_due}",
        files=commit or f"{points} at {after_due}",
        suite="suite-1",
    )
    return replace(made, **facts)


def score(*attempts: Attempt, entries: tuple[Entry, ...] = (), **policy: object) -> Score | None:
    return scores({"tensor": attempts}, entries, course(**policy))["tensor"]


def entry(kind: Kind, at: datetime = DUE, **facts: object) -> Entry:
    facts = {"module": None if kind is Kind.LATE_DAYS else "tensor", **facts}
    return Entry(kind=kind, student="ada", at=at, author="grace", reason="was ill", **facts)


def test_without_records_there_is_no_score_and_no_zero() -> None:
    assert score() is None


@pytest.mark.parametrize(
    ("late", "points"),
    [(-DAY, 47), (timedelta(0), 47), (SECOND, 42), (DAY, 42), (DAY + SECOND, 37), (9 * DAY, 4), (10 * DAY, 0)],
)
def test_each_begun_day_costs_its_percent_and_points_stay_whole(late: timedelta, points: int) -> None:
    found = score(attempt(47, late), late_penalty_percent=10)
    assert found
    assert (found.points, found.raw_points) == (points, 47)


@pytest.mark.parametrize(
    ("pool", "per_module", "days_late", "spent", "percent"),
    [(5, 2, 1, 1, 0), (5, 2, 2, 2, 0), (5, 2, 4, 2, 40), (1, 2, 2, 1, 20), (0, 2, 2, 0, 40), (5, 0, 1, 0, 20)],
)
def test_late_days_are_spent_before_any_penalty(
    pool: int, per_module: int, days_late: int, spent: int, percent: int
) -> None:
    policy = {"late_days": pool, "late_days_per_module": per_module, "late_penalty_percent": 20}
    found = score(attempt(50, days_late * DAY), **policy)
    assert found
    assert (found.late_days, found.late_days_spent, found.penalty_percent) == (days_late, spent, percent)
    assert found.points == 50 * (100 - percent) // 100


def test_the_pool_is_shared_by_the_modules_in_the_order_of_their_deadlines() -> None:
    later = DUE + 14 * DAY
    term = course(
        module(1, "setup", 20), module(2, "tensor", 60, later), late_days=3, late_days_per_module=2,
        late_penalty_percent=10,
    )  # fmt: skip
    attempts = {"setup": [attempt(20, 2 * DAY)], "tensor": [attempt(50, 14 * DAY + 2 * DAY)]}
    found = scores(attempts, (), term)
    first, second = found["setup"], found["tensor"]
    assert first
    assert second
    assert (first.late_days_spent, first.points) == (2, 20)
    assert (second.late_days_spent, second.penalty_percent, second.points) == (1, 10, 45)


def test_best_takes_the_commit_worth_most_after_the_penalty() -> None:
    found = score(attempt(40), attempt(50, 2 * DAY), attempt(30, 3 * DAY), late_penalty_percent=20)
    assert found
    assert (found.points, found.raw_points) == (40, 40)


@pytest.mark.parametrize(
    ("points", "late", "spent", "kept"),
    [
        (0, 2, 0, 0),  # an untouched stub in a later push of other work
        (3, 1, 1, 3),  # 2 with a day's penalty
        (1, 2, 2, 1),  # 0 with a penalty of any length
        (9, 5, 2, 6),
    ],
)
def test_no_more_late_days_are_spent_than_raise_the_score(points: int, late: int, spent: int, kept: int) -> None:
    policy = {"late_days": 2, "late_days_per_module": 2, "late_penalty_percent": 10}
    found = score(attempt(points, late * DAY), **policy)
    assert found is not None
    assert (found.late_days_spent, found.points) == (spent, kept)


def test_work_without_points_spends_no_late_days() -> None:
    later = DUE + 14 * DAY
    whole = course(
        module(1, "setup", 20),
        module(2, "tensor", 60, later),
        late_days=2,
        late_days_per_module=2,
        late_penalty_percent=10,
    )
    late_stub, late_work = attempt(0, 3 * DAY), replace(attempt(50), handed_in=later + 2 * DAY)
    found = scores({"setup": [late_stub], "tensor": [late_work]}, (), whole)
    assert [(one.late_days_spent, one.points) for one in found.values() if one] == [(0, 0), (2, 50)]


def test_best_spends_no_late_days_that_gain_nothing() -> None:
    found = score(attempt(40), attempt(40, DAY), late_days=5, late_days_per_module=5, late_penalty_percent=20)
    assert found
    assert found.late_days_spent == 0


def test_last_takes_the_last_commit_even_when_it_is_worth_less() -> None:
    found = score(attempt(40), attempt(30, -SECOND), score="last")
    assert found
    assert found.points == 30


def test_last_skips_a_commit_whose_penalty_is_100_per_cent() -> None:
    found = score(attempt(40), attempt(50, 30 * DAY), score="last", late_penalty_percent=10)
    assert found
    assert found.points == 40


def test_the_same_file_pushed_again_with_later_work_is_not_late() -> None:
    first = attempt(40, commit="a", work="tensor.py")
    again = attempt(40, 3 * DAY, commit="b", work="tensor.py")
    found = score(first, again, score="last", late_penalty_percent=10)
    assert found
    assert (found.commit, found.late_days, found.points) == ("b", 0, 40)


def test_the_same_file_that_earns_more_because_another_file_changed_is_late() -> None:
    first = attempt(10, commit="a", work="from .other import everything")
    again = attempt(60, 3 * DAY, commit="b", work="from .other import everything")
    found = score(first, again, late_penalty_percent=10)
    assert found
    assert (found.points, found.late_days) == (42, 3)


@pytest.mark.parametrize(("files", "late_days"), [("all as before", 0), ("another one changed", 3)])
def test_a_new_suite_does_not_make_late_work_timely(files: str, late_days: int) -> None:
    first = attempt(10, commit="a", work="from .other import everything", files="all as before")
    again = attempt(60, 3 * DAY, commit="b", work="from .other import everything", files=files, suite="suite-2")
    found = score(first, again, late_penalty_percent=10)
    assert found
    assert (found.commit, found.late_days) == ("b", late_days)


def test_a_regrade_replaces_the_points_of_its_commit_and_keeps_its_time() -> None:
    before = attempt(40, commit="a")
    after = replace(before, points=35, graded_at=DUE + 9 * DAY, handed_in=DUE + 9 * DAY, suite="suite-2")
    found = score(before, after, late_penalty_percent=10)
    assert found
    assert (found.points, found.late_days) == (35, 0)


@pytest.mark.parametrize("policy", ["best", "last"])
def test_a_record_that_is_not_clean_replaces_nothing_and_shows_as_pending(policy: str) -> None:
    found = score(attempt(40), attempt(0, -SECOND, clean=False), score=policy)
    assert found
    assert (found.points, found.pending) == (40, True)


def test_an_error_on_the_only_commit_is_pending_and_not_a_zero() -> None:
    found = score(attempt(0, clean=False))
    assert found
    assert (found.points, found.pending) == (None, True)


def test_an_error_in_a_regrade_leaves_the_earlier_result_of_the_same_commit() -> None:
    good = attempt(40, commit="a")
    found = score(good, replace(good, points=0, clean=False, graded_at=DUE + DAY))
    assert found
    assert (found.points, found.pending) == (40, False)


def test_a_capability_once_shown_stays_even_when_shown_late() -> None:
    found = score(attempt(50), attempt(40, 40 * DAY, capability=True), late_penalty_percent=10)
    assert found
    assert found.capability


def test_a_milestone_once_met_stays_and_is_named_among_the_students() -> None:
    met = Milestone(name="xor_1969", title="XOR 1969", embedded="every seed")
    whole = course(module(2, "tensor", 60), module(3, "losses", 40, milestone=met))
    attempts = {"tensor": [attempt(60, milestone=True)], "losses": [attempt(0), attempt(40, milestone=True)]}
    attempts["losses"].append(attempt(0, DAY, "later, and broken"))
    found = standing("ada", None, scores(attempts, (), whole), whole)
    assert found.milestones == ("XOR 1969",), "the module before ends on none"


def test_an_extension_moves_the_deadline_and_the_newest_one_holds() -> None:
    long = entry(Kind.EXTENSION, until=DUE + 9 * DAY)
    short = entry(Kind.EXTENSION, at=DUE + SECOND, until=DUE + 2 * DAY)
    found = score(attempt(50, 3 * DAY), entries=(short, long), late_penalty_percent=10)
    assert found
    assert (found.late_days, found.points) == (1, 45)


def test_an_extension_never_shortens_the_deadline() -> None:
    found = score(attempt(50), entries=(entry(Kind.EXTENSION, until=DUE - 5 * DAY),), late_penalty_percent=10)
    assert found
    assert found.late_days == 0


def test_an_override_replaces_the_points_and_spends_no_late_days() -> None:
    policy = {"late_days": 5, "late_days_per_module": 5}
    found = score(attempt(50, DAY), entries=(entry(Kind.OVERRIDE, points=44),), **policy)
    assert found
    assert (found.points, found.raw_points, found.late_days_spent) == (44, 50, 0)


def test_an_override_counts_without_a_record_and_can_be_taken_back() -> None:
    override = entry(Kind.OVERRIDE, points=44)
    found = score(entries=(override,))
    assert found
    assert found.points == 44
    assert score(entries=(override, entry(Kind.OVERRIDE, at=DUE + DAY))) is None


def test_an_excused_module_adds_neither_points_nor_maximum_and_spends_no_late_days() -> None:
    later = DUE + 14 * DAY
    term = course(
        module(1, "setup", 20),
        module(2, "tensor", 60, later),
        late_days=2,
        late_days_per_module=2,
        late_penalty_percent=10,
    )
    attempts = {"setup": [attempt(20, 2 * DAY)], "tensor": [attempt(50, 14 * DAY + 2 * DAY)]}
    excused = entry(Kind.EXCUSED, module="setup")
    found = scores(attempts, (excused, entry(Kind.OVERRIDE, module="setup", points=3)), term)
    first, second = found["setup"], found["tensor"]
    assert first
    assert second
    assert (first.points, first.late_days_spent, first.excused) == (None, 0, excused)
    assert (second.points, second.late_days_spent) == (50, 2)
    whole = standing("ada", None, found, term)
    assert (whole.total, whole.max_points) == (50, 60)


def test_a_module_can_be_excused_before_anything_was_handed_in() -> None:
    found = score(entries=(entry(Kind.EXCUSED),))
    assert found
    assert (found.points, found.pending) == (None, False)


def test_late_days_given_by_staff_add_up() -> None:
    given = (entry(Kind.LATE_DAYS, days=1), entry(Kind.LATE_DAYS, at=DUE + DAY, days=1))
    found = score(attempt(50, 2 * DAY), entries=given, late_days_per_module=5, late_penalty_percent=10)
    assert found
    assert (found.late_days_spent, found.points) == (2, 50)


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": Kind.EXTENSION, "module": "tensor"},
        {"kind": Kind.EXTENSION, "until": DUE},
        {"kind": Kind.OVERRIDE, "module": "tensor", "points": -1},
        {"kind": Kind.OVERRIDE, "module": "tensor", "points": 3, "days": 2},
        {"kind": Kind.LATE_DAYS, "module": "tensor", "days": 2},
        {"kind": Kind.LATE_DAYS, "days": 2, "reason": ""},
        {"kind": Kind.EXCUSED},
        {"kind": Kind.INCIDENT, "student": None, "module": "tensor", "check": "test_kink"},
        {"kind": Kind.INCIDENT, "module": "tensor", "check": "test_kink", "suite": "5"},
        {"kind": Kind.REVOCATION, "student": None},
        {"kind": Kind.LATE_DAYS, "days": 2, "at": datetime(2027, 1, 1)},
    ],
)
def test_a_decision_with_fields_of_another_kind_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Entry(**{"student": "ada", "at": DUE, "author": "grace", "reason": "was ill", **facts})
