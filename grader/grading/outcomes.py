"""Hold the outcome of one case of a check, and combine the cases of a check into its result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..editions.check_specs import CheckSpec
from ..sandbox.faults import KeptWaiting, TooBusy

PASSED, FAILED, ERROR = "passed", "failed", "error"
RAISED = "  raised"  # begins the last line of a message, which names the place in the submission; reports look for it
# These errors are worth another try when the machine has less to do.
WORTH_ANOTHER_TRY = frozenset({KeptWaiting.__name__, TooBusy.__name__})


@dataclass(frozen=True)
class CaseOutcome:
    """Hold the outcome of one case: a test function with one set of parameters."""

    check: str
    case: str
    outcome: str
    seconds: float
    exception: str | None = None
    message: str = ""
    detail: str = ""
    output: str = ""
    blocked_by: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def result_of(spec: CheckSpec, cases: Iterable[CaseOutcome], problem: str | None) -> dict[str, Any]:
    """Return the fields of the check's result. All cases must pass. A check without any case is the grader's error."""
    fields: dict[str, Any] = {
        "id": spec.id,
        "title": spec.title,
        "about": spec.about,
        "visibility": spec.visibility,
        "capability": spec.capability,
        "max_points": spec.points,
    }
    mine = [case for case in cases if case.check == spec.id]
    bad = next((c for c in mine if c.outcome == ERROR), None) or next((c for c in mine if c.outcome == FAILED), None)
    if not mine:
        return fields | {"outcome": ERROR, "message": problem or "the suite ended before this check ran"}
    fields["seconds"] = round(sum(case.seconds for case in mine), 6)
    if bad is None:
        return fields | {"outcome": PASSED, "points": spec.points}
    named = f"case {bad.case}\n" if bad.case != bad.check else ""
    return fields | {
        "outcome": bad.outcome,
        "exception": bad.exception,
        "message": named + bad.message,
        "detail": bad.detail,
        "output": bad.output,
        "blocked_by": bad.blocked_by,
    }
