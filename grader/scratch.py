"""Make temporary files that disappear after their owner has ended, in whatever way it ended.

The owner holds a lock on the file (flock). The kernel releases the lock when the last process that has the file open is gone,
after a kill, a crash or a normal end. So a file that nobody holds has no owner, and the next run removes it. This needs no guess
from an age or a process number.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PREFIX = "tinytorch-scratch-"
DRAFT = ".tmp"  # a draft of a file is called .NAME.tmp


@dataclass(frozen=True)
class Scratch:
    """Own a folder in the folder for temporary files. `remove` it; if its owner was killed, a later `sweep` removes it."""

    folder: Path
    _held: int

    @classmethod
    def make(cls, kind: str, within: Path | None = None) -> Scratch:
        """Make a new, empty folder that only this user may enter. within: by default the folder for temporary files."""
        while True:
            folder = (within or _temporary()) / f"{PREFIX}{kind}-{os.urandom(8).hex()}"
            folder.mkdir(mode=0o700)
            try:
                held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:  # a sweep found it before it could be locked
                continue
            if hold(held, folder):
                return cls(folder, held)
            os.close(held)

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # already removed
            os.close(self._held)


def hold(descriptor: int, path: Path) -> bool:
    """Mark a new file or folder as in use. Return False if a sweep has already removed it."""
    with contextlib.suppress(OSError):  # on a disk without locks nothing is ever swept
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def sweep(within: Path | None = None) -> None:
    """Remove the scratch folders whose owners are gone. within: by default the folder for temporary files."""
    for entry in os.scandir(within or _temporary()):
        if entry.name.startswith(PREFIX) and _is_ours(entry):
            with is_abandoned(entry.path) as nobody_uses_it:
                if nobody_uses_it:
                    shutil.rmtree(entry.path, ignore_errors=True)


def sweep_drafts(folder: Path) -> None:
    """Remove the drafts of files below `folder` that nobody is writing any more."""
    for top, _, names in os.walk(folder):
        for name in names:
            if name.startswith(".") and name.endswith(DRAFT):
                with is_abandoned(path := os.path.join(top, name)) as nobody_uses_it:
                    if nobody_uses_it:
                        Path(path).unlink(missing_ok=True)


def _temporary() -> Path:
    return Path(os.environ.get("TMPDIR", "/tmp"))


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Return whether this is a real folder of this user.

    For root, any user will do, because below level 3 a jail's folder belongs to its spare uid.
    """
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # its owner has just removed it
        return False
    return stat.S_ISDIR(status.st_mode) and os.geteuid() in (0, status.st_uid)


@contextlib.contextmanager
def is_abandoned(path: str) -> Iterator[bool]:
    """Yield whether nobody holds the file. While the block runs, nobody can."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # just removed, or we may not open it
        yield False
        return
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or on a disk without locks
        return False
    return True
