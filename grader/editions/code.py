"""Reduce a Python text to its code. Digests cover only the code, so that rewording, comments and layout keep them.

The code is written as its syntax tree. Parentheses, commas and line breaks that a formatter changes are not in the tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from .first_stems import under_first_stems

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NONE: Mapping[str, str] = MappingProxyType({})
_LEFT_OUT = ("ctx", "kind")  # ctx follows from the place in the tree; kind tells u"a" from "a"


def code_of(text: str, *, titles: bool = True, messages: bool = True, first_stems: Mapping[str, str] = _NONE) -> str:
    """Return the code of a text, without comments, docstrings and layout. The same on every version of Python.

    titles=False leaves out the titles of checks too, and messages=False the texts of exceptions that the code raises.
    first_stems: as for `under_first_stems`. Text that is not Python is returned unchanged.
    """
    return _code_of(text, titles, messages, tuple(sorted(first_stems.items())))


@lru_cache(maxsize=1024)  # every module asks for the same alternatives and libraries
def _code_of(text: str, titles: bool, messages: bool, first_stems: tuple[tuple[str, str], ...]) -> str:
    try:
        return written(tree_of(text, titles=titles, messages=messages, first_stems=dict(first_stems)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text


def tree_of(
    text: str, *, titles: bool = True, messages: bool = True, first_stems: Mapping[str, str] = _NONE
) -> ast.Module:
    """Return the tree of a text without its words, as for `code_of`. Raise SyntaxError if it is not Python."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
        if isinstance(node, Function) and not titles:
            _without_title(node)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and not messages:
            node.exc.args = [_without_text(argument) for argument in node.exc.args]
    under_first_stems(tree, first_stems)
    return tree


def written(node: ast.AST) -> str:
    """Write a tree as text. Unlike ast.dump and ast.unparse, every version of Python writes the same text."""
    return "".join(_parts(node))


def _parts(value: object) -> Iterator[str]:
    if isinstance(value, ast.AST):
        yield f"{type(value).__name__}("
        for name in value._fields:
            part = getattr(value, name, None)
            # empty fields are left out, because newer versions of Python have more fields
            if part is not None and part != [] and name not in _LEFT_OUT:
                yield f"{name}="
                yield from _parts(part)
                yield ","
        yield ")"
    elif isinstance(value, list):
        yield "["
        for item in value:
            yield from _parts(item)
            yield ","
        yield "]"
    else:
        yield ascii(value)  # repr depends on the version of Unicode


def _without_title(function: Function) -> None:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "check":
            mark.args = []
            mark.keywords = [one for one in mark.keywords if one.arg != "title"]


def _without_text(argument: ast.expr) -> ast.expr:
    """Return the argument of an exception without its words. The values inside an f-string stay, since they are computed."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return ast.Constant("")
    if isinstance(argument, ast.JoinedStr):
        argument.values = [part for part in argument.values if not isinstance(part, ast.Constant)]
    return argument
