"""One class of errors that a person can mend, and its tree as it is drawn."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from grader import errors
from grader.sandbox.faults import KeptWaiting, SubmissionFault

GRADER = Path(errors.__file__).parent


def test_the_tree_in_the_docstring_is_the_tree_there_is() -> None:
    parents = {
        node.name: ast.unparse(node.bases[0])
        for file in GRADER.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.ClassDef) and node.bases
    }

    def line(name: str) -> tuple[str, ...]:
        """The class with its ancestors, the topmost first."""
        return (*line(parents[name]), name) if name in parents else (name,)

    there = {line(name)[1:] for name in parents}
    drawn: list[tuple[str, ...]] = []
    for branch, name in re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__ or "", re.MULTILINE):
        above = drawn[-1][: len(branch) // 3] if drawn else ()
        drawn.append((*above, name))
    assert set(drawn) == {ancestry for ancestry in there if ancestry[:1] == ("GraderError",)}


def test_what_a_submission_did_is_caught_by_no_except_exception() -> None:
    assert not issubclass(SubmissionFault, Exception)
    assert not issubclass(KeptWaiting, Exception)


def test_a_bug_keeps_its_traceback() -> None:
    assert errors.told(ValueError("a bug")) is None
