"""What one student's repository may cost: bytes, seconds and a share of the disk, so that nobody's push stops the others."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

MIB = 1 << 20
SHARE = 4  # so many fetches go on at once, and each may fill the same disk


@dataclass(frozen=True)
class Bound:
    """Limits for one repository.

    size: bytes of one fetch; seconds: for one fetch, and after so many there is no further try; copy: bytes of all that is
    kept of it on this machine; least: free bytes below which the disk counts as full, for everybody
    """

    size: int = 50 * MIB
    seconds: float = 120.0
    copy: int = 200 * MIB
    least: int = 16 * MIB

    def on(self, folder: Path) -> Bound:
        """The same, with no more than a share of what is free where `folder` is. OSError where the disk is full."""
        free = shutil.disk_usage(folder).free
        if free < self.least:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        return replace(self, size=min(self.size, free // SHARE))


STUDENTS = Bound()
STAFFS = Bound(size=2048 * MIB, seconds=600.0, copy=4096 * MIB)  # the course's own: it holds a term's records


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder, as far as they are there while it is looked at."""
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
