"""Exchange or leave out arguments, keywords, indices and elements."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .code import Code, Edit, same
from .constants import AXES

SYMMETRIC = {  # the order of their arguments does not matter
    *("max", "min", "maximum", "minimum", "add", "multiply", "equal", "not_equal", "array_equal", "allclose"),
    *("isclose", "broadcast_shapes", "logical_and", "logical_or", "gcd", "hypot", "isinstance", "getattr", "hasattr"),
}
_KEYWORDS = {"keepdim": "drop-keepdims", "keepdims": "drop-keepdims", "dtype": "drop-dtype"}
_KEYWORDS |= dict.fromkeys(AXES, "drop-axis")
_DEFAULTS = {  # leaving these out changes nothing, or only the time it takes
    *(("keepdims", False), ("keepdim", False), ("strict", True), ("strict", False), ("copy", False), ("copy", True)),
}


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Call():
            yield from _arguments(node, code)
            yield from _keywords(node, code)
        case ast.Tuple(ctx=ast.Load()) if _within(node, ast.Return, code):
            yield from _exchanged("exchange-elements", node.elts, code)
        case ast.Tuple(ctx=ast.Store()):
            yield from _exchanged("exchange-targets", node.elts, code)
        case ast.Subscript(slice=ast.Tuple(elts=indices)):
            yield from _exchanged("exchange-indices", indices, code)
        case ast.Dict():
            yield from _without_an_entry(node, code)
        case ast.Tuple() | ast.Set() | ast.List():
            yield from _without_an_element(node, code)


def _arguments(node: ast.Call, code: Code) -> Iterator[Edit]:
    if called(node) not in SYMMETRIC and not _is_unpacked(node, code):
        yield from _exchanged("exchange-arguments", node.args, code)


def _is_unpacked(node: ast.Call, code: Code) -> bool:
    """Return whether the result is unpacked: a, b = f(b, a), `for a, b in zip(y, x)`. Then the targets are exchanged instead."""
    match code.parents[node]:
        case ast.Assign(targets=[ast.Tuple()]):
            return True
        case ast.For(target=ast.Tuple()) | ast.comprehension(target=ast.Tuple()):
            return called(node) == "zip"
    return False


def called(node: ast.Call) -> str:
    """Return the last part of the name of the called function."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _exchanged(operator: str, items: Sequence[ast.expr], code: Code) -> Iterator[Edit]:
    for one, other in pairwise(items):
        if not same(one, other) and not any(isinstance(i, ast.Starred) for i in (one, other)):
            yield code.exchange(operator, one, other)


def _keywords(node: ast.Call, code: Code) -> Iterator[Edit]:
    named = [k for k in node.keywords if k.arg is not None]
    if called(node)[:1].isupper():  # a class needs all of them, so leaving one out would not run
        for one, other in pairwise(named):
            if not same(one.value, other.value):
                yield code.exchange("exchange-arguments", one.value, other.value)
        return
    for keyword in named:
        default = isinstance(keyword.value, ast.Constant) and (keyword.arg, keyword.value.value) in _DEFAULTS
        if not default and keyword.arg != "strict":
            yield Edit(_KEYWORDS.get(keyword.arg or "", "drop-keyword"), *_with_its_comma(node, keyword, code), "")


def _with_its_comma(node: ast.Call, keyword: ast.keyword, code: Code) -> tuple[int, int]:
    """Return the span from the comma before the keyword to its end. A first argument takes the comma after it instead."""
    items = sorted((*node.args, *node.keywords), key=code.text.start)
    place = items.index(keyword)
    if not place and len(items) > 1:
        return code.text.start(keyword), code.text.start(items[1])
    if not place:
        return code.text.start(keyword), code.text.end(node) - 1
    comma = code.text.find(",", code.text.end(items[place - 1]), code.text.start(keyword))
    opened = code.text.gap(code.text.start(keyword), code.text.start(keyword.value))
    return comma, code.text.after_parentheses(code.text.end(keyword.value), opened)


def _without_an_entry(node: ast.Dict, code: Code) -> Iterator[Edit]:
    """Leave out each entry of a literal dict, with the comma after it, or before it for the last entry."""
    for at, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        if key is None or len(node.keys) == 1:
            continue
        if at + 1 < len(node.keys):
            following = node.keys[at + 1]
            if following is not None:
                yield Edit("drop-element", code.text.start(key), code.text.start(following), "")
        else:
            comma = code.text.find(",", code.text.end(node.values[at - 1]), code.text.start(key))
            yield Edit("drop-element", comma, code.text.end(value), "")


def _without_an_element(node: ast.expr, code: Code) -> Iterator[Edit]:
    """Change (int, float) to (int,) where the elements say what is accepted."""
    if not isinstance(node, (ast.Tuple, ast.List, ast.Set)) or len(node.elts) < 2:
        return
    parent = code.parents[node]
    test = isinstance(parent, ast.Compare) and any(isinstance(op, (ast.In, ast.NotIn)) for op in parent.ops)
    kinds = isinstance(parent, ast.Call) and called(parent) == "isinstance"
    if not (test or kinds):
        return
    opening, closing = code.text.of(node)[0], code.text.of(node)[-1]
    texts = [code.text.of(item) for item in node.elts]
    for at in range(len(texts)):
        kept = texts[:at] + texts[at + 1 :]
        comma = "," if len(kept) == 1 and opening == "(" else ""
        yield code.replace("drop-element", node, f"{opening}{', '.join(kept)}{comma}{closing}")


def _within(node: ast.AST, kind: type[ast.AST], code: Code) -> bool:
    """Return whether the node is the value of such a statement, or an element of that value."""
    above = code.parents[node]
    while isinstance(above, ast.Tuple):
        above = code.parents[above]
    return isinstance(above, kind)
