"""Find the suite of a module as the grader runs it: the staff edition, its helper files, and the digest of both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..course import Module
from ..course.layout import LIBRARY, STAFF_AREA
from ..editions.check_specs import CheckSpec, suite_checks
from ..editions.code import code_of
from ..errors import GraderError
from .submission import digest_of


class SuiteError(GraderError):
    """Report that this module has no suite to run."""


@dataclass(frozen=True)
class Suite:
    """Describe one module's suite in a course's checkout.

    folder: the module's staff edition; library: the folder that holds the package `checks`
    """

    stem: str
    folder: Path
    library: Path

    @property
    def file(self) -> Path:
        return self.folder / f"test_{self.stem}.py"

    @property
    def helpers(self) -> tuple[Path, ...]:
        """Return the files that run in the jail beside the submission. They contain no answers."""
        return tuple(sorted(self.folder.glob("*_helpers.py")))

    @cached_property
    def checks(self) -> tuple[CheckSpec, ...]:
        return suite_checks(self.file)

    @cached_property
    def digest(self) -> str:
        """Return a digest of the tests, the helpers and the library of assertions, without comments and docstrings."""
        files = [self.file, *self.helpers, *sorted((self.library / "checks").glob("*.py"))]
        return digest_of({file.name: code_of(file.read_text(encoding="utf-8")).encode() for file in files})


def suite_of(root: Path, module: Module) -> Suite:
    """Return the suite of a module in the checkout at `root`. Raise SuiteError if it has not been built."""
    suite = Suite(module.stem, root / STAFF_AREA / module.numbered, root / LIBRARY)
    if not suite.file.is_file():
        raise SuiteError(
            f"{suite.file} is missing: run `make build` first, or check whether {module.numbered} is only planned"
        )
    return suite
