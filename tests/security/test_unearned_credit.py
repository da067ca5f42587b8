"""Test that Activations and Losses give no credit for answers without a derivation, and no badge to a cheat.

A correct forward pass earns its own points. A cheat that has one may earn no more than that. The audit tests general
strategies on every module; the cheats here know these two suites.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from unearned import DIFFERENCES, NO_GRADIENT, NOTHING, cheating

from grader.course import load_course
from grader.grading.batch import grade_all
from grader.grading.grade import Grader, Job
from grader.grading.record import Outcome, Record
from grader.grading.store import Store

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT / "course.yaml")
STEMS = ("activations", "losses")


def graded(stem: str, code: str, folder: Path) -> Record:
    """Return the record of the module's solution with `code` at its end. The modules before it are the reference's."""
    module = COURSE.module(stem)
    package = folder / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for one in [one for one in COURSE.earlier(module) if not one.planned] + [module]:
        solution = (ROOT / "solutions" / one.numbered / f"{one.stem}.py").read_text(encoding="utf-8")
        text = cheating(solution, stem, code) if one is module else solution
        (package / f"{one.stem}.py").write_text(text, encoding="utf-8")
    grader = Grader(ROOT, COURSE, b"cheats are graded with this secret", Store(folder / "graded"))
    (done,) = grade_all(grader, [Job("cheat", folder / "submission", None, module.stem)])
    assert done.record is not None, done.problem
    assert done.record.complete
    return done.record


def badge(record: Record) -> bool:
    return any(check.outcome is Outcome.PASSED and check.id == "test_capability" for check in record.checks)


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("name", list(DIFFERENCES))
def test_a_gradient_by_differences_earns_no_more_than_the_forward(tmp_path: Path, stem: str, name: str) -> None:
    record = graded(stem, DIFFERENCES[name], tmp_path)
    assert record.points <= record.max_points // 2
    assert not badge(record)


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("name", list(NO_GRADIENT))
def test_zero_gradients_earn_no_more_than_the_forward(tmp_path: Path, stem: str, name: str) -> None:
    record = graded(stem, NO_GRADIENT[name], tmp_path)
    assert record.points <= record.max_points // 2
    assert not badge(record)


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("name", list(NOTHING))
def test_answers_for_a_few_fixed_numbers_earn_almost_nothing(tmp_path: Path, stem: str, name: str) -> None:
    record = graded(stem, NOTHING[name], tmp_path)
    passed = {check.id for check in record.checks if check.outcome is Outcome.PASSED}
    assert "test_classes" not in passed
    assert not badge(record)
    forwards = {"test_relu", "test_straight_pieces", "test_s_shapes", "test_softmax", "test_mse", "test_cross_entropy"}
    assert passed & forwards == set()
    assert record.points <= record.max_points * 15 // 100, sorted(passed)
