"""Make text that a submission wrote harmless.

Names, messages, paths and printed output come from people who may want to recolour a terminal, reverse a line with a bidi
override, or give commands to a workflow runner. `plain` keeps what a reader needs: visible characters, tabs, newlines.
Code that writes Markdown or HTML does its own escaping.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC and kin: titles, links
    r"|\x1b[ -/]*[0-~]?"
)
_NEWLINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
MAX_MARKS = 3  # on one letter; a higher pile, in any script, covers the lines above and below
# A runner obeys a line that begins with two colons. The pattern matches only blanks of the same line, because across lines
# it would take quadratic time.
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(?=\[)")  # "##[" is a command too, anywhere in a line
_DROPPED = frozenset({"Cc", "Cf", "Co", "Cn"})  # controls; invisible formatting and bidi overrides; private; unassigned


def plain(text: str, limit: int) -> str:
    """Return the visible text, cut to at most `limit` characters. A note in the middle says how much is missing.

    "\\x1b[31mred\\x1b[0m" -> "red";   "::error::x" -> ": :error::x";   "a\\u202eb" -> "ab"
    """
    text = _NEWLINES.sub("\n", _cut(text, 4 * limit + 1000))  # cut first, so that ten megabytes cost nothing
    text = "".join(_unpiled(map(_visible, _ESCAPES.sub("", text))))
    text = _OLD_COMMAND.sub("## ", _COMMAND.sub(r"\1: ", text))
    # The final cut can bring two colons to the start of a line, so the rule for commands is applied again.
    return _COMMAND.sub(r"\1;", _cut(text, limit))


def one_line(text: str, limit: int) -> str:
    """Return `plain` text on a single line, for names, paths and titles."""
    return " ".join(plain(text, limit).split())


def _visible(character: str) -> str:
    if character.isascii() and (character.isprintable() or character in "\n\t"):
        return character
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category in _DROPPED else character


def _unpiled(characters: Iterable[str]) -> Iterator[str]:
    marks = 0
    for character in characters:
        if character and not character.isascii() and unicodedata.category(character) in ("Mn", "Me"):
            marks += 1
        elif character:
            marks = 0
        if marks <= MAX_MARKS:
            yield character


def _cut(text: str, limit: int) -> str:
    """Keep the beginning and the end: the last lines of a traceback say what happened."""
    if len(text) <= limit:
        return text
    note = f"\n[... {len(text) - limit:,} more characters ...]\n"
    room = max(limit - len(note), 0)
    tail = room // 3
    return (text[: room - tail] + note + text[len(text) - tail :])[:limit]
