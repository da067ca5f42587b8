"""Files: written so that nobody ever sees half of one, and named by their content as git does."""

from __future__ import annotations

import contextlib
import hashlib
import os
from io import BufferedWriter
from pathlib import Path
from uuid import uuid4

from .scratch import DRAFT, hold


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8, newlines as they are) beside `path`, then put it in place in one step.

    OSError names `path`. A draft that a killed process leaves is removed by `scratch.sweep_drafts`.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft, file = _draft(path)
        try:
            with file:
                file.write(data)
                file.flush()
                os.replace(draft, path)  # while it is held: a sweep never sees it free
        except OSError:
            with contextlib.suppress(OSError):  # the disk that refused the one may refuse the other
                draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def _draft(path: Path) -> tuple[Path, BufferedWriter]:
    while True:
        draft = path.with_name(f".{path.name[:100]}.{uuid4().hex}{DRAFT}")
        file = draft.open("xb")
        if hold(file.fileno(), draft):
            return draft, file
        file.close()


def blob_id(content: bytes) -> str:
    """The id git gives a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
