"""Return something else: None, an unchanged argument, or a value instead of a tuple of one value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .code import Code, Edit


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Return(value=ast.Tuple(elts=[one]) as value):
            yield code.replace("drop-tuple", value, code.text.of(one))
            yield from _instead(one, code)
        case ast.Return(value=ast.Tuple(elts=[first, *others])):
            yield from _instead(first, code)
            for other in others:
                yield from _nothing(other, code)
        case ast.Return(value=ast.expr() as value):
            yield from _instead(value, code)
            yield from _nothing(value, code)


def _instead(value: ast.expr, code: Code) -> Iterator[Edit]:
    name = code.first_parameter()
    if name and not (isinstance(value, ast.Name) and value.id == name) and not isinstance(value, ast.Starred):
        yield code.replace("return-argument", value, name)


def _nothing(value: ast.expr, code: Code) -> Iterator[Edit]:
    if not (isinstance(value, ast.Constant) and value.value is None) and not isinstance(value, ast.Starred):
        yield code.replace("return-none", value, "None")
