"""Check that outcomes do not depend on chance: grade the same two editions with several seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from .finding import Finding, finding
from .in_process import passed_in_process
from .material import Material
from .trial_runs import Tried, Version

IN_PROCESS = 2  # number of seeds to try in process; each costs two starts of pytest


def seed(number: int) -> str:
    """Return a seed like a student's: hexadecimal, without a pattern."""
    return hashlib.sha256(f"audit {number}".encode()).hexdigest()


def versions_of(material: Material, seeds: int) -> list[Version]:
    """Return the solution with every seed, then the stub with every seed."""
    return [
        Version(f"{name}, seed {number}", source, answers, seed(number))
        for name, source, answers in (
            ("solution", material.solution, material.answers),
            ("stub", material.stub, ""),
        )
        for number in range(seeds)
    ]


def findings(material: Material, tried: Sequence[Tried], seeds: int) -> list[Finding]:
    every = {check.id for check in material.suite.checks}
    wrong = [f"{one.version.name}: {', '.join(bad)}" for one in tried[:seeds] if (bad := sorted(every - {*one.passed}))]
    wrong += [f"{one.version.name}: {', '.join(one.passed)} passed" for one in tried[seeds:] if one.passed]
    plain = [
        f"{name}, seed {number} in process: {check}"
        for number in range(min(IN_PROCESS, seeds))
        for name, package, wanted in (
            ("solution", material.package(material.solution, material.answers), True),
            ("stub", material.package(material.stub, ""), False),
        )
        for check, passed in passed_in_process(material.suite, package, seed(number)).items()
        if passed is not wanted
    ]
    right = f"{seeds} seeds jailed, {min(IN_PROCESS, seeds)} in process, solution and stub"
    return [finding("runs with other seeds agree", wrong + plain, right)]
