"""How a decision comes to be written: names made into ids, checked against class and course, put into the file once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import alone, write_atomic
from ..pipeline.suites import answer, known_suites, read_records
from ..pipeline.workspace import Workspace, WorkspaceError, find_student
from .changes import table

if TYPE_CHECKING:
    from ..classroom.roster import Roster
    from ..course import Course
    from ..gradebook.changes import Change
    from ..gradebook.decisions import Decisions
    from ..gradebook.entries import Entry


def said(entry: Entry) -> str:
    """One decision on one line."""
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


def decide(roster: Path | None, state: Path | None, author: str, reason: str, dry_run: bool, **facts: object) -> None:
    decide_all(roster, state, author, reason, [facts], dry_run=dry_run)


def decide_all(
    roster: Path | None,
    state: Path | None,
    author: str,
    reason: str,
    wanted: Sequence[dict[str, object]],
    *,
    dry_run: bool,
) -> None:
    """Check decisions against class and course, say whose score they change, and write those that are not there already: all
    of them, or none. dry_run: write nothing.
    """
    from ..gradebook.decisions import read_decisions
    from ..gradebook.entries import Entry

    workspace = Workspace.here(state)
    students = workspace.roster(roster)
    signed = {"at": datetime.now(UTC).replace(microsecond=0), "author": author, "reason": reason}
    named = [{name: _named(workspace, students, name, it) for name, it in facts.items()} for facts in wanted]
    entries = [_valid(Entry, {**signed, **facts}) for facts in named]
    with alone(workspace.state):
        before = read_decisions(workspace.decisions_file)  # as it stands: what is wrong with it may be revoked just now
        new = []
        for entry in entries:
            _refuse(entry, before, workspace.course)
            known = before.alike(entry)
            if known is None:
                new.append(entry)
            else:
                print(f"decided already: {known.id}  {said(known)}")
                if entry.days:
                    print("late days for a second time need another reason")
        if not new:
            return
        after = before.with_entries(new)
        after.check(workspace.course, {student.id for student in students.everyone})
        changed = _changes(workspace, students, before.entries, after.entries)
        if not dry_run:
            write_atomic(after.path, after.text)
    for entry in new:
        print(f"{entry.id}  {said(entry)}")
    for line in table(changed):
        print(line)
    done = f"written to {after.path}; `grader report` shows the standings that follow"
    print("dry run: no decision was written, no score has changed" if dry_run else done)


def _changes(workspace: Workspace, students: Roster, before: Sequence[Entry], after: Sequence[Entry]) -> list[Change]:
    """Whose score of record is another with the decisions of `after`: of those enrolled, from the records on disk."""
    from ..gradebook.changes import changes
    from ..gradebook.withdrawals import expanded

    suites = known_suites(workspace, after)
    everybody = {student.id: None for student in students.enrolled}
    with workspace.gradebook() as book:
        read_records(workspace, book)
        then, now = (book.standings(workspace.course, everybody, expanded(it, suites)) for it in (before, after))
    return list(changes(then, now))


def _refuse(entry: Entry, before: Decisions, course: Course) -> None:
    """What a new decision may not say, and one that was right when it was made may."""
    from ..gradebook.decisions import without_effect

    if entry.revokes and entry.revokes not in {one.id for one in before.entries}:
        raise WorkspaceError(f"there is no decision {entry.revokes!r}. `grader decide list` shows them")
    if entry.module and course.module(entry.module).planned:
        raise WorkspaceError(f"{entry.module} is planned only: there are no scores of it yet")
    if entry.module and entry.points is not None and entry.points > (most := course.module(entry.module).points):
        raise WorkspaceError(f"--points: {entry.points}, but {entry.module} is worth {most}: give at most these")
    if reason := without_effect(entry, course):
        raise WorkspaceError(f"--until: the deadline is not moved: {reason}, and an extension never shortens it")


def _valid(kind: type[Entry], facts: dict[str, object]) -> Entry:
    from pydantic import ValidationError

    try:
        return kind.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = f"{first['loc'][0]}: " if first["loc"] else ""
        raise WorkspaceError(f"{place}{first['msg'].removeprefix('Value error, ')}") from error


def _named(workspace: Workspace, roster: Roster, name: str, value: object) -> object:
    """Ids for what a person may name otherwise."""
    if name == "module":
        return workspace.course.module(str(value)).id
    return find_student(roster, str(value)).id if name == "student" else value


def moment(written: str) -> datetime:
    try:
        if len(written) == 10:
            return datetime.combine(date.fromisoformat(written), time(23, 59), UTC)
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise WorkspaceError(f"--until: {written!r} is no time: write 2027-02-05 or 2027-02-05T18:00:00Z") from error
    if moment.tzinfo is None:
        raise WorkspaceError(f"--until: {written!r} has no time zone: write {written}Z for UTC, or {written}+01:00")
    return moment


def withdrawn(workspace: Workspace, module: str, check: str, beginning: str | None) -> dict[str, object]:
    """The facts of a withdrawal in the suite that is meant, which must have that check: the one on disk, or one of a record.

    In an earlier suite it is withdrawn there alone: the suite of now has the check as it shall be.
    """
    from ..course.problem import did_you_mean
    from ..gradebook.own_code import codes_of
    from ..grading.suite import suite_of

    chosen = workspace.course.module(module)
    now = suite_of(workspace.root, chosen.id, chosen.stem)
    with workspace.gradebook() as book:
        known = {**book.suites(chosen.id), now.digest: {it.id for it in now.checks}}
    wanted = [digest for digest in known if digest.startswith(beginning or now.digest)]
    if len(wanted) != 1:
        shown = ", ".join(sorted(digest[:12] for digest in known))
        raise WorkspaceError(f"--suite: {len(wanted)} suites of {chosen.id} begin with {beginning!r}. Known: {shown}")
    if check not in known[wanted[0]]:
        raise WorkspaceError(
            f"suite {wanted[0][:12]} of {chosen.id} has no check {check!r}. {did_you_mean(check, known[wanted[0]])} "
            "A check of an earlier suite is named with --suite"
        )
    facts: dict[str, object] = {"kind": "incident", "module": chosen.id, "check": check, "suite": wanted[0]}
    return facts | ({"code": codes_of(now)[check]} if wanted[0] == now.digest else {"only": True})


def answers(workspace: Workspace, decision: str, check: str | None, *, carried: bool) -> list[dict[str, object]]:
    """The facts that settle what a withdrawal means in the suites that it is unsettled in."""
    from ..gradebook.decisions import read_decisions
    from ..gradebook.entries import Kind, in_force
    from ..gradebook.withdrawals import unsettled

    entries = read_decisions(workspace.decisions_file).entries
    entry = next((one for one in in_force(entries) if one.id == decision), None)
    if entry is None or entry.kind is not Kind.INCIDENT:
        raise WorkspaceError(f"no withdrawal {decision!r} is in force. `grader decide list` shows them")
    asked = [one for one in unsettled(entries, known_suites(workspace, entries)) if one.entry.id == decision]
    if not asked:
        raise WorkspaceError(
            f"{decision}: there is nothing to settle. It holds for every suite with the same {entry.check}"
        )
    for one in asked:
        if carried and (check or one.check) not in one.suite.codes:
            raise WorkspaceError(
                f"suite {one.suite.digest[:12]} of {entry.module} has no check {check or one.check!r}: name the one it has "
                f"become with --check ({', '.join(one.suite.codes)}), or end the withdrawal: `grader decide end {decision}`"
            )
    left_out = {"at", "author", "reason"}
    return [
        answer(one, carried=carried, author="-", reason="-", check=check).model_dump(
            exclude=left_out, exclude_none=True
        )
        for one in asked
    ]
