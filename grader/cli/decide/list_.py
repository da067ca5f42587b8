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
    """Every decision with its id and whether it is in force; at the end what is wrong with the file, if anything is."""
    workspace = workspace_here(state)
    decisions, listed = decisions_of(workspace)
    for one in listed:
        note = f"  ({one.note})" if one.note else ""
        print(one_line(f"{one.entry.id}  {described(one.entry)}{note}", LINE_LIMIT))
    students = read_class(workspace, roster)
    decisions.check(workspace.course, {student.id for student in students.everyone})  # raises what does not fit
    held = len(in_force(decisions.entries))
    print(f"{decisions.path}: {counted(len(decisions.entries), 'decision')}, {held} in force")
