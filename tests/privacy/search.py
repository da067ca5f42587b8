"""Find people in a built site: every name, login, id and address of a class, in whatever form a file may hold it.

Each file is searched as it is, and again after every possible decoding: percent signs, HTML entities, escapes of JSON and CSS,
base64, hexadecimal, UTF-16, compressed data. Names of files are searched too.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote_plus

from grader.classroom.roster import Student

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){5,}")
_ESCAPES = re.compile(r"\\(?:u\{?|x)?([0-9a-fA-F]{2,6})\}? ?")
_STROKES = str.maketrans("łøđ", "lod")  # letters that Unicode does not decompose
DEPTH = 3


def traces(student: Student) -> set[str]:
    """Return the texts that would identify a student, folded. Leave out the words that they show in their pseudonym."""
    parts = [part for part in re.split(r"[^\w]+", student.name) if len(part) > 3]
    written = {student.id, student.name, student.login, student.email, student.email.partition("@")[0], *parts}
    shown = folded(student.pseudonym)
    return {folded(text) for text in written if text and folded(text) not in shown}


def exposed(site: Path, students: Iterable[Student]) -> list[str]:
    """Describe each trace of a student in a file below `site`."""
    wanted = {trace: student.id for student in students for trace in traces(student)}
    found: list[str] = []
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        views = [folded(name), *map(folded, views_of(path.read_bytes()))] if path.is_file() else [folded(name)]
        found += [f"{name}: {trace!r} of {owner}" for trace, owner in wanted.items() if any(trace in v for v in views)]
    return found


def folded(text: str) -> str:
    """Remove case and accents, so that Zoe matches Zoë."""
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_STROKES)
    return "".join(char for char in apart if not unicodedata.combining(char))


def views_of(content: bytes, depth: int = DEPTH) -> Iterator[str]:
    """Yield the content as text, and every text that it may be an encoding of."""
    for text in {content.decode("utf-8", "replace"), content.decode("utf-16-le", "replace")}:
        yield text
        yield text[::-1]
    if depth == 0:
        return
    plain = content.decode("utf-8", "replace")
    for other in {html.unescape(plain), unquote_plus(plain), _ESCAPES.sub(_character, plain)} - {plain}:
        yield from views_of(other.encode("utf-8", "replace"), depth - 1)
    for inner in _inside(content):
        yield from views_of(inner, depth - 1)


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else match[0]


def _inside(content: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(content):
        for shift in range(4):
            piece = run[shift:].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
            yield base64.b64decode(piece[: len(piece) // 4 * 4 + (len(piece) % 4 > 1) * (len(piece) % 4)] + b"==")
    for run in _HEX.findall(content):
        yield binascii.unhexlify(run)
    for open_ in (gzip.decompress, zlib.decompress, _unzipped):
        try:
            yield open_(content)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError):
            continue  # the content does not have this encoding


def _unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(name.encode() + b"\n" + archive.read(name) for name in archive.namelist())
