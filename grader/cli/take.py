"""`grader take`: check what the shards of a plan have graded, and make it the course's. Runs nothing of a student's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ..counted import counted
from ..pipeline.workspace import Workspace, WorkspaceError
from .options import StateOption
from .plan import PlanOption, plan_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..grading.record import Record
    from ..grading.store import Store
    from ..pipeline.accept import Key

REASON_LIMIT = 300  # characters of the summary's reasons; each record has a line of its own above


def take(folder: PlanOption = None, state: StateOption = None) -> None:
    """Check every record that was graded for a plan, sign it with the course's secret, and put it with the others.

    Believed is what the plan asked for: this course, these students, commits, suites and random inputs. Exit status 1 if a
    record was refused or is not complete, if one that the plan asked for is missing, or if one that was here before cannot
    be read. `grader report` and `grader publish` do the rest.
    """
    from ..gradebook.decisions import read_decisions
    from ..grading.store import Store, StoreError
    from ..pipeline.accept import Acceptance, NotAccepted
    from ..pipeline.shards import read_plan
    from ..pipeline.suites import about_to_grade
    from ..pipeline.term import print_problems

    workspace = Workspace.here(state)
    where = plan_folder(workspace, folder)
    plan = read_plan(where)
    if plan.course != workspace.course.slug:
        raise WorkspaceError(f"the plan is for {plan.course}, and this checkout is {workspace.course.slug}")
    modules = [workspace.course.module(name) for name in dict.fromkeys(task.module for task in plan.tasks)]
    about_to_grade(workspace, read_decisions(workspace.decisions_file).entries, modules)
    rules = Acceptance(plan, where, workspace.course, workspace.root, workspace.secret)
    store = Store(workspace.state)
    refused: list[str] = []
    damaged: dict[str, None] = {}  # what is said of records that were here and cannot be read, each once
    incomplete: dict[Key, str] = {}
    waiting = set(rules.asked)
    for path in sorted((where / "graded").rglob("records/*/*/[!.]*.json")):
        try:
            record = rules.accept(path)
        except NotAccepted as error:
            refused.append(f"{path}: {error}")
            continue
        here, unreadable = store.readable_of(record.student, record.module)
        damaged.update(dict.fromkeys(unreadable))
        other = next((known for known in here if _contradicts(known, record)), None)
        if other is not None:
            refused.append(
                f"{path}: {store.path_of(other)} is of the same files, suite and seed and says otherwise. See which is right, "
                "on a machine that you trust; delete the false one and the gradebook's file, then `grader report` fills it anew"
            )
            continue
        key = record.student, record.module, record.commit
        try:
            if record.complete:
                store.write(record)
                waiting.discard(key)
            else:
                incomplete[key] = _kept_apart(store, record)
        except StoreError as error:  # the damaged one stands in its place
            refused.append(f"{path}: {error}")
    incomplete = {
        key: reason for key, reason in incomplete.items() if key in waiting
    }  # graded by another shard after all
    missing = sorted(waiting - incomplete.keys())
    print_problems("problem", list(damaged))
    print_problems("refused", refused)
    print_problems(
        "incomplete",
        [f"{name} {module}: {incomplete[name, module, commit]}" for name, module, commit in sorted(incomplete)],
    )
    print_problems("missing", [f"{student} {module} at {commit[:12]}" for student, module, commit in missing])
    print(_summary(len(rules.asked), len(waiting), list(incomplete.values()), len(refused)))
    if refused or waiting or damaged:
        raise typer.Exit(1)


def _kept_apart(store: Store, record: Record) -> str:
    """Why the record is not complete. It is kept as word that its commit waits, unless that commit has a grade by its suite."""
    from ..pipeline.term import why_incomplete

    if store.complete_of(record.student, record.module, record.commit, record.suite_digest):
        return f"{why_incomplete(record)} (the grade it has stands)"
    store.write(record)
    return f"{why_incomplete(record)} (to be graded again)"


def _summary(asked: int, waiting: int, incomplete: Sequence[str], refused: int) -> str:
    """ "took 1 of 2 records; 1 incomplete: bubblewrap cannot start here; 0 refused" """
    from ..reports.clean import one_line

    reasons = one_line("; ".join(dict.fromkeys(incomplete)), REASON_LIMIT)
    trouble = f"; {len(incomplete)} incomplete: {reasons}" if incomplete else ""
    return f"took {asked - waiting} of {counted(asked, 'record')}{trouble}; {refused} refused"


def _contradicts(known: Record, record: Record) -> bool:
    """The same files, checks and random inputs, graded by the same code, with another outcome: one of them is not true."""
    from ..grading.grade import same_code

    alike = all(
        getattr(known, name) == getattr(record, name) for name in ("files", "suite_digest", "seed_id", "prerequisites")
    )
    whole = known.complete and record.complete and same_code(known.grader_version, record.grader_version)
    return alike and whole and _outcomes(known) != _outcomes(record)


def _outcomes(record: Record) -> list[tuple[str, str]]:
    return [(check.id, check.outcome) for check in record.checks]
