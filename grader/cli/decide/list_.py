"""`grader decide list`: show every decision."""

from __future__ import annotations

from ...counted import counted
from ...gradebook.entries import in_force
from ...pipeline.decide import decisions_of, described
from ...pipeline.people import read_class
from ...reports.clean import one_line
from ..options import RosterOption, StateOption, workspace_here
from ..printing import LINE_LIMIT


def list_(roster: RosterOption = None, state: StateOption = None) -> None:
    """List every decision with its id and a note if it is not in force; at the end, report mistakes in the file."""
    workspace = workspace_here(state)
    decisions, listed = decisions_of(workspace)
    for decision in listed:
        note = f"  ({decision.note})" if decision.note else ""
        print(one_line(f"{decision.entry.id}  {described(decision.entry)}{note}", LINE_LIMIT))
    students = read_class(workspace, roster)
    decisions.check(workspace.course, {student.id for student in students.everyone})  # raises an error for mistakes
    held = len(in_force(decisions.entries))
    print(f"{decisions.path}: {counted(len(decisions.entries), 'decision')}, {held} in force")
