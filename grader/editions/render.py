"""Render the templates: Jinja compiles one annotated text once and renders it twice, for students and for staff.

Python files keep all their braces, because there Jinja reads only lines that begin with `#%`. Every other delimiter holds a
NUL character, which cannot occur in a Python file. Handouts have `{{ expression }}`, and statements as Markdown comments,
`<!--% if next_module -->`, which any preview hides. `<!--# … -->` is a remark that both editions drop.

A tag decides whether the lines of its block stay. If it drops them, it leaves NUL on a line of its own. `_close_gaps` then
removes the NUL and joins the blank lines before and after it (those at the block's own end are after it) to a gap as long
as the longer of the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import takewhile
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from .marks import IN_SOURCE, IN_SUITE, TAGS, Block, handout_blocks, parse, python_blocks
from .problems import EditionError, at
from .prune import prune_imports
from .regions import regions_of
from .text import finish, lf

DROPPED = "\0\n"
_AFTER_MARK = re.compile(r"^([ \t\v]*#%.*\n)(?=[ \t\v\f]*$)", re.M)
_MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July")
_MONTHS += ("August", "September", "October", "November", "December")


class Marks(Extension):
    """Define the block tags solution, student, staff and hidden."""

    tags = set(TAGS)  # noqa: RUF012  (Jinja declares it so)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Protect a blank line after a mark: Jinja would take all white space up to the next text as the end of the statement."""
        prefix = self.environment.line_statement_prefix
        return _AFTER_MARK.sub(r"\g<1>\0c\0C", source) if prefix else source

    def parse(self, parser: Parser) -> nodes.Node:
        token = next(parser.stream)
        body = parser.parse_statements((f"name:end{token.value}",), drop_needle=True)
        arguments = [nodes.Const(token.value), nodes.Const(token.lineno), nodes.ContextReference()]
        return nodes.CallBlock(self.call_method("show", arguments), [], [], body).set_lineno(token.lineno)

    def show(self, tag: str, line: int, context: Mapping[str, Any], caller: Callable[[], str]) -> str:
        """Return the text that replaces a block's lines."""
        if tag == "solution":
            return caller() if context["edition"] == "staff" else context["regions"][line].gap
        lines = caller()
        if (tag == "student") != (context["edition"] == "student"):
            return DROPPED + "\n" * _blank_lines_at_end(lines)
        return re.sub(r"^( *)#\|(?: (.*))?$", _uncommented, lines, flags=re.M) if tag == "student" else lines


def _blank_lines_at_end(lines: str) -> int:
    return sum(1 for _ in takewhile(_blank, reversed(lines.split("\n")[:-1])))


def _uncommented(line: re.Match[str]) -> str:
    return line[1] + line[2] if line[2] else ""


_PYTHON = jinja2.Environment(
    line_statement_prefix="#%",
    block_start_string="\0b",
    block_end_string="\0B",
    variable_start_string="\0v",
    variable_end_string="\0V",
    comment_start_string="\0c",
    comment_end_string="\0C",
    keep_trailing_newline=True,
    newline_sequence="\n",
    autoescape=False,
    undefined=jinja2.StrictUndefined,
    extensions=[Marks],
)
_HANDOUT = jinja2.Environment(
    block_start_string="<!--%",
    block_end_string="-->",
    comment_start_string="<!--#",
    comment_end_string="-->",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    newline_sequence="\n",
    autoescape=False,
    undefined=jinja2.StrictUndefined,
    extensions=[Marks],
)


def stub(source_text: str, filename: str = "source") -> str:
    """Return the student edition of an annotated source."""
    return source_editions(source_text, filename)[0]


def solution(source_text: str, filename: str = "source") -> str:
    """Return the staff edition of an annotated source."""
    return source_editions(source_text, filename)[1]


def source_editions(source_text: str, filename: str) -> tuple[str, str]:
    """Return the student and the staff edition of an annotated source."""
    return _python_editions(lf(source_text), filename, IN_SOURCE)


