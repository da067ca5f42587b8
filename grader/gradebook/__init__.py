"""The gradebook: records in, standings out."""

from __future__ import annotations

from ..errors import GraderError


class GradebookError(GraderError):
    """The gradebook cannot be read or will not be changed; the message says how to mend it."""
