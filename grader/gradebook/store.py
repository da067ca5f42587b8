"""All records of a course, and what follows from them.

with Gradebook("sqlite:///.grader/gradebook.sqlite") as book:
    book.fill(Path("records"), secret)
    for standing in book.standings(course, pseudonyms): ...
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Select, case, func, select

from grader.gradebook import intake
from grader.gradebook.database import BUSY_SECONDS, Database
from grader.gradebook.entries import Entry
from grader.gradebook.problem import GradebookError
from grader.gradebook.scores import Attempt, Score, Standing, scores, standing
from grader.gradebook.tables import CheckRow, EntryRow, RecordRow
from grader.grading.record import Outcome, Record

if TYPE_CHECKING:
    from grader.course import Course


@dataclass(frozen=True)
class Item:
    """One check over a class: the newest clean record of each student."""

    name: str
    title: str
    visibility: str
    passed: int
    total: int
    seconds: float  # mean

    @property
    def pass_rate(self) -> float:
        return self.passed / self.total


class Gradebook:
    """Records and entries in a database. `url` is SQLAlchemy's, such as sqlite:///gradebook.sqlite or postgresql+psycopg://…"""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._database = Database(url, busy_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # Records in

    def add(self, record: Record) -> bool:
        """Keep `record`; False if it was known. A record that says otherwise under the same identity is refused."""
        return self._database.write(lambda session: intake.add(session, record))

    def fill(self, folder: Path, secret: bytes | None = None) -> intake.Filled:
        """Add every *.json below `folder`. With `secret`, a record that it did not sign is refused."""
        if not folder.is_dir():
            raise GradebookError(f"{folder} is not a folder: name the folder that holds the records' JSON files")
        paths = sorted(path for path in folder.rglob("*.json") if not path.name.startswith("."))
        return self._database.write(lambda session: intake.fill(session, paths, secret))

    def enter(self, entry: Entry) -> bool:
        """Keep a decision of staff; False if it was known."""
        return self._database.write(lambda session: intake.enter(session, entry))

    # What they say

    def history(self, student: str, module: str) -> list[Record]:
        """Every record of one student in one module, newest first."""
        query = (
            select(RecordRow.document)
            .where(RecordRow.student == student, RecordRow.module == module)
            .order_by(RecordRow.graded_at.desc(), RecordRow.id.desc())
        )
        return self._records(query)

    def newest(self, module: str) -> list[Record]:
        """The newest record of each student in one module, by student."""
        query = select(RecordRow.document).where(RecordRow.id.in_(_newest_ids(module, clean=False)))
        query = query.order_by(RecordRow.student)
        return self._records(query)

    def students(self) -> list[str]:
        """Everybody who has a record."""
        query = select(RecordRow.student).distinct().order_by(RecordRow.student)
        return self._database.read(lambda session: list(session.scalars(query)))

    def entries(self, student: str | None = None) -> list[Entry]:
        """Decisions of staff, oldest first."""
        query = select(EntryRow.document).order_by(EntryRow.at, EntryRow.id)
        if student is not None:
            query = query.where(EntryRow.student == student)
        return self._database.read(
            lambda session: [Entry.model_validate_json(found) for found in session.scalars(query)]
        )

    def score_of_record(self, student: str, module: str, course: Course) -> Score | None:
        """One score under the course's policy; None without record and override, or if the module is only planned."""
        return scores(self._attempts(student)[student], self.entries(student), course).get(course.module(module).id)

    def standings(self, course: Course, pseudonyms: Mapping[str, str | None]) -> list[Standing]:
        """Everybody on the roster (the keys of `pseudonyms`), most points first; among equals by id."""
        attempts = self._attempts()
        entries: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries():
            entries[entry.student].append(entry)
        found = [
            standing(student, pseudonym, scores(attempts[student], entries[student], course), course)
            for student, pseudonym in pseudonyms.items()
        ]
        return sorted(found, key=lambda standing: (-standing.total, standing.student))

    def items(self, module: str) -> list[Item]:
        """How many students pass each check, hardest first; checks that the grader could not run are left out."""
        query = (
            select(
                CheckRow.name,
                func.max(CheckRow.title),
                func.max(CheckRow.visibility),
                func.sum(case((CheckRow.outcome == Outcome.PASSED.value, 1), else_=0)),
                func.count(),
                func.avg(CheckRow.seconds),
            )
            .where(CheckRow.record_id.in_(_newest_ids(module, clean=True)))
            .group_by(CheckRow.name)
        )
        found = self._database.read(lambda session: [Item(*row) for row in session.execute(query)])
        return sorted(found, key=lambda item: (item.pass_rate, item.name))

    def _records(self, documents: Select[str]) -> list[Record]:
        return self._database.read(
            lambda session: [Record.model_validate_json(it) for it in session.scalars(documents)]
        )

    def _attempts(self, student: str | None = None) -> dict[str, dict[str, list[Attempt]]]:
        """By student and module; of the records only what a score needs."""
        row = RecordRow
        query = select(
            row.student, row.module, row.commit, row.handed_in, row.graded_at, row.clean, row.points, row.capability,
            row.milestone, row.work, row.files, row.suite,
        )  # fmt: skip
        if student is not None:
            query = query.where(row.student == student)
        rows = self._database.read(lambda session: session.execute(query.order_by(row.id)).all())
        found: dict[str, dict[str, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
        for owner, module, *facts in rows:
            found[owner][module].append(Attempt(*facts))
        return found


def _newest_ids(module: str, *, clean: bool) -> Select[int]:
    """The row of each student's newest record in one module."""
    order = (RecordRow.graded_at.desc(), RecordRow.id.desc())
    rank = func.row_number().over(partition_by=RecordRow.student, order_by=order).label("rank")
    ranked = select(RecordRow.id, rank).where(RecordRow.module == module)
    if clean:
        ranked = ranked.where(RecordRow.clean)
    rows = ranked.subquery()
    return select(rows.c.id).where(rows.c.rank == 1)
