"""Define what can go wrong at the boundary: faults of the submission, of the suite's author, or of the machine."""

from __future__ import annotations

from ..errors import GraderError


class SubmissionFault(BaseException):
    """Report that the submission's process broke off, so that the check fails.

    This is a BaseException, so that no `except Exception` and no `pytest.raises(Exception)` of a suite takes it for an answer.
    """


class Ended(SubmissionFault):
    """Report that the process exited or crashed before it answered."""


class TimedOut(SubmissionFault):
    """Report that no answer came within the check's time limit."""


class TooExpensive(SubmissionFault):
    """Report that the trusted process needed more time to look at an answer than a check may take."""


class BrokeProtocol(SubmissionFault):
    """Report that bytes came back which are not an answer."""


class KeptWaiting(BaseException):
    """Report that the machine was too busy with others for an answer to come. This is the grader's trouble.

    It is a BaseException for the same reason as SubmissionFault.
    """


class Swallowed(SubmissionFault):
    """Report that a context manager of the submission swallowed an exception. Assertions inside its block must count."""


class BoundaryError(TypeError):
    """Report that a suite asked for something that must not cross: to compare, hash or convert an object of the submission."""


class RemoteError(Exception):
    """Mark every exception that came from the submission.

    The submission wrote `remote_type` and `remote_traceback` itself.
    """

    remote_type: str
    remote_traceback: str


class JailError(GraderError):
    """Report that the machine could not confine or run a submission. This is the grader's trouble, never a score."""


class TooBusy(JailError):
    """Report that the machine was too busy with others.

    The same submission may be graded later, when the machine is less busy.
    """
