"""Make a course of one small module for tests of the grader. The points of its submissions are known without the real course.

A folder whose tests use the fixture `trial` imports it in its conftest.py. Then an edit of the grader runs only those tests.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.course import Course, load_course
from grader.grading.batch import Graded, grade_all
from grader.grading.grade import Grader, Job
from grader.grading.record import Record
from grader.grading.store import Store
from grader.sandbox.levels import Limits

ROOT = Path(__file__).parents[1]
SECRET = b"a secret for tests, sixteen bytes or more"
CANARY = "canary-5e1f"  # in the suite; must not be found anywhere else

COURSE = """
title: Trial
term: Spring 2027
slug: trial
textbook: A book
phases: [{name: only, title: Only}]
weeks: [{starts: 2027-01-11, topic: All of it}]
modules:
  - stem: trial
    title: Trial
    capability: {name: Doubling, question: "Can I double?"}
    points: 10
    release: 2027-01-11
    due: 2027-01-24T23:59:00Z
    week: 1
    chapter: "1"
    phase: only
    milestone: {name: calls, title: Calls, embedded: what it is given}
"""

SUITE = f'''
import numpy as np
import pytest
import trial_helpers
from checks import HIDDEN, assert_close, assert_same, check
from tinytorch.trial import Box, boxed, double, square, through

CANARY = "{CANARY}"


@check("double doubles", points=3)
def test_double(rng):
    """Doubles arrays of random numbers."""
    x = rng.standard_normal(5).astype(np.float32)
    assert_close(double(x), 2 * x)


@check("square squares", points=4, visibility=HIDDEN, seconds=1.5, capability=True)
@pytest.mark.parametrize("size", [3, 7])
def test_square(rng, size):
    """Squares arrays of random numbers."""
    {CANARY.replace("-", "_")} = rng.standard_normal(size).astype(np.float32)
    x = {CANARY.replace("-", "_")}
    assert_close(square(x), x * x)


@check("a Box holds what was put in", points=2, visibility=HIDDEN, seconds=1.5)
def test_box(rng):
    """Puts a number into a Box and reads it back through the class and through a helper."""
    number = float(rng.standard_normal())
    box = Box(number)
    assert_same(box.value, number)
    assert isinstance(box, Box)
    assert_same(trial_helpers.doubled_value(boxed(number)), 2 * number)


@check("through calls what it is given", points=1, visibility=HIDDEN, seconds=1.5)
def test_milestone_calls(rng):
    """Hands in a function of the suite's and checks what it was called with."""
    number = float(rng.standard_normal())
    seen = []
    assert_same(through(lambda v: seen.append(v) or v + 1.0, number), number + 1.0)
    assert_same(seen, [number])
'''

HELPERS = """
def doubled_value(box):
    return box.value * 2
"""

SOLUTION = """
import numpy as np


class Box:
    def __init__(self, value):
        self.value = value


def boxed(value):
    return Box(value)


def double(x):
    return x + x


def square(x):
    return x * x


def through(function, value):
    return function(value)
"""
MAX_POINTS = 10


@dataclass(frozen=True)
class Trial:
    """Build the trial course below a folder of its own."""

    folder: Path
    course: Course

    @classmethod
    def build(cls, folder: Path) -> Trial:
        solutions = folder / "solutions" / "01_trial"
        solutions.mkdir(parents=True)
        (folder / "course.yaml").write_text(COURSE)
        (solutions / "test_trial.py").write_text(SUITE)
        (solutions / "trial_helpers.py").write_text(HELPERS)
        (solutions / "trial.py").write_text(SOLUTION)
        shutil.copytree(ROOT / "starter" / "modules" / "checks", folder / "starter" / "modules" / "checks")
        (folder / "tinytorch_ref").mkdir()
        (folder / "tinytorch_ref" / "trial.py").write_text(SOLUTION)
        return cls(folder, load_course(folder / "course.yaml"))

    def grader(self, *, required: int = 3, highest: int = 3, limits: Limits | None = None) -> Grader:
        store = Store(self.folder / "graded")
        return Grader(self.folder, self.course, SECRET, store, required, highest, limits or Limits())

    def submission(self, name: str, files: Mapping[str, str]) -> Path:
        """Make a folder with these files."""
        folder = self.folder / "submissions" / name
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        return folder

    def job(self, name: str, source: str | Mapping[str, str] = SOLUTION) -> Job:
        files = {"tinytorch/trial.py": source} if isinstance(source, str) else source
        return Job(name, self.submission(name, {"tinytorch/__init__.py": "", **files}), None, "trial")

    def graded(self, name: str, source: str | Mapping[str, str] = SOLUTION, **options: int) -> Record:
        """Grade one submission in a separate process, as in a batch; return the record."""
        (graded,) = self.all_graded([self.job(name, source)], **options)
        assert graded.record is not None, graded.problem
        return graded.record

    def all_graded(self, jobs: list[Job], **options: int) -> list[Graded]:
        return list(grade_all(self.grader(**options), jobs, workers=2))


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Make a small course to grade against, in a folder that others may enter, because the jail's user is another user."""
    return Trial.build(tmp_path / "course")


def outcomes(record: Record) -> dict[str, str]:
    return {check.id.removeprefix("test_"): check.outcome.value for check in record.checks}
