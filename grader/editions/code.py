"""The code of a Python text, without its words: what a digest covers that a reworded sentence must not change."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import lru_cache

Span = tuple[int, int, int, int]  # first line and column, last line and column; lines from 1, columns in characters


@lru_cache(maxsize=1024)  # the same alternatives and libraries are asked for by every module
def code_of(text: str) -> str:
    """The text without comments, docstrings, blank lines and blanks at line ends. The same on every version of Python.

    Text that is not Python comes back as it is.
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
    """First and last lines of strings over several lines: what is blank in them is data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))):
            yield node.lineno, node.end_lineno or node.lineno


def _span(node: ast.stmt, lines: list[str]) -> Span:
    """ast counts columns in bytes of UTF-8."""
    last = node.end_lineno or node.lineno
    start, end = (
        len(lines[line - 1].encode()[:column].decode())
        for line, column in ((node.lineno, node.col_offset), (last, node.end_col_offset or 0))
    )
    return node.lineno, start, last, end
