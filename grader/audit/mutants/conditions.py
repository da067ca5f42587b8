"""Change what decides: comparisons, and / or / not, conditions of if and while, filters, choices between two values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from .code import Code, Edit

_COMPARISONS: dict[
    type[ast.cmpop], tuple[str, tuple[str, ...]]
] = {  # the operator with the bound shifted, then the opposite
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Compare():
            yield from _comparison(node, code)
        case ast.BoolOp():
            yield from _boolean(node, code)
        case ast.UnaryOp(op=ast.Not()):
            yield code.replace(
                "drop-not", node, code.text.text[code.text.start(node) + 3 : code.text.end(node)].lstrip()
            )
        case ast.If() | ast.While():
            if not _is_negated_elsewhere(node.test):
                yield code.replace("negate-condition", node.test, f"not ({code.text.of(node.test)})")
        case ast.IfExp():
            yield from _choice(node, code)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="where"), args=[_, one, other]):
            yield code.put("always-one-branch", one, node)
            yield code.put("always-one-branch", other, node)
            yield code.exchange("exchange-branches", one, other)
        case ast.comprehension():
            yield from _filters(node, code)


def _comparison(node: ast.Compare, code: Code) -> Iterator[Edit]:
    for (left, right), op in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True):
        pattern, neighbours = _COMPARISONS[type(op)]
        first = code.text.end(left)
        found = re.search(pattern, code.text.gap(first, code.text.start(right)))
        assert found, f"no {pattern} between the sides of a comparison"
        for neighbour in neighbours:
            yield Edit("comparison", first + found.start(), first + found.end(), neighbour)


def _boolean(node: ast.BoolOp, code: Code) -> Iterator[Edit]:
    word, contrary = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    start, end = code.text.start(node), code.text.end(node)
    cuts = [code.text.find(word, code.text.end(left), code.text.start(right)) for left, right in pairwise(node.values)]
    for cut in cuts:
        yield Edit("and-or", cut, cut + len(word), contrary)
    begins = [start, *(cut + len(word) for cut in cuts)]
    ends = [*cuts, end]
    for at in range(len(node.values)):
        if at == 0:
            gone = (start, _next_text(code, begins[1]))
        else:
            gone = (_text_before(code, ends[at - 1]), ends[at] if at == len(cuts) else _text_before(code, ends[at]))
        yield Edit("drop-operand", *gone, "")


def _next_text(code: Code, place: int) -> int:
    gap = code.text.gap(place, len(code.text.text))
    return place + len(gap) - len(gap.lstrip())


def _text_before(code: Code, place: int) -> int:
    return len(code.text.text[:place].rstrip())


def _is_negated_elsewhere(test: ast.expr) -> bool:
    """Return whether the operators for comparisons or `not` already produce the opposite of this test."""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _choice(node: ast.IfExp, code: Code) -> Iterator[Edit]:
    yield code.put("always-one-branch", node.body, node)
    yield code.put("always-one-branch", node.orelse, node)
    if not _is_negated_elsewhere(node.test):
        test = code.text.text[code.text.end(node.body) : code.text.start(node.orelse)]
        swapped = code.text.of(node.orelse) + test + code.text.of(node.body)
        yield Edit("exchange-branches", code.text.start(node.body), code.text.end(node.orelse), swapped)


def _filters(node: ast.comprehension, code: Code) -> Iterator[Edit]:
    before: ast.expr = node.iter
    for condition in node.ifs:
        first, start = code.text.end(before), code.text.start(condition)
        word = re.search(r"\bif\b", code.text.gap(first, start))
        assert word, "no if before the condition of a comprehension"
        opened = code.text.gap(first + word.end(), start)
        last = code.text.after_parentheses(code.text.end(condition), opened)
        yield Edit("drop-filter", _text_before(code, first + word.start()), last, "")
        before = condition
