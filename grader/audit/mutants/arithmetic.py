"""Change signs and operators of arithmetic: use a neighbouring operator, exchange the operands, forget a minus."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .code import Code, Edit

SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
NEIGHBOURS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.Div: "*",
    ast.FloorDiv: "/",
    ast.Mod: "//",
    ast.Pow: "*",
    ast.MatMult: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.BitXor: "|",
    ast.LShift: ">>",
    ast.RShift: "<<",
}
_ONE_WAY = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.LShift, ast.RShift)


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.BinOp():
            yield from _operators(node, code)
            if isinstance(node.op, _ONE_WAY):
                yield from _exchanged(node, code)
        case ast.AugAssign():
            yield from _accumulation(node, code)
        case ast.UnaryOp(op=ast.USub() | ast.Invert()):
            yield code.replace(
                "drop-minus", node, code.text.text[code.text.start(node) + 1 : code.text.end(node)].lstrip()
            )


def _operators(node: ast.BinOp, code: Code) -> Iterator[Edit]:
    symbol = SYMBOLS[type(node.op)]
    place = _symbol_at(node, code)
    yield Edit("arithmetic", place, place + len(symbol), NEIGHBOURS[type(node.op)])


def _exchanged(node: ast.BinOp, code: Code) -> Iterator[Edit]:
    """Change a - b to b - a, with the parentheses that the operands have or need."""
    start, end, place = code.text.start(node), code.text.end(node), _symbol_at(node, code)
    symbol = SYMBOLS[type(node.op)]
    left = code.text.text[start:place].rstrip()
    right = code.text.text[place + len(symbol) : end].lstrip()
    if "\n" in left or "#" in code.text.text[start:end]:
        return
    space = code.text.text[start + len(left) : place]
    if isinstance(node.left, ast.BinOp) and not left.startswith("("):
        left = f"({left})"  # a * b / c becomes c / (a * b)
    if isinstance(node.right, (ast.BinOp, ast.UnaryOp)) and isinstance(node.op, ast.Pow) and not right.startswith("("):
        right = f"({right})"
    if left != right:
        yield Edit("exchange-operands", start, end, f"{right}{space}{symbol}{space}{left}")


def _accumulation(node: ast.AugAssign, code: Code) -> Iterator[Edit]:
    symbol = SYMBOLS[type(node.op)]
    place = code.text.find(f"{symbol}=", code.text.end(node.target), code.text.start(node.value))
    yield Edit("arithmetic", place, place + len(symbol), NEIGHBOURS[type(node.op)])
    yield Edit("assign-not-accumulate", place, place + len(symbol), "")


def _symbol_at(node: ast.BinOp, code: Code) -> int:
    return code.text.find(SYMBOLS[type(node.op)], code.text.end(node.left), code.text.start(node.right))
