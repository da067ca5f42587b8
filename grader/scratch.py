"""Temporary files that do not outlive their owner, however that ended.

Who makes one holds a lock on it (flock), and the kernel lets go when the last process that has it open is gone: a kill, a
crash and an end in good order look alike. So what nobody holds has no owner, and the next run removes it. No age and no
process number is guessed at.
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
DRAFT = ".tmp"  # drafts of files are called .NAME.tmp


@dataclass(frozen=True)
class Scratch:
    """A folder of one's own in the folder for temporary files. `remove` it; a killed owner's is removed by a later `sweep`."""

    folder: Path
    _held: int

    @classmethod
    def make(cls, kind: str, within: Path | None = None) -> Scratch:
        """A new, empty folder that only this user may enter. within: default, the folder for temporary files."""
        while True:
            folder = (within or _temporary()) / f"{PREFIX}{kind}-{os.urandom(8).hex()}"
            folder.mkdir(mode=0o700)
            try:
                held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:  # a sweep found it before anybody could hold it
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
        with contextlib.suppress(OSError):  # removed before
            os.close(self._held)


def hold(descriptor: int, path: Path) -> bool:
    """Say that a new file or folder is in use. False if a sweep found it before this and took it away."""
    with contextlib.suppress(OSError):  # a disk that knows no locks: there nothing is ever swept
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def sweep(within: Path | None = None) -> None:
    """Remove the scratch folders whose owners are gone. within: default, the folder for temporary files."""
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
    """A real folder of this user's, or, for root, of anybody's: below level 3 a jail's folder is given to its spare uid."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # its owner has just removed it
        return False
    return stat.S_ISDIR(status.st_mode) and os.geteuid() in (0, status.st_uid)


@contextlib.contextmanager
def is_abandoned(path: str) -> Iterator[bool]:
    """Whether nobody holds it; while the block runs nobody can."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # just removed, or not ours to open
        yield False
        return
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a disk that knows no locks
        return False
    return True
