"""`grader take`: check the records of a plan's shards and add them to the course's records. This runs no code of a student."""

from __future__ import annotations

import typer

from ..counted import counted
from ..pipeline.record import Recorded
from ..pipeline.take import take as taken_from
from ..reports.clean import one_line
from .options import PlanOption, StateOption, plan_folder, workspace_here
from .printing import print_notes, print_problems

REASON_LIMIT = 300  # characters for reasons in the summary; the lines above it list every record


def take(folder: PlanOption = None, state: StateOption = None) -> None:
    """Check every record that was graded for a plan, sign it with the course's secret, and add it to the course's records.

    A record must match the plan: course, student, commit, suite and random inputs. Exit status 1 if a record was refused, is not
    complete or is missing, or if an earlier record cannot be read. Next, run `grader report` and `grader publish`.
    """
    workspace = workspace_here(state)
    found = taken_from(workspace, plan_folder(workspace, folder))
    print_notes(found.notes)
    taken = found.recorded
    print_problems("problem", taken.damaged)
    print_problems("refused", taken.refused)
    print_problems("incomplete", [f"{name}: {reason}" for name, reason in _incomplete(taken)])
    print_problems("missing", [f"{student} {module} at {commit[:12]}" for student, module, commit in taken.missing])
    print(_summary(taken))
    if taken.refused or taken.incomplete or taken.missing or taken.damaged:
        raise typer.Exit(1)


def _incomplete(taken: Recorded) -> list[tuple[str, str]]:
    """Return whose record is not complete, and why, in the order of students and modules."""
    after = {True: "its earlier grade stays", False: "to be graded again"}
    return [
        (f"{student} {module}", f"{found.reason} ({after[found.has_grade]})")
        for (student, module, _), found in sorted(taken.incomplete.items())
    ]


def _summary(taken: Recorded) -> str:
    """Return a line such as "took 1 of 2 records; 1 incomplete: bubblewrap cannot start here; 0 refused"."""
    reasons = one_line("; ".join(dict.fromkeys(reason for _, reason in _incomplete(taken))), REASON_LIMIT)
    trouble = f"; {len(taken.incomplete)} incomplete: {reasons}" if taken.incomplete else ""
    return f"took {len(taken.complete)} of {counted(taken.asked, 'record')}{trouble}; {len(taken.refused)} refused"
