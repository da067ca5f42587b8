"""The errors that a person meets and can mend, and the one class they all descend from.

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
    ├─ StoreError           a record on disk cannot be read
    ├─ GradebookError
    │  └─ DecisionError
    ├─ RosterError          the class list
    ├─ ForgeError           the forge refuses
    │  ├─ GitHubError
    │  └─ NothingToMerge
    ├─ Unreachable          the forge does not answer
    ├─ TemplateError        what students begin with is not there
    ├─ ReleaseError
    ├─ PlanError
    ├─ NotAccepted          a record that no plan asked for
    ├─ PublishError
    ├─ StateError           what workflows keep between runs
    ├─ OldError             a file of version 1 cannot be converted
    ├─ AuditError
    ├─ WorkspaceError       options and folders of the command line
    │  └─ UnsettledError
    └─ DemoError

Outside the tree is what nobody may take for one of these. `sandbox.faults.SubmissionFault` and `KeptWaiting` are no
Exceptions at all, so that no suite catches them by accident. `RemoteError` and `BoundaryError` are for suites to catch. And
an error that is caught and told in other words a call further up (`WireError`, `TableError`, `SpliceError`) needs no place here.
"""

from __future__ import annotations

from .files import disk_trouble


class GraderError(Exception):
    """Its text says what is wrong, where, and how to mend it. The command line shows that text alone, without a traceback."""


def told(error: Exception) -> str | None:
    """Return the message of an error that a person can mend, including a full disk, or None for a bug."""
    if isinstance(error, GraderError):
        return str(error)
    return disk_trouble(error) if isinstance(error, OSError) else None
