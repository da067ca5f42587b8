"""The reviewed list of mutants that compute what the solution computes, so that no test can tell them from it.

A list in YAML; each entry has `id`, `before` and `after` as the audit shows them, and `reason`, one sentence that says
why nothing can differ. An entry that no longer fits its mutant is an error: the code has changed, so review it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .mutants import Mutant
from .reviewed import entries

_FIELDS = ("id", "before", "after", "reason")


@dataclass(frozen=True)
class Equivalent:
    id: str
    before: str
    after: str
    reason: str


def read_equivalents(path: Path) -> tuple[Equivalent, ...]:
    """The entries of the file; none if there is no file. Raises AuditError where one is not as it must be."""
    return tuple(Equivalent(**entry) for entry in entries(path, _FIELDS))


def stale(listed: Sequence[Equivalent], mutants: Sequence[Mutant], killed: frozenset[str]) -> list[str]:
    """What is wrong with the entries, one line each. killed: ids of the mutants that a check has told from the solution."""
    by_id = {mutant.id: mutant for mutant in mutants}
    seen: set[str] = set()
    problems: list[str] = []
    for entry in listed:
        mutant = by_id.get(entry.id)
        if entry.id in seen:
            problems.append(f"{entry.id} is listed twice")
        elif mutant is None:
            problems.append(f"{entry.id} is listed, and there is no such mutant")
        elif (entry.before.strip(), entry.after.strip()) != (mutant.before.strip(), mutant.after.strip()):
            problems.append(f"{entry.id} is listed for `{entry.before.strip()}`, and is now `{mutant.before.strip()}`")
        elif entry.id in killed:
            problems.append(f"{entry.id} is listed as equivalent, and a check fails for it")
        seen.add(entry.id)
    return problems
