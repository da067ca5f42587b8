"""Bring a gradebook of the previous version up to date, in one transaction, so that a failure leaves the old gradebook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from grader.errors import GraderError
from grader.gradebook import intake
from grader.gradebook.database import Database
from grader.gradebook.tables import SCHEMA_VERSION, MetaRow, RecordRow
from grader.grading.record import Record


@dataclass(frozen=True)
class Upgraded:
    """Hold the result. converted: how many records; refused: student, document and reason of each record that was not"""

    converted: int = 0
    refused: tuple[tuple[str, str, str], ...] = ()


def upgrade(
    url: str,
    convert: Callable[[str], Record],
    set_aside: Callable[[str, str], None],
    *,
    dry_run: bool = False,
) -> Upgraded:
    """Convert every record in the database at `url`. A database of the current version stays unchanged.

    convert: makes the new record from an old document, or raises GraderError
    set_aside: called with student and document of each record that cannot be converted, before the database loses it
    """

    def work(session: Session) -> Upgraded:
        version = session.get(MetaRow, "schema_version")
        if version is None or version.value == str(SCHEMA_VERSION):
            return Upgraded()
        records: list[Record] = []
        refused: list[tuple[str, str, str]] = []
        rows = session.execute(select(RecordRow.student, RecordRow.document).order_by(RecordRow.id))
        for student, document in rows:
            try:
                records.append(convert(document))
            except GraderError as error:
                refused.append((student, document, str(error)))
        if not dry_run:
            for student, document, _ in refused:
                set_aside(student, document)
            session.execute(delete(RecordRow))
            for record in records:
                intake.add(session, record)
            version.value = str(SCHEMA_VERSION)
        return Upgraded(len(records), tuple(refused))

    database = Database(url, accepts=(SCHEMA_VERSION, SCHEMA_VERSION - 1))
    try:
        return database.read(work) if dry_run else database.write(work)
    finally:
        database.close()
