"""List the verbs of `grader`. Each verb has a file of the same name, which is imported only when the verb is called.

To add a verb, write its file, with a function of the same name, and add the name to a list here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

HERE = Path(__file__).parent
_FILES = {"import": "import_", "list": "list_"}  # these names are taken in Python


class Verbs(TyperGroup):
    """Group verbs in the order of `--help`. To list the verbs, only the docstrings are read from their files.

    folder: the folder of the verbs' files, below this folder; groups: verbs that have verbs of their own
    """

    def __init__(self, name: str, text: str, *verbs: str, folder: str = "", groups: Mapping[str, Verbs] | None = None):
        self._folder, self._groups = folder, groups or {}
        listed: dict[str, Any] = {verb: self._groups.get(verb) or TyperCommand(verb) for verb in verbs}
        super().__init__(name=name, help=text, commands=listed, no_args_is_help=True)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Describe a verb as `--help` lists it."""
        if cmd_name not in self.commands or cmd_name in self._groups:
            return self.commands.get(cmd_name)
        return TyperCommand(cmd_name, help=self._text(cmd_name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is called, and import it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if command is None or name is None else self.load(name), rest

    def load(self, name: str) -> Any:
        """Import a verb's file and make a command of its function."""
        if name in self._groups:
            return self._groups[name]
        file = _file(name)
        place = import_module(f"grader.cli.{self._folder}.{file}" if self._folder else f"grader.cli.{file}")
        command = typer.Typer(add_completion=False)
        command.command(name)(getattr(place, file))
        return get_command(command)

    def _text(self, verb: str) -> str:
        file = _file(verb)
        module = ast.parse((HERE / self._folder / f"{file}.py").read_bytes())
        functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
        return next(ast.get_docstring(node) or "" for node in functions if node.name == file)


def _file(verb: str) -> str:
    return _FILES.get(verb, verb.replace("-", "_"))


COURSE = Verbs("course", "Check course.yaml.", "check", folder="course")
DECIDE = Verbs(
    "decide",
    "Enter decisions of staff, each with a reason and an author, and list them. Records never change.",
    *("extend", "override", "excuse", "late-days", "withdraw", "carry", "end", "carry-over", "revoke", "list"),
    folder="decide",
)
ROSTER = Verbs(
    "roster",
    "Import other systems' lists into the class list, and check it.",
    *("import", "check", "readers"),
    folder="roster",
)
STATE = Verbs(
    "state",
    "Keep class list, decisions and records in a private repository on the forge, for workflows. Never the secret.",
    *("fetch", "save"),
    folder="state",
)
GRADER = Verbs(
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
        "convert",
        "doctor",
        "schema",
    ),
    "demo",
    groups={"course": COURSE, "decide": DECIDE, "roster": ROSTER, "state": STATE},
)
