"""Read the lists that authors have reviewed: YAML, a list of entries that all have the same fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from .finding import AuditError


def entries(path: Path, fields: Sequence[str]) -> list[dict[str, str]]:
    """The entries of the file; none if there is no file. Raises AuditError where one is not as it must be."""
    if not path.is_file():
        return []
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise AuditError(f"{path} is not YAML: {error}") from error
    if not isinstance(found, list):
        raise AuditError(f"{path} should hold a list of entries with the fields {', '.join(fields)}")
    for number, entry in enumerate(found, start=1):
        if not isinstance(entry, dict) or set(entry) != set(fields):
            raise AuditError(f"{path}, entry {number}: write exactly the fields {', '.join(fields)}")
        if not all(isinstance(entry[name], str) and entry[name].strip() for name in fields):
            raise AuditError(f"{path}, entry {number}: each of {', '.join(fields)} is a text that is not empty")
    return found
