"""Test which parts of a Python text count as code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.editions.code import code_of

ROOT = Path(__file__).parents[2]
CODE = '''def f(x):
    """Say what f does."""
    y = "a # b"  # why

    return f"{x}  # no comment" + y
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Say what f does.", "Explain\n    what f does."),
        ("# why", "# for another reason"),
        ("  # why", ""),
        ("\n\n    return", "\n    return"),
        ("    y =", "    # a line of its own\n    y ="),
        ('"""Say what f does."""\n', '"""Sagt, was f tut: äöü."""  # and a comment\n'),
        ("    return", "   \n\n    return"),
        ('    return f"{x}  # no comment" + y', '    return (\n        f"{x}  # no comment"\n        + y\n    )'),
        ("def f(x):", "def f(\n    x,  # the only one\n):"),
        ('"a # b"', "'a # b'"),
        ('"a # b"', '"a " "# b"'),
    ],
)
def test_comments_docstrings_and_layout_do_not_change_the_code(before: str, after: str) -> None:
    assert CODE.replace(before, after) != CODE
    assert code_of(CODE.replace(before, after)) == code_of(CODE)


@pytest.mark.parametrize(
    ("before", "after"),
    [("a # b", "a # c"), ("no comment", "a comment"), ("return", "return 1 or"), ("def f(x)", "def f(x=1)")],
)
def test_an_edit_of_code_changes_the_code(before: str, after: str) -> None:
    assert code_of(CODE.replace(before, after)) != code_of(CODE)


def test_blank_lines_and_blanks_inside_a_string_are_code() -> None:
    assert code_of("x = '''a\n\nb'''\n") != code_of("x = '''a\nb'''\n")
    assert code_of("x = f'''a \nb'''\n") != code_of("x = f'''a\nb'''\n")
    assert code_of("'''doc\n\nmore'''\nx = 1\n") == code_of("x = 1\n")


def test_a_string_outside_docstrings_stays() -> None:
    assert "data" in code_of("x = 1\n'data'\n")


def test_text_that_is_not_python_is_returned_unchanged() -> None:
    assert code_of("def (:\n") == "def (:\n"
    assert code_of("x = '''open\n") == "x = '''open\n"


TWO = "def f(x):\n    return x\n\n\ndef g(x):\n    return f(x)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return x\n\n\n", "return x\n\n\n    "),
        ("    return f(x)", "    return g(x)"),
        ("def g", "async def g"),
        ("f(x)\n", "f(*x)\n"),
    ],
)
def test_what_indentation_and_names_mean_is_code(before: str, after: str) -> None:
    changed = TWO.replace(before, after)
    assert changed != TWO
    assert code_of(changed) != code_of(TWO)


def test_the_title_of_a_check_is_left_out_where_asked() -> None:
    one, other, more = (
        f"@check({words}, points=3)\ndef test_a(): pass\n" for words in ("'A'", "title='B'", "'A', seconds=1")
    )
    assert code_of(one) != code_of(other)
    assert code_of(one, titles=False) == code_of(other, titles=False) != code_of(more, titles=False)


def test_the_text_of_an_exception_is_left_out_where_asked_but_not_what_it_computes() -> None:
    first = "def f(x):\n    raise ValueError(f'{x} is wrong', KEY['a'])\n"
    reworded, other, key = first.replace("is wrong", "is odd"), first.replace("{x}", "{y}"), first.replace("'a'", "'b'")
    assert code_of(first) != code_of(reworded)
    assert code_of(first, messages=False) == code_of(reworded, messages=False)
    for changed in (other, key, first.replace("ValueError", "TypeError")):
        assert code_of(changed, messages=False) != code_of(first, messages=False)


IMPORTS = """
import alpha_helpers
import tinytorch.alpha as whole
from tinytorch import alpha
from tinytorch.alpha import f
from .alpha import g
from . import beta

alpha_helpers.run(alpha.h, f, g, whole, beta)
"""


def test_a_renamed_module_keeps_the_code_of_what_imports_it() -> None:
    renamed = {"first": "alpha"}
    assert code_of(IMPORTS.replace("alpha", "first"), first_stems=renamed) == code_of(IMPORTS)
    assert code_of(IMPORTS.replace("beta", "alpha"), first_stems={"alpha": "beta", "first": "alpha"}) != code_of(
        IMPORTS
    )


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (
            "from tinytorch import first\n\ndef f(first):\n    return first\n",
            "from tinytorch import alpha\n\ndef f(first):\n    return alpha\n",
        ),
        (
            "from tinytorch import first\n\nalpha = 1\nprint(first)\n",
            "from tinytorch import alpha\n\nalpha = 1\nprint(alpha)\n",
        ),
        ("from tinytorch.first import f\n", "from tinytorch.beta import f\n"),
    ],
    ids=["an argument has the new name", "a variable has the first name", "another module"],
)
def test_codes_that_mean_different_things_stay_different_after_a_rename(now: str, before: str) -> None:
    assert code_of(now, first_stems={"first": "alpha"}) != code_of(before, first_stems={"first": "alpha"})


@pytest.mark.parametrize("path", sorted((ROOT / "tinytorch_ref").glob("*.py")), ids=lambda path: path.name)
def test_the_code_of_a_source_defines_the_same_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    names = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    left = code_of(text)
    assert all(f"name='{name}'" in left for name in names)
