"""Keep all records and the decisions of staff, and compute scores and standings from them."""

from __future__ import annotations

from grader.errors import GraderError


class GradebookError(GraderError):
    """Report that the gradebook cannot be read or will not be changed. The message says how to mend it."""
