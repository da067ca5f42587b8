"""Where a module's files are, and where its editions go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.course import Module

AUTHORED = "tinytorch_ref"
STUDENT_AREA, STAFF_AREA = "assignments", "solutions"
_CACHES = {"__pycache__", ".pytest_cache"}


@dataclass(frozen=True)
class ModuleFiles:
    """The names of one module's authored files, relative to the course's folder."""

    stem: str

    @classmethod
    def of(cls, module: Module) -> ModuleFiles:
        return cls(module.stem)

    @property
    def source(self) -> str:
        return f"{AUTHORED}/{self.stem}.py"

    @property
    def suite(self) -> str:
        return f"{AUTHORED}/suites/test_{self.stem}.py"

    @property
    def helpers(self) -> str:
        return f"{AUTHORED}/suites/{self.stem}_helpers.py"

    @property
    def handout(self) -> str:
        return f"{AUTHORED}/handouts/{self.stem}.md"

    @property
    def figures(self) -> str:
        return f"{AUTHORED}/handouts/figures"


def present(root: Path, folder: str) -> list[Path]:
    """The files under root/folder, sorted, relative to root; what Python and pytest leave behind is not counted."""
    found: list[Path] = []
    for path in sorted((root / folder).rglob("*")):
        inside = path.relative_to(root)
        if not _CACHES & set(inside.parts) and (path.is_symlink() or not path.is_dir()):
            found.append(inside)
    return found
