"""Hold the result of an audit: points that hold or fail, and an error that lists the points that fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import GraderError


class AuditError(GraderError):
    """Report that a module is not fit to be released, or could not be audited. The text says which point fails and why."""


@dataclass(frozen=True)
class Finding:
    """Hold one point of the audit."""

    point: str
    holds: bool
    detail: str

    def __str__(self) -> str:
        return f"{'holds' if self.holds else 'FAILS'}  {self.point}: {self.detail}"


@dataclass(frozen=True)
class Audit:
    """Hold all points for one module."""

    module: str
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.holds)

    def require(self) -> tuple[Finding, ...]:
        """Return the findings if every point holds. Raise AuditError otherwise."""
        if self.failed:
            lines = [f"{self.module} is not fit to be released:", *(f"  {finding}" for finding in self.failed)]
            raise AuditError("\n".join(lines))
        return self.findings


def finding(point: str, wrong: Sequence[str], right: str) -> Finding:
    """Return a point that holds if `wrong` is empty. `right` is its text in that case."""
    return Finding(point, not wrong, "; ".join(wrong) or right)
