"""Find the marks in a text, and check that they stand where they may.

In Python a mark is a comment on a line of its own: `#% solution "hint"` … `#% endsolution`. Its hints may go on in the lines
below (hints.py). In a handout it is a Markdown comment on a line of its own: `<!--% staff -->` … `<!--% endstaff -->`. Marks
come in pairs and never nest.
Jinja reads the same lines afterwards. This file checks for mistakes that Jinja accepts, or reports with an obscure message.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from .hints import Hint, HintError, read_hints
from .problems import EditionError, at
from .text import refuse_nul

TAGS = ("solution", "student", "staff", "hidden")
IN_SOURCE = ("solution", "student", "staff")
IN_SUITE = ("hidden", "student", "staff")
IN_HANDOUT = ("student", "staff", "hidden")
IN_HELPERS = ()

_PLACES = {"solution": "sources", "hidden": "suites and handouts", "student": "sources, suites and handouts"}


@dataclass(frozen=True)
class Block:
    """Hold the lines between two marks. `first_line` and `last_line` are the lines of the marks themselves.

    hint_lines: how many lines below the first mark belong to its hints
    """

    tag: str
    first_line: int
    last_line: int
    indent: int
    hints: tuple[Hint, ...] = ()
    hint_lines: int = 0

    def holds(self, line: int) -> bool:
        return self.first_line < line < self.last_line


@dataclass(frozen=True)
class _Mark:
    """Hold a mark. text: everything after `#%`"""

    line: int
    text: str
    indent: int
    hints: tuple[Hint, ...] = ()
    hint_lines: int = 0

    @property
    def words(self) -> str:
        return self.text.strip()


def python_blocks(text: str, filename: str, allowed: tuple[str, ...]) -> list[Block]:
    """Return the blocks of an annotated Python text (LF line ends). Raise EditionError with all mistakes in its marks."""
    refuse_nul(text, filename)
    parse(text, filename)
    lines = text.split("\n")
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    inside = _lines_inside_strings(tokens)
    problems: list[str] = []
    marks: list[_Mark] = []
    student_lines: dict[int, str] = {}
    comments = {t.start[0]: t for t in tokens if t.type == tokenize.COMMENT}
    for number, line in enumerate(lines, 1):
        bare = line.lstrip(" \t\v\f")
        if number in inside and bare.startswith("#%"):
            mend = "Take the mark out of the string, or begin that line of the string with something else."
            problems.append(at(filename, number, "a mark inside a string", mend))
        if number not in inside and bare and "\t" in line[: len(line) - len(bare)]:
            problems.append(at(filename, number, "indented with a tab", "Indent with spaces."))
        comment = comments.get(number)
        if comment is None or not comment.string.startswith(("#%", "#|")):
            continue
        kind = comment.string[:2]
        if line[: comment.start[1]].strip(" "):
            problems.append(at(filename, number, f"{kind} after other text", "Give it a line of its own."))
        elif kind == "#%":
            marks.append(_Mark(number, comment.string[2:], comment.start[1]))
        else:
            student_lines[number] = comment.string
    marks, wrong = _with_hints(marks, filename)
    problems += wrong
    blocks, wrong = _pairs(marks, filename, allowed)
    problems += wrong
    problems += _student_problems(blocks, student_lines, lines, filename)
    if problems:
        raise EditionError(sorted(problems, key=_line_of))
    return blocks


def handout_blocks(text: str, filename: str) -> list[Block]:
    """Return the blocks of a handout. Other Jinja statements may stand between them, such as `<!--% for f in functions -->`."""
    refuse_nul(text, filename)
    problems: list[str] = []
    marks: list[_Mark] = []
    for number, line in enumerate(text.split("\n"), 1):
        for found in re.finditer(r"<!--%[-+]?\s*(.*?)\s*-->", line):
            words = found.group(1)
            if words.split(" ")[0].removeprefix("end") not in TAGS:
                continue
            if line.strip(" ") != found.group():
                problems.append(at(filename, number, "a mark after other text", "Give it a line of its own."))
                continue
            marks.append(_Mark(number, words, 0))
    blocks, wrong = _pairs(marks, filename, IN_HANDOUT)
    if problems or wrong:
        raise EditionError(sorted(problems + wrong, key=_line_of))
    return blocks


def parse(text: str, filename: str) -> ast.Module:
    try:
        return ast.parse(text, filename)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        message = getattr(error, "msg", None) or str(error)
        raise EditionError([at(filename, line, f"not valid Python: {message}", "Mend the syntax.")]) from error


def _with_hints(marks: list[_Mark], filename: str) -> tuple[list[_Mark], list[str]]:
    """Give each mark `solution` its hints. The lines below that belong to the hints are no marks of their own."""
    found: list[_Mark] = []
    problems: list[str] = []
    while marks:
        mark, *marks = marks
        tag, _, rest = mark.words.partition(" ")
        if tag == "solution":
            below = [m for n, m in enumerate(marks, 1) if (m.line, m.indent) == (mark.line + n, mark.indent)]
            try:
                hints, lines = read_hints(rest, [m.text for m in below], mark.line)
                mark = replace(mark, hints=hints, hint_lines=lines)
            except HintError as error:
                problems.append(at(filename, error.line, error.wrong, error.mend))
                lines = sum(1 for _ in takewhile(lambda m: not _names_a_tag(m), below))
            del marks[:lines]
        found.append(mark)
    return found, problems


def _names_a_tag(mark: _Mark) -> bool:
    return mark.words.partition(" ")[0].removeprefix("end") in TAGS


def _pairs(marks: list[_Mark], filename: str, allowed: tuple[str, ...]) -> tuple[list[Block], list[str]]:
    blocks: list[Block] = []
    problems: list[str] = []
    opened: tuple[_Mark, str] | None = None
    for mark in marks:
        name, _, rest = mark.words.partition(" ")
        tag = name.removeprefix("end")
        closes = name.startswith("end")
        wrong = _wording(tag, closes, rest.strip(), allowed)
        if wrong:
            problems.append(at(filename, mark.line, *wrong))
        if tag not in TAGS:
            continue
        if not closes:
            if opened:
                nested = f"{name} inside {opened[1]}, which begins at line {opened[0].line}"
                problems.append(at(filename, mark.line, nested, f"Write end{opened[1]} first: marks do not nest."))
            opened = (mark, tag)
        elif opened and opened[1] == tag:
            first = opened[0]
            blocks.append(Block(tag, first.line, mark.line, first.indent, first.hints, first.hint_lines))
            opened = None
        else:
            mend = f"Put {tag} before it, or remove it." if not opened else f"End {opened[1]} with end{opened[1]}."
            problems.append(at(filename, mark.line, f"{name} without {tag}", mend))
            opened = None
    if opened:
        problems.append(at(filename, opened[0].line, f"{opened[1]} never ends", f"Put end{opened[1]} after it."))
    return blocks, problems


def _wording(tag: str, closes: bool, rest: str, allowed: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the mistake in a single mark and how to mend it, or None."""
    if tag not in TAGS:
        known = ", ".join(f"{t} … end{t}" for t in allowed) or "none"
        return f"unknown mark {tag!r}", f"Marks known here: {known}."
    if tag not in allowed:
        return (
            f"{tag} does not belong here",
            f"This mark is for {_PLACES[tag]}." if allowed else "Students get this file whole.",
        )
    if rest and (closes or tag != "solution"):
        return f"{rest!r} after {'end' * closes}{tag}", "Remove it."
    return None


