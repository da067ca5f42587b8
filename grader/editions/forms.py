"""Read the form of a module's open experiment with the code that students and suites use, which is in the library of suites."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from grader.course.layout import LIBRARY, ModuleFiles

from .problems import EditionError, at

if TYPE_CHECKING:
    from checks.answers import Form


def form_at(root: Path, stem: str) -> Form | None:
    """Return the form of a module, or None if it has no experiment. Raise EditionError if the form is wrong."""
    name = ModuleFiles(stem).form
    if not (root / name).is_file():
        return None
    try:
        form: Form = _library(root / LIBRARY).form_of((root / name).read_text(encoding="utf-8"), stem, name)
    except ValueError as error:
        raise EditionError([at(name, 1, str(error).removeprefix(f"{name}: "), "See docs/authors.md.")]) from error
    return form


@cache
def _library(folder: Path) -> ModuleType:
    """Import checks/answers.py of the course by its path. It needs nothing else of the library, and no NumPy."""
    spec = importlib.util.spec_from_file_location("checks_answers", folder / "checks" / "answers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
