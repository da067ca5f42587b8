"""Read a CSV file as rows with line numbers, whichever program exported it: UTF-8 or UTF-16, commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

DELIMITERS = ",;\t"  # the delimiter that is most frequent in the first line is the file's


class TableError(ValueError):
    """Report that the file is not a readable table."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


@dataclass(frozen=True)
class Table:
    """Hold a table that was read from a file.

    header: names as in the file; rows: the line in the file, and the values by name; problems: the line, and what is wrong
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    problems: tuple[tuple[int, str], ...] = ()

    def with_problems(self, more: Iterable[tuple[int, str]]) -> Table:
        return replace(self, problems=(*self.problems, *more))


def read_table(path: Path) -> Table:
    """Read the table at `path`. A line that does not fit the header becomes a problem and not a row."""
    text = _text(path)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    problems: list[tuple[int, str]] = []
    header: Sequence[str] = ()
    try:
        header = [name.strip() for name in next(reader, [])]
        for fields in reader:
            if len(fields) == len(header):
                rows.append((reader.line_num, dict(zip(header, fields, strict=True))))
            elif fields:
                problems.append((reader.line_num, f"does not have the {len(header)} fields of the header"))
    except csv.Error as error:
        problems.append((reader.line_num, f"is not CSV: {error}"))
    return Table(tuple(header), tuple(rows), tuple(problems))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(1, f"cannot be read: {error.strerror}") from error
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") and len(content) > 2 else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableError(1, "is not UTF-8; save it as 'CSV UTF-8'") from error
