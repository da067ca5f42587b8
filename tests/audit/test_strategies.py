"""Test cheap strategies: each earns points from a careless suite, and almost none from a careful suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from selection import first_of_each
from small import Small

from grader.audit.excused import read_excused
from grader.audit.finding import AuditError, Finding
from grader.audit.full_audit import cheap_strategies
from grader.audit.strategies import Strategy

SOURCE = '''\
"""An op, its derivative, and a sum of squares."""

from __future__ import annotations

import numpy as np


def cube(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(x³, saved).  x: any shape."""
    #% solution "multiply"
    return x * x * x, x
    #% endsolution


def cube_backward(grad: np.ndarray, saved: np.ndarray) -> tuple[np.ndarray]:
    """The gradient by x."""
    #% solution "derive"
    return (3 * saved * saved * grad,)
    #% endsolution


def energy(x: np.ndarray) -> float:
    """The sum of the squares."""
    #% solution "square, then add"
    return float((x * x).sum())
    #% endsolution
'''

HELPERS = '''\
"""Runs beside the submission."""

from tinytorch.small import cube


def is_cubic(x):
    """Whether cube(x) is x³."""
    return bool((cube(x)[0] == x**3).all())
'''

SOUND = '''\
"""Can I cube?"""

from __future__ import annotations

import numpy as np

from checks import HIDDEN, assert_close, assert_gradients, check
from tinytorch.small import cube, cube_backward, energy


@check("cube cubes", points=4, capability=True, seconds=1.5)
def test_cube(rng: np.random.Generator) -> None:
    """Cubes random numbers."""
    x = rng.normal(size=4)
    assert_close(cube(x)[0], x**3)


@check("the derivative", points=4, seconds=1.5)
def test_backward(rng: np.random.Generator) -> None:
    """Differentiates at random numbers."""
    x, grad = rng.normal(size=4), rng.normal(size=4)
    assert_gradients(cube_backward(grad, cube(x)[1]), lambda a: a * a * a, [x], grad)


#% hidden
@check("the sum of squares", points=2, visibility=HIDDEN, seconds=1.5)
def test_energy(rng: np.random.Generator) -> None:
    """Adds random squares."""
    x = rng.normal(size=5)
    assert_close(np.array(energy(x)), np.array((x**2).sum()))


#% endhidden
'''

# For each strategy: a careless check that replaces a check above, and the check that the strategy then passes.
CARELESS = {
    "replay": (
        "energy of fixed numbers, which a hidden check alone knows",
        ("x = rng.normal(size=5)", "x = np.arange(5.0)"),
        "test_energy",
    ),
    "public": (
        "a fixed input",
        ("x = rng.normal(size=4)\n    assert_close(cube", "x = np.arange(4.0)\n    assert_close(cube"),
        "test_cube",
    ),
    "helpers": (
        "a helper's verdict",
        ("assert_close(cube(x)[0], x**3)", "assert small_helpers.is_cubic(x) is True"),
        "test_cube",
    ),
    "zeros": (
        "the shape alone",
        ("assert_close(cube(x)[0], x**3)", "assert_array(cube(x)[0], shape=(4,), dtype=float)"),
        "test_cube",
    ),
    "ones": (
        "positive numbers will do",
        ("assert_close(np.array(energy(x)), np.array((x**2).sum()))", "assert energy(x) > 0, 'positive'"),
        "test_energy",
    ),
    "identity": (
        "numbers that are their own cubes",
        ("x = rng.normal(size=4)\n    assert_close(cube", "x = rng.choice([-1.0, 0.0, 1.0], 4)\n    assert_close(cube"),
        "test_cube",
    ),
    "differences": ("nine digits", ("[x], grad)", "[x], grad, rtol=1e-5, atol=1e-6)"), "test_backward"),
    "flat": (
        "differences of the submission's own forward",
        (
            "lambda a: a * a * a, [x], grad)",
            "lambda a: cube(a)[0], [x], grad, rtol=1e-4, atol=1e-6, gradient=numeric_gradient)",
        ),
        "test_backward",
    ),
}


def tried(folder: Path, suite: str, source: str = SOURCE, **more: str) -> tuple[dict[str, Strategy], Finding]:
    small = Small.build(folder / "course", source, suite, **{"helpers": HELPERS, **more})
    (module,) = small.course.modules
    found, (finding,) = cheap_strategies(small.folder, small.course, module, workers=2)
    return {one.name: one for one in found}, finding


def test_a_careful_suite_gives_strategies_only_honest_points(tmp_path: Path) -> None:
    found, finding = tried(tmp_path, SOUND)
    assert {name: one.passed for name, one in found.items() if one.passed} == {}
    assert finding.holds


def test_if_the_capability_is_the_backward_the_forward_counts_too(tmp_path: Path) -> None:
    suite = SOUND.replace("points=4, capability=True", "points=4").replace(
        '"the derivative", points=4', '"the derivative", points=4, capability=True'
    )
    found, finding = tried(tmp_path, suite)
    assert found["differences"].passed == ("test_cube", "test_energy")  # its forward is right
    assert not finding.holds
    assert "differences earns 6 of 10 points, more than 50 %" in finding.detail


@pytest.mark.parametrize("name", first_of_each(CARELESS))
def test_a_careless_check_is_found(tmp_path: Path, name: str) -> None:
    _, (careful, careless), check = CARELESS[name]
    suite = SOUND.replace(careful, careless, 1)
    assert suite != SOUND
    suite = (
        suite.replace("import numpy as np\n", "import numpy as np\nimport small_helpers\n", 1)
        if name == "helpers"
        else suite
    )
    suite = suite.replace(
        "assert_close, assert_gradients", "assert_array, assert_close, assert_gradients, numeric_gradient"
    )
    found, finding = tried(tmp_path, suite)
    assert check in found[name].passed
    assert not finding.holds
    assert f"{name} earns" in finding.detail


def test_an_excused_check_does_not_count_and_a_stale_excuse_is_named(tmp_path: Path) -> None:
    suite = SOUND.replace("x = rng.normal(size=5)", "x = np.arange(5.0)")
    excused = """
- {strategy: replay, check: test_energy, reason: "the five numbers are the definition"}
- {strategy: zeros, check: test_energy, reason: "it went away"}
- {strategy: gold, check: test_energy, reason: "there is none"}
- {strategy: differences, check: test_cube, reason: "the capability is never excused"}
"""
    found, finding = tried(tmp_path, suite, excused=excused)
    assert (found["replay"].points, found["replay"].passed) == (0, ("test_energy",))
    for says in (
        "test_energy is excused for zeros, but does not pass",
        "test_energy is excused for gold, but there is no such strategy",
        "test_cube is excused for differences, but it is the capability",
    ):
        assert says in finding.detail
    assert "replay earns" not in finding.detail


@pytest.mark.parametrize(
    "text", ["[", "a: b", "- {strategy: replay, check: test_energy}", "- {strategy: a, check: b, reason: ' '}"]
)
def test_a_list_of_excuses_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(text)
    with pytest.raises(AuditError, match=r"small\.yaml"):
        read_excused(path)
