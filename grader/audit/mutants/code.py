"""Hold a region's text and tree together: where each node stands, and how an operator edits it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from ...editions.regions import Function


@dataclass(frozen=True)
class Edit:
    """Replace text[first:last]. The rest of the file stays the same."""

    operator: str
    first: int
    last: int
    text: str


@dataclass(frozen=True)
class Text:
    """Hold a Python text by offsets in characters. ast counts lines and bytes of UTF-8."""

    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _line_starts(self) -> list[int]:
        return list(accumulate((len(line) + 1 for line in self.lines), initial=0))

    def _offset(self, line: int, byte: int) -> int:
        return self._line_starts[line - 1] + len(self.lines[line - 1].encode()[:byte].decode())

    def start(self, node: ast.AST) -> int:
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def of(self, node: ast.AST) -> str:
        return self.text[self.start(node) : self.end(node)]

    def gap(self, first: int, last: int) -> str:
        """Return the text between two nodes with comments blanked, leaving white space, punctuation and keywords."""
        return re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), self.text[first:last])

    def find(self, token: str, first: int, last: int) -> int:
        """Return the place of `token` between two nodes."""
        return first + self.gap(first, last).index(token)

    def after_parentheses(self, end: int, opened: str) -> int:
        """Return the end of an expression, including parentheses. end: of the bare expression; opened: the text before it."""
        for _ in range(opened.count("(")):
            end = self.find(")", end, len(self.text)) + 1
        return end


@dataclass(frozen=True)
class Code:
    """Hold the statements of one region in the text of its module."""

    text: Text
    function: Function
    body: tuple[ast.stmt, ...]
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for parent in ast.walk(self.function):
            for child in ast.iter_child_nodes(parent):
                self.parents[child] = parent

    def nodes(self) -> Iterator[ast.AST]:
        """Yield the nodes that may be mutated, outer before inner: no docstrings, annotations or texts of exceptions."""
        for statement in self.body:
            yield from _mutable(statement)

    def first_parameter(self) -> str | None:
        names = [a.arg for a in (*self.function.args.posonlyargs, *self.function.args.args)]
        return names[0] if names else None

    def replace(self, operator: str, node: ast.AST, text: str) -> Edit:
        return Edit(operator, self.text.start(node), self.text.end(node), text)

    def put(self, operator: str, part: ast.expr, whole: ast.AST) -> Edit:
        """Replace the whole expression by a part of it, in parentheses if it would mean something else without them."""
        text = self.text.of(part)
        around = self.text.text[self.text.start(whole) - 1], self.text.text[self.text.end(whole)]
        bare = isinstance(part, _CLOSED) or isinstance(self.parents[whole], _SEPARATED)
        return self.replace(
            operator, whole, text if (bare and "\n" not in text) or around == ("(", ")") else f"({text})"
        )

    def exchange(self, operator: str, one: ast.AST, other: ast.AST) -> Edit:
        """Exchange two nodes. The text between them stays."""
        between = self.text.text[self.text.end(one) : self.text.start(other)]
        swapped = self.text.of(other) + between + self.text.of(one)
        return Edit(operator, self.text.start(one), self.text.end(other), swapped)


_CLOSED = (
    *(ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.JoinedStr, ast.GeneratorExp),
    *(ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp),
)
_SEPARATED = (ast.Assign, ast.AnnAssign, ast.Return, ast.Call, ast.Tuple, ast.List, ast.keyword)


def same(one: ast.AST, other: ast.AST) -> bool:
    return ast.dump(one) == ast.dump(other)


def _mutable(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in _mutable_children(node):
        yield from _mutable(child)


def _mutable_children(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Raise() | ast.JoinedStr() | ast.Global() | ast.Nonlocal():
            return  # an f-string counts as a single node, because ast before Python 3.12 does not know the places inside it
        case ast.Assert():
            yield node.test
        case ast.AnnAssign():
            yield node.target
            if node.value:
                yield node.value
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (*node.args.defaults, *(d for d in node.args.kw_defaults if d))
            yield from (s for s in node.body if not is_docstring(s))
        case ast.ClassDef():
            yield from (s for s in node.body if not is_docstring(s))
        case _:
            yield from ast.iter_child_nodes(node)


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
