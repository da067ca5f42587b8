"""Report why the build cannot continue."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import GraderError


class EditionError(GraderError):
    """Report that a module cannot be built. `problems` are lines of text with file, line and how to mend the problem."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def at(path: str, line: int, message: str, mend: str) -> str:
    """Write one problem as text: `path:line: message. mend`."""
    return f"{path}:{line}: {message}. {mend}"
