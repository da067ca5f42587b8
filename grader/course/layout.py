"""Define where a course keeps its files: the folders, and the files of one module."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Module

HINTS = "HINTS.md"  # the page of an edition that holds all hints, folded
SOURCES = "tinytorch_ref"  # the reference package: one annotated source for each module
MODULES = "modules"  # a folder for everything else of a module
STARTER = "starter"  # what a student repository begins with
LIBRARY = f"{STARTER}/modules"  # the folder that holds the package `checks`, which suites import
STUDENT_AREA, STAFF_AREA = "assignments", "solutions"


def solved(owner: Module, name: str) -> str:
    """Return the path of a file of the package as staff have it. owner: the module with which it comes"""
    return f"{STAFF_AREA}/{owner.numbered}/{name}.py"


@dataclass(frozen=True)
class ModuleFiles:
    """Give the names of one module's authored files, relative to the course's folder."""

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
        """Return the file with classes and functions that the suite runs in the worker. A module may have none."""
        return f"{self.folder}/helpers.py"

    @property
    def handout(self) -> str:
        return f"{self.folder}/handout.md"

    @property
    def wall(self) -> str:
        """Return the experiment with which the module begins. It runs on the modules before this one. A module may have none."""
        return f"{self.folder}/wall.py"

    @property
    def figures(self) -> str:
        """Return the folder with scripts that make pictures and numbers for the handout, and with their results."""
        return f"{self.folder}/figures"

    @property
    def experiment(self) -> str:
        """Return the script of the open experiment. A module may have none."""
        return f"{self.folder}/experiment.py"

    @property
    def form(self) -> str:
        """Return the questions of the open experiment, which say what an answer looks like."""
        return f"{self.folder}/experiment.toml"

    @property
    def answers(self) -> str:
        """Return the solution's answers to the open experiment. Only staff get them."""
        return f"{self.folder}/answers.toml"

    @property
    def milestone(self) -> str:
        """Return the folder of the milestone: NAME.py, and NAME/ with its data."""
        return f"{self.folder}/milestone"

    @property
    def alternatives(self) -> str:
        """Return the folder of other solutions: right/ and wrong/."""
        return f"{self.folder}/alternatives"

    @property
    def equivalents(self) -> str:
        """Return the reviewed list of mutants that no test can tell from the solution. A module may have none."""
        return f"{self.folder}/equivalent.yaml"

    @property
    def excused(self) -> str:
        """Return the reviewed list of checks that a cheap strategy passes for a good reason. A module may have none."""
        return f"{self.folder}/excused.yaml"

    @property
    def audit(self) -> str:
        """Return the file with the results of the module's last full audit."""
        return f"{self.folder}/audit.json"

    @property
    def names_in_edition(self) -> dict[str, str]:
        """Return the name of each authored file in an edition's folder.

        Names differ by module, because pytest needs different names for test files.
        """
        return {
            self.handout: "README.md",
            self.source: f"{self.stem}.py",
            self.suite: f"test_{self.stem}.py",
            self.helpers: f"{self.stem}_helpers.py",
            self.experiment: "experiment.py",
            self.form: "experiment.toml",
            self.answers: "answers.toml",
            self.wall: "wall.py",
        }
