"""Read the lists that authors have reviewed: YAML, a list of entries that all have the same fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from .finding import AuditError


def entries(path: Path, fields: Sequence[str]) -> list[dict[str, str]]:
    """Return the entries of the file, or none if there is no file. Raise AuditError if an entry is malformed."""
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
            raise AuditError(f"{path}, entry {number}: write the fields {', '.join(fields)} and no others")
        if not all(isinstance(entry[name], str) and entry[name].strip() for name in fields):
            raise AuditError(f"{path}, entry {number}: write a text for each of {', '.join(fields)}")
    return found
