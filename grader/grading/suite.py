"""Find the suite of a module as the grader runs it: the staff edition, its helper files, and the digest of both."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..course import Course, Module
from ..course.layout import LIBRARY, STAFF_AREA
from ..editions.check_specs import CheckSpec, suite_checks
from ..editions.code import code_of
from ..errors import GraderError
from .submission import digest_of

# files of the library that decide nothing: they write the end of a student's own run, and ask a student for a guess
_WORDS_ONLY = ("summary.py", "asking.py")


class SuiteError(GraderError):
    """Report that this module has no suite to run."""


@dataclass(frozen=True)
class Suite:
    """Describe one module's suite in a course's checkout.

    folder: the module's staff edition; library: the folder that holds the package `checks`
    first_stems: the first stem of each renamed module of the course, by its current stem
    """

    stem: str
    folder: Path
    library: Path
    first_stems: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def file(self) -> Path:
        return self.folder / f"test_{self.stem}.py"

    @property
    def helpers(self) -> tuple[Path, ...]:
        """Return the files that run in the jail beside the submission. They contain no answers."""
        return tuple(sorted(self.folder.glob("*_helpers.py")))

    @property
    def form(self) -> tuple[Path, ...]:
        """Return the form of the module's open experiment, if it has one. It says which answers may be compared."""
        return tuple(self.folder.glob("experiment.toml"))

    @cached_property
    def checks(self) -> tuple[CheckSpec, ...]:
        return suite_checks(self.file)

    @property
    def library_files(self) -> tuple[Path, ...]:
        """Return the files of the package `checks` that can change an outcome."""
        return tuple(sorted(path for path in (self.library / "checks").glob("*.py") if path.name not in _WORDS_ONLY))

    @cached_property
    def digest(self) -> str:
        """Return a digest of the code of the tests, the helpers and the library of assertions, and of the experiment's form.

        Titles of checks and questions are words, like comments and docstrings: they are left out.
        """
        first = self.first_stems.get(self.stem, self.stem)
        names = {self.file.name: f"test_{first}.py", f"{self.stem}_helpers.py": f"{first}_helpers.py"}
        codes = {names.get(path.name, path.name): self._code(path) for path in (self.file, *self.helpers)}
        codes |= {f"checks/{path.name}": self._code(path) for path in self.library_files}
        codes |= {path.name: _without_questions(path) for path in self.form}
        return digest_of({name: code.encode() for name, code in codes.items()})

    def _code(self, path: Path) -> str:
        return code_of(path.read_text(encoding="utf-8-sig"), titles=False, first_stems=self.first_stems)


def _without_questions(form: Path) -> str:
    """Return what a form says about answers, without its words."""
    questions = tomllib.loads(form.read_text(encoding="utf-8"))["answers"]
    return repr(
        {name: {key: fields[key] for key in sorted(fields) if key != "ask"} for name, fields in questions.items()}
    )


def suite_of(root: Path, course: Course, module: Module) -> Suite:
    """Return the suite of a module in the checkout at `root`. Raise SuiteError if it has not been built."""
    suite = Suite(module.stem, root / STAFF_AREA / module.numbered, root / LIBRARY, course.first_stems)
    if not suite.file.is_file():
        raise SuiteError(
            f"{suite.file} is missing: run `make build` first, or check whether {module.numbered} is only planned"
        )
    return suite
