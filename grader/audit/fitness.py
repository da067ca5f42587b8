"""The points a release insists on: the stub earns nothing, the solution everything, jailed and in process alike."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..course import Course, Module
from ..editions.build import drift
from ..grading.grade import Grader, Job
from ..grading.record import Outcome, Record
from ..grading.store import Store
from ..grading.submission import PACKAGE
from ..grading.suite import Suite, suite_of
from .in_process import passed_in_process

SECRET = b"the audit signs nothing that counts"


class AuditError(Exception):
    """The module is not fit to be released; the text lists each point that fails."""


@dataclass(frozen=True)
class Finding:
    """One point of the audit."""

    point: str
    holds: bool
    detail: str

    def __str__(self) -> str:
        return f"{'holds' if self.holds else 'FAILS'}  {self.point}: {self.detail}"


@dataclass(frozen=True)
class Audit:
    """All points for one module."""

    module: str
    findings: tuple[Finding, ...]

    def require(self) -> tuple[Finding, ...]:
        """The findings, if every point holds; AuditError otherwise."""
        bad = [finding for finding in self.findings if not finding.holds]
        if bad:
            raise AuditError(
                "\n".join([f"{self.module} is not fit to be released:", *(f"  {finding}" for finding in bad)])
            )
        return self.findings


def audit(root: Path, course: Course, module: Module) -> Audit:
    """Grade the stub and the solution of a built module both ways. Nothing of N+1 is present."""
    stale = drift(root, course, module.id)
    suite = suite_of(root, module.id, module.stem)
    earlier = {f"{PACKAGE}/__init__.py": (root / "tinytorch_ref" / "__init__.py").read_bytes()}
    for one in course.earlier(module):
        if not one.planned:
            earlier[f"{PACKAGE}/{one.stem}.py"] = (root / "solutions" / one.id / f"{one.stem}.py").read_bytes()
    name = f"{PACKAGE}/{module.stem}.py"
    stub = {**earlier, name: (root / "assignments" / module.id / f"{module.stem}.py").read_bytes()}
    solution = {**earlier, name: (root / "solutions" / module.id / f"{module.stem}.py").read_bytes()}
    findings = [Finding("editions are fresh", not stale, "; ".join(stale) or "no file differs from a fresh build")]
    with tempfile.TemporaryDirectory(prefix="tinytorch-audit-") as scratch:
        findings += _jailed(root, course, module, Path(scratch), stub, solution)
    findings += _plain(suite, stub, solution)
    return Audit(module.id, tuple(findings))


def _jailed(
    root: Path, course: Course, module: Module, scratch: Path, stub: Mapping[str, bytes], solution: Mapping[str, bytes]
) -> list[Finding]:
    grader = Grader(root, course, SECRET, Store(scratch / "records"))
    records: dict[str, Record] = {}
    for name, files in (("stub", stub), ("solution", solution)):
        folder = scratch / name
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        records[name] = grader.grade(Job(name, folder, None, module.id))
    bare, solved = records["stub"], records["solution"]
    trouble = [
        f"{c.id}: {c.message}" for record in records.values() for c in record.checks if c.outcome is Outcome.ERROR
    ]
    silent = [c.id for c in bare.checks if c.exception != "NotImplementedError" and c.blocked_by is None]
    missed = [
        f"{c.id} ({c.message.splitlines()[0] if c.message else c.exception})" for c in solved.checks if not c.points
    ]
    return [
        Finding(
            "every check runs",
            not trouble,
            "; ".join(trouble) or f"{len(solved.checks)} checks, level {solved.jail.level}",
        ),
        Finding("the stub earns nothing", bare.points == 0, f"{bare.points} of {bare.max_points} points"),
        Finding(
            "every check of the stub fails with NotImplementedError",
            not silent,
            "not so: " + ", ".join(silent) if silent else f"all {len(bare.checks)}",
        ),
        Finding(
            "the solution earns everything",
            solved.points == solved.max_points == module.points,
            "; ".join(missed) or f"{solved.points} of {solved.max_points} points",
        ),
    ]


def _plain(suite: Suite, stub: Mapping[str, bytes], solution: Mapping[str, bytes]) -> list[Finding]:
    unsolved = [name for name, passed in passed_in_process(suite, stub, "audit").items() if passed]
    missed = [name for name, passed in passed_in_process(suite, solution, "audit").items() if not passed]
    return [
        Finding("the stub passes nothing in process", not unsolved, ", ".join(unsolved) or "nothing passes"),
        Finding("the solution passes everything in process", not missed, ", ".join(missed) or "everything passes"),
    ]
