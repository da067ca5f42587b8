"""A file's text, the same on every machine: UTF-8, lines that end in LF, one line end at the end.

CRLF and lone CR become LF, as Python itself reads them; a byte-order mark goes. Lines are what Python counts as lines:
never use str.splitlines here, which also splits at form feeds and other characters that may stand inside a string.
"""

from __future__ import annotations

from pathlib import Path

from .problems import EditionError, at


def lf(text: str) -> str:
    """`text` with LF line ends and without a byte-order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read(path: Path, name: str) -> str:
    """The text of the file at `path`, called `name` in messages."""
    try:
        text = lf(path.read_bytes().decode("utf-8"))
    except FileNotFoundError as error:
        raise EditionError([f"{name} does not exist. Write it, or mark the module `planned: true`"]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise EditionError([at(name, line, "not UTF-8", "Save the file as UTF-8.")]) from error
    refuse_nul(text, name)
    return text


def refuse_nul(text: str, name: str) -> None:
    """NUL stands for nothing in Python or Markdown; the templates' delimiters are made of it, so it cannot be in the text."""
    if "\0" in text:
        raise EditionError([at(name, text[: text.index("\0")].count("\n") + 1, "holds a NUL character", "Remove it.")])


def finish(text: str) -> str:
    """`text` without blank lines at its end, and with one line end (an empty text stays empty)."""
    lines = text.split("\n")
    while lines and not lines[-1].strip(" \t"):
        lines.pop()
    return "\n".join(lines) + "\n" if lines else ""
