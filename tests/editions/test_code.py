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
    ],
)
def test_comments_docstrings_and_blanks_do_not_change_the_code(before: str, after: str) -> None:
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


@pytest.mark.parametrize("path", sorted((ROOT / "tinytorch_ref").glob("*.py")), ids=lambda path: path.name)
def test_the_code_of_a_source_defines_the_same_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    names = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    left = code_of(text)
    assert all(f" {name}" in left for name in names)
