"""Put records into the tables. Adding a record twice changes nothing; a changed record is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from grader.gradebook import GradebookError
from grader.gradebook.tables import CheckRow, RecordRow
from grader.grading.record import Record, utc
from grader.grading.store import RecordError, document_at, signed_record


@dataclass(frozen=True)
class Refused:
    """Hold a file that was not taken into the gradebook, and the reason."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Filled:
    """Count the records that were added and those that were known; list the files that were refused."""

    added: int
    known: int
    refused: list[Refused]


def add(session: Session, record: Record) -> bool:
    """Add a record and its checks; return False if the same record is there already."""
    content = _digest(record.model_copy(update={"signature": ""}).to_json())
    identity = _digest(
        record.course,
        record.student,
        record.module,
        record.commit,
        record.suite_digest,
        record.input_digest,
        utc(record.graded_at).isoformat(),
        record.complete or content,  # an incomplete record may still change
    )
    row = RecordRow(
        identity=identity,
        content=content,
        student=record.student,
        module=record.module,
        commit=record.commit,
        handed_in=record.submitted_at or record.graded_at,
        graded_at=record.graded_at,
        clean=record.complete and not record.errors,
        points=record.points,
        max_points=record.max_points,
        capability=record.capability_earned,
        milestone=record.milestone_met,
        work=work_of(record),
        files=_digest(*((file.path, file.sha256) for file in record.files)),
        suite=record.suite_digest,
        document=record.to_json(),
    )
    if not _insert(session, row, f"record of {record.student} in {record.module} at {record.commit[:12]}"):
        return False
    session.add_all(
        CheckRow(
            record_id=row.id,
            place=place,
            name=check.id,
            title=check.title,
            visibility=check.visibility.value,
            outcome=check.outcome.value,
            points=check.points,
            max_points=check.max_points,
            seconds=check.seconds,
        )
        for place, check in enumerate(record.checks)
    )
    session.flush()
    return True


def _insert(session: Session, row: RecordRow, what: str) -> bool:
    """Insert `row`; return False if it is there already with the same content."""
    query = select(RecordRow.content).where(RecordRow.identity == row.identity)
    known = session.scalar(query)
    if known is None:
        try:
            with session.begin_nested():
                session.add(row)
            return True
        except IntegrityError:  # PostgreSQL: another process was faster
            known = session.scalar(query)
            if known is None:
                raise
    if known != row.content:
        raise GradebookError(
            f"the {what} is in the gradebook with different content: records are never changed. "
            "Grade the submission again, or write a decision (`grader decide --help`)"
        )
    return False


def fill(session: Session, paths: list[Path], secret: bytes) -> Filled:
    """Add every record at `paths`. If a record is refused, also remove rows that came in earlier under another secret."""
    filled = _fill(session, paths, secret)
    if filled.refused and _drop_unsigned(session, secret):
        _fill(session, paths, secret)  # adds removed records again if the files on disk have the right signature
    return filled


def _drop_unsigned(session: Session, secret: bytes) -> int:
    """Remove the rows that the secret has not signed; return how many."""
    found = session.execute(select(RecordRow.id, RecordRow.document))
    gone = [row for row, document in found if not Record.model_validate_json(document).is_signed_by(secret)]
    for row in gone:
        session.execute(delete(RecordRow).where(RecordRow.id == row))
    return len(gone)


def _fill(session: Session, paths: list[Path], secret: bytes) -> Filled:
    added = known = 0
    refused = []
    for path in paths:
        try:
            is_new = add(session, signed_record(document_at(path), secret))
        except (GradebookError, RecordError) as error:
            refused.append(Refused(path, str(error)))
        else:
            added, known = added + is_new, known + (not is_new)
    return Filled(added, known, refused)


def work_of(record: Record) -> str:
    """Return the digest of the module's own file, or the commit if that file is missing."""
    own = f"tinytorch/{record.module}.py"
    return next((file.sha256 for file in record.files if file.path == own), f"commit {record.commit}")


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()
