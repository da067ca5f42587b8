"""Errors that a person can mend: shown as one message, without a traceback."""

from __future__ import annotations


def expected() -> tuple[type[Exception], ...]:
    """Their types. Imported only when something has gone wrong."""
    from ..audit.fitness import AuditError
    from ..classroom.forge import ForgeError
    from ..classroom.publish import PublishError
    from ..classroom.release import ReleaseError
    from ..classroom.roster import RosterError
    from ..course import CourseError
    from ..editions.errors import EditionError
    from ..gradebook.problem import GradebookError
    from ..grading.secrets import SecretError
    from ..grading.store import StoreError
    from ..grading.submission import SubmissionError
    from ..grading.suite import SuiteError
    from ..repository import RepositoryError
    from ..sandbox.faults import JailError
    from .demo_class import DemoError
    from .workspace import WorkspaceError

    return (
        AuditError,
        CourseError,
        DemoError,
        EditionError,
        ForgeError,
        GradebookError,
        JailError,
        PublishError,
        ReleaseError,
        RepositoryError,
        RosterError,
        SecretError,
        StoreError,
        SubmissionError,
        SuiteError,
        WorkspaceError,
    )
