"""What one module's audit is made from: its texts, the reference's earlier modules, and the digest of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..course import Course, Module
from ..editions.files import STAFF_AREA, STUDENT_AREA, ModuleFiles
from ..grading.submission import PACKAGE, digest_of
from ..grading.suite import Suite, suite_of


@dataclass(frozen=True)
class Material:
    """A built module of the course at `root`. earlier: files of the package that come before it, by path."""

    root: Path
    course: Course
    module: Module
    suite: Suite
    earlier: Mapping[str, bytes]

    @classmethod
    def of(cls, root: Path, course: Course, module: Module) -> Material:
        earlier = {f"{PACKAGE}/__init__.py": (root / "tinytorch_ref" / "__init__.py").read_bytes()}
        for one in course.earlier(module):
            if not one.planned:
                file = root / STAFF_AREA / one.id / f"{one.stem}.py"
                earlier[f"{PACKAGE}/{one.stem}.py"] = file.read_bytes()
        return cls(root, course, module, suite_of(root, module.id, module.stem), earlier)

    @property
    def source_name(self) -> str:
        return ModuleFiles.of(self.module).source

    @cached_property
    def annotated(self) -> str:
        return (self.root / self.source_name).read_text(encoding="utf-8")

    @cached_property
    def stub(self) -> str:
        return (self.root / STUDENT_AREA / self.module.id / f"{self.module.stem}.py").read_text(encoding="utf-8")

    @cached_property
    def solution(self) -> str:
        return (self.root / STAFF_AREA / self.module.id / f"{self.module.stem}.py").read_text(encoding="utf-8")

    @property
    def alternatives(self) -> tuple[Path, ...]:
        """Other solutions of the module, right_*.py and wrong_*.py, by name."""
        return tuple(sorted((self.root / "tests" / "alternatives" / self.module.stem).glob("*.py")))

    @property
    def equivalents(self) -> Path:
        """The reviewed list of mutants that no test can tell from the solution; there may be none."""
        return self.root / "tinytorch_ref" / "suites" / "equivalent" / f"{self.module.stem}.yaml"

    @property
    def excused(self) -> Path:
        """The reviewed list of checks that a cheap strategy passes for a good reason; there may be none."""
        return self.root / "tinytorch_ref" / "suites" / "excused" / f"{self.module.stem}.yaml"

    def package(self, source: str) -> dict[str, bytes]:
        """The files of a submission that has the reference's earlier modules, `source`, and nothing of later modules."""
        return {**self.earlier, f"{PACKAGE}/{self.module.stem}.py": source.encode()}

    @property
    def imports(self) -> tuple[str, ...]:
        """Names of the package's modules, in the course's order."""
        return tuple(f"{PACKAGE}.{Path(name).stem}" for name in self.package("") if not name.endswith("__init__.py"))

    @property
    def source_digest(self) -> str:
        """Changes when anything that is tried against the suite does: stub, solution, earlier modules, alternatives."""
        files = {**self.package(self.solution), "stub": self.stub.encode()}
        files |= {f"alternatives/{path.name}": path.read_bytes() for path in self.alternatives}
        lists = {"equivalents": self.equivalents, "excused": self.excused}
        files |= {name: path.read_bytes() for name, path in lists.items() if path.is_file()}
        return digest_of(files)
