"""Check the quick points: the stub earns nothing and the solution everything, jailed and in process; the texts are right.

They run before every release and in continuous integration. The other points need hundreds of versions; see full_audit.py.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from ..course import Course, Module
from ..course.layout import ModuleFiles
from ..editions.build import drift
from ..editions.regions import regions
from ..grading.grade import Grader, Job
from ..grading.record import Outcome, Record
from ..grading.store import Store
from . import published, strictness
from .finding import Audit, Finding, finding
from .in_process import passed_in_process
from .material import Material

SECRET = b"the audit signs nothing that counts"
_NOT_WRITTEN = re.compile(r"NotImplementedError: ([\w.]+): ")


def audit(root: Path, course: Course, module: Module) -> Audit:
    """Grade the stub and the solution of a built module both ways, and read its texts. No later module is present."""
    stale = drift(root, course, module.stem)
    material = Material.of(root, course, module)
    suite_name = ModuleFiles.of(module).suite
    return Audit(
        module.numbered,
        (
            finding("editions are fresh", stale, "no file differs from a fresh build"),
            *_jailed(material),
            *_plain(material),
            *strictness.findings(root / suite_name, suite_name),
            *published.findings(root, course, module.stem),
        ),
    )


def packages(material: Material) -> dict[str, dict[str, bytes]]:
    """Return the two submissions of which all is known: the stub as students get it, and the solution with its answers."""
    return {
        "stub": material.package(material.stub, ""),
        "solution": material.package(material.solution, material.answers),
    }


def _jailed(material: Material) -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="tinytorch-audit-") as scratch:
        grader = Grader(material.root, material.course, SECRET, Store(Path(scratch, "records")))
        records: dict[str, Record] = {}
        for name, package in packages(material).items():
            folder = Path(scratch, name)
            for path, content in package.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            records[name] = grader.grade(Job(name, folder, None, material.module.stem))
    bare, solved = records["stub"], records["solution"]
    trouble = [
        f"{c.id}: {c.message}" for record in records.values() for c in record.checks if c.outcome is Outcome.ERROR
    ]
    missed = [
        f"{c.id} ({c.message.splitlines()[0] if c.message else c.exception})" for c in solved.checks if not c.points
    ]
    everything = solved.points == solved.max_points == material.module.points
    return [
        finding("every check runs", trouble, f"{len(solved.checks)} checks, level {solved.jail.level}"),
        Finding("the stub earns nothing", bare.points == 0, f"{bare.points} of {bare.max_points} points"),
        finding(
            "every check of the stub fails because a function, or the answers to the experiment, are missing",
            [f"{check} does not" for check in _silent(material, bare)],
            f"all {len(bare.checks)}",
        ),
        Finding(
            "the solution earns everything",
            everything,
            "; ".join(missed) or f"{solved.points} of {solved.max_points} points",
        ),
    ]


def _silent(material: Material, bare: Record) -> list[str]:
    """Return the checks of the stub that fail with another error than a region's own, or that of missing answers."""
    functions = {region.function for region in regions(material.annotated, material.files.source)}
    return [
        check.id
        for check in bare.checks
        if check.blocked_by is None
        and check.exception != "NotMeasured"
        and not (check.exception == "NotImplementedError" and functions & {*_NOT_WRITTEN.findall(check.message)})
    ]


def _plain(material: Material) -> list[Finding]:
    found = {name: passed_in_process(material.suite, package, "audit") for name, package in packages(material).items()}
    stub, solution = found["stub"], found["solution"]
    unsolved = [name for name, passed in stub.items() if passed]
    missed = [name for name, passed in solution.items() if not passed]
    return [
        finding("the stub passes nothing in process", unsolved, "nothing passes"),
        finding("the solution passes everything in process", missed, "everything passes"),
    ]
