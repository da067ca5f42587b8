"""`grader course check`: check course.yaml, and that the sources fit its order."""

from __future__ import annotations

from ...course import CourseError, check_sources
from ...editions.build import remarks
from ..options import workspace_here


def check() -> None:
    """Report every mistake in course.yaml and in the order of the sources, with file, line and field."""
    workspace = workspace_here()
    problems = check_sources(workspace.course, workspace.root)
    if problems:
        raise CourseError(problems)
    for module in workspace.course.modules:
        state = "planned, skipped" if module.planned else f"{module.points} points, due {module.due:%Y-%m-%d %H:%M} UTC"
        print(f"{module.numbered:<18} {state}")
    for line in remarks(workspace.root, workspace.course):
        print(f"remark: {line}")
    total = sum(module.points for module in workspace.course.written)
    print(f"course.yaml is right: {len(workspace.course.written)} modules written, {total} points.")
