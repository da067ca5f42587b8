"""Change literal values: a number by one or by a factor, True to False, a string by a character, an axis to another."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator

from . import tables
from .code import Code, Edit

AXES = ("axis", "dim")  # keywords that name an axis, in NumPy and here
SMALL = 1e-3  # a smaller float guards against division by zero, so scaling it a little changes no result
QUIET: tuple[
    tuple[str, bool], ...
] = (  # keywords whose opposite gives the same numbers, or is produced by another operator
    *(("strict", True), ("strict", False)),  # of zip: lengths differ only in a wrong program
    *(("copy", True), ("copy", False)),  # False only saves time; copies.py changes True
    *(("keepdims", True), ("keepdim", True)),  # leaving it out is the slip
)
_PROSE = re.compile(r"\w \w")


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Constant(value=bool() as value) if not _is_quiet(node, code):
            yield code.replace("constant-bool", node, str(not value))
        case ast.Constant(value=bool()):
            return
        case ast.Constant(value=int() as value):
            yield from _integer(node, value, code)
        case ast.Constant(value=float() as value) if math.isfinite(value):
            for number in _scaled(value):
                yield code.replace("constant-float", node, repr(number))
        case ast.Constant(value=str() | bytes() as value) if (
            value and not _is_prose(value) and value not in tables.DTYPES
        ):
            for short in (value[:-1], value[1:]) if len(value) > 1 and _is_a_set(node, code) else (value[:-1],):
                yield code.replace("constant-string", node, _literal(short))
        case ast.JoinedStr():
            yield code.replace("constant-string", node, '""')
        case ast.keyword(arg=name, value=ast.Constant(value=None) as none) if name in AXES:
            yield code.replace("change-axis", none, "0")


def _integer(node: ast.Constant, value: int, code: Code) -> Iterator[Edit]:
    """Replace n by its neighbours, or -n if a minus stands before n."""
    parent = code.parents[node]
    whole: ast.AST = node
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub):
        whole, value = parent, -value
    keyword = code.parents[whole]
    if isinstance(keyword, ast.keyword) and keyword.arg in AXES:
        yield code.replace("change-axis", whole, str(1 if value == 0 else 0))
        return
    for number in _beside(value):
        yield code.replace("constant-integer", whole, str(number))


def _beside(value: int) -> tuple[int, ...]:
    if value < 0:  # arithmetic.py already drops the minus, so -1 becomes -2 only
        return (-2 if value == -1 else value + 1,)
    return (1,) if value == 0 else (value - 1, value + 1)


def _scaled(value: float) -> tuple[float, ...]:
    if value == 0:
        return (1.0,)
    return (0.0, _tidy(value * 1000)) if abs(value) < SMALL else (_tidy(value * 1.1),)


def _tidy(value: float) -> float:
    return float(f"{value:.6g}")


def _literal(value: str | bytes) -> str:
    """Return the literal like repr, but in the double quotes of the source where these need no escapes."""
    return (
        f'"{value}"' if isinstance(value, str) and value.isprintable() and not set(value) & {'"', "\\"} else repr(value)
    )


def _is_prose(value: str | bytes) -> bool:
    """Return whether the value is text for people, whose wording is up to the author."""
    return isinstance(value, str) and _PROSE.search(value) is not None


def _is_a_set(node: ast.Constant, code: Code) -> bool:
    """Return whether each character counts by itself."""
    match code.parents[node]:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[last]):
            return last is node
        case ast.Call(func=ast.Attribute(attr="strip" | "lstrip" | "rstrip")):
            return True
    return False


def _is_quiet(node: ast.Constant, code: Code) -> bool:
    parent = code.parents[node]
    return isinstance(parent, ast.keyword) and (parent.arg, node.value) in QUIET
