"""Read the reviewed list of equivalent mutants: they compute what the solution computes, so no test can find them.

The list is YAML. Each entry has `id`, `before` and `after` as the audit shows them, and `reason`: one sentence that says
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
    """Return the entries of the file, or none if there is no file. Raise AuditError if an entry is malformed."""
    return tuple(Equivalent(**entry) for entry in entries(path, _FIELDS))


def stale(listed: Sequence[Equivalent], mutants: Sequence[Mutant], killed: frozenset[str]) -> list[str]:
    """Return the problems with the entries, one line each. killed: ids of the mutants for which a check fails."""
    by_id = {mutant.id: mutant for mutant in mutants}
    seen: set[str] = set()
    problems: list[str] = []
    for entry in listed:
        mutant = by_id.get(entry.id)
        if entry.id in seen:
            problems.append(f"{entry.id} is listed twice")
        elif mutant is None:
            problems.append(f"{entry.id} is listed, but there is no such mutant")
        elif (entry.before.strip(), entry.after.strip()) != (mutant.before.strip(), mutant.after.strip()):
            problems.append(f"{entry.id} is listed for `{entry.before.strip()}`, but is now `{mutant.before.strip()}`")
        elif entry.id in killed:
            problems.append(f"{entry.id} is listed as equivalent, but a check fails for it")
        seen.add(entry.id)
    return problems
