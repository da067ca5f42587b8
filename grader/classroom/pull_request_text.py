"""Write the text of a release's pull request for the student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.course import Course, Module

from .forge import STARTER
from .repo_facts import day
from .three_way import Action


def pull_title(course: Course, module: Module | None) -> str:
    return f"{module.numbered}: {module.title}" if module else f"{course.title}: updates of the course's files"


def pull_body(module: Module | None, released: Sequence[Module], actions: Mapping[str, Action]) -> str:
    """Write the body in Markdown. It names only files of the course, never a path that a student chose."""
    parts = [*(_module(module) if module else ["This repairs or adds files of the course."])]
    parts += _files("New", actions, Action.ADD)
    parts += _files("Updated (you had not changed them)", actions, Action.UPDATE)
    parts += _files("No longer part of the course (you had not changed them)", actions, Action.REMOVE)
    parts += _files(
        "Your work, moved to the name that the module has now (let your other files import that name)",
        actions,
        Action.MOVE,
    )
    own = [path for path, action in actions.items() if action is Action.CONFLICT]
    if own:
        parts += _left_alone(own)
    others = [
        one.numbered for one in released if one != module and f"modules/{one.numbered}/README.md" in _added(actions)
    ]
    if others:
        parts.append(
            f"This also brings {', '.join(others)}, which you have not merged yet. You need to merge only this pull request."
        )
    parts.append("**To accept it:** press *Merge pull request*, then `git pull` on your machine.")
    if module:
        parts.append(
            f"Then read `modules/{module.numbered}/README.md`, and check with `make check MODULE={module.numbered}`."
        )
    return "\n\n".join(parts) + "\n"


def _module(module: Module) -> list[str]:
    return [
        f"**{module.capability.question}** {module.points} points, due {day(module.due)}.",
        f"The handout is `modules/{module.numbered}/README.md`; you write `tinytorch/{module.stem}.py`.",
    ]


def _files(title: str, actions: Mapping[str, Action], which: Action) -> list[str]:
    paths = [path for path, action in actions.items() if action is which]
    return ["\n".join([f"{title}:", "", *(f"- `{path}`" for path in paths)])] if paths else []


def _left_alone(paths: Sequence[str]) -> list[str]:
    example = paths[0]
    return [
        "\n".join(["**Not changed**, because you and the course have both changed these files:", "",
                   *(f"- `{path}`" for path in paths)]),
        "\n".join(["To see what the course changed, and to take its version of a file if you want it:", "", "```sh",
                   "git fetch origin", f"git diff HEAD origin/{STARTER} -- {example}",
                   f"git checkout origin/{STARTER} -- {example}   # replaces your version", "```"]),
    ]  # fmt: skip


def _added(actions: Mapping[str, Action]) -> set[str]:
    return {path for path, action in actions.items() if action is Action.ADD}
