"""`grader schema`: print the published form of a record."""

from __future__ import annotations

from ..grading.record import json_schema


def schema() -> None:
    """Print the JSON Schema of a record."""
    print(json_schema(), end="")
