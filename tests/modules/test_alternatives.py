"""Test that suites accept every correct solution and reject wrong solutions.

Other authors wrote these solutions from handout and stub alone. For the files see grader/audit/alternatives.py. A line
`# effect:` may describe the mistake's effect.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from selection import first_of_each

from grader.audit.alternatives import symptom_of, versions_of
from grader.audit.material import Material
from grader.audit.trial_runs import Version
from grader.course import Module, load_course
from grader.grading.batch import grade_all
from grader.grading.grade import Grader, Job
from grader.grading.record import Outcome, Record
from grader.grading.store import Store

# suites run in forks of this process, and in real grading NumPy's warnings are not errors
pytestmark = pytest.mark.filterwarnings("default::RuntimeWarning")

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT / "course.yaml")


def listed(kind: str) -> list[tuple[Module, str]]:
    """Return each module with each of its alternatives. The test that grades an alternative puts its text together."""
    files = [
        (one, path)
        for one in COURSE.written
        for path in (ROOT / "modules" / one.stem).glob(f"alternatives/{kind}/*.py")
    ]
    return sorted(((one, f"{kind}/{path.name}") for one, path in files), key=lambda both: (both[0].number, both[1]))


def named(both: tuple[Module, str]) -> str:
    return f"{both[0].stem}/{both[1]}"


@cache
def versions(module: Module) -> dict[str, Version]:
    return {one.name: one for one in versions_of(Material.of(ROOT, COURSE, module))}


def graded(module: Module, name: str, folder: Path) -> Record:
    """Return the record of one alternative, with the reference for all earlier modules."""
    package = folder / "submission"
    version = versions(module)[name]
    for path, content in Material.of(ROOT, COURSE, module).package(version.source, version.answers).items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_bytes(content)
    grader = Grader(ROOT, COURSE, b"alternatives are graded with this secret", Store(folder / "graded"))
    (done,) = grade_all(grader, [Job("other", folder / "submission", None, module.stem)])
    assert done.record is not None, done.problem
    return done.record


@pytest.mark.parametrize(("module", "name"), first_of_each(listed("right"), named))
def test_a_correct_solution_gets_full_marks(tmp_path: Path, module: Module, name: str) -> None:
    record = graded(module, name, tmp_path)
    missed = {check.id: check.message for check in record.checks if check.outcome is not Outcome.PASSED}
    assert missed == {}
    assert record.points == record.max_points


@pytest.mark.parametrize(("module", "name"), first_of_each(listed("wrong"), named))
def test_a_misconception_loses_points_and_nothing_else_breaks(tmp_path: Path, module: Module, name: str) -> None:
    symptom = " ".join(symptom_of(versions(module)[name].source, name)[1].split())
    record = graded(module, name, tmp_path)
    outcomes = [check.outcome for check in record.checks]
    assert record.complete
    assert Outcome.FAILED in outcomes
    assert Outcome.PASSED in outcomes
    said = [" ".join(check.message.split()) for check in record.checks if check.outcome is Outcome.FAILED]
    assert all(said)
    assert [text for text in said if symptom in text] != []
