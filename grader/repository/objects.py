"""Define git's data: a path of a commit, a commit to write, a merge, and the ids that git gives to content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .process import quote

REGULAR, LINK, SUBMODULE = ("100644", "100755", "100664"), "120000", "160000"


@dataclass(frozen=True)
class Signature:
    """Say who makes a commit, and when.

    The caller chooses both, so that the same release has the same commit id everywhere.
    """

    name: str
    email: str
    when: datetime

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {int(self.when.timestamp())} +0000"


@dataclass(frozen=True)
class TreeEntry:
    """Hold one path of a commit, as git has it. It is not safe yet. Bytes that are not UTF-8 are surrogates.

    size: in bytes; None for a submodule, and for a file whose content this repository does not have
    """

    path: str
    mode: str
    id: str
    size: int | None

    @property
    def problem(self) -> str | None:
        """Return why this entry is never written to disk, or None."""
        if self.mode == LINK:
            return "a symbolic link"
        if self.mode == SUBMODULE:
            return "a submodule"
        if self.mode not in REGULAR:
            return f"not a regular file (mode {self.mode})"
        if self.size is None:
            return "a file whose content is not in this repository"
        return _path_problem(self.path)

    @property
    def unreadable(self) -> bool:
        """Return whether the commit has this file and the repository cannot show it, because it is missing or damaged."""
        return self.mode in REGULAR and self.size is None


@dataclass(frozen=True)
class Merge:
    """Hold a merge made without a working tree: a tree, or the paths that both sides changed."""

    tree: str | None
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewCommit:
    """Hold one commit to write. `files` maps a path to its content, or to None to remove it; `empty` starts without files."""

    ref: str
    parents: tuple[str, ...]
    message: str
    files: Mapping[str, bytes | None]
    empty: bool = False
    also: tuple[str, ...] = field(default=())  # refs to set to the same commit


def is_commit_id(text: str) -> bool:
    return len(text) == 40 and set(text) <= set("0123456789abcdef")


def parse_entry(line: bytes) -> tuple[TreeEntry, str]:
    """Parse an entry into a path and the kind of its object."""
    head, path = line.split(b"\t", 1)
    mode, kind, object_id, size = head.split()
    entry = TreeEntry(
        path=text(path),
        mode=mode.decode(),
        id=object_id.decode(),
        size=int(size) if size.isdigit() else None,  # "-" for a submodule or a folder, "BAD" for a missing object
    )
    return entry, kind.decode()


def id_of(kind: str, content: bytes) -> str:
    """Return the id that git gives an object."""
    whole = hashlib.sha1(f"{kind} {len(content)}\0".encode(), usedforsecurity=False)
    whole.update(content)
    return whole.hexdigest()


def text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _path_problem(path: str) -> str | None:
    try:
        raw = path.encode()
    except UnicodeEncodeError:
        return "a name that is not UTF-8"
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        return "a path that leads elsewhere"
    if len(raw) > 1024 or any(len(part.encode()) > 200 for part in parts):
        return "a name that is too long"
    if not path.isprintable() or set(path) & set('\\:*?"<>|'):
        return "a name with characters that not every system allows"
    return None


def fast_import(change: NewCommit, mark: int, by: Signature) -> bytes:
    message = change.message.encode()
    stream = bytearray(f"commit {change.ref}\nmark :{mark}\nauthor {by}\ncommitter {by}\n".encode())
    stream += b"data %d\n%s\n" % (len(message), message)
    for word, parent in zip(["from", *["merge"] * len(change.parents)], change.parents, strict=False):
        stream += f"{word} {parent}\n".encode()
    if change.empty:
        stream += b"deleteall\n"
    for path, content in sorted(change.files.items()):
        quoted = quote(path)
        if content is None:
            stream += b"D %s\n" % quoted
        else:
            stream += b"M 100644 inline %s\ndata %d\n%s\n" % (quoted, len(content), content)
    for ref in change.also:
        stream += f"reset {ref}\nfrom :{mark}\n".encode()
    stream += f"get-mark :{mark}\n".encode()
    return bytes(stream)
