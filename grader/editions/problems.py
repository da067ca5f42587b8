"""What the build says when it cannot go on."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import GraderError


class EditionError(GraderError):
    """A module cannot be built. `problems` are lines of text, each with its file, line and how to mend it."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def at(path: str, line: int, message: str, mend: str) -> str:
    """One problem as text: `path:line: message. mend`."""
    return f"{path}:{line}: {message}. {mend}"
