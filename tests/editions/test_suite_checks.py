"""Test that a suite's checks are read from its text."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from checks import check
from grader.editions.check_specs import SECONDS, CheckSpec, checks_in, suite_checks, suite_problems
from grader.editions.problems import EditionError

SUITE = '''\
from checks import HIDDEN, check

def helper(): ...

@check("Adds", points=2)
def test_add():
    """One sentence
    on two lines.

    Not this."""

@pytest.mark.parametrize("x", [1, 2])
@check(title="All", points=3, visibility=HIDDEN, needs=["test_add"], capability=True, seconds=2)
def test_all(x):
    """Another."""
'''


def test_a_suite_is_read_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(SUITE)
    assert suite_checks(tmp_path / "test_x.py") == (
        CheckSpec("test_add", "Adds", "One sentence on two lines.", 2, "public", (), False, 5.0, 6),
        CheckSpec("test_all", "All", "Another.", 3, "hidden", ("test_add",), True, 2.0, 14),
    )


def test_the_grader_and_the_library_give_a_check_the_same_time_if_it_names_none() -> None:
    assert inspect.signature(check).parameters["seconds"].default == SECONDS


def test_reading_a_suite_loads_no_template_engine() -> None:
    code = "import sys; import grader.editions.check_specs; print({'jinja2', 'pydantic', 'yaml', 'numpy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ("x = (", "s.py:1: not valid Python: "),
        ("def test_a():\n    '''A.'''", 's.py:1: test test_a is not scored. Put @check("Title", points=N) above it.'),
        ("@check('A', points=1)\ndef a():\n    '''A.'''", "s.py:2: check a is not a test. Name it test_…."),
        (
            "@check('A', points=1)\n@check('A', points=1)\ndef test_a():\n    '''A.'''",
            "test_a is marked twice. Keep one",
        ),
        ("@check('A', points=1)\ndef test_a(): ...", "s.py:2: test_a has no docstring. Say in one sentence"),
        ("@check(points=1)\ndef test_a():\n    '''A.'''", 'test_a gives no title. Write a text: "Adds shapes".'),
        ("@check(' ', points=1)\ndef test_a():\n    '''A.'''", "test_a gives title as ' '. Write a text"),
        ("@check('A')\ndef test_a():\n    '''A.'''", "test_a gives no points. Write a whole number: points=4."),
        ("@check('A', points=1.5)\ndef test_a():\n    '''A.'''", "test_a gives points as 1.5. Write a whole number"),
        ("@check('A', points=True)\ndef test_a():\n    '''A.'''", "test_a gives points as True."),
        ("@check('A', points=N)\ndef test_a():\n    '''A.'''", "test_a computes points as N. Write a literal, a whole"),
        (
            "@check('A', points=1, visibility='x')\ndef test_a():\n    '''A.'''",
            "gives visibility as 'x'. Write PUBLIC, H",
        ),
        ("@check('A', points=1, visibility=SECRET)\ndef test_a():\n    '''A.'''", "computes visibility as SECRET."),
        (
            "@check('A', points=1, needs='test_b')\ndef test_a():\n    '''A.'''",
            "gives needs as 'test_b'. Write names of",
        ),
        (
            "@check('A', points=1, capability=1)\ndef test_a():\n    '''A.'''",
            "gives capability as 1. Write True or False.",
        ),
        (
            "@check('A', points=1, seconds=0)\ndef test_a():\n    '''A.'''",
            "gives seconds as 0. Write a time: seconds=2.",
        ),
        (
            "@check('A', points=1, hidden=1)\ndef test_a():\n    '''A.'''",
            "gives @check hidden=. It takes a title and points",
        ),
        ("@check('A', **more)\ndef test_a():\n    '''A.'''", "test_a gives @check **. It takes"),
        (
            "@check('A', 1)\ndef test_a():\n    '''A.'''",
            "gives @check more than one unnamed argument. Name all arguments",
        ),
        ("@check\ndef test_a():\n    '''A.'''", "test_a uses @check without a title and points. Write @check("),
        ("class T:\n  @check('A', points=1)\n  def test_a(self): ...", "s.py:3: check test_a is not at the top level."),
    ],
)
def test_a_check_that_cannot_be_read_is_reported(suite: str, message: str) -> None:
    with pytest.raises(EditionError) as error:
        checks_in(suite, "s.py")
    assert message in str(error.value)


def spec(name: str, line: int = 1, **changes: object) -> CheckSpec:
    given: dict[str, object] = {"points": 1, "visibility": "public", "needs": (), "capability": False, "seconds": 5.0}
    return CheckSpec(id=name, title="T", about="A.", line=line, **{**given, **changes})  # type: ignore[arg-type]


GOOD = spec("test_good", capability=True)


@pytest.mark.parametrize(
    ("checks", "points", "message"),
    [
        ([GOOD], 2, "s.py:1: the checks are worth 1 points, but course.yaml:7 says 2. Change the points"),
        ([spec("test_a")], 1, "s.py:1: no check has capability=True. Mark the check"),
        (
            [GOOD, spec("test_b", 9, capability=True)],
            2,
            "s.py:9: a second capability check; the first is test_good at line 1.",
        ),
        (
            [GOOD, spec("test_b", 9, needs=("test_c",))],
            2,
            "s.py:9: test_b needs 'test_c', which is not a check of this suite. Name one of",
        ),
        (
            [GOOD, spec("test_h", visibility="hidden"), spec("test_b", 9, needs=("test_h",))],
            3,
            "needs 'test_h', which is hid",
        ),
        ([GOOD, spec("test_b", 9, needs=("test_b",))], 2, "s.py:9: test_b needs itself, by way of other checks. Break"),
        ([GOOD, spec("test_good", 9)], 2, "s.py:9: a second test called test_good; the first is at line 1. Rename one"),
    ],
)
def test_checks_that_do_not_fit_together_are_reported(checks: list[CheckSpec], points: int, message: str) -> None:
    (found,) = suite_problems(checks, "s.py", points, "course.yaml:7")
    assert message in found


def test_a_circle_of_needs_is_reported_at_each_of_its_checks() -> None:
    circle = [GOOD, spec("test_a", needs=("test_b",)), spec("test_b", needs=("test_a", "test_good"))]
    assert len(list(suite_problems(circle, "s.py", 3, "c"))) == 2


def test_a_hidden_check_may_need_a_public_one() -> None:
    assert list(suite_problems([GOOD, spec("test_h", visibility="hidden", needs=("test_good",))], "s.py", 2, "c")) == []
