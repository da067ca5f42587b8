"""Test that forged helpers earn nothing. A submission can replace `STEM_helpers` in the jail, so suites do not trust their word.

The audit's strategy "helpers" forges answers that were recorded before. These tests forge answers that need no record.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from selection import first_of_each

from grader.course import load_course
from grader.grading.batch import grade_all
from grader.grading.grade import Grader, Job
from grader.grading.record import Outcome, Record
from grader.grading.store import Store

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT / "course.yaml")
STEMS = ("layers", "optimizers")
HARMLESS = "one_by_one"  # returns its argument, and its forgery does the same
FORGERY = """

def _forge():
    import sys, types

    def answer(*arguments, **_):
        {answer}

    forged = types.ModuleType("{stem}_helpers")
    forged.__getattr__ = lambda name: answer
    sys.modules["{stem}_helpers"] = forged

_forge()
"""
ANSWERS = {
    "constants": "return True",
    "its first argument": "return arguments[0]",
    "its last argument": "return arguments[-1]",
    "the state of the object it is asked about": "return arguments[0].state_dict()",
}


def graded(folder: Path, stem: str, source: str) -> Record:
    """Return the record of `source` as the module, with the reference in place of the modules before it."""
    module = COURSE.module(stem)
    package = folder / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for earlier in (one for one in COURSE.earlier(module) if not one.planned):
        solution = ROOT / "solutions" / earlier.numbered / f"{earlier.stem}.py"
        (package / solution.name).write_bytes(solution.read_bytes())
    (package / f"{stem}.py").write_text(source)
    grader = Grader(ROOT, COURSE, b"forged helpers are graded with this secret", Store(folder / "graded"))
    (done,) = grade_all(grader, [Job("forger", folder / "submission", None, module.stem)])
    assert done.record is not None, done.problem
    return done.record


def asks_a_helper(stem: str) -> set[str]:
    """Return the checks of a suite that call a helper whose answer could be wrong."""
    suite = (ROOT / "modules" / stem / "suite.py").read_text()
    tests = re.split(r"^def (?=\w)", suite, flags=re.MULTILINE)[1:]
    asking = [text for text in tests if set(re.findall(rf"{stem}_helpers\.(\w+)", text)) - {HARMLESS}]
    return {text.partition("(")[0] for text in asking}


@pytest.mark.parametrize("stem", first_of_each(STEMS))
@pytest.mark.parametrize("answer", first_of_each(ANSWERS))
def test_a_stub_with_forged_helpers_earns_nothing(tmp_path: Path, stem: str, answer: str) -> None:
    stub = (ROOT / "assignments" / COURSE.module(stem).numbered / f"{stem}.py").read_text()
    record = graded(tmp_path, stem, stub + FORGERY.format(stem=stem, answer=ANSWERS[answer]))
    assert [check.id for check in record.checks if check.outcome is Outcome.PASSED] == []


@pytest.mark.parametrize("stem", first_of_each(STEMS))
@pytest.mark.parametrize("answer", first_of_each(ANSWERS))
def test_no_check_that_uses_a_helper_passes_with_a_forged_answer(tmp_path: Path, stem: str, answer: str) -> None:
    solution = (ROOT / "solutions" / COURSE.module(stem).numbered / f"{stem}.py").read_text()
    record = graded(tmp_path, stem, solution + FORGERY.format(stem=stem, answer=ANSWERS[answer]))
    outcomes = {check.id: check.outcome for check in record.checks}
    asking = asks_a_helper(stem)
    assert asking
    assert {name: outcomes[name] for name in asking} == dict.fromkeys(asking, Outcome.FAILED)
    assert Outcome.PASSED in outcomes.values()
