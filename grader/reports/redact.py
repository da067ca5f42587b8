"""Decide who may see what. Every report is written from a `View`, and `redact` is the only way to get a `View`.

A student sees everything about a public check. About a hidden check they see its title, its sentence, whether it passed, and
the type of an exception. Hidden inputs can leave through anything that a submission chooses: the text of an exception, printed
output, how long it takes, even the name of an exception class made on the spot. A student's view holds none of these.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from datetime import datetime

from grader.gradebook.scores import Earned, Score
from grader.grading.outcomes import RAISED
from grader.grading.record import CheckResult, Outcome, Record, Visibility, utc
from grader.reports.audience import Audience
from grader.reports.clean import one_line, plain

MESSAGE_LIMIT = 4_000
DETAIL_LIMIT = 12_000
OUTPUT_LIMIT = 8_000
LINE_LIMIT = 300

DID_NOT_RAISE = "Failed"  # pytest's name for the failure of a check that expects an exception
KNOWN_EXCEPTIONS = frozenset(
    name for name, thing in vars(builtins).items() if isinstance(thing, type) and issubclass(thing, BaseException)
) | {
    "AxisError",
    "LinAlgError",
    DID_NOT_RAISE,
    "TimedOut",
    "TooExpensive",
    "Ended",
    "BrokeProtocol",
}  # of NumPy, of pytest, and our own
OWN_EXCEPTION = "an exception of your own"


@dataclass(frozen=True)
class CheckView:
    """Hold one check as its audience may see it. `withheld` means that there is more, which this audience does not see."""

    id: str
    title: str
    about: str
    visibility: Visibility
    capability: bool
    points: int
    max_points: int
    outcome: Outcome
    withheld: bool
    exception: str
    message: str
    detail: str
    output: str
    seconds: float | None
    blocked_by: str

    @property
    def public(self) -> bool:
        return self.visibility is Visibility.PUBLIC

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    @property
    def place(self) -> str:
        """Return where the submission raised: "in relu (tinytorch/activations.py, line 57)"; "" if that is not known."""
        last = self.message.rpartition("\n")[2]
        return last.removeprefix(RAISED).strip() if last.startswith(RAISED) else ""


@dataclass(frozen=True)
class Tally:
    """Count how many of some checks passed."""

    passed: int
    total: int

    def __str__(self) -> str:
        return f"{self.passed}/{self.total}"


@dataclass(frozen=True)
class FileView:
    path: str
    note: str


@dataclass(frozen=True)
class Feat:
    """Hold a capability or a milestone, with the result of this push and the knowledge of the gradebook.

    earned: None if the report was made without the gradebook; on, commit: when it was earned, and by which commit
    """

    name: str
    passed: bool
    earned: bool | None
    on: datetime | None
    commit: str

    @property
    def holds(self) -> bool:
        return self.passed if self.earned is None else self.earned


@dataclass(frozen=True)
class View:
    """Hold a record as its audience may see it. All text is plain: it has no control characters and no workflow commands."""

    audience: Audience
    course: str
    module: str
    student: str
    repo: str
    commit: str
    submitted_at: datetime | None
    graded_at: datetime
    grader_version: str
    suite_digest: str
    seed_id: str
    input_digest: str
    prerequisites: str
    jail_level: int
    jail_name: str
    jail_notes: tuple[str, ...]
    seconds: float | None
    pending: bool
    points: int
    max_points: int
    waiting: str  # the commit of a later grading that must be repeated; "" for none
    capability: Feat
    milestone: Feat | None
    checks: tuple[CheckView, ...]
    files: tuple[FileView, ...]
    ignored: tuple[FileView, ...]
    warnings: tuple[str, ...]

    @property
    def for_staff(self) -> bool:
        return self.audience is Audience.STAFF

    @property
    def public(self) -> Tally:
        return _tally([check for check in self.checks if check.public])

    @property
    def hidden(self) -> Tally:
        return _tally([check for check in self.checks if not check.public])

    @property
    def short_commit(self) -> str:
        return self.commit[:12]


def redact(
    record: Record,
    audience: Audience,
    *,
    past_due: bool = False,
    score: Score | None = None,
    trouble: Record | None = None,
) -> View:
    """Return the part of `record` that `audience` may see.

    score: the gradebook's score of this student in this module. It knows whether a capability is earned; without it the
    report says what this push shows. trouble: a later grading that failed for the grader's own reasons and will be repeated.
    `past_due` opens the checks marked "after_due" to students. Set it only when nobody can hand in any more, late days and
    extensions included.
    """
    staff = audience is Audience.STAFF
    titles = {check.id: check.title for check in record.checks}
    return View(
        audience=audience,
        course=_line(record.course),
        module=_line(record.module),
        student=_line(record.student),
        repo=_line(
            record.repo if staff else record.repo.rpartition("/")[2]
        ),  # the rest of the path is about the staff's machine
        commit=_line(record.commit),
        submitted_at=utc(record.submitted_at) if record.submitted_at else None,
        graded_at=utc(record.graded_at),
        grader_version=_line(record.grader_version),
        suite_digest=_line(record.suite_digest),
        seed_id=_line(record.seed_id) if staff else "",
        input_digest=_line(record.input_digest) if staff else "",
        prerequisites=record.prerequisites,
        jail_level=record.jail.level,
        jail_name=_line(record.jail.name),
        jail_notes=tuple(_line(note) for note in record.jail.notes) if staff else (),
        seconds=record.seconds if staff else None,
        pending=not record.complete or bool(record.errors),
        points=record.points,
        max_points=record.max_points,
        waiting=_line(trouble.commit) if trouble is not None and trouble != record else "",
        capability=_feat(record.capability, record.capability_earned, score, score.capability_by if score else None),
        milestone=_feat(record.milestone, record.milestone_met, score, score.milestone_by if score else None)
        if record.milestone
        else None,
        checks=tuple(
            _whole(check, titles) if _may_see_all(check, audience, past_due) else _outline(check, titles)
            for check in record.checks
        ),
        files=tuple(FileView(_line(file.path), f"{file.size:,} bytes") for file in record.files),
        ignored=tuple(FileView(_line(file.path), _line(file.reason)) for file in record.ignored),
        warnings=tuple(_line(warning) for warning in record.warnings),
    )


def _feat(name: str, passed: bool, score: Score | None, by: Earned | None) -> Feat:
    return Feat(
        name=_line(name),
        passed=passed,
        earned=None if score is None else by is not None,
        on=utc(by.on) if by else None,
        commit=_line(by.commit) if by else "",
    )


def _may_see_all(check: CheckResult, audience: Audience, past_due: bool) -> bool:
    if audience is Audience.STAFF:
        return True
    if check.outcome is Outcome.ERROR:  # a message about the grader's trouble describes the staff's machine
        return False
    return check.visibility is Visibility.PUBLIC or (check.visibility is Visibility.AFTER_DUE and past_due)


def _whole(check: CheckResult, titles: dict[str, str]) -> CheckView:
    return CheckView(
        id=_line(check.id),
        title=_line(check.title),
        about=_line(check.about),
        visibility=check.visibility,
        capability=check.capability,
        points=check.points,
        max_points=check.max_points,
        outcome=check.outcome,
        withheld=False,
        exception=_line(check.exception or ""),
        message=""
        if check.blocked_by
        else plain(check.message, MESSAGE_LIMIT).strip("\n"),  # `blocked_by` says the same
        detail=plain(check.detail, DETAIL_LIMIT).strip("\n"),
        output=plain(check.output, OUTPUT_LIMIT).strip("\n"),
        seconds=check.seconds,
        blocked_by=_blocker(check, titles),
    )


def _outline(check: CheckResult, titles: dict[str, str]) -> CheckView:
    return CheckView(
        id="",
        title=_line(check.title),
        about=_line(check.about),
        visibility=check.visibility,
        capability=check.capability,
        points=check.points,
        max_points=check.max_points,
        outcome=check.outcome,
        withheld=not check.blocked_by,
        exception=_known(check.exception) if check.outcome is Outcome.FAILED else "",
        message="",
        detail="",
        output="",
        seconds=None,
        blocked_by=_blocker(check, titles),
    )


def _blocker(check: CheckResult, titles: dict[str, str]) -> str:
    """Return the title of the check that had to pass first. Everyone may see titles."""
    return _line(titles.get(check.blocked_by, "another check")) if check.blocked_by else ""


def _known(exception: str | None) -> str:
    """Return a known exception name, else a phrase.

    A class made with `type(str(hidden_input), (Exception,), {})` would leak the input.
    """
    if not exception:
        return ""
    return exception if exception in KNOWN_EXCEPTIONS else OWN_EXCEPTION


def _tally(checks: list[CheckView]) -> Tally:
    return Tally(sum(check.passed for check in checks), len(checks))


def _line(text: str) -> str:
    return one_line(text, LINE_LIMIT)
