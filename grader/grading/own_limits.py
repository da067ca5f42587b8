"""Limit the trusted process's own work in one case: what a suite computes with a submission's answers, in time and in memory.

The session's time limit counts waiting for answers. An answer may also be expensive to look at: to decode, to compare, to
print. That is this process's own processor time, which is the same on a busy machine, so what is late here is late because
of the answer: the check fails, and the others go on. Python runs the handler of a signal between two of its instructions,
so one long computation of NumPy's goes on to its end; the limits on messages and on memory bound that.

Messages are limited, but two small arrays that a suite subtracts may broadcast to more than the machine has. The kernel
would then end this process or somebody else's; with a limit it is a MemoryError of the check.
"""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from ..sandbox.faults import TooExpensive

SECONDS = 5.0  # a hundred times what the suites of this course take; a check with a longer time limit has that
SPARE = 1 << 30  # bytes
_AGAIN = 0.1  # the exception is lost where it meets a destructor; so it is raised until the work has ended


class OwnTime:
    """One case's processor time, for all its phases together."""

    def __init__(self, seconds: float, on_late: Callable[[TooExpensive], None]) -> None:
        """on_late: is told of the fault before it is raised, since a suite may catch it"""
        self._seconds = seconds
        self._left = seconds
        self._on_late = on_late
        self._counting = False

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count the block's processor time. Raises TooExpensive in it when there is none left."""
        # It stays when the block has ended, and does nothing then: a signal on its way would else end the process.
        signal.signal(signal.SIGPROF, self._late)
        try:
            try:
                self._counting = True
                signal.setitimer(signal.ITIMER_PROF, max(self._left, 1e-3), _AGAIN)
                yield
            finally:
                self._counting = False
        finally:  # in two steps: the signal may come between the block's end and the line above
            self._counting = False
            self._left, _ = signal.setitimer(signal.ITIMER_PROF, 0)

    def _late(self, number: int, frame: FrameType | None) -> None:
        if self._counting:
            fault = TooExpensive(
                f"looking at what came back took more than {self._seconds:g} seconds of processor time: "
                "it is too large, or nested too deep"
            )
            self._on_late(fault)
            raise fault


def limit_from_now() -> int:
    """The size that this process's address space has now, and SPARE bytes more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize() + SPARE


@contextlib.contextmanager
def limited_to(size: int) -> Iterator[None]:
    """Hold the address space below `size` in the block only: what is written down after a check needs memory as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    outer = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([size, *outer]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
