"""Define problems with a course: what is wrong, where, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from ..errors import GraderError


@dataclass(frozen=True)
class Problem:
    """Describe one problem. field: its path in course.yaml (`modules[2].points`), or empty for a source file"""

    path: str
    line: int
    message: str
    mend: str
    field: str = ""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " + (f"{self.field}: " if self.field else "")
        return f"{where}{self.message}. {self.mend}"


class CourseError(GraderError):
    """Report that the course cannot be used, with one line for each problem."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Write a sentence that names the nearest known word, or else all known words."""
    known = list(known)
    return nearest(word, known, f"Known here: {', '.join(known) or 'none'}.")


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """Write a sentence that names the nearest known word. Return `otherwise` if no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else otherwise


def first_problem(error: ValidationError) -> str:
    """Return the first problem that pydantic found in a document, on one line, with its place in the document."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return (f"{place}: " if place else "") + first["msg"].removeprefix("Value error, ")
