"""Find solution text in files that students can read.

The search is for single statements of a solution region. Spacing, quotes and comments make no difference, because a statement
is written as `ast.unparse` writes it. Names make a difference: a formula in other letters is teaching and not a leak.
A statement is searched for if

* it is simple (an assignment, a return or an expression; imports and raises do not count, students see a raise's text anyway);
* it has at least 20 characters and at least 3 names, attributes, calls, operators or subscripts; and
* it works: it calls, computes or indexes at least twice, or it is the region's only statement. Statements that only move
  values (`data = np.asarray(data)`, `self.shape = shape`) stand in every file and tell nothing about the solution.

The search covers the statements of a stub or a public test. It also covers the whole text of these files and of the handout,
letter by letter without white space, so that it finds statements in comments, docstrings and code blocks too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .regions import Region

SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)
_WORK = (
    ast.Call,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.Subscript,
    ast.IfExp,
    ast.AugAssign,
    ast.comprehension,
    ast.Lambda,
)
_TELLING = (*_WORK, ast.Name, ast.Attribute)
MIN_CHARACTERS, MIN_NODES, MIN_WORK = 20, 3, 2


def work(node: ast.AST) -> int:
    """Count the calls, computations, comparisons, subscripts and loops in a node."""
    return sum(isinstance(inner, _WORK) for inner in ast.walk(node))


def telling_statements(region: Region) -> dict[str, int]:
    """Return the statements of a solution that must not stand elsewhere, as normalised text → line in the source."""
    simple = [n for statement in region.body for n in ast.walk(statement) if isinstance(n, SIMPLE)]
    found: dict[str, int] = {}
    for node in simple:
        text = ast.unparse(node)
        nodes = list(ast.walk(node))
        if (
            len(text) >= MIN_CHARACTERS
            and sum(isinstance(n, _TELLING) for n in nodes) >= MIN_NODES
            and (work(node) >= MIN_WORK or len(region.body) == 1 == len(simple))
        ):
            found.setdefault(text, node.lineno)
    return found


def leaks_in(regions: list[Region], source: str, public: str, is_python: bool) -> Iterator[tuple[int, str]]:
    """Yield (line of `public`, message) for each statement of a solution in the file `source` that `public` holds."""
    statements = _statements(public) if is_python else {}
    letters, lines = _squeeze(public)
    for region in regions:
        for text, line in telling_statements(region).items():
            found = statements.get(text) or _find(_squeeze(text)[0], letters, lines)
            if found:
                shown = text if len(text) <= 60 else text[:57] + "…"
                mend = "Take it out, or move it into a mark. If students may see it, write the solution in another way."
                where = f"the solution of {region.function} ({source}:{line})"
                yield found, f"students can read `{shown}`, which is in {where}. {mend}"


def _statements(text: str) -> dict[str, int]:
    return {ast.unparse(n): n.lineno for n in ast.walk(ast.parse(text)) if isinstance(n, SIMPLE)}


def _squeeze(text: str) -> tuple[str, list[int]]:
    """Return `text` without white space and with one kind of quotes, and the line of each remaining letter."""
    letters: list[str] = []
    lines: list[int] = []
    line = 1
    for letter in text:
        if letter == "\n":
            line += 1
        if not letter.isspace():
            letters.append("'" if letter == '"' else letter)
            lines.append(line)
    return "".join(letters), lines


def _find(wanted: str, letters: str, lines: list[int]) -> int | None:
    """Return the line where `wanted` begins in `letters`. A find in the middle of a longer name does not count."""
    at_letter = letters.find(wanted)
    while at_letter > 0 and _in_name(letters[at_letter - 1]) and lines[at_letter - 1] == lines[at_letter]:
        at_letter = letters.find(wanted, at_letter + 1)
    return lines[at_letter] if at_letter >= 0 else None


def _in_name(letter: str) -> bool:
    return letter.isalnum() or letter in "_."
