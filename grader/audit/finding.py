"""What an audit says: points that hold or fail, and an error that lists those which fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import GraderError


class AuditError(GraderError):
    """The module is not fit to be released, or could not be audited; the text says which point fails and why."""


@dataclass(frozen=True)
class Finding:
    """One point of the audit."""

    point: str
    holds: bool
    detail: str

    def __str__(self) -> str:
        return f"{'holds' if self.holds else 'FAILS'}  {self.point}: {self.detail}"


@dataclass(frozen=True)
class Audit:
    """All points for one module."""

    module: str
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.holds)

    def require(self) -> tuple[Finding, ...]:
        """The findings, if every point holds; AuditError otherwise."""
        if self.failed:
            lines = [f"{self.module} is not fit to be released:", *(f"  {finding}" for finding in self.failed)]
            raise AuditError("\n".join(lines))
        return self.findings


def finding(point: str, wrong: Sequence[str], right: str) -> Finding:
    """A point that holds when nothing is `wrong`; `right` is what to say then."""
    return Finding(point, not wrong, "; ".join(wrong) or right)
