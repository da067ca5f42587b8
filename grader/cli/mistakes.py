"""Errors that a person can mend: shown as one message, without a traceback."""

from __future__ import annotations

import errno
import os

ROOM = (
    "make room there and run the command again: what was finished is kept, and nothing is left half done. "
    "`df` shows how full a disk is"
)
WRITABLE = (
    "see that the disk is mounted for writing and that you may write there, and run the command again: what was "
    "finished is kept"
)
MENDED_BY = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EROFS: WRITABLE,
    errno.EACCES: WRITABLE,
    errno.EPERM: WRITABLE,
}


def told(error: Exception) -> str | None:
    """What to say about an error that a person can mend; None for one that is a bug."""
    if isinstance(error, expected()):
        return str(error)
    if isinstance(error, OSError) and error.errno in MENDED_BY:
        where = error.filename or os.environ.get("TMPDIR", "/tmp")  # what names no file was a temporary one
        return f"{os.fsdecode(where)}: {error.strerror}; {MENDED_BY[error.errno]}"
    return None


def expected() -> tuple[type[Exception], ...]:
    """Their types. Imported only when something has gone wrong."""
    from ..audit.finding import AuditError
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
