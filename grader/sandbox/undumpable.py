"""Keep the trusted process's memory from others of the same user. Below level 3 a submission could read it through /proc."""

from __future__ import annotations

import ctypes
import os

PR_SET_DUMPABLE = 4


def undumpable() -> None:
    """Make this process unreadable through /proc and unattachable, and leave no core file. Raise OSError if refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl(PR_SET_DUMPABLE) was refused: {os.strerror(code)}")
