"""Define the class from which all errors descend that a person can mend.

    GraderError
    ├─ CourseError          course.yaml, or the order of the sources
    ├─ EditionError         a module cannot be built
    ├─ RepositoryError      a git repository cannot be read or written
    │  ├─ TooBig
    │  └─ TooSlow
    ├─ JailError            this machine cannot confine or run a submission
    │  └─ TooBusy
    ├─ SubmissionError      there is no submission to read
    ├─ SuiteError           there is no suite to run
    ├─ SecretError          the course's secret cannot be used
    ├─ RecordError          a document is no record that the secret has signed
    ├─ StoreError           a record on disk cannot be read
    ├─ GradebookError
    │  ├─ DecisionError
    │  └─ LostGradesError   a change of the course would drop grades
    ├─ RosterError          the class list
    ├─ ForgeError           the forge refuses
    │  ├─ GitHubError
    │  └─ NothingToMerge
    ├─ Unreachable          the forge does not answer
    ├─ TemplateError        the files with which students begin are not there
    ├─ ReleaseError
    ├─ PlanError
    ├─ NotAccepted          a record that no plan asked for
    ├─ PublishError
    ├─ StateError           the state that workflows keep between runs
    ├─ OldError             a file of version 1 cannot be converted
    ├─ AuditError
    ├─ WorkspaceError       options and folders of the command line
    │  └─ UnsettledError
    └─ DemoError

Errors outside the tree must not be mistaken for these. `sandbox.faults.SubmissionFault` and `KeptWaiting` are not subclasses of
Exception, so that no suite catches them by accident. `RemoteError` and `BoundaryError` are for suites to catch. Errors that the
calling function catches and reports in other words (`WireError`, `TableError`, `SpliceError`) are not in the tree either.
"""

from __future__ import annotations

from .files import disk_trouble


class GraderError(Exception):
    """Report an error that a person can mend. Its text says what is wrong, where, and how to mend it.

    The command line shows only that text, without a traceback.
    """


def told(error: Exception) -> str | None:
    """Return the message of an error that a person can mend, including a full disk, or None for a bug."""
    if isinstance(error, GraderError):
        return str(error)
    return disk_trouble(error) if isinstance(error, OSError) else None
