"""Measure how much of a stretch of time a submission's own processes used, and how much the machine kept from them.

A time limit covers what the submission does. Time in which its processes were ready, but the processors ran something else, does
not count. Three sums, all kept by Linux, give that time:

    ran      processor time of the submission's processes, including those that have ended (proc(5), `stat`)
    waited   how long its tasks, and this process that talks to them, were ready and did not run (`schedstat`); of several
             tasks, only the two that waited longest
    busy     processor time of everything on the machine (`/proc/stat`)

The time kept from the submission is at most `waited`, at most the time in which it did not run, and at most the processor
time of others. The last two bounds stop a submission from making itself wait, for instance with busy threads of its own,
whose time is not others'. Others also slow it down by taking memory bandwidth and caches, so that the same work takes more
processor time. While others run, a limit is therefore stretched, up to STRETCH times its length if they keep a processor busy
all the time.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

STRETCH = 3.0  # a bandwidth hog on the next core makes NumPy take two to three times the processor time
# A step that took this many times longer by the clock than its limit, and used less than its limit, was kept waiting by the
# machine. A submission cannot cause this by itself: at most two thirds of the waiting that it causes count as others'.
TOO_LONG, AT_LEAST = 60.0, 60.0
LOOK_AGAIN = 0.02
A_MOMENT = 0.1
_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Late(Exception):
    """Report that the timed step has used more than its limit."""


class KeptFromRunning(Exception):
    """Report that the timed step had no chance to end, because the machine was too busy with others."""


@dataclass(frozen=True)
class Reading:
    """Hold the three sums at one moment.

    waits: by task; ours: processor time of this process, which does not count as others'
    """

    ran: float = 0.0
    waits: dict[int, float] = field(default_factory=dict)
    busy: float = 0.0
    ours: float = 0.0


@dataclass(frozen=True)
class Usage:
    """Hold what happened in a stretch of time.

    used: the seconds that count for the submission; crowd: how busy others kept a processor, from 0 to 1
    """

    used: float
    crowd: float

    @classmethod
    def between(cls, first: Reading, last: Reading, seconds: float, for_it: float = 0.0) -> Usage:
        """Compare two readings. for_it: processor time that this process spent on the submission's answers and output."""
        ran = last.ran - first.ran
        others = max(0.0, last.busy - first.busy - ran - (last.ours - first.ours))
        if math.isinf(last.busy):
            others = math.inf
        waits = sorted(max(0.0, wait - first.waits.get(task, 0.0)) for task, wait in last.waits.items())
        kept = max(0.0, min(sum(waits[-2:]), seconds - ran - for_it, others))
        return cls(seconds - kept, min(1.0, others / seconds) if seconds > 0 else 0.0)


class Timer:
    """Time what a submission does, with pauses. `look` raises Late or KeptFromRunning.

    Most steps take only a moment. So the sums are first read after a moment, and that moment counts in full.
    read: returns the sums for the submission's processes; at_most: seconds by the clock from now on, including pauses
    """

    def __init__(self, read: Callable[[], Reading], seconds: float, at_most: float = math.inf) -> None:
        self._read, self._seconds, self._at_most = read, seconds, at_most
        self._made = time.monotonic()
        self._asked = 0.0  # seconds, without the pauses, until `_since`
        self._for_it = 0.0  # processor time of this process during these seconds
        self._since: float | None = None
        self._since_ours = 0.0
        self._until = min(seconds, A_MOMENT)  # when to read the sums next
        self._first: tuple[Reading, float, float] | None = (
            None  # the first reading, with the values of the two times above
        )

    def go(self) -> Timer:
        if self._since is None:
            self._since, self._since_ours = time.monotonic(), time.process_time()
        return self

    def stop(self) -> None:
        self._asked, self._for_it, self._since = *self._elapsed(), None

    def look(self) -> float:
        """Return the seconds until the next look, if no answer comes before."""
        elapsed, _ = self._elapsed()
        if elapsed >= self._until:
            self._until = self._next_look(elapsed)
        return self._until - elapsed

    def used(self) -> float:
        """Return the seconds that the submission itself has used so far."""
        return self._elapsed()[0] if self._first is None else self._own().used

    def _next_look(self, elapsed: float) -> float:
        own = self._own()
        allowed = self._seconds * (1 + (STRETCH - 1) * own.crowd)
        if own.used >= allowed:
            raise Late
        last = max(self._seconds * TOO_LONG, self._seconds + AT_LEAST)
        if elapsed >= last or time.monotonic() - self._made >= self._at_most:
            raise KeptFromRunning
        return min(elapsed + max(LOOK_AGAIN, allowed - own.used), max(last, elapsed + LOOK_AGAIN))

    def _own(self) -> Usage:
        elapsed, for_it = self._elapsed()
        now = self._read()
        if self._first is None:
            self._first = now, elapsed, for_it
        first, before, for_it_before = self._first
        since = Usage.between(first, now, elapsed - before, for_it - for_it_before)
        # if the first look came late, then we were kept waiting ourselves
        return Usage(min(before, A_MOMENT) + since.used, since.crowd)

    def _elapsed(self) -> tuple[float, float]:
        if self._since is None:
            return self._asked, self._for_it
        return self._asked + time.monotonic() - self._since, self._for_it + time.process_time() - self._since_ours


def read(root: int) -> Reading:
    """Read the sums for a process and all its descendants. A process that has ended adds nothing."""
    ran, waits = 0.0, {os.getpid(): waited(os.getpid())}  # an answer may be waiting while this process is not running
    for process in tree(root):
        ran += _ran(process)
        for task in _tasks(process):
            waits[task] = _waited(f"/proc/{process}/task/{task}/schedstat")
    return Reading(ran, waits, _busy(), time.process_time())


def tree(root: int) -> Iterable[int]:
    """Return a process and its descendants."""
    found = [root]
    for process in found:  # grows while it is walked
        for task in _tasks(process):
            found += map(int, _said(f"/proc/{process}/task/{task}/children").split())
    return found


def waited(pid: int) -> float:
    """Return the seconds for which the main thread of a process was ready and did not run, since it began."""
    return _waited(f"/proc/{pid}/schedstat")


def _waited(path: str) -> float:
    said = _said(path).split()
    return int(said[1]) / 1e9 if len(said) == 3 else 0.0


def _ran(process: int) -> float:
    """Return the processor time of the process and of those children that it has waited for."""
    fields = _said(f"/proc/{process}/stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * _TICK if len(fields) > 14 else 0.0


def _busy() -> float:
    """Add user, nice, system, irq, softirq and steal: all except idle time and waiting for a disk.

    Infinite if not available.
    """
    fields = _said("/proc/stat").partition("\n")[0].split()[1:9]
    return sum(int(fields[n]) for n in (0, 1, 2, 5, 6, 7)) * _TICK if len(fields) == 8 else math.inf


def _tasks(process: int) -> list[int]:
    try:
        return [int(task) for task in os.listdir(f"/proc/{process}/task")]
    except OSError:  # it has ended
        return []


def _said(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY)  # faster than `open`; each check reads some twenty of these
    except OSError:  # the process has ended, or this kernel does not count this
        return ""
    try:
        return os.read(descriptor, 4096).decode()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
