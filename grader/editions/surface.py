"""Compare the public names, signatures and docstrings of a module's two editions. Both editions must show the same."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from .problems import at
from .regions import Function, Region


@dataclass(frozen=True)
class FunctionToWrite:
    """Describe one function that a student writes, for a handout."""

    name: str
    signature: str
    summary: str


def functions_to_write(regions: list[Region]) -> tuple[FunctionToWrite, ...]:
    found = []
    for region in regions:
        summary = " ".join((ast.get_docstring(region.node) or "").split("\n\n")[0].split())
        found.append(FunctionToWrite(region.function, _as_called(region), summary))
    return tuple(found)


def surface_problems(student: str, staff: str, source: str, filename: str) -> Iterator[str]:
    """Yield the differences between the public surfaces of the two editions of `source`."""
    stub, full = dict(_surface(ast.parse(student))), dict(_surface(ast.parse(staff)))
    lines = {name: line for name, (line, _) in _surface(ast.parse(source))}
    for name in sorted(full.keys() | stub.keys()):
        line = lines.get(name, 1)
        if name not in stub:
            mend = "Take it out of the staff block, or begin its name with an underscore."
            yield at(filename, line, f"{name} is missing from the stub", mend)
        elif name not in full:
            mend = "Take it out of the student block, or begin its name with an underscore."
            yield at(filename, line, f"{name} is in the stub only", mend)
        elif stub[name][1] != full[name][1]:
            what = "signature" if stub[name][1][0] != full[name][1][0] else "docstring"
            yield at(filename, line, f"{name} has another {what} in the stub", "Write it once, outside the marks.")


def loose_names(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of each name that a text uses but never binds, because a dropped block has defined it."""
    tree = ast.parse(text)
    bound = set(dir(builtins)) | {"__file__", "__name__", "__doc__"}
    used: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used[node.id] = min(node.lineno, used.get(node.id, node.lineno))
        else:
            bound.update(_bound_by(node))
    yield from sorted((line, name) for name, line in used.items() if name not in bound)


def idle_names(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, kind, name) of each import and each top-level helper that a suite's text never uses."""
    tree = ast.parse(text)
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    used |= {
        a.arg for n in ast.walk(tree) if isinstance(n, Function) for a in _arguments(n)
    }  # pytest passes fixtures by name
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__":
            names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
            yield from ((node.lineno, "import", name) for name in names if name not in used)
    for statement in tree.body:
        if isinstance(statement, (*_DEFINITIONS, ast.Assign, ast.AnnAssign)):
            decorated = isinstance(statement, _DEFINITIONS) and statement.decorator_list
            names = [n for n in _bound_at_top(statement) if not n.startswith(("test", "pytest"))]
            yield from ((statement.lineno, "helper", n) for n in names if n not in used and not decorated)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _surface(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, tuple[int, tuple[str, str]]]]:
    """Yield (dotted name, (line, (signature, docstring))) of every public name. Members of a private class are not public."""
    if isinstance(tree, ast.Module):
        yield "the module", (1, ("", ast.get_docstring(tree) or ""))
    for node in _statements(tree.body):
        for name in _bound_at_top(node):
            if name.startswith("_") and not (name.startswith("__") and name.endswith("__")):
                continue
            signature, docstring = _signature(node)
            yield prefix + name, (node.lineno, (signature, docstring))
            if isinstance(node, ast.ClassDef):
                yield from _surface(node, f"{prefix}{name}.")


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body and of its ifs, loops, withs and tries, which bind names in the same scope."""
    for node in body:
        yield node
        if not isinstance(node, _DEFINITIONS):
            for block in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, block, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)


def _bound_at_top(node: ast.stmt) -> list[str]:
    """Return the names that a definition or an assignment binds. Imports are not part of the public surface."""
    if isinstance(node, _DEFINITIONS):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [n.id for target in node.targets for n in ast.walk(target) if _is_stored(n)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _signature(node: ast.stmt) -> tuple[str, str]:
    if isinstance(node, Function):
        decorators = " ".join(ast.unparse(d) for d in node.decorator_list)
        returns = ast.unparse(node.returns) if node.returns else ""
        return f"{decorators} ({ast.unparse(node.args)}) -> {returns}", ast.get_docstring(node) or ""
    if isinstance(node, ast.ClassDef):
        return " ".join(map(ast.unparse, [*node.decorator_list, *node.bases])), ast.get_docstring(node) or ""
    return (ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""), ""


def _as_called(region: Region) -> str:
    """Return the signature as a caller sees it, without self: `sum(axis: int = 0) -> Tensor`."""
    arguments = list(_spelled(region.node.args))
    if "." in region.function and arguments and arguments[0] in ("self", "cls"):
        del arguments[0]
    returns = f" -> {ast.unparse(region.node.returns)}" if region.node.returns else ""
    return f"{region.function}({', '.join(arguments)}){returns}"


def _spelled(given: ast.arguments) -> Iterator[str]:
    """Yield each argument as formatters write it. ast.unparse leaves out the spaces in `x: int = 1`."""
    places = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(places) - len(given.defaults)) + given.defaults
    for number, (argument, default) in enumerate(zip(places, defaults, strict=True), 1):
        yield _with_default(argument, default)
        if number == len(given.posonlyargs):
            yield "/"
    if given.vararg or given.kwonlyargs:
        yield "*" + (ast.unparse(given.vararg) if given.vararg else "")
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _with_default(argument, default)
    if given.kwarg:
        yield "**" + ast.unparse(given.kwarg)


def _with_default(argument: ast.arg, default: ast.expr | None) -> str:
    equals = " = " if argument.annotation else "="
    return ast.unparse(argument) + (equals + ast.unparse(default) if default else "")


def _arguments(node: Function | ast.Lambda) -> list[ast.arg]:
    given = node.args
    extra = [a for a in (given.vararg, given.kwarg) if a]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *extra]


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that one node binds, in any scope."""
    if isinstance(node, (*_DEFINITIONS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        yield from [node.name] if node.name else []
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
