"""Test gradients computed without a walk: exact, counted or forged, they earn neither the points of the walk nor the badge."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.course import load_course
from grader.grading.batch import grade_all
from grader.grading.grade import Grader, Job
from grader.grading.record import Outcome, Record
from grader.grading.store import Store

ROOT = Path(__file__).parents[3]
COURSE = load_course(ROOT / "course.yaml")
MODULE = COURSE.module("autograd")
WALKS = {
    *(
        "test_walk",
        "test_shared",
        "test_long",
        "test_random_graphs",
        "test_broadcasting",
        "test_accumulation",
        "test_own",
    ),
    *("test_starts", "test_ownership", "test_dtypes", "test_earlier_modules", "test_gradcheck", "test_capability"),
}

# Compute the graph again in complex numbers: every slope is right to all digits, and no rule is called
COMPLEX_STEPS = """
import sys
from . import tensor as _tensor

_honest, _made = _tensor.apply, {}


def _recording(op, *inputs, **options):
    result = _honest(op, *inputs, **options)
    _made[id(result)] = result, options
    return result


for _module in [one for name, one in sys.modules.items() if name.startswith("tinytorch.")]:
    if getattr(_module, "apply", None) is _honest:
        _module.apply = _recording


def _again(order, moved, index):
    values = {}
    for one in reversed(order):
        if one._op is None or one is moved:
            value = one.data.astype(complex)
        else:
            value = np.asarray(one._op(*(values[id(parent)] for parent in one._parents), **_made[id(one)][1])[0])
        if one is moved:
            value[index] += 1e-30j
        values[id(one)] = value
    return values[id(order[0])]


def gradients(tensor, first):
    order = topological_order(tensor)
    for one in order:
        slopes = np.zeros(one.shape)
        for index in np.ndindex(one.shape):
            slopes[index] = (_again(order, one, index).imag * first).sum() / 1e-30
        yield one, slopes.astype(one.dtype)
"""

# Do the same, but also call each rule as often as a walk would, in case somebody counts
FOR_SHOW = (
    COMPLEX_STEPS
    + """
_silent = gradients


def gradients(tensor, first):
    for one, slope in _silent(tensor, first):
        if one._op is not None:
            pull_back(one, slope)
        yield one, slope
"""
)

# Helpers that claim success, and functions that return zeros
FORGED = """
import sys
import types


def _zeros(grad, saved):
    return tuple(np.zeros_like(a) for a in saved if isinstance(a, np.ndarray)) or (np.zeros_like(grad),)


def backward(tensor, gradient=None):
    for one in topological_order(tensor):
        if one.is_leaf or one.retains_grad:
            one.grad = np.zeros(one.shape, one.dtype)


def topological_order(tensor):
    return [tensor, *(one for parent in tensor._parents for one in topological_order(parent))]


_forged = types.ModuleType("autograd_helpers")
_forged.rule = lambda name, grad, saved, silent=False: _zeros(grad, saved)
_forged.chain = lambda x, factors, sums: x * float(np.prod(factors))
_forged.write = lambda tensor, name, numbers: setattr(tensor, name, np.array(numbers))
_forged.watch = lambda tensor: lambda: None
_forged.left_of = lambda watched: None
_forged.peak_of_backward = lambda result, upstream: 1000
_forged.in_another_thread = lambda fn: fn()
_forged.half = lambda a: (a + 1, None)
sys.modules["autograd_helpers"] = _forged
"""


def graded(folder: Path, source: str) -> Record:
    package = folder / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for earlier in (one for one in COURSE.earlier(MODULE) if not one.planned):
        shutil.copyfile(ROOT / "solutions" / earlier.numbered / f"{earlier.stem}.py", package / f"{earlier.stem}.py")
    (package / "autograd.py").write_text(source)
    grader = Grader(ROOT, COURSE, b"cheats are graded with this secret", Store(folder / "graded"))
    (done,) = grade_all(grader, [Job("cheat", folder / "submission", None, MODULE.stem)])
    assert done.record is not None, done.problem
    return done.record


def passed(record: Record) -> set[str]:
    return {check.id for check in record.checks if check.outcome is Outcome.PASSED}


@pytest.mark.thorough
@pytest.mark.parametrize(
    "cheat", [COMPLEX_STEPS, FOR_SHOW], ids=["complex steps", "complex steps, rules asked for show"]
)
def test_exact_slopes_without_a_walk_earn_no_check_of_the_walk(tmp_path: Path, cheat: str) -> None:
    solution = (ROOT / "solutions" / MODULE.numbered / "autograd.py").read_text()
    record = graded(tmp_path, solution + cheat)
    assert record.complete
    assert passed(record) & WALKS == set()
    assert 2 * record.points <= record.max_points


@pytest.mark.thorough
def test_forged_helpers_earn_nothing(tmp_path: Path) -> None:
    stub = (ROOT / "assignments" / MODULE.numbered / "autograd.py").read_text()
    record = graded(tmp_path, stub + FORGED)
    assert record.complete
    assert passed(record) == set()
