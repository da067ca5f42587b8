"""Suites accept every correct solution and reject wrong ones: both written from handout and stub alone, by other hands.

What the files are: grader/audit/alternatives.py. A line `# effect:` may say more of what the mistake does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.audit.alternatives import MIN_RIGHT, MIN_WRONG, symptom_of, versions_of
from grader.audit.material import Material
from grader.course import load_course
from grader.grading.batch import grade_all
from grader.grading.grade import Grader, Job
from grader.grading.record import Outcome, Record
from grader.grading.store import Store

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
COURSE = load_course(ROOT / "course.yaml")
FILES = sorted(path.relative_to(HERE) for module in COURSE.written for path in (HERE / module.stem).glob("*_*.py"))
RIGHT = [path for path in FILES if path.name.startswith("right_")]
WRONG = [path for path in FILES if path.name.startswith("wrong_")]


def graded(path: Path, folder: Path) -> Record:
    """The record of one alternative, with the reference in the place of the modules before it."""
    module = COURSE.module(path.parts[0])
    package = folder / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for earlier in (one for one in COURSE.earlier(module) if not one.planned):
        solution = ROOT / "solutions" / earlier.id / f"{earlier.stem}.py"
        (package / solution.name).write_bytes(solution.read_bytes())
    whole = {one.name: one.source for one in versions_of(Material.of(ROOT, COURSE, module))}
    (package / f"{module.stem}.py").write_text(whole[path.name])
    grader = Grader(ROOT, COURSE, b"alternatives are graded with this secret", Store(folder / "graded"))
    (done,) = grade_all(grader, [Job(path.stem, folder / "submission", None, module.id)])
    assert done.record is not None, done.problem
    return done.record


@pytest.mark.parametrize("path", RIGHT, ids=str)
def test_a_correct_solution_gets_full_marks(tmp_path: Path, path: Path) -> None:
    record = graded(path, tmp_path)
    missed = {check.id: check.message for check in record.checks if check.outcome is not Outcome.PASSED}
    assert missed == {}
    assert record.points == record.max_points


@pytest.mark.parametrize("path", WRONG, ids=str)
def test_a_misconception_loses_points_and_nothing_else_breaks(tmp_path: Path, path: Path) -> None:
    symptom = " ".join(symptom_of((HERE / path).read_text(), str(path))[1].split())
    record = graded(path, tmp_path)
    outcomes = [check.outcome for check in record.checks]
    assert record.complete
    assert Outcome.FAILED in outcomes
    assert Outcome.PASSED in outcomes
    said = [" ".join(check.message.split()) for check in record.checks if check.outcome is Outcome.FAILED]
    assert all(said)
    assert [text for text in said if symptom in text] != []


@pytest.mark.parametrize("module", COURSE.written, ids=lambda module: module.id)
def test_every_module_has_alternatives(module: object) -> None:
    stem = module.stem  # type: ignore[attr-defined]
    assert len([path for path in RIGHT if path.parts[0] == stem]) >= MIN_RIGHT
    assert len([path for path in WRONG if path.parts[0] == stem]) >= MIN_WRONG
