"""Find the suites in which the withdrawal of a check holds.

A withdrawal holds in the suite that it was made for, and in every suite in which the check has the same code. If a suite has the
check with different code, or does not have it, only staff can know whether the check was mended. In such a suite the withdrawal
is unsettled until staff carry it over or end it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from grader.gradebook.entries import Entry, Kind, in_force

GONE = "gone"  # stands for the code of a check that the suite does not have
_ABOUT = (Kind.CARRIED, Kind.ENDED)


@dataclass(frozen=True)
class KnownSuite:
    """Hold a suite of one module.

    codes: by check, the digest of its code; since: when the suite first graded, or None for the current suite
    """

    module: str
    digest: str
    codes: Mapping[str, str]
    since: datetime | None = None


@dataclass(frozen=True)
class Unsettled:
    """Hold a suite in which staff have not yet said whether the withdrawal holds."""

    entry: Entry
    check: str
    suite: KnownSuite

    @property
    def code(self) -> str:
        return self.suite.codes.get(self.check, GONE)


@dataclass
class _Withdrawal:
    """Collect, for one check of one module, in which suites and for which code it is withdrawn (True) or not (False)."""

    module: str
    check: str
    entries: list[Entry] = field(default_factory=list)
    suites: dict[str, bool] = field(default_factory=dict)
    codes: dict[str, bool] = field(default_factory=dict)

    def holds(self, suite: KnownSuite) -> bool | None:
        """Tell whether the check is withdrawn in a suite, or None if staff have not said."""
        said = self.suites.get(suite.digest)
        return self.codes.get(suite.codes.get(self.check, GONE)) if said is None else said

    def say(self, suite: str, code: str | None, holds: bool) -> None:
        self.suites[suite] = holds
        if code is not None:
            self.codes[code] = holds

    def asks_about(self, suite: KnownSuite) -> bool:
        """Tell whether staff must say what the withdrawal means in a suite.

        A withdrawal for an earlier suite alone asks about no other suite. No withdrawal asks about suites older than itself.
        """
        whole = [entry for entry in self.entries if not entry.only]
        later = suite.since is None or any(suite.since >= entry.at for entry in whole)
        return bool(whole) and later and self.holds(suite) is None


def expanded(entries: Iterable[Entry], suites: Sequence[KnownSuite]) -> list[Entry]:
    """Return the decisions from which scores are computed: those in force, with an incident for every suite in which a
    withdrawal holds.
    """
    held = in_force(entries)
    plain = [entry for entry in held if entry.kind not in (Kind.INCIDENT, *_ABOUT)]
    for found in _withdrawals(held, suites):
        known = {suite.digest: found.holds(suite) for suite in suites if suite.module == found.module}
        for suite, holds in {**known, **found.suites}.items():
            if holds:
                plain.append(found.entries[-1].model_copy(update={"check": found.check, "suite": suite}))
    return plain


def unsettled(entries: Iterable[Entry], suites: Sequence[KnownSuite]) -> Iterator[Unsettled]:
    """Yield the questions that staff must answer before scores can be computed."""
    for found in _withdrawals(in_force(entries), suites):
        for suite in suites:
            if suite.module == found.module and found.asks_about(suite):
                yield Unsettled(found.entries[-1], found.check, suite)


def goes_on(entries: Iterable[Entry], suites: Sequence[KnownSuite]) -> Iterator[tuple[Entry, str, KnownSuite]]:
    """Yield the withdrawals, with check and suite, that hold in a current suite only because the check's code is the same."""
    for found in _withdrawals(in_force(entries), suites):
        for suite in suites:
            new = suite.since is None and suite.module == found.module and suite.digest not in found.suites
            if new and found.holds(suite) and found.check in suite.codes:
                yield found.entries[-1], found.check, suite


def without(entries: Iterable[Entry], check: str, module: str) -> list[Entry]:
    """Return the decisions in force without the withdrawals of one check, also if it had another name when withdrawn."""
    held = in_force(entries)
    own = {entry.id for entry in held if entry.kind is Kind.INCIDENT and (entry.module, entry.check) == (module, check)}
    gone = own | {entry.decision for entry in held if entry.kind in _ABOUT and entry.check == check}
    return [entry for entry in held if entry.id not in gone and entry.decision not in gone]


def _withdrawals(held: Sequence[Entry], suites: Sequence[KnownSuite]) -> list[_Withdrawal]:
    found: dict[tuple[str, str], _Withdrawal] = {}
    codes = {(suite.module, suite.digest): suite.codes for suite in suites}

    def of(module: str, check: str, entry: Entry) -> _Withdrawal:
        withdrawal = found.setdefault((module, check), _Withdrawal(module, check))
        if entry not in withdrawal.entries:
            withdrawal.entries.append(entry)
        return withdrawal

    origins = {entry.id: entry for entry in held if entry.kind is Kind.INCIDENT}
    for entry in held:
        if entry.kind is Kind.INCIDENT:
            module, check, suite = entry.module or "", entry.check or "", entry.suite or ""
            code = entry.code or codes.get((module, suite), {}).get(check)
            of(module, check, entry).say(suite, None if entry.only else code, True)
        elif entry.kind in _ABOUT and (origin := origins.get(entry.decision or "")):
            module, check, suite = origin.module or "", entry.check or origin.check or "", entry.suite or ""
            of(module, check, origin).say(suite, entry.code, entry.kind is Kind.CARRIED)
            if check != origin.check:
                # the suite has no check of the old name, or that name now belongs to another check
                there = codes.get((module, suite), {}).get(origin.check or "")
                old = of(module, origin.check or "", origin)
                old.say(suite, there or GONE, there is None)
                for other in suites:  # in a suite where the check has its old name, do not ask about the new name
                    here = other.module == module and origin.check in other.codes
                    if here and (check not in other.codes or old.holds(other)):
                        found[module, check].suites.setdefault(other.digest, False)
    return list(found.values())
