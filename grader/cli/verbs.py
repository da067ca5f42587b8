"""The verbs of `grader`, each in a file of its name. A verb's file is imported when the verb is asked for, and no other is.

To add a verb, write its file, with a function of the same name, and put the name into its list here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

_FILES = {"import": "import_", "list": "list_"}  # words of Python's own


@dataclass(frozen=True)
class Verbs(Mapping[str, Any]):
    """Commands by name: files of the package `package`, in the order of `--help`. groups: those that have verbs of their own"""

    package: str
    names: tuple[str, ...]
    groups: Mapping[str, TyperGroup]

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        if name in self.groups:
            return self.groups[name]
        file = _FILES.get(name, name.replace("-", "_"))
        one = typer.Typer(add_completion=False)
        one.command(name)(getattr(import_module(f"{self.package}.{file}"), file))
        return get_command(one)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _group(
    name: str, text: str, *names: str, package: str = "", groups: Mapping[str, TyperGroup] | None = None
) -> TyperGroup:
    verbs = Verbs(f"{__package__}{package}", names, groups or {})
    return TyperGroup(name=name, help=text, commands=cast(dict[str, Any], verbs), no_args_is_help=True)


COURSE = _group("course", "Questions about course.yaml.", "check", package=".course")
DECIDE = _group(
    "decide",
    "What staff decide beside the records: each with a reason and an author.",
    *("extend", "override", "excuse", "late-days", "withdraw", "carry", "end", "carry-over", "revoke", "list"),
    package=".decide",
)
ROSTER = _group(
    "roster",
    "The class list: from other systems' lists, and whether it is right.",
    *("import", "check", "readers"),
    package=".roster",
)
STATE = _group(
    "state",
    "Keep class list, decisions and records in a private repository on the forge, for workflows. Never the secret.",
    *("fetch", "save"),
    package=".state",
)
GRADER = _group(
    "grader",
    "Build, release, grade and report the TinyTorch course.",
    *("build", "course", "audit", "grade", "provision", "release", "collect", "publish", "report", "regrade", "decide"),
    *(
        "roster",
        "export",
        "result",
        "student-data",
        "forget",
        "plan",
        "grade-shard",
        "take",
        "state",
        "doctor",
        "schema",
    ),
    "demo",
    groups={"course": COURSE, "decide": DECIDE, "roster": ROSTER, "state": STATE},
)
