"""Take: check the records that machines of a workflow have made for a plan, and add them to the course's records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..gradebook.decisions import read_decisions
from .known_suites import about_to_grade, read_records
from .record import Recorded, record
from .shards import Shards, read_plan
from .workspace import Workspace, WorkspaceError


@dataclass(frozen=True)
class Taken:
    """Hold the result. notes: what staff should know, a line each"""

    recorded: Recorded
    notes: tuple[str, ...]


def take(workspace: Workspace, folder: Path) -> Taken:
    """Record what was graded for the plan in `folder`. A record of a module that course.yaml no longer has is refused."""
    tasks = read_plan(folder).tasks
    if strange := {task.course for task in tasks} - {workspace.course.slug}:
        raise WorkspaceError(f"the plan is for {min(strange)}, and this checkout is {workspace.course.slug}")
    wanted = {task.module for task in tasks}
    modules = [module for module in workspace.course.written if module.stem in wanted]
    entries = read_decisions(workspace.decisions_file).entries
    with workspace.gradebook() as book:
        notes = read_records(workspace, book)
        notes += about_to_grade(workspace, book, entries, modules)
    return Taken(record(workspace, tasks, Shards(folder).ended()), tuple(notes))
