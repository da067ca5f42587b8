"""What is wrong with a course, where, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import GraderError


@dataclass(frozen=True)
class Problem:
    """One thing to mend. `field` is the way to it in course.yaml (`modules[2].points`), or empty for a source file."""

    path: str
    line: int
    message: str
    mend: str
    field: str = ""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " + (f"{self.field}: " if self.field else "")
        return f"{where}{self.message}. {self.mend}"


class CourseError(GraderError):
    """The course cannot be used as it stands; the text lists every problem found, one a line."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known word, or else all of them."""
    known = list(known)
    return nearest(word, known, f"Known here: {', '.join(known) or 'none'}.")


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """A sentence that names the nearest known word, or else `otherwise`: where there are too many to name them all."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else otherwise
