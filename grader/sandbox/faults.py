"""What can go wrong at the boundary: the submission's fault, the author's, or the machine's."""

from __future__ import annotations

from ..errors import GraderError


class SubmissionFault(BaseException):
    """The submission's process broke off: the check fails.

    A BaseException, so that no `except Exception` and no `pytest.raises(Exception)` of a suite takes it for an answer.
    """


class Ended(SubmissionFault):
    """The process exited or crashed before it answered."""


class TimedOut(SubmissionFault):
    """No answer came within the check's time limit."""


class TooExpensive(SubmissionFault):
    """Looking at what came back took the trusted process longer than a check may."""


class BrokeProtocol(SubmissionFault):
    """Bytes came back that are not an answer."""


class KeptWaiting(BaseException):
    """The machine was too busy with others for an answer to come: the grader's trouble. Not an Exception, for the same reason."""


class Swallowed(SubmissionFault):
    """A context manager of the submission's kept an exception from going on: what a check asserts in its block must count."""


class BoundaryError(TypeError):
    """A suite asked for something that must not cross: comparing, hashing or converting an object of the submission's."""


class RemoteError(Exception):
    """Mixed into every exception that came from the submission. `remote_type` and `remote_traceback` are its own words."""

    remote_type: str
    remote_traceback: str


class JailError(GraderError):
    """The machine could not confine or run a submission: the grader's trouble, never a score."""


class TooBusy(JailError):
    """The machine was too busy with others: the same submission may be graded when it is less so."""
