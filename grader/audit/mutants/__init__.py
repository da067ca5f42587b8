"""Make mutants: solutions with one realistic slip each. If a suite lets a mutant pass, no check tests that line.

code  a region's text and tree together, and the edits of the text
arithmetic, conditions, constants, dtypes, bounds, arguments, neighbours, forgotten, copies, returns, statements
   the operators, one family in each file: they take a node of the tree and return edits of the text
tables   names that are easily confused
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
    """Hold one slip. `before` and `after` are the lines that it changes, dedented."""

    id: str  # function:operator:NN, counted within the function: "Tensor.sum:drop-keepdims:2"
    function: str  # Region.function
    operator: str
    line: int  # of the annotated source
    before: str
    after: str
    source: str  # the whole solution edition of the module, with this slip


def mutants_of(source_text: str, filename: str) -> list[Mutant]:
    """Return mutants of the code inside the solution regions of an annotated source, in order of line.

    Each mutant compiles, and no two are the same program. An id stays the same while its function does. Raise EditionError if
    the source is not a valid annotated source.
    """
    annotated = parse(lf(source_text), filename)
    text = Text(solution(source_text, filename))
    tree = parse(text.text, filename)
    # both texts hold the same functions in the same order, because the student edition's own lines are comments here
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
    """Yield the edits of one region that make a new program, each with its line in the annotated source."""
    functions = [function for _, function in functions_of(tree)]
    function = functions[at]
    body = tuple(function.body[-len(region.body) :])
    shift = region.body[0].lineno - body[0].lineno
    code = Code(text, function, body)
    edits = [edit for node in code.nodes() for family in FAMILIES for edit in family.edits(node, code)]
    whole = next(f for f in functions if text.start(f) <= text.start(function) and text.end(function) <= text.end(f))
    first, last = text.start(whole), text.end(whole)
    program, warned = _compiled(text.text[first:last], whole.col_offset)
    seen = {program}
    for edit in sorted(edits, key=lambda edit: (edit.first, edit.last)):  # sorting keeps the families' order
        mutated = text.text[first : edit.first] + edit.text + text.text[edit.last : last]
        try:
            program, warned_now = _compiled(mutated, whole.col_offset)
        except SyntaxError:
            continue  # an edit of the text may give invalid Python
        if program not in seen and warned_now <= warned:
            seen.add(program)
            yield text.text.count("\n", 0, edit.first) + 1 + shift, edit


def _compiled(function_text: str, indent: int) -> tuple[str, int]:
    """Return the program, for comparison, and its number of compiler warnings.

    A slip that the compiler warns of is not realistic.
    """
    inside = f"if True:\n{' ' * indent}" if indent else ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tree = ast.parse(inside + function_text)
        compile(tree, "mutant", "exec", dont_inherit=True)
    return ast.dump(tree), len(caught)


def _lines(text: Text, edit: Edit) -> tuple[str, str]:
    """Return the lines that an edit changes, before and after it."""
    first = text.text.rfind("\n", 0, edit.first) + 1
    last = text.text.find("\n", edit.last)
    before = text.text[first:last]
    after = text.text[first : edit.first] + edit.text + text.text[edit.last : last]
    return textwrap.dedent(before), textwrap.dedent(after)
