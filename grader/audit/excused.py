"""The reviewed list of checks that a cheap strategy passes for a good reason.

A list in YAML; each entry has `strategy`, `check` and `reason`, one sentence. An entry of what no longer passes is an error:
the suite has changed, so take it out. The capability check is never excused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from .finding import AuditError

_FIELDS = ("strategy", "check", "reason")


@dataclass(frozen=True)
class Excused:
    strategy: str
    check: str
    reason: str


def read_excused(path: Path) -> tuple[Excused, ...]:
    """The entries of the file; none if there is no file. Raises AuditError where one is not as it must be."""
    if not path.is_file():
        return ()
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise AuditError(f"{path} is not YAML: {error}") from error
    if not isinstance(entries, list):
        raise AuditError(f"{path} should hold a list of entries with the fields {', '.join(_FIELDS)}")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or set(entry) != set(_FIELDS) or not all(_is_text(v) for v in entry.values()):
            raise AuditError(
                f"{path}, entry {number}: write exactly {', '.join(_FIELDS)}, each a text that is not empty"
            )
    return tuple(Excused(**entry) for entry in entries)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def stale(listed: Sequence[Excused], passed: Mapping[str, Sequence[str]], capability: str) -> list[str]:
    """What is wrong with the entries, one line each. passed: the checks that each strategy passes."""
    problems = []
    for number, entry in enumerate(listed):
        what = f"{entry.check} is excused for {entry.strategy}"
        if any((one.strategy, one.check) == (entry.strategy, entry.check) for one in listed[:number]):
            problems.append(f"{what} twice")
        elif entry.strategy not in passed:
            problems.append(f"{what}, and there is no such strategy for this module")
        elif entry.check == capability:
            problems.append(f"{what}, and it is the capability, which no strategy may earn")
        elif entry.check not in passed[entry.strategy]:
            problems.append(f"{what}, and does not pass")
    return problems
