r'''Read the hints of a solution: one to three levels, from a question to nearly the code.

    #% solution "first" / "second" / "third"

A level may be longer than its line, and the next level may begin on a line of its own. Such lines stand directly below the
mark and begin with `#%` in the same column:

    #% solution "Do the table row by row. Row 2: what is the derivative of λ/2 · Σ data²,
    #%           and where does it go?"
    #%   / "3.8 = 0.9 · 2 + 2, and -0.2 = 0.9 · 2 - 2. Which rule gives both?"
    #%   / """
    #%     new buffer: momentum * state["momentum_buffer"] + …
    #%     step:       lr * (the new buffer)
    #%     """

A level in `"` is a paragraph: a line end in it counts as a space. A level in `"""` keeps its lines, without the indentation
that they share, and may hold double quotes. A backslash is a backslash in both.
'''

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

LEVELS = 3
_FOLDED = ("<details", "</details", "```")  # these would end the fold that shows the hint
_MEND = {
    '"': 'Close it with ". It may go on below, in lines that begin with #%.',
    '"""': 'Close it with """. It may go on below, in lines that begin with #%.',
}


@dataclass(frozen=True)
class Hint:
    """Hold one level of a solution's hints. line: where it begins in the source"""

    text: str
    line: int
    keeps_lines: bool = False


class HintError(Exception):
    """Report a hint that cannot be read: its line, what is wrong, and how to mend it."""

    def __init__(self, line: int, wrong: str, mend: str) -> None:
        super().__init__(wrong)
        self.line, self.wrong, self.mend = line, wrong, mend


def read_hints(first: str, below: list[str], line: int) -> tuple[tuple[Hint, ...], int]:
    """Return the hints of a mark, and how many of the lines below belong to them. Raise HintError.

    first: the text after the word `solution`; below: the texts after `#%` of the lines below; line: the line of the mark
    """
    reader = _Reader("\n".join([first, *below]), line)
    hints = tuple(reader.hints())
    return hints, reader.line - line


class _Reader:
    """Read hints from `text`, of which everything before `here` has been read."""

    def __init__(self, text: str, first_line: int) -> None:
        self._text, self._here, self._first_line = text, 0, first_line

    @property
    def line(self) -> int:
        return self._first_line + self._text.count("\n", 0, self._here)

    def hints(self) -> Iterator[Hint]:
        self._skip(" ")
        if self._at_line_end():
            raise HintError(
                self.line, "solution without a hint", 'Write #% solution "what helps a student who is stuck".'
            )
        yield self._hint()
        number = 1
        while self._another_level():
            self._skip(" \n")
            number += 1
            if number > LEVELS:
                raise HintError(
                    self.line, f"more than {LEVELS} hints", "Write a question, the idea, and nearly the code."
                )
            yield self._hint()

    def _hint(self) -> Hint:
        line, rest = self.line, self._text[self._here :]
        quotes = '"""' if rest.startswith('"""') else '"'
        if not rest.startswith(quotes):
            shown = rest.partition("\n")[0]
            raise HintError(line, f"a hint that cannot be read: {shown or 'nothing'}", 'Write it as "text".')
        end = rest.find(quotes, len(quotes))
        if end < 0:
            raise HintError(line, "the hint that begins here never ends", _MEND[quotes])
        self._here += end + len(quotes)
        inside = rest[len(quotes) : end]
        lines = [text.rstrip() for text in inside.split("\n")]
        text = inspect.cleandoc("\n".join(lines)) if quotes == '"""' else " ".join(inside.split())
        if not text:
            raise HintError(line, "an empty hint", "Say what helps a student who is stuck.")
        if wrong := next((mark for mark in _FOLDED if mark in text), None):
            raise HintError(
                line, f"a hint that holds {wrong}", "Take it out: hints are shown in folded parts of a page."
            )
        return Hint(text, line, quotes == '"""')

    def _another_level(self) -> bool:
        """Return whether `/` follows, on this line or on the next. Read it if so."""
        self._skip(" ")
        before = self._here
        if self._at_line_end():
            self._skip(" \n")
        elif self._text[self._here] != "/":
            shown = self._text[self._here :].partition("\n")[0]
            mend = 'Write / between two hints, and """ … """ around a hint that holds double quotes.'
            raise HintError(self.line, f"text after a hint: {shown}", mend)
        if self._text[self._here : self._here + 1] != "/":
            self._here = before
            return False
        self._here += 1
        return True

    def _at_line_end(self) -> bool:
        return self._here == len(self._text) or self._text[self._here] == "\n"

    def _skip(self, characters: str) -> None:
        while self._here < len(self._text) and self._text[self._here] in characters:
            self._here += 1


def hints_page(title: str, hints: dict[str, tuple[Hint, ...]]) -> str:
    """Write the page with all hints of a module, each folded. `python run.py hint` reads this page."""
    parts = [
        f"# Hints for {title}\n",
        "Stuck for ten minutes? Open one hint, then go back to paper. Each hint says more than the one before it.",
        "`make hint FUNCTION=NAME` shows the same hints in a terminal, one more with each call.",
    ]
    for function, levels in hints.items():
        parts.append(f"\n## `{function}`\n")
        for number, hint in enumerate(levels, 1):
            text = f"```\n{hint.text}\n```" if hint.keeps_lines else hint.text
            parts.append(f"<details><summary>Hint {number} of {len(levels)}</summary>\n\n{text}\n\n</details>")
    return "\n".join(parts) + "\n"
