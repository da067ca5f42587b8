"""Check that the suite notices slips. Every mutant of the solution is tried; a mutant survives if no check fails for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..editions.check_specs import PUBLIC, CheckSpec
from .equivalents import Equivalent, stale
from .finding import Finding, finding
from .mutants import Mutant
from .partial_credit import Moved
from .trial_runs import Bench, Tried, Version

KILLED_AT_LEAST = 0.95


@dataclass(frozen=True)
class TriedMutant:
    """Hold the outcome of a mutant: the ids of the first public and the first hidden check that fail for it."""

    mutant: Mutant
    public: str | None
    hidden: str | None

    @property
    def killed(self) -> bool:
        return self.public is not None or self.hidden is not None


@dataclass(frozen=True)
class Mutation:
    """Hold all mutants. equivalent: ids of survivors that are rightly listed as equivalent."""

    outcomes: tuple[TriedMutant, ...]
    equivalent: frozenset[str]

    @property
    def killed(self) -> tuple[TriedMutant, ...]:
        return tuple(one for one in self.outcomes if one.killed)

    @property
    def killed_public(self) -> int:
        return sum(one.public is not None for one in self.outcomes)

    @property
    def killed_hidden(self) -> int:
        return sum(one.hidden is not None for one in self.outcomes)

    @property
    def survivors(self) -> tuple[TriedMutant, ...]:
        """Return the survivors that are not listed as equivalent."""
        return tuple(one for one in self.outcomes if not one.killed and one.mutant.id not in self.equivalent)

    @property
    def told_apart(self) -> int:
        """Return the number of mutants that a test can tell from the solution: all except those listed as equivalent."""
        return len(self.outcomes) - len(self.equivalent)


def versions_of(
    mutants: Sequence[Mutant], answers: str, checks: Sequence[CheckSpec], moved: Sequence[Moved]
) -> list[Version]:
    """Return a version for each mutant. It runs the public checks up to the first failure, then the hidden checks likewise.

    Checks that fail without the mutant's function run first, because they are likely to fail for its mutants.
    """
    without = {one.function: set(one.without) for one in moved}

    def version(mutant: Mutant) -> Version:
        likely = without.get(mutant.function, set())
        ordered = sorted(checks, key=lambda check: check.id not in likely)
        public = tuple(check.id for check in ordered if check.visibility == PUBLIC)
        hidden = tuple(check.id for check in ordered if check.visibility != PUBLIC)
        return Version(mutant.id, mutant.source, answers, groups=(public, hidden))

    return [version(mutant) for mutant in mutants]


def mutation_of(
    mutants: Sequence[Mutant], tried: Sequence[Tried], checks: Sequence[CheckSpec], listed: Sequence[Equivalent]
) -> Mutation:
    public = {check.id for check in checks if check.visibility == PUBLIC}
    outcomes = []
    for mutant, one in zip(mutants, tried, strict=True):
        failing = [case.check for case in one.failing]
        first_public = next((check for check in failing if check in public), None)
        first_hidden = next((check for check in failing if check not in public), None)
        outcomes.append(TriedMutant(mutant, first_public, first_hidden))
    survived = {one.mutant.id for one in outcomes if not one.killed}
    return Mutation(tuple(outcomes), frozenset(entry.id for entry in listed) & survived)


def findings(mutation: Mutation, listed: Sequence[Equivalent]) -> list[Finding]:
    killed = frozenset(one.mutant.id for one in mutation.killed)
    share = len(killed) / mutation.told_apart if mutation.told_apart else 1.0
    shown = f"{len(killed)} of {mutation.told_apart}, {100 * share:.1f} %"
    shown += f" ({mutation.killed_public} by public checks, {mutation.killed_hidden} by hidden ones)"
    if share < KILLED_AT_LEAST:
        shown += "; survivors: " + ", ".join(one.mutant.id for one in mutation.survivors)
    mutants = [one.mutant for one in mutation.outcomes]
    return [
        Finding(f"{KILLED_AT_LEAST:.0%} of the mutants are killed", share >= KILLED_AT_LEAST, shown),
        finding(
            "mutants listed as equivalent still are",
            stale(listed, mutants, killed),
            f"{len(mutation.equivalent)} listed",
        ),
    ]


def never_failing(
    bench: Bench, checks: Sequence[str], candidates: Sequence[Version], on_done: Callable[[Tried], None]
) -> list[str]:
    """Return the checks that pass for every candidate. Try some candidates at a time, until each check has failed once."""
    left = list(checks)
    for some in _slices(candidates, 16):
        if not left:
            break
        groups = tuple((check,) for check in left)
        for tried in bench.run([replace(one, groups=groups) for one in some], on_done):
            left = [check for check in left if check not in {case.check for case in tried.failing}]
    return left


def _slices(candidates: Sequence[Version], size: int) -> list[Sequence[Version]]:
    return [candidates[start : start + size] for start in range(0, len(candidates), size)]
