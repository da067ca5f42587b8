"""Forget a call and use its argument instead: x.sum(axis=0) -> x, np.exp(x) -> x, x.T -> x."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from . import tables
from .code import Code, Edit


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    return (edit for edit in _edits(node, code) if not _assigns_to_itself(node, edit, code))


def _edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Attribute(ctx=ast.Load(), attr="T"):
            yield _receiver_of(node, node, code)
        case ast.Call() if isinstance(code.parents[node], ast.Expr):
            return  # it is a statement, which statements.py drops
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "math"), attr=name), args=[first, *_]):
            if name in tables.FORGOTTEN_NUMPY and not isinstance(first, ast.Starred):
                yield code.put("drop-call", first, node)
        case ast.Call(func=ast.Attribute(attr=name) as method) if name in tables.FORGOTTEN_METHODS:
            yield _receiver_of(method, node, code)
        case ast.Call(func=ast.Name(id=name), args=[_, *_]):
            own = not hasattr(builtins, name) and not name[0].isupper() and name != "cls"
            if own or name in tables.FORGOTTEN_BUILTINS:
                yield from _argument_of(node, own, code)


def _receiver_of(method: ast.Attribute, whole: ast.expr, code: Code) -> Edit:
    start = code.text.start(method)
    dot = code.text.find(".", code.text.end(method.value), code.text.end(method))
    return code.replace("drop-call", whole, code.text.text[start:dot])


def _argument_of(node: ast.Call, own: bool, code: Code) -> Iterator[Edit]:
    """Replace a call by its first argument. If it is a function of the course with several results, use all arguments."""
    first = node.args[0]
    if isinstance(first, ast.Starred):
        if len(node.args) == 1:
            yield code.put("drop-call", first.value, node)
    elif own and len(node.args) > 1 and _wants_several(node, code):
        several = ", ".join(code.text.of(argument) for argument in node.args)
        yield code.replace("drop-call", node, f"({several})")
    else:
        yield code.put("drop-call", first, node)


def _wants_several(node: ast.Call, code: Code) -> bool:
    """Return whether the result is unpacked into as many names as there are arguments, or with a star."""
    match code.parents[node]:
        case ast.Starred():
            return True
        case ast.Assign(targets=[ast.Tuple(elts=names)]):
            return len(names) == len(node.args)
    return False


def _assigns_to_itself(node: ast.AST, edit: Edit, code: Code) -> bool:
    """Return whether x = f(x) becomes x = x, which only repeats the dropped statement."""
    parent = code.parents[node]
    return isinstance(parent, ast.Assign) and code.text.of(parent.targets[0]) == edit.text.strip("()")
