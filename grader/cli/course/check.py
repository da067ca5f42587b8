"""`grader course check`: check course.yaml, that the sources fit its order, and that the suites fit its points."""

from __future__ import annotations

from ...course import CourseError, Problem, check_sources
from ...editions.build import remarks, suite_differences
from ..options import workspace_here


def check() -> None:
    """Report every mistake in course.yaml, in the order of the sources and in the points of the suites, with file and line."""
    workspace = workspace_here()
    problems: list[Problem | str] = [*check_sources(workspace.course, workspace.root)]
    problems += suite_differences(workspace.root, workspace.course)
    if problems:
        raise CourseError(problems)
    for module in workspace.course.modules:
        state = "planned, skipped" if module.planned else f"{module.points} points, due {module.due:%Y-%m-%d %H:%M} UTC"
        print(f"{module.numbered:<18} {state}")
    for line in remarks(workspace.root, workspace.course):
        print(f"remark: {line}")
    total = sum(module.points for module in workspace.course.written)
    print(f"course.yaml is right: {len(workspace.course.written)} modules written, {total} points.")
