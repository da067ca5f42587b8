"""Find the regions of an annotated source: the functions whose body a student writes."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from .hints import Hint
from .marks import IN_SOURCE, Block, parse, python_blocks
from .problems import EditionError, at
from .text import lf

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Region:
    """Hold a solution: the body of `function` (or Class.method) after its docstring, or the end of that body."""

    function: str
    first_line: int  # line of the mark `solution`
    last_line: int  # line of the mark `endsolution`
    hints: tuple[Hint, ...]
    indent: int  # indentation of the body
    node: Function
    body: tuple[ast.stmt, ...]  # the statements between the marks

    @property
    def gap(self) -> str:
        """Return the line that stands in the stub for the body. It says what is missing and how to get a hint."""
        said = f"{self.function}: not written yet. For a hint: make hint FUNCTION={self.function}"
        return f'{" " * self.indent}raise NotImplementedError("{said}")\n'


def regions(source_text: str, filename: str = "source") -> list[Region]:
    """Return the solution regions of a source, in order."""
    text = lf(source_text)
    blocks = python_blocks(text, filename, IN_SOURCE)
    return regions_of(parse(text, filename), blocks, filename)


def regions_of(tree: ast.Module, blocks: list[Block], filename: str) -> list[Region]:
    functions = list(functions_of(tree))
    starts = sorted(_first_line(statement) for statement in ast.walk(tree) if isinstance(statement, ast.stmt))
    found: list[Region] = []
    problems: list[str] = []
    for block in (b for b in blocks if b.tag == "solution"):
        inside = [(name, f) for name, f in functions if _body_holds(f, block)]
        if not inside:
            mend = "Put the marks around the body of one function, after its docstring."
            problems.append(at(filename, block.first_line, "solution outside a function's body", mend))
            continue
        name, node = inside[-1]  # outer functions come before inner functions
        problem = _misfit(node, block)
        if problem:
            problems.append(at(filename, block.first_line, f"solution in {name} {problem[0]}", problem[1]))
            continue
        beyond = _next_statement(starts, node, block)
        if beyond:
            mend = f"Put endsolution before line {beyond}."
            problems.append(at(filename, block.first_line, f"solution in {name} goes on after the function", mend))
            continue
        if twin := next((region for region in found if region.function == name), None):
            mend = "Hints are found by name: write one of the two outside the marks."
            where = f"the first is at line {twin.first_line}"
            problems.append(at(filename, block.first_line, f"a second solution called {name}; {where}", mend))
            continue
        body = tuple(s for s in node.body if block.holds(s.lineno))
        indent = node.body[0].col_offset
        found.append(Region(name, block.first_line, block.last_line, block.hints, indent, node, body))
    if problems:
        raise EditionError(problems)
    return found


def functions_of(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Yield every function with its dotted name, outer functions before inner ones."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield prefix + node.name, node
        inner = f"{prefix}{node.name}." if isinstance(node, (Function, ast.ClassDef)) else prefix
        yield from functions_of(node, inner)


def _body_holds(node: Function, block: Block) -> bool:
    """Return whether the mark `solution` is in the body. `endsolution` is only a comment, so it may stand after the body."""
    return node.lineno < block.first_line <= (node.end_lineno or node.lineno)


def _misfit(node: Function, block: Block) -> tuple[str, str] | None:
    """Return None if the block is the body or the end of the body; otherwise what is wrong with it, and how to mend it."""
    if node.body[0].lineno == node.lineno:
        return "stands in a function of one line", "Give the body lines of its own."
    inside = [s for s in node.body if block.first_line < _first_line(s) and (s.end_lineno or 0) < block.last_line]
    for statement in node.body:
        first, last = _first_line(statement), statement.end_lineno or 0
        if statement not in inside and last >= block.first_line:
            if first < block.first_line:
                return "begins inside another statement", "Begin it before the whole statement."
            if first < block.last_line:
                return "ends inside a statement", "End it after the whole statement."
            return f"is followed by more of the function, at line {first}", "Let it reach to the function's end."
    if not inside:
        return "holds no statement", "Put the solution between the marks."
    if inside[0] is node.body[0] and ast.get_docstring(node, clean=False) is not None:
        return "holds the docstring", "Begin it after the docstring: students need that."
    if block.indent != node.body[0].col_offset:
        return f"is indented by {block.indent}, the body by {node.body[0].col_offset}", "Indent the mark like the body."
    return None


def _next_statement(starts: list[int], node: Function, block: Block) -> int | None:
    """Return the line of the first statement after the function that is still inside the block. starts: sorted."""
    after = bisect_right(starts, node.end_lineno or 0)
    return starts[after] if after < len(starts) and starts[after] < block.last_line else None


def _first_line(statement: ast.stmt) -> int:
    if isinstance(statement, (Function, ast.ClassDef)):
        return min([statement.lineno, *(d.lineno for d in statement.decorator_list)])
    return statement.lineno
