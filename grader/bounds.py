"""Limit what one student's repository may cost in bytes, seconds and share of the disk, so that no push stops the others."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

MIB = 1 << 20
SHARE = 4  # this many fetches run at once, and each may fill the same disk


@dataclass(frozen=True)
class Bound:
    """Hold the limits for one repository.

    size: bytes of one fetch; seconds: for one fetch, and the time after which there is no further try; copy: bytes of all copies
    of it on this machine; least: free bytes below which the disk counts as full, for everybody
    """

    size: int = 50 * MIB
    seconds: float = 120.0
    copy: int = 200 * MIB
    least: int = 16 * MIB

    def on(self, folder: Path) -> Bound:
        """Return the limits with no more than a share of the free space at `folder`.

        Raise OSError if the disk is full.
        """
        free = shutil.disk_usage(folder).free
        if free < self.least:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        return replace(self, size=min(self.size, free // SHARE))


STUDENTS = Bound()
STAFFS = Bound(
    size=2048 * MIB, seconds=600.0, copy=4096 * MIB
)  # the course's own repository, which holds a term's records


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder. Files may come and go meanwhile."""
    total = 0
    for top, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(top, name)).st_size
            except FileNotFoundError:
                continue
    return total


def in_mib(size: int) -> str:
    return f"{size / MIB:.3g} MiB"
