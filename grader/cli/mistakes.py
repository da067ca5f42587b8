"""Errors that a person can mend: shown as one message, without a traceback."""

from __future__ import annotations

from ..files import disk_trouble


def told(error: Exception) -> str | None:
    """What to say about an error that a person can mend; None for one that is a bug."""
    if isinstance(error, expected()):
        return str(error)
    return disk_trouble(error) if isinstance(error, OSError) else None


def expected() -> tuple[type[Exception], ...]:
    """Their types. Imported only when something has gone wrong."""
    from ..audit.finding import AuditError
    from ..classroom.forge import ForgeError, Unreachable
    from ..classroom.kept import StateError
    from ..classroom.posting import PublishError
    from ..classroom.release import ReleaseError
    from ..classroom.roster import RosterError
    from ..course import CourseError
    from ..editions.errors import EditionError
    from ..gradebook.problem import GradebookError
    from ..grading.secrets import SecretError
    from ..grading.store import StoreError
    from ..grading.submission import SubmissionError
    from ..grading.suite import SuiteError
    from ..pipeline.shards import PlanError
    from ..pipeline.workspace import WorkspaceError
    from ..repository import RepositoryError
    from ..sandbox.faults import JailError
    from .demo_class import DemoError

    return (
        AuditError,
        CourseError,
        DemoError,
        EditionError,
        ForgeError,
        GradebookError,
        JailError,
        PlanError,
        PublishError,
        ReleaseError,
        RepositoryError,
        RosterError,
        SecretError,
        StateError,
        StoreError,
        SubmissionError,
        SuiteError,
        Unreachable,
        WorkspaceError,
    )
