"""Reduce a Python text to its code. Digests cover only the code, so that rewording a comment or docstring keeps them."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import lru_cache

Span = tuple[
    int, int, int, int
]  # first line and column, last line and column; lines count from 1, columns count characters


@lru_cache(maxsize=1024)  # every module asks for the same alternatives and libraries
def code_of(text: str) -> str:
    """Return the text without comments, docstrings, blank lines and blanks at line ends. The same on every version of Python.

    Text that is not Python is returned unchanged.
    """
    try:
        tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return text
    lines = text.split("\n")
    comments = [(*token.start, *token.end) for token in tokens if token.type == tokenize.COMMENT]
    docstrings = list(_docstrings(tree, lines))
    kept = {number for first, last in _long_strings(tree) for number in range(first, last)}
    kept -= {number for first, _, last, _ in docstrings for number in range(first, last)}
    lines = [line if number in kept else line.rstrip() for number, line in enumerate(lines, start=1)]
    for first, start, last, end in sorted([*comments, *docstrings], reverse=True):
        rest = lines[last - 1][end:]
        lines[first - 1 : last] = [(lines[first - 1][:start] + rest).rstrip()] + [""] * (last - first)
    return "\n".join(line for number, line in enumerate(lines, start=1) if line or number in kept)


def _docstrings(tree: ast.Module, lines: list[str]) -> Iterator[Span]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield _span(first, lines)


def _long_strings(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """Yield the first and last lines of strings over several lines: their blanks are data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))):
            yield node.lineno, node.end_lineno or node.lineno


def _span(node: ast.stmt, lines: list[str]) -> Span:
    """Return the span of a statement in characters, since ast counts columns in bytes of UTF-8."""
    last = node.end_lineno or node.lineno
    start, end = (
        len(lines[line - 1].encode()[:column].decode())
        for line, column in ((node.lineno, node.col_offset), (last, node.end_col_offset or 0))
    )
    return node.lineno, start, last, end
