"""Write the audit as a page for the author of a module: the points that hold, and where to look for the others."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from ..reports.pages import page
from .full_audit import FullAudit
from .mutation import TriedMutant


@dataclass(frozen=True)
class Shown:
    """Hold a mutant with the lines that it changes: removed lines begin with -, added lines with +."""

    id: str
    line: int
    diff: str
    reason: str = ""


def page_of(found: FullAudit, command: str) -> str:
    """Return a self-contained page. The same result gives the same bytes."""
    checks = found.material.suite.checks
    titles = {check.id: check.title for check in checks}
    reasons = {entry.id: entry.reason for entry in found.listed}
    mutation = found.mutation
    kills = {check.id: 0 for check in checks}
    for one in mutation.outcomes:
        for check in (one.public, one.hidden):
            if check is not None:
                kills[check] += 1
    return page(
        "audit.html",
        module=found.material.module,
        source=found.material.files.source,
        command=command,
        audit=found.audit,
        checks=checks,
        kills=kills,
        titles=titles,
        mutation=mutation,
        share=100 * len(mutation.killed) / (mutation.told_apart or 1),
        survivors=[_shown(one) for one in mutation.survivors],
        equivalent=[_shown(one, reasons) for one in mutation.outcomes if one.mutant.id in mutation.equivalent],
        moved=found.moved,
        alternatives=found.alternatives,
        strategies=found.strategies,
        excused=found.excused,
        max_points=sum(check.points for check in checks),
    )


def _shown(one: TriedMutant, reasons: dict[str, str] | None = None) -> Shown:
    mutant = one.mutant
    lines = difflib.ndiff(mutant.before.splitlines(), mutant.after.splitlines())
    diff = "\n".join(line for line in lines if not line.startswith("?"))
    return Shown(mutant.id, mutant.line, diff, (reasons or {}).get(mutant.id, ""))
