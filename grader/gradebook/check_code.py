"""Compute a digest of the code of each check: its function, and the parts of the suite that the function uses.

If a check has the same digest in two suites, both judge it by the same code. The suite is read as text and never runs.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.editions.code import tree_of, written
from grader.grading.suite import Suite

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_EVERY_CHECK = ""  # the key for code that every check uses; no name in Python is empty
_ASKS = ("usefixtures", "getfixturevalue")
_HOOKS = ("pytest_", "setup_", "teardown_")  # functions that pytest calls although no check names them
_LIBRARY = "checks"
_PLUGIN = "checks.plugin"  # makes the inputs of every check, and says which needed checks have failed


def codes_of(suite: Suite) -> dict[str, str]:
    """Return, by the id of each check, the digest of its code with the definitions, fixtures and files that it uses.

    The files are the suite's helpers and the library of assertions.
    """
    files = _Files.of(suite)
    made: dict[str, list[tuple[str, set[str]]]] = {_EVERY_CHECK: [(files.code(_PLUGIN), set())]}
    for node in _tree(suite, suite.file).body:
        for name, text, uses in _bound(node, files):
            made.setdefault(name, []).append((text, uses))
    return {check.id: _digest(check.id, made) for check in suite.checks}


def _tree(suite: Suite, path: Path) -> ast.Module:
    return tree_of(path.read_text(encoding="utf-8-sig"), titles=False, first_stems=suite.first_stems)


def _digest(start: str, made: dict[str, list[tuple[str, set[str]]]]) -> str:
    seen: set[str] = set()
    ahead = [start, _EVERY_CHECK]
    while ahead:
        name = ahead.pop()
        if name in made and name not in seen:
            seen.add(name)
            ahead += [used for _, uses in made[name] for used in uses]
    texts = [text for name in sorted(seen) for text, _ in made[name]]
    return hashlib.sha256("\n\0".join(texts).encode()).hexdigest()


@dataclass(frozen=True)
class _Files:
    """Hold the files that a suite may import, by the name of their module.

    codes: their code; imports: the modules among them that each imports; origins: by each name that the library offers, the
    module that defines it
    """

    codes: dict[str, str]
    imports: dict[str, set[str]]
    origins: dict[str, str]

    @classmethod
    def of(cls, suite: Suite) -> _Files:
        names = {path: path.stem for path in suite.helpers}
        for path in suite.library_files:
            names[path] = _LIBRARY if path.stem == "__init__" else f"{_LIBRARY}.{path.stem}"
        trees = {name: _tree(suite, path) for path, name in names.items()}
        imports = {name: _imported(tree) & trees.keys() - {name} for name, tree in trees.items()}
        offered = trees[_LIBRARY].body if _LIBRARY in trees else []
        origins = {
            alias.asname or alias.name: _module_of(node)
            for node in offered
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        return cls({name: written(tree) for name, tree in trees.items()}, imports, origins)

    def code(self, module: str, name: str = "") -> str:
        """Return the code of a module with all that it imports, directly or indirectly; empty if it is another package.

        name: the one name that is imported from it, if it is one
        """
        start = self.origins.get(name, module) if module == _LIBRARY else module
        seen, ahead = {start}, [start]
        while ahead:
            new = self.imports.get(ahead.pop(), set()) - seen
            seen |= new
            ahead += new
        return "\n".join(self.codes[file] for file in [start, *sorted(seen - {start})] if file in self.codes)


def _imported(node: ast.AST) -> set[str]:
    """Return the modules that are imported anywhere in `node`."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            found |= {alias.name for alias in inner.names}
        elif isinstance(inner, ast.ImportFrom):
            module = _module_of(inner)
            found |= {module, *(f"{module}.{alias.name}" for alias in inner.names)}
    return found


def _module_of(node: ast.ImportFrom) -> str:
    """Return the module from which names are imported. Only files of the library import by a relative name."""
    return ".".join(part for part in (_LIBRARY if node.level else "", node.module or "") if part)


def _bound(node: ast.stmt, files: _Files) -> Iterator[tuple[str, str, set[str]]]:
    """Yield the names that a statement of the suite binds, each with its text and the names that it uses."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = _module_of(node) if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            text = f"from {module} import {alias.name} as {alias.asname}"
            used = files.code(module, alias.name) if module else files.code(alias.name)
            yield alias.asname or alias.name.partition(".")[0], text + used, set()
        return
    text = "\n".join([written(node), *(files.code(name) for name in sorted(_imported(node) & files.codes.keys()))])
    uses = set(_used(node))
    for name in _names(node) | ({_EVERY_CHECK} if _affects_all(node) else set()):
        yield name, text, uses


def _used(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement uses.

    A check requests a fixture by the name of an argument, or by a string, as in usefixtures("name").
    """
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.arg):
            yield inner.arg
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _ASKS:
            yield from (
                text.value for text in inner.args if isinstance(text, ast.Constant) and isinstance(text.value, str)
            )


def _names(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds, also inside `if` and `try`."""
    if isinstance(node, _Function):
        return {node.name, *_fixture_name(node)}
    if isinstance(node, ast.ClassDef):
        return {node.name}
    found = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    for inner in ast.walk(node):
        if isinstance(inner, _Function):
            found |= {inner.name, *_fixture_name(inner)}
        elif isinstance(inner, ast.ClassDef):
            found.add(inner.name)
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in inner.names}
    return found


def _fixture_name(function: _Function) -> Iterator[str]:
    """Yield the name that a decorator gives to a fixture: @pytest.fixture(name="...")."""
    for key, value in _options(function):
        if key == "name" and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def _affects_all(node: ast.stmt) -> bool:
    """Tell whether a statement can affect every check, beyond binding a name."""
    if isinstance(node, _Function):
        return node.name.startswith(_HOOKS) or any(key == "autouse" for key, _ in _options(node))
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
        return False
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return False  # a docstring
    if isinstance(node, ast.ClassDef) or (inner := _inner(node)):
        return any(_affects_all(part) for part in (node.body if isinstance(node, ast.ClassDef) else inner))
    names = _names(node)
    return not names or "pytestmark" in names or _stores_into(node)


def _inner(node: ast.stmt) -> list[ast.stmt]:
    """Return the statements in the branches and handlers of a compound statement."""
    parts = [*ast.iter_child_nodes(node)]
    parts += [inner for part in parts if isinstance(part, ast.ExceptHandler | ast.match_case) for inner in part.body]
    return [part for part in parts if isinstance(part, ast.stmt)]


def _stores_into(node: ast.stmt) -> bool:
    """Tell whether a statement changes an object, as in `A = TABLE["a"] = 2`."""
    kinds = ast.Subscript | ast.Attribute
    return any(isinstance(part, kinds) and isinstance(part.ctx, ast.Store | ast.Del) for part in ast.walk(node))


def _options(function: _Function) -> Iterator[tuple[str | None, ast.expr]]:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call):
            yield from ((option.arg, option.value) for option in mark.keywords)
