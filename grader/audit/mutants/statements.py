"""Leave out a statement, leave a loop too early or not at all, or raise the wrong exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from . import tables
from .code import Code, Edit, is_docstring


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.If():
            yield from _without_if(node, code)
        case ast.With(items=items) if not any(item.optional_vars for item in items):
            colon = code.text.find(":", code.text.end(items[-1].context_expr), code.text.start(node.body[0]))
            yield Edit("drop-with", code.text.start(node), colon, "if True")
        case ast.Break():
            yield code.replace("break-continue", node, "continue")
        case ast.Continue():
            yield code.replace("break-continue", node, "break")
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name) as kind)) if name in tables.EXCEPTIONS:
            yield code.replace("change-exception", kind, tables.EXCEPTIONS[name])
    operator = _operator(node, code)
    if operator and isinstance(node, ast.stmt) and not _is_all_of_an_if(node, code):
        yield code.replace(operator, node, "pass")


def _operator(node: ast.AST, code: Code) -> str | None:
    """Return the name of the operator that leaves the node out, or None if the rest would then not run."""
    match node:
        case ast.Expr() if not is_docstring(node):
            return "drop-statement"
        case ast.Assert() | ast.Delete():
            return "drop-statement"
        case ast.Global() | ast.Nonlocal():
            return "drop-global"
        case ast.Raise():
            return "drop-raise"
        case ast.AugAssign():
            return "drop-accumulation"
        case ast.Assign() if any(_has_a_value_already(target, node, code) for target in node.targets):
            return "drop-assignment"
    return None


def _has_a_value_already(target: ast.expr, statement: ast.stmt, code: Code) -> bool:
    """Return whether the target is part of an object, a global, or a name that has a value without this statement."""
    match target:
        case ast.Attribute() | ast.Subscript():
            return True
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            return all(_has_a_value_already(t, statement, code) for t in targets)
        case ast.Starred(value=value):
            return _has_a_value_already(value, statement, code)
        case ast.Name(id=name):
            return name in _bound_before(statement, code)
    return False


def _bound_before(statement: ast.stmt, code: Code) -> set[str]:
    arguments = code.function.args
    bound = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for node in ast.walk(code.function):
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                bound.update(names)
            case ast.Name(id=name, ctx=ast.Store()) if code.text.end(node) < code.text.start(statement):
                bound.add(name)
    return bound


def _without_if(node: ast.If, code: Code) -> Iterator[Edit]:
    """Leave out a guard or a special case."""
    leaves = isinstance(node.body[-1], (ast.Raise, ast.Return, ast.Continue, ast.Break))
    operator = "drop-guard" if leaves else "drop-if"
    if node.orelse:
        return
    is_elif = code.text.of(node).startswith("elif")
    yield code.replace(operator, node, "" if is_elif else "pass")


def _is_all_of_an_if(node: ast.stmt, code: Code) -> bool:
    """Return whether an `if` holds only this statement. Leaving out the `if` then does the same."""
    parent = code.parents[node]
    return isinstance(parent, ast.If) and not parent.orelse and len(parent.body) == 1
