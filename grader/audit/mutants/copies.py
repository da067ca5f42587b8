"""Share data that should be copied, or change an argument in place that should stay the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .arithmetic import SYMBOLS
from .code import Code, Edit

_COPIES = {("np", "copy"), ("copy", "copy"), ("copy", "deepcopy")}


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name), args=[first]) if (
            owner,
            name,
        ) in _COPIES:
            yield code.put("alias", first, node)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="array") as function, args=[_, *_]):
            yield code.replace("alias", function, "np.asarray")
        case ast.Call(func=ast.Attribute(value=receiver, attr="copy") as function, args=[], keywords=[]):
            dot = code.text.find(".", code.text.end(receiver), code.text.end(function))
            yield Edit("alias", dot, code.text.end(node), "")
        case ast.Call(func=ast.Attribute(attr="astype"), args=[_], keywords=[]):
            end = code.text.end(node)
            yield Edit("alias", end - 1, end, ", copy=False)")
        case ast.keyword(arg="copy", value=ast.Constant(value=True) as value):
            yield code.replace("alias", value, "False")
        case ast.Assign(targets=[ast.Name() as target], value=ast.BinOp(left=ast.Name() as left) as value):
            if target.id == left.id:
                yield from _in_place(target, value, code)


def _in_place(target: ast.Name, value: ast.BinOp, code: Code) -> Iterator[Edit]:
    """Change x = x - m to x -= m, which writes into the caller's array."""
    symbol = SYMBOLS[type(value.op)]
    place = code.text.find(symbol, code.text.end(value.left), code.text.start(value.right))
    rest = code.text.text[place + len(symbol) : code.text.end(value)].lstrip()
    equals = code.text.find("=", code.text.end(target), code.text.start(value))
    if "(" not in code.text.gap(equals, code.text.start(value)):
        yield Edit("in-place", equals, code.text.end(value), f"{symbol}= {rest}")
