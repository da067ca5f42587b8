"""Mutants: solutions with one realistic slip each. A suite that lets one pass does not check that line.

code        a region's text and tree together; what an edit is
arithmetic, conditions, constants, dtypes, bounds, arguments, neighbours, forgotten, copies, returns, statements
            the operators, a family a file: a node of the tree in, edits of the text out
tables      names that are taken for each other
"""

from __future__ import annotations

import ast
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ...editions.marks import parse
from ...editions.regions import Region, functions_of, regions
from ...editions.render import solution
from ...editions.text import lf
from . import (
    arguments,
    arithmetic,
    bounds,
    conditions,
    constants,
    copies,
    dtypes,
    forgotten,
    neighbours,
    returns,
    statements,
)
from .code import Code, Edit, Text

FAMILIES = (
    *(arithmetic, conditions, constants, dtypes, bounds, arguments, neighbours, forgotten, copies, returns, statements),
)


@dataclass(frozen=True)
class Mutant:
    """One slip. `before` and `after` are the lines it touches, dedented."""

    id: str  # function:operator:NN, counted within the function: "Tensor.sum:drop-keepdims:2"
    function: str  # Region.function
    operator: str
    line: int  # of the annotated source
    before: str
    after: str
    source: str  # the whole solution edition of the module, but for this


def mutants_of(source_text: str, filename: str) -> list[Mutant]:
    """Mutants of the code inside the solution regions of an annotated source, in order of line.

    Each is Python, and no two are the same program. An id stays while its function stays. Raises EditionError if the
    source is not a valid annotated one.
    """
    annotated = parse(lf(source_text), filename)
    text = Text(solution(source_text, filename))
    tree = parse(text.text, filename)
    # both texts hold the same functions in the same order: the student edition's own lines are comments here
    places = {(f.lineno, f.col_offset): at for at, (_, f) in enumerate(functions_of(annotated))}
    found: list[Mutant] = []
    counts: Counter[tuple[str, str]] = Counter()
    for region in regions(source_text, filename):
        at = places[region.node.lineno, region.node.col_offset]
        for line, edit in _different(text, tree, at, region):
            counts[region.function, edit.operator] += 1
            name = f"{region.function}:{edit.operator}:{counts[region.function, edit.operator]}"
            before, after = _lines(text, edit)
            source = text.text[: edit.first] + edit.text + text.text[edit.last :]
            found.append(Mutant(name, region.function, edit.operator, line, before, after, source))
    return found


def _different(text: Text, tree: ast.Module, at: int, region: Region) -> Iterator[tuple[int, Edit]]:
    """The edits of one region, each with its line in the annotated source, that make a new program."""
    functions = [function for _, function in functions_of(tree)]
    function = functions[at]
    body = tuple(function.body[-len(region.body) :])
    shift = region.body[0].lineno - body[0].lineno
    code = Code(text, function, body)
    edits = [edit for node in code.nodes() for family in FAMILIES for edit in family.edits(node, code)]
    whole = next(f for f in functions if text.start(f) <= text.start(function) and text.end(function) <= text.end(f))
    first, last = text.start(whole), text.end(whole)
    program, frowns = _compiled(text.text[first:last], whole.col_offset)
    seen = {program}
    for edit in sorted(edits, key=lambda edit: (edit.first, edit.last)):  # sorted keeps the families' order
        mutated = text.text[first : edit.first] + edit.text + text.text[edit.last : last]
        try:
            program, more_frowns = _compiled(mutated, whole.col_offset)
        except SyntaxError:
            continue  # an edit of the text need not fit everywhere
        if program not in seen and more_frowns <= frowns:
            seen.add(program)
            yield text.text.count("\n", 0, edit.first) + 1 + shift, edit


def _compiled(function_text: str, indent: int) -> tuple[str, int]:
    """What tells programs apart, and at how many things the compiler frowns: a slip that it points out is none."""
    inside = f"if True:\n{' ' * indent}" if indent else ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tree = ast.parse(inside + function_text)
        compile(tree, "mutant", "exec", dont_inherit=True)
    return ast.dump(tree), len(caught)


def _lines(text: Text, edit: Edit) -> tuple[str, str]:
    """The lines that an edit touches, before and after it."""
    first = text.text.rfind("\n", 0, edit.first) + 1
    last = text.text.find("\n", edit.last)
    before = text.text[first:last]
    after = text.text[first : edit.first] + edit.text + text.text[edit.last : last]
    return textwrap.dedent(before), textwrap.dedent(after)
