"""Decide how long to wait: because GitHub says so, because we keep a pace, or because trouble may pass."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

MINUTE, HOUR = 60.0, 3_600.0
GITHUB_PACE = ((80, MINUTE), (500, HOUR))  # GitHub's limit on how many things one account may create
LONGEST = HOUR + 2 * MINUTE  # the primary limit is an hour's; no longer wait makes sense
TRIES = 6


@dataclass(frozen=True)
class Clock:
    """Tell the time, sleep, and announce waits. Tests use another clock."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda line: print(line, flush=True)
    draw: random.Random = field(default_factory=random.Random)

    def wait(self, seconds: float, reason: str) -> None:
        """Wait. Announce a wait that a person would notice, and its end."""
        if seconds >= 3:
            until = time.strftime("%H:%M:%S", time.localtime(self.now() + seconds))
            self.say(f"waiting {seconds:.0f} s, until {until}: {reason}")
        self.sleep(seconds)


@dataclass
class Pace:
    """Allow at most so many creations in each window.

    Creations of an earlier run are not known here; for those GitHub asks us to wait.
    """

    limits: Iterable[tuple[int, float]] = GITHUB_PACE
    _made: deque[float] = field(default_factory=deque)

    def seconds(self, now: float) -> float:
        """Return how long the next creation has to wait."""
        waits = [0.0]
        for most, window in self.limits:
            if len(self._made) >= most:
                waits.append(self._made[-most] + window - now)
        return max(waits)

    def note(self, now: float) -> None:
        self._made.append(now)
        longest = max((window for _, window in self.limits), default=0.0)
        while self._made and self._made[0] < now - longest:
            self._made.popleft()


def asked_to_wait(status: int, headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Return the seconds that GitHub wants us to wait before we repeat this request, or None if this is not a limit."""
    if status not in (403, 429):
        return None
    if headers.get("retry-after", "").isdecimal():
        return float(headers["retry-after"])
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdecimal():
        return max(1.0, float(headers["x-ratelimit-reset"]) - now)
    return MINUTE if status == 429 or "secondary rate limit" in message else None


def backoff(attempt: int, draw: random.Random) -> float:
    """Return the wait before another try: about 0.5, 1, 2, 4 … seconds, random so that many clients do not return at once."""
    return float(2 ** (attempt - 1)) * draw.uniform(0.25, 0.75)
