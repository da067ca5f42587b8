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
_EVERYBODY = ""  # the name of what every check uses: no name in Python is empty
_ASKS = ("usefixtures", "getfixturevalue")
_HOOKS = ("pytest_", "setup_", "teardown_")  # functions that run beside checks without being asked for


def codes_of(suite: Suite) -> dict[str, str]:
    """By the id of each check: the digest of its code, and of the definitions, fixtures and helper files that it uses."""
    helpers = _with_their_own({path.stem: path.read_text(encoding="utf-8-sig") for path in suite.helpers})
    made: dict[str, list[tuple[str, set[str]]]] = {}
    for node in ast.parse(suite.file.read_text(encoding="utf-8-sig")).body:
        for name, text, uses in _bound(node, helpers):
            made.setdefault(name, []).append((text, uses))
    return {check.id: _digest(check.id, made) for check in suite.checks}


def _digest(start: str, made: dict[str, list[tuple[str, set[str]]]]) -> str:
    seen: set[str] = set()
    ahead = [start, _EVERYBODY]
    while ahead:
        name = ahead.pop()
        if name in made and name not in seen:
            seen.add(name)
            ahead += [used for _, uses in made[name] for used in uses]
    texts = [text for name in sorted(seen) for text, _ in made[name]]
    return hashlib.sha256("\n\0".join(texts).encode()).hexdigest()


def _with_their_own(texts: dict[str, str]) -> dict[str, str]:
    """By the name of a helper file: its code, and the code of the helper files that it imports, and so on."""
    uses = {name: _imported(ast.parse(text)) & texts.keys() for name, text in texts.items()}
    found: dict[str, str] = {}
    for name in texts:
        seen, ahead = {name}, [name]
        while ahead:
            new = uses[ahead.pop()] - seen
            seen |= new
            ahead += new
        found[name] = "\n".join(code_of(texts[one]) for one in [name, *sorted(seen - {name})])
    return found


def _imported(node: ast.AST) -> set[str]:
    """The modules that are imported anywhere in it: by name, or `from` their package."""
    found: set[str] = set()
    for it in ast.walk(node):
        if isinstance(it, ast.Import | ast.ImportFrom):
            found |= {alias.name for alias in it.names}
        if isinstance(it, ast.ImportFrom):
            found.add(it.module or "")
    return found


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
    text = "\n".join([ast.unparse(node), *(helpers[name] for name in sorted(_imported(node) & helpers.keys()))])
    uses = set(_used(node))
    for name in _names(node) | ({_EVERYBODY} if _acts(node) else set()):
        yield name, text, uses


def _used(node: ast.stmt) -> Iterator[str]:
    """Fixtures are asked for by the name of an argument, or by a text, as in usefixtures("name")."""
    for it in ast.walk(node):
        if isinstance(it, ast.Name):
            yield it.id
        elif isinstance(it, ast.arg):
            yield it.arg
        elif isinstance(it, ast.Call) and isinstance(it.func, ast.Attribute) and it.func.attr in _ASKS:
            yield from (
                text.value for text in it.args if isinstance(text, ast.Constant) and isinstance(text.value, str)
            )


def _names(node: ast.stmt) -> set[str]:
    """What it binds, also within `if` and `try`."""
    if isinstance(node, _Function):
        return {node.name, *_named_otherwise(node)}
    if isinstance(node, ast.ClassDef):
        return {node.name}
    found = {it.id for it in ast.walk(node) if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store)}
    for it in ast.walk(node):
        if isinstance(it, _Function):
            found |= {it.name, *_named_otherwise(it)}
        elif isinstance(it, ast.ClassDef):
            found.add(it.name)
        elif isinstance(it, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in it.names}
    return found


def _named_otherwise(function: _Function) -> Iterator[str]:
    """The name that its decorator gives a fixture: @pytest.fixture(name="...")."""
    for key, value in _options(function):
        if key == "name" and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def _acts(node: ast.stmt) -> bool:
    """Does it change what every check finds, and not only what a name means?"""
    if isinstance(node, _Function):
        return node.name.startswith(_HOOKS) or any(key == "autouse" for key, _ in _options(node))
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
        return False
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return False  # a docstring
    if isinstance(node, ast.ClassDef) or (inner := _inner(node)):
        return any(_acts(it) for it in (node.body if isinstance(node, ast.ClassDef) else inner))
    names = _names(node)
    return not names or "pytestmark" in names or _stores_into(node)


def _inner(node: ast.stmt) -> list[ast.stmt]:
    """The statements of a compound one: of its branches and handlers."""
    parts = [*ast.iter_child_nodes(node)]
    parts += [it for part in parts if isinstance(part, ast.ExceptHandler | ast.match_case) for it in part.body]
    return [part for part in parts if isinstance(part, ast.stmt)]


def _stores_into(node: ast.stmt) -> bool:
    """As in `A = TABLE["a"] = 2`."""
    kinds = ast.Subscript | ast.Attribute
    return any(isinstance(it, kinds) and isinstance(it.ctx, ast.Store | ast.Del) for it in ast.walk(node))


def _options(function: _Function) -> Iterator[tuple[str | None, ast.expr]]:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call):
            yield from ((option.arg, option.value) for option in mark.keywords)


def _without_words(function: _Function) -> None:
    """Leave out the docstring and the title of a check: wording judges nobody."""
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "check":
            mark.args = []
