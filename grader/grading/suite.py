"""The suite of a module as the grader runs it: the staff edition, its helper files, and the digest that names both."""

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
    """There is no suite to run for this module."""


@dataclass(frozen=True)
class Suite:
    """One module's suite in a course's checkout.

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
        """Files that run in the jail beside the submission: they hold no answers."""
        return tuple(sorted(self.folder.glob("*_helpers.py")))

    @cached_property
    def checks(self) -> tuple[CheckSpec, ...]:
        return suite_checks(self.file)

    @cached_property
    def digest(self) -> str:
        """Changes when the code of the tests, the helpers or the library of assertions does; not with a comment or docstring."""
        files = [self.file, *self.helpers, *sorted((self.library / "checks").glob("*.py"))]
        return digest_of({file.name: code_of(file.read_text(encoding="utf-8")).encode() for file in files})


def suite_of(root: Path, module: Module) -> Suite:
    """The suite of a module in the checkout at `root`; SuiteError when it has not been built."""
    suite = Suite(module.stem, root / STAFF_AREA / module.numbered, root / LIBRARY)
    if not suite.file.is_file():
        raise SuiteError(
            f"{suite.file} is missing: run `make build` first, or check that {module.numbered} is not only planned"
        )
    return suite
