"""Compute a score from attempts: which commit counts, how late it was, and what that costs. All points are whole numbers.

The rules, in the order in which they are applied:

1. A commit is worth the points of the record that represents it (which_record.py). Only a clean record has a worth: complete, and
   without an error of the grader. If the newest commit has no clean record, the score is `pending` and stays as it was. If the
   newest commit has a clean record by an older suite only, because grading by a newer suite failed, the score is `regrading`
   and the older grade counts until then.
2. The hand-in time of a commit is the earliest time in any of its records. The same file again, for no more points than
   before, is not a new hand-in: a repository holds all modules, and work on the next module must not make this module late.
3. An extension moves the deadline. Lateness is counted in days after the deadline, and a begun day counts as a whole day.
4. Late days from the student's pool are spent first, module by module in the order of the deadlines, and only as many as
   raise the score. Each further late day costs the policy's per cent of the points, rounded down.
5. "best" takes the commit that is worth most after this, and among equals the commit that spends fewest late days. "last"
   takes the last commit whose penalty is below 100 per cent.
6. An override replaces the points, and nothing else.
7. An excused module counts neither in the points nor in the maximum.

Withdrawn checks come before all rules: an attempt's points already include them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from grader.course import Course, Module, Policy
from grader.gradebook.entries import Entry, Kind, in_force
from grader.gradebook.which_record import Stand, earning, stands

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Attempt:
    """Hold the facts of one record that a score needs."""

    commit: str
    handed_in: datetime
    graded_at: datetime
    clean: bool
    points: int
    capability: bool
    milestone: bool
    work: str  # digest of the module's own file
    files: str  # digest of all files that were graded
    suite: str
    given: int = 0  # points that come from withdrawn checks and were not earned; `points` includes them


@dataclass(frozen=True)
class Earned:
    """Name the first commit that passed the check of a capability or a milestone. It stays earned."""

    commit: str
    on: datetime  # when that commit was handed in


@dataclass(frozen=True)
class Score:
    """Hold the score of record of one student in one module."""

    module: str
    points: int | None  # None: nothing has been graded yet, or the module is excused
    max_points: int
    raw_points: int | None = None  # before the penalty
    commit: str | None = None
    handed_in: datetime | None = None
    late_days: int = 0  # days past the deadline, including begun days
    late_days_spent: int = 0  # how many of these the pool paid for
    penalty_percent: int = 0
    pending: bool = False  # the newest commit waits to be graded (again)
    regrading: bool = False  # the newest commit waits to be graded by a newer suite
    capability: bool = False  # the capability check has passed once
    milestone: bool = False  # the milestone's check has passed once
    capability_by: Earned | None = None
    milestone_by: Earned | None = None
    override: Entry | None = None
    extension: Entry | None = None
    excused: Entry | None = None
    given: int = 0  # points that come from withdrawn checks; `raw_points` includes them


@dataclass(frozen=True)
class Standing:
    """Hold the scores of one student in all modules."""

    student: str
    pseudonym: str | None
    scores: Mapping[str, Score | None]  # by stem of every written module
    capabilities: tuple[str, ...]
    total: int
    max_points: int
    milestones: tuple[str, ...] = ()


@dataclass(frozen=True)
class _HandIn:
    """Hold one commit with its lateness and penalty."""

    attempt: Attempt
    since: datetime  # when this work was first handed in; decides how late it is
    late_days: int
    spent: int
    percent: int

    @property
    def points(self) -> int:
        return self.attempt.points * (100 - self.percent) // 100


@dataclass
class _Pool:
    """Hold the late days that a student has left, and the policy's numbers."""

    left: int
    per_module: int
    percent_a_day: int

    def place(self, attempt: Attempt, since: datetime, due: datetime) -> _HandIn:
        """Apply rules 3 and 4: spend the number of late days that gives the most points, and no more than needed."""
        late = max(0, -((due - since) // DAY))  # floor division of a negative number, so a begun day counts
        affordable = range(min(late, self.per_module, self.left) + 1)
        ways = [
            _HandIn(attempt, since, late, spent, min(100, self.percent_a_day * (late - spent))) for spent in affordable
        ]
        return max(ways, key=lambda way: (way.points, -way.spent))


def scores(
    attempts: Mapping[str, Sequence[Attempt]],
    entries: Sequence[Entry],
    course: Course,
    suites_now: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Score | None]:
    """Compute one student's scores in every written module; None if there is no record, no override and no excuse.

    suites_now: by module, the digest of the current suite, if it is known
    """
    policy = course.policy
    entries = in_force(entries)
    granted = sum(entry.days or 0 for entry in entries if entry.kind is Kind.LATE_DAYS)
    pool = _Pool(policy.late_days + granted, policy.late_days_per_module, policy.late_penalty_percent)
    found: dict[str, Score | None] = {}
    for module in sorted(course.written, key=lambda module: (module.due, module.number)):
        commits = stands(attempts.get(module.stem, ()), suites_now.get(module.stem))
        score = _score(module, commits, entries, policy, pool)
        pool.left -= score.late_days_spent if score else 0
        found[module.stem] = score
    return {module.stem: found[module.stem] for module in course.written}


def standing(student: str, pseudonym: str | None, found: Mapping[str, Score | None], course: Course) -> Standing:
    """Add up a student's scores."""
    earned = (module for module in course.written if (score := found[module.stem]) and score.capability)
    met = (module for module in course.written if (score := found[module.stem]) and score.milestone)
    return Standing(
        student=student,
        pseudonym=pseudonym,
        scores=found,
        capabilities=tuple(module.capability.name for module in earned),
        total=sum(score.points or 0 for score in found.values() if score),
        max_points=sum(module.points for module in course.written if not _is_excused(found[module.stem])),
        milestones=tuple(module.milestone.title for module in met if module.milestone),
    )


def _is_excused(score: Score | None) -> bool:
    return score is not None and score.excused is not None


def _score(
    module: Module, commits: Sequence[Stand[Attempt]], entries: Iterable[Entry], policy: Policy, pool: _Pool
) -> Score | None:
    mine = sorted((entry for entry in entries if entry.module in module.stems), key=lambda entry: entry.at)
    newest = {entry.kind: entry for entry in mine}
    override, extension, excused = (newest.get(kind) for kind in (Kind.OVERRIDE, Kind.EXTENSION, Kind.EXCUSED))
    if override and override.points is None:
        override = None  # taken back
    due = max(module.due, extension.until) if extension and extension.until else module.due
    clean = [replace(stand.record, handed_in=stand.since) for stand in commits if stand.record.clean]
    able = _earned(earning(commits, lambda attempt: attempt.capability))
    met = _earned(earning(commits, lambda attempt: attempt.milestone))
    chosen = _choose([pool.place(attempt, _since(attempt, clean), due) for attempt in clean], policy)
    if not commits and not override and not excused:
        return None
    points = chosen.points if chosen else None
    return Score(
        module=module.stem,
        points=None if excused else override.points if override else points,
        max_points=module.points,
        raw_points=chosen.attempt.points if chosen else None,
        commit=chosen.attempt.commit if chosen else None,
        handed_in=chosen.since if chosen else None,
        late_days=chosen.late_days if chosen else 0,
        late_days_spent=chosen.spent if chosen and not override and not excused else 0,
        penalty_percent=chosen.percent if chosen else 0,
        pending=bool(commits) and not excused and not commits[-1].record.clean,
        regrading=bool(commits) and not excused and commits[-1].waits is not None,
        capability=able is not None,
        milestone=met is not None,
        capability_by=able,
        milestone_by=met,
        override=override,
        extension=extension,
        excused=excused,
        given=chosen.attempt.given if chosen else 0,
    )


def _choose(hand_ins: list[_HandIn], policy: Policy) -> _HandIn | None:
    """Apply rule 5. If the penalty of every commit is 100 per cent, choose among all of them."""
    worth = [hand_in for hand_in in hand_ins if hand_in.percent < 100] or hand_ins
    if not worth:
        return None
    if policy.score == "last":
        return max(worth, key=lambda hand_in: _newness(hand_in.attempt))
    worth.sort(key=lambda hand_in: (-hand_in.points, hand_in.spent, hand_in.since, hand_in.attempt.handed_in))
    return worth[0]


def _newness(attempt: Attempt) -> tuple[datetime, datetime, str]:
    return attempt.handed_in, attempt.graded_at, attempt.commit


def _earned(stand: Stand[Attempt] | None) -> Earned | None:
    return Earned(stand.record.commit, stand.since) if stand else None


def _since(attempt: Attempt, clean: Iterable[Attempt]) -> datetime:
    """Apply rule 2: return when this work was first handed in.

    Points of different suites cannot be compared. So across suites, all files must be the same, not only the module's own file,
    which may only import its code from another file.
    """
    same = (other for other in clean if other.work == attempt.work and other.suite == attempt.suite)
    enough = [other.handed_in for other in same if other.points >= attempt.points]
    elsewhere = [other.handed_in for other in clean if other.files == attempt.files and other.suite != attempt.suite]
    return min(enough + elsewhere, default=attempt.handed_in)
