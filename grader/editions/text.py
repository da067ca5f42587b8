"""Read a file's text the same on every machine: UTF-8, lines that end in LF, one line end at the end.

CRLF and lone CR become LF, as Python itself reads them, and a byte-order mark is removed. Lines are what Python counts as
lines. Do not use str.splitlines here: it also splits at form feeds and other characters that may stand inside a string.
"""

from __future__ import annotations

from pathlib import Path

from .problems import EditionError, at


def lf(text: str) -> str:
    """Return `text` with LF line ends and without a byte-order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read(path: Path, name: str) -> str:
    """Return the text of the file at `path`, which messages call `name`."""
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
    """Refuse a NUL character: Python and Markdown give it no meaning, and the templates use it in their delimiters."""
    if "\0" in text:
        raise EditionError([at(name, text[: text.index("\0")].count("\n") + 1, "holds a NUL character", "Remove it.")])


def finish(text: str) -> str:
    """Return `text` without blank lines at its end, and with one line end. An empty text stays empty."""
    lines = text.split("\n")
    while lines and not lines[-1].strip(" \t"):
        lines.pop()
    return "\n".join(lines) + "\n" if lines else ""
