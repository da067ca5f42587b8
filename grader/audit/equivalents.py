"""The reviewed list of mutants that compute what the solution computes, so that no test can tell them from it.

A list in YAML; each entry has `id`, `before` and `after` as the audit shows them, and `reason`, one sentence that says
why nothing can differ. An entry that no longer fits its mutant is an error: the code has changed, so review it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from .finding import AuditError
from .mutants import Mutant

_FIELDS = ("id", "before", "after", "reason")


@dataclass(frozen=True)
class Equivalent:
    id: str
    before: str
    after: str
    reason: str


def read_equivalents(path: Path) -> tuple[Equivalent, ...]:
    """The entries of the file; none if there is no file. Raises AuditError where one is not as it must be."""
    if not path.is_file():
        return ()
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise AuditError(f"{path} is not YAML: {error}") from error
    if not isinstance(entries, list):
        raise AuditError(f"{path} should hold a list of entries with the fields {', '.join(_FIELDS)}")
    return tuple(_entry(path, number, entry) for number, entry in enumerate(entries, start=1))


def _entry(path: Path, number: int, entry: object) -> Equivalent:
    if not isinstance(entry, dict) or set(entry) != set(_FIELDS):
        raise AuditError(f"{path}, entry {number}: write exactly the fields {', '.join(_FIELDS)}")
    if not all(isinstance(entry[name], str) and entry[name].strip() for name in _FIELDS):
        raise AuditError(f"{path}, entry {number}: each of {', '.join(_FIELDS)} is a text that is not empty")
    return Equivalent(**entry)


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
