"""A gradebook of an earlier version brought up to date: in one transaction, so that it is either the old one or the new."""

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
    """converted: how many records; refused: of each of the others the student, the document and the reason"""

    converted: int = 0
    refused: tuple[tuple[str, str, str], ...] = ()


def upgrade(
    url: str,
    convert: Callable[[str], Record],
    set_aside: Callable[[str, str], None],
    *,
    dry_run: bool = False,
) -> Upgraded:
    """Convert every record in the database at `url`, which is unchanged if it is of this version already.

    convert: the new record of an old document, or GraderError; set_aside: called with student and document of each record that
    cannot be converted, before it leaves the database
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
