"""Limit the trusted process's own work in one case: the time and memory that a suite spends on a submission's answers.

The session's time limit counts the time spent waiting for answers. An answer may also be expensive to decode, compare or
print. That costs this process's own processor time, which is the same on a busy machine. So if it takes too long, the answer
is the reason: the check fails, and the others go on. Python runs a signal's handler only between two of its instructions,
so one long computation in NumPy continues to its end. The limits on messages and on memory bound that.

Messages are limited, but two small arrays that a suite subtracts may broadcast to more memory than the machine has. Then the
kernel would end this process or another user's. With a limit, the check gets a MemoryError instead.
"""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from ..sandbox.faults import TooExpensive

SECONDS = (
    5.0  # a hundred times what the suites of this course take; a check with a longer time limit has that limit here too
)
SPARE = 1 << 30  # bytes
_AGAIN = 0.1  # a destructor swallows the exception, so it is raised again until the work has ended


class OwnTime:
    """Count one case's processor time, over all its phases."""

    def __init__(self, seconds: float, on_late: Callable[[TooExpensive], None]) -> None:
        """Set the limit. on_late: called with the fault before it is raised, since a suite may catch the fault"""
        self._seconds = seconds
        self._left = seconds
        self._on_late = on_late
        self._counting = False

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count the block's processor time. Raise TooExpensive in the block when no time is left."""
        # The handler stays after the block and then does nothing: without it, a late signal would end the process.
        signal.signal(signal.SIGPROF, self._late)
        try:
            try:
                self._counting = True
                signal.setitimer(signal.ITIMER_PROF, max(self._left, 1e-3), _AGAIN)
                yield
            finally:
                self._counting = False
        finally:  # in two steps, because the signal may come between the block's end and the line above
            self._counting = False
            self._left, _ = signal.setitimer(signal.ITIMER_PROF, 0)

    def _late(self, number: int, frame: FrameType | None) -> None:
        if self._counting:
            fault = TooExpensive(
                f"handling the submission's answers took more than {self._seconds:g} seconds of processor time: "
                "they are too large, or nested too deep"
            )
            self._on_late(fault)
            raise fault


def limit_from_now() -> int:
    """Return the present size of this process's address space, plus SPARE bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize() + SPARE


@contextlib.contextmanager
def limited_to(size: int) -> Iterator[None]:
    """Hold the address space below `size` inside the block only, because writing down the outcome needs memory as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    outer = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([size, *outer]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
