"""Check that course.yaml accounts for every module that has grades, so that no edit drops grades by accident.

The records say which modules have been graded, and out of how many points. In course.yaml, `renamed_from` gives the earlier stem
of a module, `points_before` its earlier points, and `withdrawn` lists modules that no longer count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.counted import counted
from grader.course import Course, Module
from grader.gradebook import GradebookError


class LostGradesError(GradebookError):
    """Report grades for which course.yaml does not account, with one line for each problem."""


@dataclass(frozen=True)
class Graded:
    """Hold the facts of the records about one module.

    module: its stem in the records; students: how many have a grade; points: each maximum that the module has had; checks and
    capability: those of the first grade
    """

    module: str
    students: int
    points: tuple[int, ...]
    checks: frozenset[str]
    capability: str


def require_known(graded: Sequence[Graded], course: Course, checks_now: Mapping[str, frozenset[str]]) -> None:
    """Raise LostGradesError if the course does not account for a grade. checks_now: by module, the checks of its suite"""
    withdrawn = {module.stem for module in course.withdrawn}
    modules = {stem: module for module in course.modules for stem in module.stems}
    name = course.path.name
    problems: list[str] = []
    for grades in graded:
        module = modules.get(grades.module)
        if grades.module in withdrawn:
            continue
        if module is None:
            problems.append(f"{name}: {_removed(grades)}")
        elif module.planned:
            problems.append(f"{name}:{module.line}: {_planned(grades, module)}")
        else:
            problems += [f"{name}:{module.line}: {text}" for text in _changed(grades, module, checks_now)]
    if problems:
        raise LostGradesError("\n".join(problems))


def _removed(grades: Graded) -> str:
    return (
        f"{_who(grades)} in {grades.module}, which is not a module of the course. If the module has another stem now, write "
        f"`renamed_from: {grades.module}` in its block. If it should no longer count, write `withdrawn:` at the end of the file "
        f'and under it `  - {{stem: {grades.module}, reason: "…"}}`'
    )


def _planned(grades: Graded, module: Module) -> str:
    # a stem cannot be both an old name and withdrawn
    first = f"take {grades.module} out of `renamed_from`, and " if grades.module in module.renamed_from else ""
    return (
        f"{_who(grades)} in {module.stem}, which is planned. Remove `planned: true`. Or, if it should no longer count, "
        f'{first}write `withdrawn:` at the end of the file and under it `  - {{stem: {grades.module}, reason: "…"}}`'
    )


def _changed(grades: Graded, module: Module, checks_now: Mapping[str, frozenset[str]]) -> Iterator[str]:
    now = checks_now.get(module.stem)
    if now and not now & grades.checks and module.capability.name != grades.capability:
        yield (
            f"{_who(grades)} in {grades.module}, but the current suite has none of the checks behind these grades; the "
            f"capability was called {grades.capability!r}. For a new module choose a stem that has no grades. If it is the same "
            "module, keep the name of its capability"
        )
    for points in grades.points:
        if points not in (module.points, *module.points_before):
            yield (
                f"{module.stem} is worth {module.points} points, and {_who(grades)} out of {points}. Write `points: "
                f"{points}` as before. Or write `points_before: {points}` beside the new points, and then run `grader regrade "
                f"{module.stem}`, which says whose score changes"
            )


def _who(grades: Graded) -> str:
    return f"{counted(grades.students, 'student')} {'has a grade' if grades.students == 1 else 'have grades'}"
