"""Name the arithmetic that crosses the boundary. Comparison is not here, and must never be added."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

BINARY = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
    "divmod",
)
UNARY = ("neg", "pos", "abs", "invert")
IN_PLACE = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")


def _function(name: str) -> Callable[..., Any]:
    if name == "divmod":
        return divmod
    if name == "pow":
        return pow
    found: Callable[..., Any] = getattr(operator, f"__{name}__")
    return found


OPERATORS: dict[str, Callable[..., Any]] = {name: _function(name) for name in BINARY + UNARY}
OPERATORS |= {f"i{name}": _function(f"i{name}") for name in IN_PLACE}
