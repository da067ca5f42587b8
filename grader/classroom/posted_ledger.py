"""Remember what has been posted, so that publishing asks the forge only about new things.

If these notes are lost, publishing compares everything with the forge once more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from grader.files import write_atomic
from grader.grading.record import Record

from .posting import Post, status_of


def digest_of(record: Record, stem: str, post: Post) -> str:
    """Compute the digest of everything that a publication would write."""
    said = {"commit": record.commit, "status": asdict(status_of(record, stem)), "post": asdict(post)}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def in_both(one: bytes, other: bytes) -> bytes:
    """Merge two notes about one repository.

    Where they differ, the entry is dropped, and publishing will look at the forge.
    """
    ours, theirs = _notes(one), _notes(other)
    return _as_file(
        {module: digest for module, digest in {**theirs, **ours}.items() if theirs.get(module, digest) == digest}
    )


def _notes(content: bytes) -> dict[str, str]:
    try:
        found = json.loads(content)
    except ValueError:  # treat an unreadable note as missing: it is written again
        return {}
    return found if isinstance(found, dict) else {}


def _as_file(notes: dict[str, str]) -> bytes:
    return (json.dumps(notes, indent=1, sort_keys=True) + "\n").encode()


class Posted:
    """Keep one file for each repository, named by its address. So a forge on disk and an organisation have separate notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def holds(self, url: str, module: str, digest: str) -> bool:
        return self._read(url).get(module) == digest

    def note(self, url: str, module: str, digest: str) -> None:
        write_atomic(self._file(url), _as_file({**self._read(url), module: digest}))

    def _read(self, url: str) -> dict[str, str]:
        file = self._file(url)
        return _notes(file.read_bytes()) if file.is_file() else {}

    def _file(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