def suite_editions(suite_text: str, filename: str) -> tuple[str, str]:
    """Return the student and the staff edition of a suite. The student edition lacks imports that only hidden checks use."""
    student, staff = _python_editions(lf(suite_text), filename, IN_SUITE)
    parse(student, f"{filename} (public part)")
    return _tidy(prune_imports(student)), staff


def _python_editions(text: str, filename: str, allowed: tuple[str, ...]) -> tuple[str, str]:
    blocks = python_blocks(text, filename, allowed)
    regions = {r.first_line: r for r in regions_of(parse(text, filename), blocks, filename)}
    template = _PYTHON.from_string(_without_hints(text, blocks))
    student, staff = (_tidy(template.render(edition=edition, regions=regions)) for edition in ("student", "staff"))
    return student, staff


def _without_hints(text: str, blocks: list[Block]) -> str:
    """Return the text as Jinja reads it. The lines of hints are a Jinja comment, so that the later lines keep their numbers."""
    lines = text.split("\n")
    for block in blocks:
        if block.tag == "solution":
            lines[block.first_line - 1] = "#% solution"
            if block.hint_lines:
                lines[block.first_line] = "\0c"
                lines[block.first_line + block.hint_lines] = "\0C" + lines[block.first_line + block.hint_lines]
                lines[block.first_line + 1 : block.first_line + block.hint_lines] = [""] * (block.hint_lines - 1)
    return "\n".join(lines)


def handout_editions(text: str, filename: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return the student and the staff edition of a handout. `context` holds the names for its expressions."""
    text = lf(text)
    handout_blocks(text, filename)
    environment = _HANDOUT.overlay(loader=jinja2.FunctionLoader(lambda name: (text, name, None)))
    try:
        template = environment.get_template(filename)
        student, staff = (_tidy(template.render(context, edition=edition)) for edition in ("student", "staff"))
    except jinja2.TemplateSyntaxError as error:
        raise EditionError([at(filename, error.lineno, str(error.message), "Mend the Jinja expression.")]) from error
    except jinja2.UndefinedError as error:
        mend = f"Known names: {', '.join(sorted(context))}."
        raise EditionError([at(filename, _template_line(error, filename), str(error.message), mend)]) from error
    except Exception as error:  # an author's expression may raise anything
        wrong = f"{type(error).__name__}: {error}"
        raise EditionError(
            [at(filename, _template_line(error, filename), wrong, "Mend the Jinja expression.")]
        ) from error
    return student, staff


def _template_line(error: BaseException, filename: str) -> int:
    """Return the line of the template that raised. Jinja gives its frames the template's name and lines."""
    line, here = 1, error.__traceback__
    while here:
        if here.tb_frame.f_code.co_filename == filename:
            line = here.tb_lineno
        here = here.tb_next
    return line


def _tidy(text: str) -> str:
    return finish(_close_gaps(text))


def _close_gaps(text: str) -> str:
    """Remove the lines of NUL that dropped blocks left, and make the blank lines around each of them one gap."""
    if "\0" not in text:
        return text
    kept: list[str] = []
    lines = text.split("\n")
    at_gap = 0
    while at_gap < len(lines):
        line = lines[at_gap]
        at_gap += 1
        if line != "\0":
            kept.append(line)
            continue
        before = list(takewhile(_blank, reversed(kept)))
        after = list(takewhile(_blank, lines[at_gap:]))
        at_gap += len(after)
        if before:
            del kept[-len(before) :]
        if kept:
            kept += before if len(before) > len(after) else after
    return "\n".join(kept)


def _blank(line: str) -> bool:
    return not line.strip(" \t")


def _day(value: date) -> str:
    """Write a day as 24 January 2027."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def _moment(value: datetime) -> str:
    """Write a moment as 24 January 2027, 23:59 UTC."""
    return f"{_day(value)}, {value:%H:%M} UTC"


_HANDOUT.filters.update(day=_day, moment=_moment)
