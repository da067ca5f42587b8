"""Test that there is one class of errors that a person can mend, with the tree that its docstring draws."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from grader import errors
from grader.sandbox.faults import KeptWaiting, SubmissionFault

GRADER = Path(errors.__file__).parent


def test_the_tree_in_the_docstring_equals_the_tree_of_classes() -> None:
    parents = {
        node.name: ast.unparse(node.bases[0])
        for file in GRADER.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.ClassDef) and node.bases
    }

    def line(name: str) -> tuple[str, ...]:
        """Return the class with its ancestors, the topmost first."""
        return (*line(parents[name]), name) if name in parents else (name,)

    there = {line(name)[1:] for name in parents}
    drawn: list[tuple[str, ...]] = []
    for branch, name in re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__ or "", re.MULTILINE):
        above = drawn[-1][: len(branch) // 3] if drawn else ()
        drawn.append((*above, name))
    assert sorted(drawn) == sorted(ancestry for ancestry in there if ancestry[:1] == ("GraderError",))


def test_except_exception_does_not_catch_faults_of_a_submission() -> None:
    assert not issubclass(SubmissionFault, Exception)
    assert not issubclass(KeptWaiting, Exception)


def test_a_bug_keeps_its_traceback() -> None:
    assert errors.told(ValueError("a bug")) is None
