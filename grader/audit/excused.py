"""Read the reviewed list of checks that a cheap strategy passes for a good reason.

The list is YAML. Each entry has `strategy`, `check` and `reason`, one sentence. An entry for a check that no longer passes is
an error: the suite has changed, so remove the entry. The capability check is never excused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .reviewed import entries

_FIELDS = ("strategy", "check", "reason")


@dataclass(frozen=True)
class Excused:
    strategy: str
    check: str
    reason: str


def read_excused(path: Path) -> tuple[Excused, ...]:
    """Return the entries of the file, or none if there is no file. Raise AuditError if an entry is malformed."""
    return tuple(Excused(**entry) for entry in entries(path, _FIELDS))


def stale(listed: Sequence[Excused], passed: Mapping[str, Sequence[str]], capability: str) -> list[str]:
    """Return the problems with the entries, one line each. passed: the checks that each strategy passes."""
    problems = []
    for number, entry in enumerate(listed):
        what = f"{entry.check} is excused for {entry.strategy}"
        if any((one.strategy, one.check) == (entry.strategy, entry.check) for one in listed[:number]):
            problems.append(f"{what} twice")
        elif entry.strategy not in passed:
            problems.append(f"{what}, but there is no such strategy for this module")
        elif entry.check == capability:
            problems.append(f"{what}, but it is the capability check, which no strategy may pass")
        elif entry.check not in passed[entry.strategy]:
            problems.append(f"{what}, but does not pass")
    return problems
