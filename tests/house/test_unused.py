"""Test that the grader has no code that nothing in the grader uses. Code that only tests call does not belong in it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from trial import ROOT

GRADER = ROOT / "grader"
VERBS = GRADER / "cli"  # the command line finds a verb's function by the name of its file


def test_every_function_and_class_is_used_by_the_grader() -> None:
    files = {file: ast.parse(file.read_bytes()) for file in GRADER.rglob("*.py")}
    used = Counter(name for tree in files.values() for name in _used(tree))
    idle = {
        node.name
        for file, tree in files.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not used[node.name]
        and not (file.is_relative_to(VERBS) and node.name == file.stem)
    }
    assert idle == set()


def _used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (name.name for name in node.names if name.asname)
