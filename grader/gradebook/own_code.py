"""What a check of a suite is made of: its function, and what of the suite that function uses. Read as text; nothing runs.

Two suites in which a check has the same digest judge by the same code, whatever else has changed beside it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from grader.editions.code import code_of
from grader.grading.suite import Suite

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def codes_of(suite: Suite) -> dict[str, str]:
    """By the id of each check: the digest of its code, and of the definitions, fixtures and helper files that it uses."""
    helpers = {path.stem: code_of(path.read_text(encoding="utf-8-sig")) for path in suite.helpers}
    made: dict[str, list[tuple[str, set[str]]]] = {}
    for node in ast.parse(suite.file.read_text(encoding="utf-8-sig")).body:
        for name, text, uses in _bound(node, helpers):
            made.setdefault(name, []).append((text, uses))
    return {check.id: _digest(check.id, made) for check in suite.checks}


def _digest(start: str, made: dict[str, list[tuple[str, set[str]]]]) -> str:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name in made and name not in seen:
            seen.add(name)
            ahead += [used for _, uses in made[name] for used in uses]
    texts = [text for name in sorted(seen) for text, _ in made[name]]
    return hashlib.sha256("\n\0".join(texts).encode()).hexdigest()


def _bound(node: ast.stmt, helpers: dict[str, str]) -> Iterator[tuple[str, str, set[str]]]:
    """The names that a statement of the suite binds, each with its text and the names that it uses."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            text = f"from {module} import {alias.name} as {alias.asname}"
            yield alias.asname or alias.name.partition(".")[0], text + helpers.get(module or alias.name, ""), set()
        return
    if isinstance(node, _Function):
        _without_words(node)
    text = ast.unparse(node)
    uses = {it.id for it in ast.walk(node) if isinstance(it, ast.Name)}
    uses |= {
        it.arg for it in ast.walk(node) if isinstance(it, ast.arg)
    }  # fixtures are asked for by the name of an argument
    for name in _names(node):
        yield name, text, uses


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, _Function | ast.ClassDef):
        return {node.name}
    return {it.id for it in ast.walk(node) if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store)}


def _without_words(function: _Function) -> None:
    """Leave out the docstring and the title of a check: wording judges nobody."""
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "check":
            mark.args = []
