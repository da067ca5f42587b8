"""What a submission's own processes used of a stretch of time, and what the machine kept from them.

A time limit is for what the submission does. So the time for which its processes stood ready, and the processors ran
somebody else, does not count. That is told from three sums, all of them Linux' own:

    ran      processor time of the submission's processes, those that have ended included (proc(5), `stat`)
    waited   how long its tasks, and this process that talks to them, stood ready and were not run (`schedstat`); of several
             tasks, the two that waited longest
    busy     processor time of everybody on the machine (`/proc/stat`)

What it waited for others is at most `waited`, at most the time in which it did not run, and at most what others ran. The
last two keep a submission from making itself wait, with busy threads of its own, say: what those ran is not others'.
Others cost time in one more way: they take memory bandwidth and caches, and the same work takes more processor time.
A limit is therefore stretched while others run, to STRETCH times its length where they keep a processor busy throughout.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

STRETCH = 3.0  # a bandwidth hog on the next core makes NumPy take two to three times the processor time
# What took so many times longer by the clock than it may, and used less than it may, was kept waiting by the machine. A
# submission cannot bring that about by itself: of the waiting that it causes at most two thirds are taken for others'.
TOO_LONG, AT_LEAST = 60.0, 60.0
LOOK_AGAIN = 0.02
A_MOMENT = 0.1
_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Late(Exception):
    """What was timed has used more than it may."""


class KeptFromRunning(Exception):
    """What was timed has had no chance to end: the machine was too busy with others."""


@dataclass(frozen=True)
class Reading:
    """The three sums, as they are now. waits: of each task; ours: processor time of this process, which is no competitor."""

    ran: float = 0.0
    waits: dict[int, float] = field(default_factory=dict)
    busy: float = 0.0
    ours: float = 0.0


@dataclass(frozen=True)
class Usage:
    """What of `seconds` a submission used itself. crowd: how busy others kept a processor meanwhile, from 0 to 1."""

    used: float
    crowd: float

    @classmethod
    def between(cls, first: Reading, last: Reading, seconds: float, for_it: float = 0.0) -> Usage:
        """for_it: processor time that this process has spent on its answers and on what it printed."""
        ran = last.ran - first.ran
        others = max(0.0, last.busy - first.busy - ran - (last.ours - first.ours))
        if math.isinf(last.busy):
            others = math.inf
        waits = sorted(max(0.0, wait - first.waits.get(task, 0.0)) for task, wait in last.waits.items())
        kept = max(0.0, min(sum(waits[-2:]), seconds - ran - for_it, others))
        return cls(seconds - kept, min(1.0, others / seconds) if seconds > 0 else 0.0)


class Timer:
    """Times what a submission does, with stops. `look` raises Late or KeptFromRunning.

    Most of what is timed is over in a moment; so the sums are read for the first time after one, which counts in full.
    read: the sums for its processes; at_most: seconds by the clock from now on, the stops included
    """

    def __init__(self, read: Callable[[], Reading], seconds: float, at_most: float = math.inf) -> None:
        self._read, self._seconds, self._at_most = read, seconds, at_most
        self._made = time.monotonic()
        self._asked = 0.0  # seconds, without the stops, until `_since`
        self._for_it = 0.0  # of them, processor time of this process
        self._since: float | None = None
        self._since_ours = 0.0
        self._until = min(seconds, A_MOMENT)  # when it is worth to read the sums
        self._first: tuple[Reading, float, float] | None = None  # with the two times until then

    def go(self) -> Timer:
        if self._since is None:
            self._since, self._since_ours = time.monotonic(), time.process_time()
        return self

    def stop(self) -> None:
        self._asked, self._for_it, self._since = *self._elapsed(), None

    def look(self) -> float:
        """Seconds until one should look again, if there is no answer before."""
        elapsed, _ = self._elapsed()
        if elapsed >= self._until:
            self._until = self._next_look(elapsed)
        return self._until - elapsed

    def used(self) -> float:
        """Seconds of its own so far."""
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
        # where the first look came late, it was we who were kept waiting
        return Usage(min(before, A_MOMENT) + since.used, since.crowd)

    def _elapsed(self) -> tuple[float, float]:
        if self._since is None:
            return self._asked, self._for_it
        return self._asked + time.monotonic() - self._since, self._for_it + time.process_time() - self._since_ours


def read(root: int) -> Reading:
    """The sums for a process and all that it and its children have started. Of an ended one there is nothing to tell."""
    ran, waits = 0.0, {os.getpid(): waited(os.getpid())}  # an answer may be there, and we are not run to read it
    for process in tree(root):
        ran += _ran(process)
        for task in _tasks(process):
            waits[task] = _waited(f"/proc/{process}/task/{task}/schedstat")
    return Reading(ran, waits, _busy(), time.process_time())


def tree(root: int) -> Iterable[int]:
    """A process and its descendants."""
    found = [root]
    for process in found:  # grows while it is walked
        for task in _tasks(process):
            found += map(int, _said(f"/proc/{process}/task/{task}/children").split())
    return found


def waited(pid: int) -> float:
    """Seconds for which the main thread of a process stood ready and was not run, since it began."""
    return _waited(f"/proc/{pid}/schedstat")


def children(pid: int) -> list[int]:
    """The processes that this one has started and that still are, eldest first."""
    return [int(child) for child in _said(f"/proc/{pid}/task/{pid}/children").split()]


def _waited(path: str) -> float:
    said = _said(path).split()
    return int(said[1]) / 1e9 if len(said) == 3 else 0.0


def _ran(process: int) -> float:
    """Of the process and of those of its children that it has waited for."""
    fields = _said(f"/proc/{process}/stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * _TICK if len(fields) > 14 else 0.0


def _busy() -> float:
    """User, nice, system, irq, softirq and steal: all but idle, and waiting for a disk. Infinite where it is not told."""
    fields = _said("/proc/stat").partition("\n")[0].split()[1:9]
    return sum(int(fields[n]) for n in (0, 1, 2, 5, 6, 7)) * _TICK if len(fields) == 8 else math.inf


def _tasks(process: int) -> list[int]:
    try:
        return [int(task) for task in os.listdir(f"/proc/{process}/task")]
    except OSError:  # it has ended
        return []


def _said(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY)  # not through `open`: each check reads some twenty of these
    except OSError:  # it has ended, or this kernel does not account for it
        return ""
    try:
        return os.read(descriptor, 4096).decode()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
