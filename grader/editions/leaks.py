"""Does a solution stand where a student can read it?

What counts is a single statement of a solution region, written as `ast.unparse` writes it, so that spacing, quotes and
comments make no difference; names do: a formula in other letters is teaching, not a leak. A statement counts when

* it is simple (an assignment, a return, an expression; not an import, not a raise, whose text students see in any case);
* it has at least 20 characters and at least 3 names, attributes, calls, operators or subscripts; and
* it works: it calls, computes or indexes at least twice, or it is the region's only statement. Moving values about
  (`data = np.asarray(data)`, `self.shape = shape`) is in every file and gives nothing away.

It is looked for among the statements of a stub or a public test, and, letter by letter without white space, in the whole
of their text and of the handout, so that comments, docstrings and code blocks are read too.
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
    """How often it calls, computes, compares, indexes or loops."""
    return sum(isinstance(inner, _WORK) for inner in ast.walk(node))


def telling_statements(region: Region) -> dict[str, int]:
    """The statements of a solution that must not be found elsewhere, as normalised text → line in the source."""
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
    """(line of `public`, message) for each statement of a solution of the file `source` that `public` holds."""
    statements = _statements(public) if is_python else {}
    letters, lines = _squeeze(public)
    for region in regions:
        for text, line in telling_statements(region).items():
            found = statements.get(text) or _find(_squeeze(text)[0], letters, lines)
            if found:
                shown = text if len(text) <= 60 else text[:57] + "…"
                mend = (
                    "Take it out, or move it into a mark; if it is meant to be given, write the solution another way."
                )
                where = f"the solution of {region.function} ({source}:{line})"
                yield found, f"students can read `{shown}`, which is in {where}. {mend}"


def _statements(text: str) -> dict[str, int]:
    return {ast.unparse(n): n.lineno for n in ast.walk(ast.parse(text)) if isinstance(n, SIMPLE)}


def _squeeze(text: str) -> tuple[str, list[int]]:
    """`text` without white space and with one kind of quotes, and the line of each letter left."""
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
    """The line where `wanted` begins in `letters`, not in the middle of a longer name."""
    at_letter = letters.find(wanted)
    while at_letter > 0 and _in_name(letters[at_letter - 1]) and lines[at_letter - 1] == lines[at_letter]:
        at_letter = letters.find(wanted, at_letter + 1)
    return lines[at_letter] if at_letter >= 0 else None


def _in_name(letter: str) -> bool:
    return letter.isalnum() or letter in "_."
