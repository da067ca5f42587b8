"""Record: put graded records into the course's store, and the store's records into the gradebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..gradebook.intake import Filled
from ..grading.grade import same_code
from ..grading.record import Record
from ..grading.store import Store, StoreError
from .accept import Acceptance, NotAccepted
from .executor import Ended, why_incomplete
from .task import Key, Task
from .workspace import Workspace


@dataclass(frozen=True)
class Incomplete:
    """Describe a record that does not count because the grader had trouble. has_grade: its commit has an earlier grade"""

    reason: str
    has_grade: bool


@dataclass
class Recorded:
    """Hold the result of recording.

    asked: the number of tasks. Each task is in `complete`, `incomplete`, `failed` (ended without a record, with the reason) or
    `missing`. refused: records that failed a check, with the reason; damaged: messages about earlier records that cannot be read
    """

    asked: int
    complete: dict[Key, Record] = field(default_factory=dict)
    incomplete: dict[Key, Incomplete] = field(default_factory=dict)
    missing: list[Key] = field(default_factory=list)
    failed: dict[Key, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    damaged: dict[str, None] = field(default_factory=dict)


def record(workspace: Workspace, tasks: Sequence[Task], ended: Iterable[Ended]) -> Recorded:
    """Put the records of these tasks into the course's store, one by one as they arrive.

    A record that is signed with the course's secret was made here and is trusted. Other records are first checked against their
    task.
    """
    found = Recorded(len(tasks))
    store = Store(workspace.state)
    rules = Acceptance(workspace.course, workspace.root, workspace.secret)
    for task_end in ended:
        _take(found, store, rules, task_end)
    done = found.complete.keys()
    # drop an incomplete record if another try of the same task was complete
    found.incomplete = {key: found.incomplete[key] for key in found.incomplete if key not in done}
    ids = [task.id for task in tasks]
    found.missing = sorted(key for key in ids if key not in done | found.incomplete.keys() | found.failed.keys())
    return found


def fill(workspace: Workspace) -> Filled:
    """Read every record on disk into the gradebook. A record that is not signed with the course's secret is refused."""
    records = Store(workspace.state).records
    records.mkdir(parents=True, exist_ok=True)  # before the first grading there is no folder yet
    with workspace.gradebook() as book:
        return book.fill(records, workspace.secret)


def _take(found: Recorded, store: Store, rules: Acceptance, task_end: Ended) -> None:
    place = f"{task_end.place}: " if task_end.place else ""
    if task_end.record is None:
        if task_end.task is None:
            found.refused.append(f"{place}{task_end.trouble}")
        else:
            found.failed[task_end.task.id] = task_end.trouble
        return
    known = task_end.record
    if not known.is_signed_by(rules.secret):
        try:
            known = rules.accept(task_end.task, known)
        except NotAccepted as error:
            found.refused.append(f"{place}{error}")
            return
        here, unreadable = store.readable_of(known.student, known.module)
        found.damaged.update(dict.fromkeys(unreadable))
        other = next((earlier for earlier in here if _contradicts(earlier, known)), None)
        if other is not None:
            found.refused.append(
                f"{place}{store.path_of(other)} has the same files, suite and seed, but other outcomes. It was graded by "
                f"{other.grader_version}, and the new record by {known.grader_version}. Grade again on a machine that you trust "
                "to see which record is right. Delete the false record and the gradebook's file; then `grader report` fills the "
                "gradebook again"
            )
            return
    key = known.student, known.module, known.commit
    try:
        if known.complete:
            store.write(known)
            found.complete[key] = known
        else:
            found.incomplete[key] = _kept_apart(store, known)
    except StoreError as error:  # a damaged record is in its place
        found.refused.append(f"{place}{error}")


def _kept_apart(store: Store, record: Record) -> Incomplete:
    """Keep an incomplete record, so that its commit is known to wait, unless the commit has a grade by the same suite."""
    if store.complete_of(record.student, record.module, record.commit, record.suite_digest):
        return Incomplete(why_incomplete(record), True)
    store.write(record)
    return Incomplete(why_incomplete(record), False)


def _contradicts(known: Record, record: Record) -> bool:
    """Tell whether two records contradict: the same files, checks, random inputs and grader, but other outcomes."""
    alike = all(
        getattr(known, name) == getattr(record, name) for name in ("files", "suite_digest", "seed_id", "prerequisites")
    )
    whole = known.complete and record.complete and same_code(known.grader_version, record.grader_version)
    return alike and whole and outcomes(known) != outcomes(record)


def outcomes(record: Record) -> list[tuple[str, str]]:
    """Return the outcome of each check."""
    return [(check.id, check.outcome) for check in record.checks]
