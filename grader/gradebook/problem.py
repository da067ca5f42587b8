"""What goes wrong with a gradebook."""

from __future__ import annotations

from ..errors import GraderError


class GradebookError(GraderError):
    """The gradebook cannot be read or will not be changed; the message says how to mend it."""
