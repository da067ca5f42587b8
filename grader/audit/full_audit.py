"""Audit a whole module: check the quick points, then try many versions of its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..course import Course, Module
from ..grading.batch import warm_up
from ..grading.ready_suite import ReadySuite, with_ready
from . import alternatives, chance, mutation, partial_credit, strategies, wrong_answers
from .alternatives import Alternative
from .equivalents import Equivalent
from .excused import Excused
from .finding import Audit, Finding, finding
from .material import Material
from .mutants import Mutant, mutants_of
from .mutation import Mutation
from .partial_credit import Moved
from .quick_points import audit
from .strategies import Strategy
from .trial_runs import Bench, Tried, Version

OnStep = Callable[[int, int, str], None]  # versions tried, versions in all, what is being tried

SEEDS = 20


@dataclass(frozen=True)
class FullAudit:
    """Hold the findings and the figures. The digests are those of the suite and the sources when the audit began."""

    material: Material
    suite_digest: str
    source_digest: str
    audit: Audit
    seeds: int
    stub_points: int
    solution_points: int
    moved: tuple[Moved, ...]
    mutation: Mutation
    listed: tuple[Equivalent, ...]
    alternatives: tuple[Alternative, ...]
    strategies: tuple[Strategy, ...]
    excused: tuple[Excused, ...]


def full_audit(
    root: Path,
    course: Course,
    module: Module,
    *,
    seeds: int = SEEDS,
    workers: int | None = None,
    on_step: OnStep = lambda done, total, what: None,
) -> FullAudit:
    """Run the whole audit, jailed and in parallel. Raise AuditError if something could not be tried at all."""
    material = Material.of(root, course, module)
    # Taken before anything is read: if a file changes meanwhile, the digests no longer fit, and a release refuses the record.
    digests = material.suite.digest, material.source_digest
    quick = audit(root, course, module)
    listed, excused = material.equivalents, material.excused
    mutants = mutants_of(material.annotated, material.files.source)
    warm_up()

    def within(ready: ReadySuite) -> FullAudit:
        plan = _Plan(Bench(material, ready, workers), seeds, mutants, listed, excused, on_step)
        return plan.carry_out(quick, *digests)

    return with_ready(material.suite, within)


def cheap_strategies(
    root: Path, course: Course, module: Module, *, workers: int | None = None
) -> tuple[tuple[Strategy, ...], list[Finding]]:
    """Try only the cheap strategies, and check that they earn little enough."""
    material = Material.of(root, course, module)
    excused = material.excused
    warm_up()

    def within(ready: ReadySuite) -> tuple[Strategy, ...]:
        bench = Bench(material, ready, workers)
        tried = bench.run(strategies.versions_of(material, bench))
        return strategies.strategies(tried, material.suite.checks, excused)

    found = with_ready(material.suite, within)
    return found, strategies.findings(found, material.suite.checks, excused)


class _Plan:
    """Hold the versions to try, by kind, and make the findings from their outcomes."""

    def __init__(
        self,
        bench: Bench,
        seeds_wanted: int,
        mutants: list[Mutant],
        listed: tuple[Equivalent, ...],
        excused: tuple[Excused, ...],
        on_step: OnStep,
    ) -> None:
        self._bench, self._material, self._checks = bench, bench.material, bench.material.suite.checks
        self._seeds, self._mutants, self._listed, self._on_step = seeds_wanted, mutants, listed, on_step
        self._excused = excused
        self._by_seed = chance.versions_of(self._material, seeds_wanted)
        self._by_region = partial_credit.versions_of(self._material)
        self._others = alternatives.versions_of(self._material)
        self._wrong_answers = wrong_answers.versions_of(self._material)
        self._cheap = strategies.versions_of(self._material, bench)
        self._done = 0
        known = (self._by_seed, self._by_region, self._others, self._wrong_answers, self._cheap, mutants)
        self._total = sum(len(some) for some in known)

    def carry_out(self, quick: Audit, suite_digest: str, source_digest: str) -> FullAudit:
        by_seed = self._try(self._by_seed)
        by_region = self._try(self._by_region)
        moved = partial_credit.moved(self._material, by_region)
        others = self._try(self._others)
        graded = alternatives.alternatives(self._material, others)
        answered = self._try(self._wrong_answers)
        cheap = self._try(self._cheap)
        cheated = strategies.strategies(cheap, self._checks, self._excused)
        mutated = self._try(mutation.versions_of(self._mutants, self._material.answers, self._checks, moved))
        outcomes = mutation.mutation_of(self._mutants, mutated, self._checks, self._listed)
        points = {check.id: check.points for check in self._checks}
        findings = (
            *quick.findings,
            *chance.findings(self._material, by_seed, self._seeds),
            *partial_credit.findings(moved),
            *mutation.findings(outcomes, self._listed),
            *alternatives.findings(graded, sum(points.values())),
            *wrong_answers.findings(self._material, answered),
            *strategies.findings(cheated, self._checks, self._excused),
            self._every_check_can_fail([*others, *answered], mutated, outcomes),
            _nothing_leaves([*by_seed, *by_region, *others, *answered, *cheap, *mutated]),
        )
        return FullAudit(
            material=self._material,
            suite_digest=suite_digest,
            source_digest=source_digest,
            audit=Audit(self._material.module.numbered, findings),
            seeds=self._seeds,
            stub_points=max((sum(points[c] for c in one.passed) for one in by_seed[self._seeds :]), default=0),
            solution_points=min((sum(points[c] for c in one.passed) for one in by_seed[: self._seeds]), default=0),
            moved=moved,
            mutation=outcomes,
            listed=self._listed,
            alternatives=graded,
            strategies=cheated,
            excused=self._excused,
        )

    def _try(self, versions: list[Version]) -> list[Tried]:
        return self._bench.run(versions, self._step)

    def _step(self, tried: Tried) -> None:
        self._done += 1
        self._on_step(self._done, max(self._total, self._done), tried.version.name)

    def _every_check_can_fail(self, others: list[Tried], mutated: list[Tried], outcomes: Mutation) -> Finding:
        """Check that every check fails at least once.

        A mutant's run ends at its first failing check, so checks that were not seen failing are run again, one by one.
        """
        wrong = [tried for tried in others if not tried.version.name.startswith(alternatives.RIGHT)]
        seen = {case.check for tried in (*wrong, *mutated) for case in tried.failing}
        left = [check.id for check in self._checks if check.id not in seen]
        killed = [Version(one.mutant.id, one.mutant.source, self._material.answers) for one in outcomes.killed]
        idle = mutation.never_failing(self._bench, left, killed, self._step)
        wrongs = [f"{check} fails for no mutant and no wrong alternative" for check in idle]
        return finding("every check can fail", wrongs, f"each of {len(self._checks)} fails for a mutant or a wrong one")


def _nothing_leaves(tried: list[Tried]) -> Finding:
    seen = [f"{one.version.name}: {what}" for one in tried for what in one.seen]
    right = f"of {len(tried)} runs, in Markdown, HTML and JSON"
    return finding("students see nothing of hidden checks", seen, right)
