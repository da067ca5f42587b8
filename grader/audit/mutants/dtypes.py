"""Change a dtype to a neighbouring one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .code import Code, Edit
from .tables import DTYPES, PYTHON_DTYPES


def edits(node: ast.AST, code: Code) -> Iterator[Edit]:
    match node:
        case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in DTYPES:
            yield code.replace("change-dtype", node, f"np.{DTYPES[name]}")
        case ast.Constant(value=str() as name) if name in DTYPES:
            yield code.replace("change-dtype", node, f'"{DTYPES[name]}"')
        case ast.Name(id=name) if name in PYTHON_DTYPES and _is_a_dtype(node, code):
            yield code.replace("change-dtype", node, PYTHON_DTYPES[name])


def _is_a_dtype(name: ast.Name, code: Code) -> bool:
    """Return whether the name is used as a dtype. Elsewhere float, int and bool mean other things."""
    match code.parents[name]:
        case ast.keyword(arg="dtype"):
            return True
        case ast.Call(func=ast.Attribute(attr="astype" | "dtype"), args=[argument, *_]):
            return argument is name
    return False