def _student_problems(
    blocks: list[Block], student_lines: dict[int, str], lines: list[str], filename: str
) -> Iterator[str]:
    students = [block for block in blocks if block.tag == "student"]
    for number, string in student_lines.items():
        if not any(block.holds(number) for block in students):
            yield at(filename, number, "#| outside #% student … #% endstudent", "Put the marks around it, or write #.")
        elif string[2:].lstrip().startswith(("#%", "#|")):
            yield at(filename, number, "a mark inside a student line", "Remove it: students would see the mark.")
        elif len(string) > 2 and string[2] != " ":
            yield at(filename, number, "#| without a space after it", "Write #| and a space, then the line.")
    for block in students:
        for number in range(block.first_line + 1, block.last_line):
            if number not in student_lines and lines[number - 1].strip():
                yield at(filename, number, "a line between student and endstudent without #|", "Begin it with #|.")


def _lines_inside_strings(tokens: list[tokenize.TokenInfo]) -> set[int]:
    """Return the numbers of lines that begin inside a string of several lines."""
    inside: set[int] = set()
    starts: list[int] = []
    for token in tokens:
        name = tokenize.tok_name[token.type]
        if name == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
        elif name in ("FSTRING_START", "TSTRING_START"):  # from Python 3.12 on, an f-string is several tokens
            starts.append(token.start[0])
        elif name in ("FSTRING_END", "TSTRING_END"):
            inside.update(range(starts.pop() + 1, token.end[0] + 1))
    return inside


def _line_of(problem: str) -> int:
    found = re.search(r":(\d+): ", problem)
    return int(found.group(1)) if found else 0
