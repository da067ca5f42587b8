"""Store records: one JSON document each, written whole, never changed once complete; pytest's raw report stands beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ..course.problem import first_problem
from ..errors import GraderError
from ..files import write_atomic
from .record import Record

FILE_LIMIT = 20_000_000  # bytes; a record is tens of kilobytes


class StoreError(GraderError):
    """Report that a record on disk cannot be read, or would be overwritten."""


class RecordError(GraderError):
    """Report a document that is not a record, or that the course's secret has not signed."""


@dataclass(frozen=True)
class Store:
    """Hold records below `folder`/records, as STUDENT/MODULE/COMMIT-INPUT.json, and pytest's raw reports below `folder`/raw."""

    folder: Path

    @property
    def records(self) -> Path:
        return self.folder / "records"

    def path_of(self, record: Record) -> Path:
        return self.records / safe_name(record.student) / safe_name(record.module) / file_name(record)

    def raw_path_of(self, record: Record) -> Path:
        return self.folder / "raw" / self.path_of(record).relative_to(self.records)

    def write(self, record: Record) -> Path:
        """Write a record, unless the record on disk must stay."""
        path = self.path_of(record)
        if not path.exists() or gives_way(self.read(path), record):
            write_atomic(path, record.to_json())
        return path

    def read(self, path: Path) -> Record:
        try:
            return record_in(path.read_bytes())
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}. Move it away and grade again") from error
        except RecordError as error:
            raise StoreError(f"{path} is {error}. Move it away and grade again") from error

    def same_input(self, student: str, stems: Sequence[str], input_digest: str, level: int) -> Record | None:
        """Return a complete record of the same student and input, at any commit, confined at `level` or above.

        stems: of the module, where a record under the first of them is preferred
        """
        for stem in stems:
            for record in map(self.read, self._paths(student, stem, f"*-{input_digest[:12]}.json")):
                if record.complete and record.input_digest == input_digest and record.jail.level >= level:
                    return record
        return None

    def complete_of(self, student: str, module: str, commit: str, suite: str) -> Record | None:
        """Return a complete record of this commit by this suite. Records that cannot be read are ignored."""
        for path in self._paths(student, module, f"{safe_name(commit)[:12]}-*.json"):
            try:
                record = self.read(path)
            except StoreError:
                continue
            if record.complete and (record.commit, record.suite_digest) == (commit, suite):
                return record
        return None

    def readable_of(self, student: str, module: str) -> tuple[list[Record], list[str]]:
        """Return all records of a student in a module that can be read, and why the others cannot be read."""
        records: list[Record] = []
        damaged: list[str] = []
        for path in self._paths(student, module, "[!.]*.json"):
            try:
                records.append(self.read(path))
            except StoreError as error:
                damaged.append(str(error))
        return records, damaged

    def _paths(self, student: str, module: str, pattern: str) -> list[Path]:
        return sorted((self.records / safe_name(student) / safe_name(module)).glob(pattern))


def document_at(path: Path) -> bytes:
    """Return the content of a file that may be a record from elsewhere: a regular file, and not too large."""
    if path.is_symlink() or not path.is_file():
        raise RecordError("not a regular file" if os.path.lexists(path) else "there is no such file")
    if path.stat().st_size > FILE_LIMIT:
        raise RecordError(f"larger than {FILE_LIMIT:,} bytes: not a record")
    return path.read_bytes()


def record_in(document: bytes | str) -> Record:
    """Return the record in a JSON document. Nobody may have signed it."""
    try:
        return Record.model_validate_json(document)
    except ValidationError as error:
        raise RecordError(f"not a record: {first_problem(error)}") from error


def signed_record(document: bytes | str, secret: bytes) -> Record:
    """Return the record in a JSON document, if the secret has signed it."""
    record = record_in(document)
    if not record.is_signed_by(secret):
        raise RecordError("not signed with this course's secret: it was edited, or graded with another secret")
    return record


def file_name(record: Record) -> str:
    return f"{safe_name(record.commit)[:12]}-{record.input_digest[:12]}.json"


def gives_way(old: Record, new: Record) -> bool:
    """Return whether a record gives way to a new record of the same input: if it is incomplete or from a weaker jail."""
    return not old.complete or (new.complete and new.jail.level > old.jail.level)


def safe_name(name: str) -> str:
    """Return a safe file name. Ids come from rosters, and a path must never contain what somebody typed."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"
