"""Use a function, method or attribute that is a near neighbour of the right one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from . import tables
from .code import Code, Edit


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in tables.NUMPY:
            yield code.replace("neighbour", node, f"np.{tables.NUMPY[name]}")
        case ast.Attribute(value=ast.Name(id="math"), attr=name) if name in tables.MATH:
            yield code.replace("neighbour", node, f"math.{tables.MATH[name]}")
        case ast.Attribute(value=ast.Name(id="np" | "math")):
            return
        case ast.Attribute(ctx=ast.Load(), attr=name) if name in tables.ATTRIBUTES:
            yield _renamed(node, tables.ATTRIBUTES[name], code)
        case ast.Call(func=ast.Attribute(attr=name) as method) if name in tables.METHODS:
            if not _is_a_library(method.value):
                yield _renamed(method, tables.METHODS[name], code)
        case ast.Call(func=ast.Name(id=name) as function) if name in tables.BUILTINS:
            yield code.replace("neighbour", function, tables.BUILTINS[name])


def _is_a_library(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Name) and owner.id in ("np", "math")


def _renamed(node: ast.Attribute, name: str, code: Code) -> Edit:
    end = code.text.end(node)
    return Edit("neighbour", end - len(node.attr), end, name)
