"""Which suites a withdrawal holds for: it names a check, and a check outlives the suite in which it was found to be wrong.

It holds for the suite that it was made for, and for every suite in which the check has the same code. Where the code has
changed, or the check is gone, nobody but staff can know whether it was mended: the withdrawal is unsettled there until they
carry it over or end it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from grader.gradebook.entries import Entry, Kind, in_force

GONE = "gone"  # the code of a check that the suite does not have
_ABOUT = (Kind.CARRIED, Kind.ENDED)


@dataclass(frozen=True)
class KnownSuite:
    """A suite of one module.

    codes: by check, the digest of its code; since: when it first graded; None: it is the suite as it is now
    """

    module: str
    digest: str
    codes: Mapping[str, str]
    since: datetime | None = None


@dataclass(frozen=True)
class Unsettled:
    """A suite of which nobody has said whether the withdrawal holds for it."""

    entry: Entry
    check: str
    suite: KnownSuite

    @property
    def code(self) -> str:
        return self.suite.codes.get(self.check, GONE)


@dataclass
class _Withdrawal:
    """One check of one module: what is known of the suites that it is, or is not, withdrawn in."""

    module: str
    check: str
    entries: list[Entry] = field(default_factory=list)
    suites: dict[str, bool] = field(default_factory=dict)
    codes: dict[str, bool] = field(default_factory=dict)

    def holds(self, suite: KnownSuite) -> bool | None:
        """None: nobody has said."""
        said = self.suites.get(suite.digest)
        return self.codes.get(suite.codes.get(self.check, GONE)) if said is None else said

    def say(self, suite: str, code: str | None, holds: bool) -> None:
        self.suites[suite] = holds
        if code is not None:
            self.codes[code] = holds

    def asks_about(self, suite: KnownSuite) -> bool:
        """A withdrawal in an earlier suite alone asks about no other, and none asks about what was graded before it."""
        whole = [entry for entry in self.entries if not entry.only]
        later = suite.since is None or any(suite.since >= entry.at for entry in whole)
        return bool(whole) and later and self.holds(suite) is None


def expanded(entries: Iterable[Entry], suites: Sequence[KnownSuite]) -> list[Entry]:
    """The decisions in force, with an incident for every suite that a withdrawal holds for: what scores are computed from."""
    held = in_force(entries)
    plain = [entry for entry in held if entry.kind not in (Kind.INCIDENT, *_ABOUT)]
    for one in _withdrawals(held, suites):
        known = {suite.digest: one.holds(suite) for suite in suites if suite.module == one.module}
        for suite, holds in {**known, **one.suites}.items():
            if holds:
                plain.append(one.entries[-1].model_copy(update={"check": one.check, "suite": suite}))
    return plain


def unsettled(entries: Iterable[Entry], suites: Sequence[KnownSuite]) -> Iterator[Unsettled]:
    """What staff have to say before scores can follow."""
    for one in _withdrawals(in_force(entries), suites):
        for suite in suites:
            if suite.module == one.module and one.asks_about(suite):
                yield Unsettled(one.entries[-1], one.check, suite)


def goes_on(entries: Iterable[Entry], suites: Sequence[KnownSuite]) -> Iterator[tuple[Entry, str, KnownSuite]]:
    """The withdrawals that hold in the suites as they are now because the check is the same, and nobody has said so: with the
    name of the check.
    """
    for one in _withdrawals(in_force(entries), suites):
        for suite in suites:
            new = suite.since is None and suite.module == one.module and suite.digest not in one.suites
            if new and one.holds(suite) and one.check in suite.codes:
                yield one.entries[-1], one.check, suite


def without(entries: Iterable[Entry], check: str, module: str) -> list[Entry]:
    """The decisions in force without the withdrawals of one check, under whatever name."""
    held = in_force(entries)
    gone = {one.id for one in held if one.kind is Kind.INCIDENT and (one.module, one.check) == (module, check)}
    renamed = {one.decision for one in held if one.kind in _ABOUT and one.check == check}
    return [one for one in held if one.id not in gone | renamed and one.decision not in gone | renamed]


def _withdrawals(held: Sequence[Entry], suites: Sequence[KnownSuite]) -> list[_Withdrawal]:
    found: dict[tuple[str, str], _Withdrawal] = {}
    codes = {(suite.module, suite.digest): suite.codes for suite in suites}

    def of(module: str, check: str, entry: Entry) -> _Withdrawal:
        one = found.setdefault((module, check), _Withdrawal(module, check))
        if entry not in one.entries:
            one.entries.append(entry)
        return one

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
                # under its old name it is gone, or that name belongs to another check now
                there = codes.get((module, suite), {}).get(origin.check or "")
                old = of(module, origin.check or "", origin)
                old.say(suite, there or GONE, there is None)
                for other in suites:  # where the check has its old name, nothing is to be asked of the new name
                    here = other.module == module and origin.check in other.codes
                    if here and (check not in other.codes or old.holds(other)):
                        found[module, check].suites.setdefault(other.digest, False)
    return list(found.values())
