"""Apply GitHub's limits for one token: the requests in an hour, and the new things in a minute."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Limits:
    """Count requests. `charge` returns the headers; `refusal` says whether a request has to wait, and for how long."""

    now: Callable[[], float]
    per_hour: int = 5_000
    window: float = 3_600.0
    creations: int = 80
    creation_window: float = 60.0
    _used: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _created: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def refusal(self, token: str, *, creates: bool) -> tuple[str, float] | None:
        """Return ('primary' | 'secondary', seconds to wait), or None if the request may continue."""
        used, created = self._recent(self._used[token], self.window), self._created[token]
        if len(used) >= self.per_hour:
            return "primary", max(1.0, used[0] + self.window - self.now())
        if creates and len(self._recent(created, self.creation_window)) >= self.creations:
            return "secondary", max(1.0, created[0] + self.creation_window - self.now())
        return None

    def charge(self, token: str, *, creates: bool) -> None:
        self._used[token].append(self.now())
        if creates:
            self._created[token].append(self.now())

    def headers(self, token: str) -> dict[str, str]:
        used = self._recent(self._used[token], self.window)
        reset = (used[0] if used else self.now()) + self.window
        return {
            "x-ratelimit-limit": str(self.per_hour),
            "x-ratelimit-remaining": str(max(0, self.per_hour - len(used))),
            "x-ratelimit-used": str(len(used)),
            "x-ratelimit-reset": str(int(reset) + 1),
            "x-ratelimit-resource": "core",
        }

    def _recent(self, times: deque[float], window: float) -> deque[float]:
        while times and times[0] <= self.now() - window:
            times.popleft()
        return times
