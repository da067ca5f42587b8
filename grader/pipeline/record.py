"""Record: take what was graded into the course's store, and the store's records into the gradebook."""

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
    """A task whose record counts for nothing, because the grader had trouble. has_grade: its commit has a grade, which stands"""

    reason: str
    has_grade: bool


@dataclass
class Recorded:
    """What came of the tasks `asked` for. Each is `complete`, `incomplete` or `missing`.

    failed: tasks that ended without a record, and why; refused: records that are not believed, and why; damaged: what is
    said of earlier records that cannot be read, each once
    """

    asked: int
    complete: dict[Key, Record] = field(default_factory=dict)
    incomplete: dict[Key, Incomplete] = field(default_factory=dict)
    missing: list[Key] = field(default_factory=list)
    failed: dict[Key, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    damaged: dict[str, None] = field(default_factory=dict)


def record(workspace: Workspace, tasks: Sequence[Task], ended: Iterable[Ended]) -> Recorded:
    """Put the records of these tasks with the others, each as it comes.

    A record that the course's secret has signed was made here and is believed. Any other is checked against its task first.
    """
    found = Recorded(len(tasks))
    store = Store(workspace.state)
    rules = Acceptance(workspace.course, workspace.root, workspace.secret)
    for one in ended:
        _take(found, store, rules, one)
    done = found.complete.keys()
    found.incomplete = {key: it for key, it in found.incomplete.items() if key not in done}  # another try was complete
    ids = [task.id for task in tasks]
    found.missing = sorted(key for key in ids if key not in done | found.incomplete.keys() | found.failed.keys())
    return found


def fill(workspace: Workspace) -> Filled:
    """Read every record on disk into the gradebook. A record that is not signed by the course is refused, and named."""
    records = Store(workspace.state).records
    records.mkdir(parents=True, exist_ok=True)  # nothing graded yet is no mistake
    with workspace.gradebook() as book:
        return book.fill(records, workspace.secret)


def _take(found: Recorded, store: Store, rules: Acceptance, one: Ended) -> None:
    place = f"{one.place}: " if one.place else ""
    if one.record is None:
        if one.task is None:
            found.refused.append(f"{place}{one.trouble}")
        else:
            found.failed[one.task.id] = one.trouble
        return
    known = one.record
    if not known.is_signed_by(rules.secret):
        try:
            known = rules.accept(one.task, known)
        except NotAccepted as error:
            found.refused.append(f"{place}{error}")
            return
        here, unreadable = store.readable_of(known.student, known.module)
        found.damaged.update(dict.fromkeys(unreadable))
        other = next((it for it in here if _contradicts(it, known)), None)
        if other is not None:
            found.refused.append(
                f"{place}{store.path_of(other)} is of the same files, suite and seed and says otherwise. See which is right, "
                "on a machine that you trust; delete the false one and the gradebook's file, then `grader report` fills it anew"
            )
            return
    key = known.student, known.module, known.commit
    try:
        if known.complete:
            store.write(known)
            found.complete[key] = known
        else:
            found.incomplete[key] = _kept_apart(store, known)
    except StoreError as error:  # the damaged one stands in its place
        found.refused.append(f"{place}{error}")


def _kept_apart(store: Store, record: Record) -> Incomplete:
    """Keep the record as word that its commit waits, unless that commit has a grade by its suite."""
    if store.complete_of(record.student, record.module, record.commit, record.suite_digest):
        return Incomplete(why_incomplete(record), True)
    store.write(record)
    return Incomplete(why_incomplete(record), False)


def _contradicts(known: Record, record: Record) -> bool:
    """The same files, checks and random inputs, graded by the same code, with another outcome: one of them is not true."""
    alike = all(
        getattr(known, name) == getattr(record, name) for name in ("files", "suite_digest", "seed_id", "prerequisites")
    )
    whole = known.complete and record.complete and same_code(known.grader_version, record.grader_version)
    return alike and whole and _outcomes(known) != _outcomes(record)


def _outcomes(record: Record) -> list[tuple[str, str]]:
    return [(check.id, check.outcome) for check in record.checks]
