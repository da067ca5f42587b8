"""Where a course keeps its files: the folders, and the files of one module."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Module

SOURCES = "tinytorch_ref"  # the reference package: one annotated source a module
MODULES = "modules"  # a folder for everything else of a module
STARTER = "starter"  # what a student repository begins with
LIBRARY = f"{STARTER}/modules"  # the folder that holds the package `checks`, which suites import
STUDENT_AREA, STAFF_AREA = "assignments", "solutions"


@dataclass(frozen=True)
class ModuleFiles:
    """The names of one module's authored files, relative to the course's folder."""

    stem: str

    @classmethod
    def of(cls, module: Module) -> ModuleFiles:
        return cls(module.stem)

    @property
    def source(self) -> str:
        return f"{SOURCES}/{self.stem}.py"

    @property
    def folder(self) -> str:
        return f"{MODULES}/{self.stem}"

    @property
    def suite(self) -> str:
        return f"{self.folder}/suite.py"

    @property
    def helpers(self) -> str:
        """What the suite runs beside the student's objects; a module may have none."""
        return f"{self.folder}/helpers.py"

    @property
    def handout(self) -> str:
        return f"{self.folder}/handout.md"

    @property
    def figures(self) -> str:
        """The folder of the scripts that make pictures and numbers for the handout, and of what they make."""
        return f"{self.folder}/figures"

    @property
    def milestone(self) -> str:
        """The folder of the milestone: NAME.py, and NAME/ with its data."""
        return f"{self.folder}/milestone"

    @property
    def alternatives(self) -> str:
        """The folder of other solutions: right/ and wrong/."""
        return f"{self.folder}/alternatives"

    @property
    def equivalents(self) -> str:
        """The reviewed list of mutants that no test can tell from the solution; there may be none."""
        return f"{self.folder}/equivalent.yaml"

    @property
    def excused(self) -> str:
        """The reviewed list of checks that a cheap strategy passes for a good reason; there may be none."""
        return f"{self.folder}/excused.yaml"

    @property
    def audit(self) -> str:
        """What the last whole audit of the module found."""
        return f"{self.folder}/audit.json"

    @property
    def names_in_edition(self) -> dict[str, str]:
        """The name of each authored file in an edition's folder. Names differ by module: tests of one package must."""
        return {
            self.handout: "README.md",
            self.source: f"{self.stem}.py",
            self.suite: f"test_{self.stem}.py",
            self.helpers: f"{self.stem}_helpers.py",
        }
