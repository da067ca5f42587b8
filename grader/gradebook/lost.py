"""Does course.yaml still know every module that has grades? An edit that would drop grades is refused, or asked for by name.

The records say which modules have been graded, and out of how many points. course.yaml says what became of a module that has
another stem, other points, or no place any more: `renamed_from`, `points_before`, `withdrawn`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.counted import counted
from grader.course import Course, Module
from grader.gradebook import GradebookError


class LostGradesError(GradebookError):
    """course.yaml does not say what became of some grades; the text lists all of them, a line each."""


@dataclass(frozen=True)
class Graded:
    """What the records know of one module.

    module: its stem in them; students: how many have a grade; points: what the grades are out of; checks and capability:
    those of the first grade
    """

    module: str
    students: int
    points: tuple[int, ...]
    checks: frozenset[str]
    capability: str


def require_known(graded: Sequence[Graded], course: Course, checks_now: Mapping[str, frozenset[str]]) -> None:
    """LostGradesError where the course does not account for a grade. checks_now: by module, the checks of its suite"""
    withdrawn = {one.stem for one in course.withdrawn}
    modules = {stem: module for module in course.modules for stem in module.stems}
    name = course.path.name
    problems: list[str] = []
    for one in graded:
        module = modules.get(one.module)
        if one.module in withdrawn:
            continue
        if module is None:
            problems.append(f"{name}: {_removed(one)}")
        elif module.planned:
            problems.append(f"{name}:{module.line}: {_planned(one, module)}")
        else:
            problems += [f"{name}:{module.line}: {text}" for text in _changed(one, module, checks_now)]
    if problems:
        raise LostGradesError("\n".join(problems))


def _removed(one: Graded) -> str:
    return (
        f"{_who(one)} in {one.module}, which is no module of the course. If it has another stem now, write "
        f"`renamed_from: {one.module}` in its block. If it shall not count any more, write `withdrawn:` at the end of the file "
        f'and under it `  - {{stem: {one.module}, reason: "…"}}`'
    )


def _planned(one: Graded, module: Module) -> str:
    return (
        f"{_who(one)} in {module.stem}, which is planned. Remove `planned: true`. Or, if it shall not count any more, write "
        f'`withdrawn:` at the end of the file and under it `  - {{stem: {one.module}, reason: "…"}}`'
    )


def _changed(one: Graded, module: Module, checks_now: Mapping[str, frozenset[str]]) -> Iterator[str]:
    now = checks_now.get(module.stem)
    if now and not now & one.checks and module.capability.name != one.capability:
        yield (
            f"{_who(one)} in {one.module}, and none of the checks that gave them is in the suite of now; its capability was "
            f"called {one.capability!r}. For a new module choose a stem that has no grades. If it is the same module, keep "
            "the name of its capability"
        )
    for points in one.points:
        if points not in (module.points, *module.points_before):
            yield (
                f"{module.stem} is worth {module.points} points, and {_who(one)} out of {points}. Write `points: "
                f"{points}` as before. Or write `points_before: {points}` beside the new points, and then run `grader regrade "
                f"{module.stem}`, which says whose score changes"
            )


def _who(one: Graded) -> str:
    return f"{counted(one.students, 'student')} {'has a grade' if one.students == 1 else 'have grades'}"
