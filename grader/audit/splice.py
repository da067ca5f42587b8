"""Put some functions into a whole module: each function replaces the function of the same name.

This keeps an alternative as short as its difference, and the rest of the module cannot become outdated in it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class SpliceError(ValueError):
    """Report that the functions cannot be put into the module. The message follows the file's name and says why."""


def spliced(part: str, whole: str) -> str:
    """Return `whole` with the functions and methods of `part` in place of those with the same names.

    Imports of `part` come first. Assignments, statements and new private names come last; new private methods come last in
    their class. Comments above the first line of code in `part` head the result. A public name that `whole` lacks is refused,
    since nobody would use it.
    """
    lines = whole.splitlines()
    there = dict(_named(ast.parse(whole)))
    head, imports, last = _head(part), [], []
    places: list[tuple[int, int, list[str]]] = []  # lines of `whole`, from and up to, and their replacement
    for node in ast.parse(part).body:
        text = _text(part, node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += text
        elif not isinstance(node, Named):
            last += text
        elif isinstance(node, ast.ClassDef) and node.name in there:
            new: list[str] = []
            for method in node.body:
                if not isinstance(method, Named):
                    raise SpliceError(
                        f"{node.name} has a line outside its methods: write methods only, or the whole class under another name"
                    )
                name = f"{node.name}.{method.name}"
                if name in there:
                    places.append((*_extent(there[name]), _text(part, method)))
                elif method.name.startswith("_"):
                    new += ["", *_text(part, method)]
                else:
                    raise SpliceError(f"there is no {name} to replace; begin the name of a helper with _")
            end = _extent(there[node.name])[1]
            places.append((end + 1, end, new))
        elif node.name in there:
            places.append((*_extent(there[node.name]), text))
        elif node.name.startswith("_"):
            last += ["", "", *text]
        else:
            raise SpliceError(f"there is no {node.name} to replace; begin the name of a helper with _")
    for start, end, text in sorted(places, reverse=True):
        lines[start - 1 : end] = text
    at = _first_import(whole)
    return "\n".join([*head, *lines[:at], *imports, *lines[at:], *last]) + "\n"


def _named(tree: ast.Module) -> Iterator[tuple[str, Named]]:
    for node in tree.body:
        if isinstance(node, Named):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{method.name}", method) for method in node.body if isinstance(method, Named))


def _extent(node: ast.stmt) -> tuple[int, int]:
    """Return the first and last line, including decorators."""
    decorators = node.decorator_list if isinstance(node, Named) else []
    return min([node.lineno, *(one.lineno for one in decorators)]), node.end_lineno or node.lineno


def _text(source: str, node: ast.stmt) -> list[str]:
    start, end = _extent(node)
    return source.splitlines()[start - 1 : end]


def _head(part: str) -> list[str]:
    lines = part.splitlines()
    return lines[: next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))]


def _first_import(whole: str) -> int:
    """Return the number of lines that must stand before imports: the docstring, and imports from __future__."""
    lines = 0
    for number, node in enumerate(ast.parse(whole).body):
        docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            lines = node.end_lineno or lines
    return lines
