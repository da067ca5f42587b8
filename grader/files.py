"""Write files so that nobody ever sees half of one, and name them by their content as git does."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from io import BufferedWriter
from pathlib import Path
from uuid import uuid4

from .scratch import DRAFT, hold

_ROOM = (
    "make room there and run the command again: finished work is kept, and no file is half written. "
    "`df` shows how full a disk is"
)
_WRITABLE = (
    "check that the disk is mounted for writing and that you may write there, and run the command again: finished "
    "work is kept"
)
_MENDED_BY = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: _WRITABLE,
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
}


def write_atomic(path: Path, content: str | bytes, *, mode: int = 0o666) -> None:
    """Write `content` (text as UTF-8, newlines as they are) beside `path`, then put it in place in one step.

    mode: the file's permissions, without those that the umask removes.
    OSError names `path`. A draft that a killed process leaves is removed by `scratch.sweep_drafts`.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft, file = _draft(path, mode)
        try:
            with file:
                file.write(data)
                file.flush()
                os.replace(draft, path)  # the draft is still held, so that a sweep never sees it free
        except OSError:
            with contextlib.suppress(OSError):  # a disk that refused the write may refuse the removal too
                draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def alone(folder: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Wait until no other process rewrites a file in `folder`. If two did so at once, one of them would lose its changes.

    on_wait: called when another process has the turn
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # a disk without locks
            pass
        yield
    finally:
        os.close(descriptor)


def _draft(path: Path, mode: int) -> tuple[Path, BufferedWriter]:
    while True:
        draft = path.with_name(f".{path.name[:100]}.{uuid4().hex}{DRAFT}")
        file = open(draft, "xb", opener=partial(os.open, mode=mode))  # noqa: SIM115 - the caller closes it
        if hold(file.fileno(), draft):
            return draft, file
        file.close()


def disk_trouble(error: OSError) -> str | None:
    """Describe where a disk error happened, what it is and how to mend it. Return None for any other error."""
    if error.errno not in _MENDED_BY:
        return None
    where = error.filename or f"a file (in {os.environ.get('TMPDIR', '/tmp')}, most likely)"
    return f"{os.fsdecode(where)}: {error.strerror}; {_MENDED_BY[error.errno]}"


def blob_id(content: bytes) -> str:
    """Return the id that git gives a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
