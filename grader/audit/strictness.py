"""Find assertions in a suite's text that hold for an answer of the wrong shape or dtype.

`assert_allclose(0.0, np.zeros(5))` passes, and so does `assert (got == want).all()` if `got` is a single number: both
broadcast. `approx` of a number equals an array of such numbers. Suites compare with the library `checks`, which is strict.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding, finding

_LAX = {
    "allclose",
    "approx",
    "array_equal",
    "array_equiv",
    "assert_allclose",
    "assert_almost_equal",
    "assert_approx_equal",
    "assert_array_almost_equal",
    "assert_array_equal",
    "assert_equal",
    "isclose",
}
_REDUCTIONS = {"all", "any", "max", "mean", "min", "sum"}
_PLAIN = {"len", "repr", "sorted", "str", "type"}  # these never return an array
_MEND = "use assert_close for arrays and assert_same for plain data"


def lax_assertions(text: str, filename: str) -> Iterator[str]:
    """Yield one line for each lax assertion in a suite."""
    for node in ast.walk(ast.parse(text, filename)):
        if isinstance(node, ast.Call) and _name(node.func) in _LAX:
            yield f"{filename}:{node.lineno}: {_name(node.func)} does not compare shape and dtype: {_MEND}"
        if condition := _condition(node):
            yield from (f"{filename}:{line}: {what}: {_MEND}" for line, what in _lax_in(condition))


def findings(path: Path, shown: str) -> list[Finding]:
    lax = list(lax_assertions(path.read_text(encoding="utf-8"), shown))
    return [finding("assertions compare shape and dtype", lax, "nothing in the suite broadcasts")]


def _condition(node: ast.AST) -> ast.expr | None:
    """Return the condition of an assertion, or of an `if` that does nothing but raise AssertionError."""
    if isinstance(node, ast.Assert):
        return node.test
    if isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Raise):
        raised = node.body[0].exc
        if isinstance(raised, ast.Call) and _name(raised.func) == "AssertionError":
            return node.test
    return None


def _lax_in(condition: ast.expr) -> Iterator[tuple[int, str]]:
    for node in ast.walk(condition):
        if isinstance(node, ast.Call) and _name(node.func) in _REDUCTIONS:
            about = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            if any(_broadcasts(inner) for part in (*about, *node.args) for inner in ast.walk(part)):
                yield node.lineno, f"{_name(node.func)} of a comparison or a difference, which broadcasts"
        elif (
            isinstance(node, ast.Compare)
            and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops)
            and not any(_is_plain(side) for side in (node.left, *node.comparators))
        ):
            yield node.lineno, f"`{ast.unparse(node)}` accepts any type that compares as equal"


def _broadcasts(node: ast.AST) -> bool:
    elementwise = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    if isinstance(node, ast.Compare):
        return any(isinstance(op, elementwise) for op in node.ops)
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PLAIN


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
