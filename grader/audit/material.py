"""Collect the material of one module's audit: its texts, the reference's earlier modules, and the digest of all of them."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from ..course import Course, Module
from ..course.layout import SOURCES, STAFF_AREA, STUDENT_AREA, ModuleFiles, solved
from ..editions.code import code_of
from ..grading.submission import ANSWERS, PACKAGE, digest_of
from ..grading.suite import Suite, suite_of
from .equivalents import Equivalent, read_equivalents
from .excused import Excused, read_excused

# comments of an alternative that the audit reads: what a failing check has to say, and another alternative to put it into
SYMPTOM, INTO = "# symptom: ", "# in: "


@dataclass(frozen=True)
class Material:
    """Hold a built module of the course at `root`. earlier: files of the package that come before it, by path."""

    root: Path
    course: Course
    module: Module
    suite: Suite
    earlier: Mapping[str, bytes]

    @classmethod
    def of(cls, root: Path, course: Course, module: Module) -> Material:
        earlier = {f"{PACKAGE}/__init__.py": (root / SOURCES / "__init__.py").read_bytes()}
        for name, owner in course.package_before(module).items():
            earlier[f"{PACKAGE}/{name}.py"] = (root / solved(owner, name)).read_bytes()
        return cls(root, course, module, suite_of(root, course, module), earlier)

    @property
    def files(self) -> ModuleFiles:
        return ModuleFiles.of(self.module)

    @cached_property
    def annotated(self) -> str:
        return (self.root / self.files.source).read_text(encoding="utf-8")

    @cached_property
    def stub(self) -> str:
        return (self.root / STUDENT_AREA / self.module.numbered / f"{self.module.stem}.py").read_text(encoding="utf-8")

    @cached_property
    def solution(self) -> str:
        return (self.root / STAFF_AREA / self.module.numbered / f"{self.module.stem}.py").read_text(encoding="utf-8")

    @property
    def alternatives(self) -> tuple[Path, ...]:
        """Return the other solutions of the module: the files in right/, then those in wrong/, by name."""
        return tuple(sorted((self.root / self.files.alternatives).glob("*/*.py")))

    @property
    def equivalents(self) -> tuple[Equivalent, ...]:
        return read_equivalents(self.root / self.files.equivalents)

    @property
    def excused(self) -> tuple[Excused, ...]:
        return read_excused(self.root / self.files.excused)

    @cached_property
    def answers(self) -> str:
        """Return the solution's answers to the open experiment, or the empty string if the module has no experiment."""
        path = self.root / self.files.answers
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def package(self, source: str, answers: str) -> dict[str, bytes]:
        """Return the files of a submission with the reference's earlier modules, `source`, and no later modules.

        answers: to the module's experiment; the empty string stands for no answers
        """
        files = {**self.earlier, f"{PACKAGE}/{self.module.stem}.py": source.encode()}
        return {**files, f"{ANSWERS}/{self.module.stem}.toml": answers.encode()} if answers else files

    @property
    def imports(self) -> tuple[str, ...]:
        """Return the names of the package's modules, in the course's order."""
        return tuple(
            f"{PACKAGE}.{Path(name).stem}" for name in self.package("", "") if not name.endswith("__init__.py")
        )

    @property
    def source_digest(self) -> str:
        """Return a digest that changes when a reviewed list changes, or the code of anything that is tried against the suite.

        This code is the module, its stub, its alternatives, and the earlier modules that it or its suite imports. Comments,
        docstrings, hints and reasons are words: rewording them keeps the digest. So does a new stem of a module.
        """
        first = self.course.first_stems
        codes = {
            "solution": code_of(self.solution, first_stems=first),
            "stub": code_of(self.stub, messages=False, first_stems=first),  # what a stub raises is such a message
        }
        named = {f"{PACKAGE}/{now}.py": f"{PACKAGE}/{stem}.py" for now, stem in first.items()}
        for name in self._imported():
            codes[named.get(name, name)] = code_of(self.earlier[name].decode(), first_stems=first)
        for path in self.alternatives:
            text = path.read_text(encoding="utf-8")
            told = [line for line in text.splitlines() if line.startswith((SYMPTOM, INTO))]
            codes[f"alternatives/{path.parent.name}/{path.name}"] = "\n".join([*told, code_of(text, first_stems=first)])
        codes["answers"] = repr(tomllib.loads(self.answers))
        codes["equivalents"] = repr([(one.id, one.before, one.after) for one in self.equivalents])
        codes["excused"] = repr([(one.strategy, one.check) for one in self.excused])
        return digest_of({name: code.encode() for name, code in codes.items()})

    def _imported(self) -> frozenset[str]:
        """Return paths of the earlier modules that the module, its suite or its helpers import, directly or through others."""
        waiting = [self.solution, *(file.read_text("utf-8") for file in (self.suite.file, *self.suite.helpers))]
        found = {f"{PACKAGE}/__init__.py"}
        while waiting:
            named = modules_imported(waiting.pop())
            paths = {f"{name.replace('.', '/')}.py" for name in named} & set(self.earlier)
            waiting += [self.earlier[path].decode() for path in paths - found]
            found |= paths
        return frozenset(found)


@lru_cache(maxsize=1024)  # every module asks for the modules before it
def modules_imported(text: str) -> frozenset[str]:
    """Return the modules of the package that a text imports: `from . import tensor`, `from .tensor import x`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(part for part in (PACKAGE if node.level else "", node.module or "") if part)
            names |= {f"{PACKAGE}.{alias.name}" for alias in node.names} if base == PACKAGE else {base}
    return frozenset(name for name in names if name.split(".")[0] == PACKAGE)
