"""Check that grading uses the current sources. Without a build, a suite that was mended would silently grade as before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.course import Module
from grader.course.layout import STAFF_AREA, ModuleFiles

from . import render
from .problems import EditionError
from .text import finish, read


def require_built(root: Path, modules: Iterable[Module]) -> None:
    """Raise EditionError with a line for each file of the staff edition that differs from a fresh build."""
    if problems := [line for module in modules for line in _stale(root, module)]:
        raise EditionError(problems)


def _stale(root: Path, module: Module) -> Iterator[str]:
    files = ModuleFiles.of(module)
    makers = {
        files.source: lambda text: render.source_editions(text, files.source)[1],
        files.suite: lambda text: render.suite_editions(text, files.suite)[1],
        files.helpers: finish,
    }
    for name, make in makers.items():
        built = f"{STAFF_AREA}/{module.numbered}/{files.names_in_edition[name]}"
        if not (root / name).is_file():  # a module may lack helpers, and a checkout may lack sources
            continue
        if not (root / built).is_file() or (root / built).read_bytes() != make(read(root / name, name)).encode():
            yield f"{name} has changed since {built} was built from it: run `make build`, then run this command again"
