"""Files: written so that nobody ever sees half of one, and named by their content as git does."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import uuid4


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8, newlines as they are) beside `path`, then put it in place in one step."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name[:100]}.{uuid4().hex}.tmp")
    try:
        with draft.open("xb") as file:
            file.write(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def blob_id(content: bytes) -> str:
    """The id git gives a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
