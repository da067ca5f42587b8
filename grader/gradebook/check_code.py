"""Compute a digest of the code of each check: its function, and the parts of the suite that the function uses.

If a check has the same digest in two suites, both judge it by the same code. The suite is read as text and never runs.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from grader.editions.code import code_of
from grader.grading.suite import Suite

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_EVERY_CHECK = ""  # the key for code that every check uses; no name in Python is empty
_ASKS = ("usefixtures", "getfixturevalue")
_HOOKS = ("pytest_", "setup_", "teardown_")  # functions that pytest calls although no check names them


def codes_of(suite: Suite) -> dict[str, str]:
    """Return, by the id of each check, the digest of its code with the definitions, fixtures and helper files that it uses."""
    helpers = _with_imports({path.stem: path.read_text(encoding="utf-8-sig") for path in suite.helpers})
    made: dict[str, list[tuple[str, set[str]]]] = {}
    for node in ast.parse(suite.file.read_text(encoding="utf-8-sig")).body:
        for name, text, uses in _bound(node, helpers):
            made.setdefault(name, []).append((text, uses))
    return {check.id: _digest(check.id, made) for check in suite.checks}


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


def _with_imports(texts: dict[str, str]) -> dict[str, str]:
    """Return, by name of a helper file, its code and the code of all helper files that it imports, directly or indirectly."""
    uses = {name: _imported(ast.parse(text)) & texts.keys() for name, text in texts.items()}
    found: dict[str, str] = {}
    for name in texts:
        seen, ahead = {name}, [name]
        while ahead:
            new = uses[ahead.pop()] - seen
            seen |= new
            ahead += new
        found[name] = "\n".join(code_of(texts[file]) for file in [name, *sorted(seen - {name})])
    return found


def _imported(node: ast.AST) -> set[str]:
    """Return the names that are imported anywhere in `node`, and the modules that they are imported from."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import | ast.ImportFrom):
            found |= {alias.name for alias in inner.names}
        if isinstance(inner, ast.ImportFrom):
            found.add(inner.module or "")
    return found


def _bound(node: ast.stmt, helpers: dict[str, str]) -> Iterator[tuple[str, str, set[str]]]:
    """Yield the names that a statement of the suite binds, each with its text and the names that it uses."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            text = f"from {module} import {alias.name} as {alias.asname}"
            yield alias.asname or alias.name.partition(".")[0], text + helpers.get(module or alias.name, ""), set()
        return
    if isinstance(node, _Function):
        _without_words(node)
    text = "\n".join([ast.unparse(node), *(helpers[name] for name in sorted(_imported(node) & helpers.keys()))])
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


def _without_words(function: _Function) -> None:
    """Remove the docstring and the title of a check, because wording does not affect outcomes."""
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "check":
            mark.args = []
