"""Make faults on demand: which requests fail, how, and whether the server has carried them out."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock


class Kind(StrEnum):
    DROP_BEFORE = "drop before"  # the connection ends, and nothing was done
    DROP_AFTER = "drop after"  # the request was carried out, and the answer is lost
    ERROR_BEFORE = "502 before"
    ERROR_AFTER = "502 after"
    PRIMARY = "primary limit"
    SECONDARY = "secondary limit"


LIMITS = (Kind.PRIMARY, Kind.SECONDARY)


@dataclass
class Fault:
    """Give this fault to the next `times` requests that match, after the first `skip` of them."""

    kind: Kind
    method: str = ""
    path: str = ""
    skip: int = 0
    times: int = 1

    def strikes(self, method: str, path: str) -> bool:
        if (self.method and self.method != method) or not re.search(self.path, path) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Faults:
    """Plan faults: named faults first, otherwise each request has this chance of a fault among `kinds`."""

    planned: list[Fault] = field(default_factory=list)
    rate: float = 0.0
    kinds: Sequence[Kind] = tuple(Kind)
    seed: int = 0
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._draw, self._lock = random.Random(self.seed), Lock()

    def plan(self, kind: Kind, method: str = "", path: str = "", *, skip: int = 0, times: int = 1) -> None:
        self.planned.append(Fault(kind, method, path, skip, times))

    def strike(self, method: str, path: str, *, is_git: bool = False) -> Kind | None:
        with self._lock:
            kind = next((fault.kind for fault in self.planned if fault.strikes(method, path)), None)
            if kind is None and self._draw.random() < self.rate:
                kind = self._draw.choice([one for one in self.kinds if not (is_git and one in LIMITS)])
            if kind is not None:
                self.met[f"{'git' if is_git else method}: {kind}"] += 1
            return kind
