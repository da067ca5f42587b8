"""Decide: turn names into ids, check decisions against class and course, and write each into the file of decisions once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from pydantic import ValidationError

from ..adapters.old_grades import read_old_grades
from ..classroom.roster import Roster, RosterError
from ..course import Course
from ..course.model import unreadable
from ..course.problem import did_you_mean, first_problem
from ..files import alone, write_atomic
from ..gradebook.changes import Change, changes
from ..gradebook.check_code import codes_of
from ..gradebook.decisions import Decisions, read_decisions, without_effect
from ..gradebook.entries import Entry, Kind, in_force, revoked
from ..gradebook.withdrawals import expanded, unsettled
from ..grading.suite import suite_of
from .known_suites import answer, known_suites, read_records
from .people import find_student
from .workspace import Workspace, WorkspaceError

Facts = Mapping[str, object]  # one decision as a person has typed it: its kind and its other fields


@dataclass(frozen=True)
class Desk:
    """Hold the workspace and the class that the decisions are about."""

    workspace: Workspace
    students: Roster


@dataclass(frozen=True)
class Decided:
    """Hold the result of deciding.

    new: decisions that were written, or would be; known: decisions that were there already; changes: the scores that change;
    notes: what staff should know
    """

    new: tuple[Entry, ...]
    known: tuple[Entry, ...]
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


def decide(desk: Desk, wanted: Sequence[Facts], *, author: str, reason: str, dry_run: bool = False) -> Decided:
    """Check decisions, compute whose score they change, and write those that are not in the file yet: all of them, or none.

    dry_run: write nothing
    """
    workspace, students = desk.workspace, desk.students
    signed = {"at": datetime.now(UTC).replace(microsecond=0), "author": author, "reason": reason}
    named = [{name: _named(workspace, students, name, value) for name, value in facts.items()} for facts in wanted]
    entries = [_valid({**signed, **facts}) for facts in named]
    with alone(workspace.state):
        # The file is not checked yet, because this decision may revoke a wrong entry.
        before = read_decisions(workspace.decisions_file)
        new: list[Entry] = []
        known: list[Entry] = []
        for entry in entries:
            _refuse(entry, before, workspace.course)
            alike = before.alike(entry)
            if alike is None:
                new.append(entry)
            else:
                known.append(alike)
        if not new:
            return Decided((), tuple(known))
        after = before.with_entries(new)
        after.check(workspace.course, {student.id for student in students.everyone})
        changed, notes = _changes(workspace, students, before.entries, after.entries)
        if not dry_run:
            write_atomic(after.path, after.text)
    return Decided(tuple(new), tuple(known), tuple(changed), tuple(notes))


def described(entry: Entry) -> str:
    """Describe a decision on one line."""
    suite, as_check = (entry.suite or "")[:12], f" for {entry.check}" if entry.check else ""
    what = {
        "extension": f"{entry.student} {entry.module}: due {entry.until:%Y-%m-%d %H:%M} UTC" if entry.until else "",
        "override": f"{entry.student} {entry.module}: {entry.points} points",
        "excused": f"{entry.student} {entry.module}: excused",
        "late_days": f"{entry.student}: {entry.days} more late days",
        "incident": f"{entry.module} {entry.check}: withdrawn in suite {suite}{' alone' if entry.only else ''}",
        "carried": f"{entry.decision}: also holds in suite {suite}{as_check}",
        "ended": f"{entry.decision}: does not hold in suite {suite}{as_check}",
        "revocation": f"{entry.revokes}: revoked",
    }
    return f"{entry.at:%Y-%m-%d}  {what[entry.kind.value]}  ({entry.author}: {entry.reason})"


def moment(written: str) -> datetime:
    """Read a new deadline that a person has typed."""
    try:
        if len(written) == 10:
            return datetime.combine(date.fromisoformat(written), time(23, 59), UTC)
        found = datetime.fromisoformat(written)
    except ValueError as error:
        why = unreadable(written, "not a date or time")
        raise WorkspaceError(f"--until: {written!r}: {why}. Write 2027-02-05 or 2027-02-05T18:00:00Z") from error
    if found.tzinfo is None:
        raise WorkspaceError(f"--until: {written!r} has no time zone: write {written}Z for UTC, or {written}+01:00")
    return found


def withdrawal(workspace: Workspace, module: str, check: str, suite: str | None) -> Facts:
    """Return the facts of a withdrawal of a check in one suite, which must have the check.

    suite: the beginning of the digest of the current suite or of a suite in the records; None: the current suite. In an earlier
    suite the check is withdrawn there alone, because the current suite has the check as staff want it.
    """
    chosen = workspace.course.module(module)
    now = suite_of(workspace.root, workspace.course, chosen)
    with workspace.gradebook() as book:
        known = {**book.suites(chosen.stem), now.digest: {check.id for check in now.checks}}
    wanted = [digest for digest in known if digest.startswith(suite or now.digest)]
    if len(wanted) != 1:
        shown = ", ".join(sorted(digest[:12] for digest in known))
        raise WorkspaceError(f"--suite: {len(wanted)} suites of {chosen.numbered} begin with {suite!r}. Known: {shown}")
    if check not in known[wanted[0]]:
        raise WorkspaceError(
            f"suite {wanted[0][:12]} of {chosen.numbered} has no check {check!r}. {did_you_mean(check, known[wanted[0]])} "
            "To withdraw a check of an earlier suite, name that suite with --suite"
        )
    facts: dict[str, object] = {"kind": "incident", "module": chosen.stem, "check": check, "suite": wanted[0]}
    return facts | ({"code": codes_of(now)[check]} if wanted[0] == now.digest else {"only": True})


def answers(workspace: Workspace, decision: str, check: str | None, *, carried: bool) -> list[Facts]:
    """Return the facts that settle what a withdrawal means in the suites in which it is unsettled."""
    entries = read_decisions(workspace.decisions_file).entries
    entry = next((entry for entry in in_force(entries) if entry.id == decision), None)
    if entry is None or entry.kind is not Kind.INCIDENT:
        raise WorkspaceError(f"no withdrawal {decision!r} is in force. `grader decide list` shows them")
    questions = [found for found in unsettled(entries, known_suites(workspace, entries)) if found.entry.id == decision]
    if not questions:
        raise WorkspaceError(
            f"{decision}: there is nothing to settle. It holds for every suite with the same {entry.check}"
        )
    for question in questions:
        suite, name = question.suite, check or question.check
        if carried and name not in suite.codes:
            raise WorkspaceError(
                f"suite {suite.digest[:12]} of {entry.module} has no check {name!r}: give the new name of the check with "
                f"--check ({', '.join(suite.codes)}), or end the withdrawal: `grader decide end {decision}`"
            )
    left_out = {"at", "author", "reason"}
    return [
        answer(question, carried=carried, author="-", reason="-", check=check).model_dump(
            exclude=left_out, exclude_none=True
        )
        for question in questions
    ]


def old_grades(desk: Desk, file: Path, module: str, *, assignment: str | None, scale: bool) -> list[Facts]:
    """Return an override for each student in a file of grades from GitHub Classroom.

    assignment: which assignment of the file, if it holds several; scale: convert points if the file has another maximum
    """
    chosen = desk.workspace.course.module(module)
    grades = read_old_grades(file, desk.students, assignment)
    odd = [grade for grade in grades if grade.available != chosen.points]
    if odd and not scale:
        text = f"is out of {odd[0].available} points, and {chosen.numbered} is worth {chosen.points}: --scale converts the points"
        raise RosterError(file, [(odd[0].line, text)])
    return [
        {"kind": "override", "student": grade.student, "module": chosen.stem, "points": grade.out_of(chosen.points)}
        for grade in grades
    ]


@dataclass(frozen=True)
class Listed:
    """Hold a decision of the file. note: why it does not hold, or what staff must do about it; empty if it simply holds"""

    entry: Entry
    note: str


def decisions_of(workspace: Workspace) -> tuple[Decisions, list[Listed]]:
    """Read the file of decisions, and add a note to each decision."""
    decisions = read_decisions(workspace.decisions_file)
    gone = revoked(decisions.entries)
    asks = {question.entry.id for question in unsettled(decisions.entries, known_suites(workspace, decisions.entries))}
    listed = []
    for entry in decisions.entries:
        late = without_effect(entry, workspace.course)
        note = "revoked" if entry.id in gone else f"no effect: {late}" if late else ""
        if entry.id in asks:
            note = f"the check has changed in the current suite: `grader decide carry {entry.id}` or `end`"
        listed.append(Listed(entry, note))
    return decisions, listed


def _changes(
    workspace: Workspace, students: Roster, before: Sequence[Entry], after: Sequence[Entry]
) -> tuple[list[Change], list[str]]:
    """Compare the scores of record before and after the new decisions, for everybody enrolled, from the records on disk.

    Also return what staff should know.
    """
    suites = known_suites(workspace, after)
    everybody = {student.id: None for student in students.enrolled}
    with workspace.gradebook() as book:
        notes = read_records(workspace, book)
        then, now = (
            book.standings(workspace.course, everybody, expanded(entries, suites)) for entries in (before, after)
        )
    return list(changes(then, now)), notes


def _refuse(entry: Entry, before: Decisions, course: Course) -> None:
    """Refuse mistakes in a new decision. An old decision may contain them, because it was right when it was made."""
    if entry.revokes and entry.revokes not in {other.id for other in before.entries}:
        raise WorkspaceError(f"there is no decision {entry.revokes!r}. `grader decide list` shows them")
    if entry.module and course.module(entry.module).planned:
        raise WorkspaceError(f"{entry.module} is planned, not written: it has no scores yet")
    if entry.module and entry.points is not None and entry.points > (most := course.module(entry.module).points):
        raise WorkspaceError(f"--points: {entry.points}, but {entry.module} is worth {most}: give at most {most}")
    if reason := without_effect(entry, course):
        raise WorkspaceError(f"--until: the deadline would not move: {reason}, and an extension never shortens it")


def _valid(facts: Facts) -> Entry:
    try:
        return Entry.model_validate(facts)
    except ValidationError as error:
        raise WorkspaceError(first_problem(error)) from error


def _named(workspace: Workspace, roster: Roster, name: str, value: object) -> object:
    """Turn the name of a module or a student into its id."""
    if name == "module":
        return workspace.course.module(str(value)).stem
    return find_student(roster, str(value)).id if name == "student" else value
