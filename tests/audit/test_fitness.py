"""Test the audit before a release: it holds for every written module, and names a point that fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from selection import first_of_each
from trial import SOLUTION, Trial

from grader.audit.finding import Audit, AuditError, Finding
from grader.audit.in_process import passed_in_process
from grader.audit.material import Material
from grader.audit.quick_points import audit
from grader.audit.results import recorded
from grader.course import Module, load_course
from grader.grading.suite import suite_of

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT / "course.yaml")


@pytest.mark.parametrize("module", first_of_each(COURSE.written, lambda module: module.stem))
def test_every_written_module_is_fit_to_be_released(module: Module) -> None:
    findings = audit(ROOT, COURSE, module).require()
    assert len(findings) == 9


@pytest.mark.parametrize("module", COURSE.written, ids=lambda module: module.stem)
def test_the_whole_audit_of_every_written_module_is_on_record_and_holds(module: Module) -> None:
    """If this fails after a change of a suite, source or alternative, run the command in the message and commit audit.json."""
    found = recorded(ROOT, Material.of(ROOT, COURSE, module))
    assert found.holds, str(found)


def test_the_suite_runs_unchanged_in_process(trial: Trial) -> None:
    suite = suite_of(trial.folder, trial.course, trial.course.module("trial"))
    package = {"tinytorch/__init__.py": b"", "tinytorch/trial.py": SOLUTION.encode()}
    assert set(passed_in_process(suite, package, "seed").values()) == {True}
    broken = package | {"tinytorch/trial.py": SOLUTION.replace("return x * x", "return x").encode()}
    passed = passed_in_process(suite, broken, "seed")
    assert [name for name, good in passed.items() if not good] == ["test_square"]


def test_a_failing_point_stops_the_release_and_is_named() -> None:
    good, bad = (
        Finding("the solution earns everything", True, "20 of 20"),
        Finding("the stub earns nothing", False, "2 of 20 points"),
    )
    with pytest.raises(
        AuditError, match=r"02_x is not fit to be released:\n  FAILS  the stub earns nothing: 2 of 20 points"
    ):
        Audit("02_x", (good, bad)).require()
    assert Audit("02_x", (good,)).require() == (good,)
