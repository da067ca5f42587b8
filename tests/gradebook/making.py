"""Make small courses and records for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from grader.course import Badges, Capability, Course, Module, Phase, Policy
from grader.gradebook.entries import Entry
from grader.gradebook.gradebook import Gradebook
from grader.gradebook.scores import Score
from grader.grading.record import CheckResult, Outcome, ReachedLevel, Record, Visibility

SECRET = b"a secret of the course"
DUE = datetime(2027, 1, 24, 23, 59, tzinfo=UTC)


def check(name: str = "test_adds", outcome: Outcome = Outcome.PASSED, points: int = 10, **facts: Any) -> CheckResult:
    given: dict[str, Any] = {
        "id": name,
        "title": name.removeprefix("test_").replace("_", " ").capitalize(),
        "about": "One sentence about it.",
        "visibility": Visibility.PUBLIC,
        "max_points": points,
        "points": points if outcome is Outcome.PASSED else 0,
        "outcome": outcome,
        "seconds": 0.25,
    }
    return CheckResult(**{**given, **facts})


def record(*checks: CheckResult, **facts: Any) -> Record:
    checks = checks or (check(),)
    given: dict[str, Any] = {
        "course": "tinytorch-test",
        "module": "tensor",
        "student": "ada",
        "repo": "course/tinytorch-ada",
        "commit": "c0ffee" + "0" * 34,
        "submitted_at": datetime(2027, 1, 20, 12, 0, tzinfo=UTC),
        "graded_at": datetime(2027, 1, 20, 12, 30, tzinfo=UTC),
        "grader_version": "0.1.0",
        "suite_digest": "suite-1",
        "seed_id": "seed-1",
        "input_digest": "input-1",
        "jail": ReachedLevel(level=3, name="bubblewrap"),
        "complete": True,
        "checks": checks,
        "points": sum(it.points for it in checks),
        "max_points": sum(it.max_points for it in checks),
        "capability": "Tensors",
        "capability_earned": any(it.capability and it.points for it in checks),
    }
    return Record(**{**given, **facts})


def worth(points: int, of: int = 60, **facts: Any) -> Record:
    """Return a record of exactly `points`."""
    passed = check("test_passed", points=points)
    failed = check("test_failed", Outcome.FAILED, points=of - points)
    return record(passed, failed, **facts)


def module(number: int, stem: str, points: int, due: datetime = DUE, **facts: Any) -> Module:
    given: dict[str, Any] = {
        "number": number,
        "stem": stem,
        "title": stem.capitalize(),
        "capability": Capability(name=f"{stem.capitalize()}s", question=f"Can you build {stem}?"),
        "points": points,
        "release": date(2027, 1, 11),
        "due": due,
        "week": number,
        "chapter": "3 DL Primer",
        "phase": "foundation",
        "points_before": tuple(range(100)),  # so that a test's records may have any maximum
    }
    return Module(**{**given, **facts})


def course(*modules: Module, score: Literal["best", "last"] = "best", **policy: Any) -> Course:
    return Course(
        title="Deep Learning Systems",
        term="Spring 2027",
        slug="tinytorch-test",
        textbook="A Textbook",
        policy=Policy(score=score, **policy),
        badges=Badges(),
        phases=(Phase(name="foundation", title="Foundation"),),
        weeks=(),
        modules=modules or (module(1, "setup", 20), module(2, "tensor", 60), module(3, "activations", 40)),
        path=Path("course.yaml"),
    )


def score_of(book: Gradebook, student: str, course: Course, entries: Sequence[Entry] = ()) -> Score | None:
    """Return the student's score in 02_tensor."""
    (found,) = book.standings(course, {student: None}, entries)
    return found.scores[course.module("tensor").stem]
