"""Shift or leave out the bounds of a slice or a range. Bounds with a literal are left to the operators for constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .code import Code, Edit

_NOT_BELOW_PLUS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.MatMult, ast.Pow)


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Slice():
            for bound in (node.lower, node.upper):
                if bound is not None:
                    bracketed = code.text.text[code.text.start(bound) - 1] == "("
                    yield code.replace("drop-bound", bound, "None" if bracketed else "")
                    yield from _one_off(bound, code)
        case ast.Call(func=ast.Name(id="range"), args=[stop]) if not isinstance(stop, ast.Starred):
            yield from _range(node, stop, code)
        case ast.Call(func=ast.Name(id="range"), args=[_, stop, *_]) if not isinstance(stop, ast.Starred):
            yield from _one_off(stop, code)


def _range(node: ast.Call, stop: ast.expr, code: Code) -> Iterator[Edit]:
    loop = code.parents[node]
    counts_only = isinstance(loop, (ast.For, ast.comprehension)) and _is_underscore(loop.target)
    if counts_only:
        yield from _one_off(stop, code)  # beginning at 1 also leaves out one step, so it would be the same slip
    elif not _has_literal(stop):
        yield code.replace("off-by-one", stop, _plus(stop, "- 1", code))
        yield code.replace("off-by-one", stop, f"1, {code.text.of(stop)}")
    else:
        yield code.replace("off-by-one", stop, f"1, {code.text.of(stop)}")


def _one_off(bound: ast.expr, code: Code) -> Iterator[Edit]:
    if not _has_literal(bound):
        for step in ("- 1", "+ 1"):
            yield code.replace("off-by-one", bound, _plus(bound, step, code))


def _plus(bound: ast.expr, step: str, code: Code) -> str:
    binds_tighter = isinstance(bound, ast.BinOp) and isinstance(bound.op, _NOT_BELOW_PLUS)
    plain = binds_tighter or isinstance(bound, (ast.Name, ast.Call, ast.Attribute, ast.Subscript))
    text = code.text.of(bound)
    return f"{text} {step}" if plain else f"({text}) {step}"


def _has_literal(bound: ast.expr) -> bool:
    """Return whether the bound is n, -n, or an expression plus or minus n."""
    match bound:
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
            return True
        case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
            return isinstance(left, ast.Constant) or isinstance(right, ast.Constant)
    return False


def _is_underscore(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "_"
