"""How long the machine kept a process waiting for a processor. On a loaded machine that is no fault of a submission's.

From Linux' accounting (Documentation/scheduler/sched-stats.rst: the second number of `schedstat` is the time spent on a run
queue, in nanoseconds). Where the kernel does not tell, a process counts as never kept waiting.
"""

from __future__ import annotations

from pathlib import Path


def waited(pid: int) -> float:
    """Seconds for which the main thread of a process stood ready and was not run, since it began."""
    said = _said(f"/proc/{pid}/schedstat").split()
    return int(said[1]) / 1e9 if len(said) == 3 else 0.0


def children(pid: int) -> list[int]:
    """The processes that this one has started and that still are, eldest first."""
    return [int(child) for child in _said(f"/proc/{pid}/task/{pid}/children").split()]


def _said(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:  # it has ended, or this kernel does not account for it
        return ""
