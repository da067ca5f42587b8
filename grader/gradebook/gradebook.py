"""Keep all records of a course, and compute standings from them.

with Gradebook("sqlite:///.grader/gradebook.sqlite") as book:
    book.fill(Path("records"), secret)
    for standing in book.standings(course, pseudonyms): ...
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from sqlalchemy import Select, delete, func, select, tuple_
from sqlalchemy.orm import Session

from grader.course import Course
from grader.gradebook import GradebookError, intake
from grader.gradebook.database import Database
from grader.gradebook.entries import Entry, Kind, in_force
from grader.gradebook.lost_grades import Graded, require_known
from grader.gradebook.scores import Attempt, Standing, scores, standing
from grader.gradebook.tables import CheckRow, RecordRow
from grader.gradebook.which_record import Stand, stands
from grader.grading.record import Record


@dataclass(frozen=True)
class Reported:
    """Hold the records that the reports on one student in one module show.

    record: the record of the newest commit that has a clean record, or of the newest commit if none has
    trouble: a record of a grading that failed and waits to be repeated; may be `record` itself
    """

    record: Record
    trouble: Record | None


@dataclass(frozen=True)
class _Row:
    """Hold the facts of one record that the choice between records needs, and its row in the table."""

    id: int
    student: str
    commit: str
    handed_in: datetime
    graded_at: datetime
    clean: bool
    suite: str


class Gradebook:
    """Keep records in a database. `url` is for SQLAlchemy, such as sqlite:///gradebook.sqlite or postgresql+psycopg://…

    suites_now: by module, the digest of the current suite, if it is known. Its grades come before those of other suites
    checks_now: by module, the checks of the current suite
    renamed: the current stem of a module by each of its earlier stems; its old records count under the current stem
    """

    def __init__(
        self,
        url: str,
        *,
        suites_now: Mapping[str, str] = MappingProxyType({}),
        checks_now: Mapping[str, frozenset[str]] = MappingProxyType({}),
        renamed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._database = Database(url)
        self._suites_now = suites_now
        self._checks_now = checks_now
        self._renamed = renamed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # Adding records

    def add(self, record: Record) -> bool:
        """Add `record`; return False if it was known. A different record with the same identity is refused."""
        return self._database.write(lambda session: intake.add(session, record))

    def fill(self, folder: Path, secret: bytes) -> intake.Filled:
        """Add every *.json below `folder`. Records that the secret did not sign are refused."""
        if not folder.is_dir():
            raise GradebookError(f"{folder} is not a folder: name the folder with the JSON files of the records")
        paths = sorted(path for path in folder.rglob("*.json") if not path.name.startswith("."))
        return self._database.write(lambda session: intake.fill(session, paths, secret))

    # Queries

    def history(self, student: str, module: str) -> list[Record]:
        """Return every record of one student in one module, newest first."""
        query = (
            select(RecordRow.document)
            .where(RecordRow.student == student, RecordRow.module.in_(self._stems(module)))
            .order_by(RecordRow.graded_at.desc(), RecordRow.id.desc())
        )
        return self._records(query)

    def newest(self, module: str) -> list[Record]:
        """Return the record of the newest commit of each student in one module, in the order of students."""

        def work(session: Session) -> list[Record]:
            last = [found[-1].record for found in self._stands(session, module)]
            records = _documents(session, last)
            return [records[row.id] for row in last]

        return self._database.read(work)

    def reported(self, module: str) -> list[Reported]:
        """Return what the reports on each student in one module show, in the order of students."""

        def work(session: Session) -> list[Reported]:
            chosen = [(_sound(found), _trouble(found)) for found in self._stands(session, module)]
            records = _documents(session, [row for pair in chosen for row in pair if row is not None])
            return [Reported(records[row.id], records[late.id] if late else None) for row, late in chosen]

        return self._database.read(work)

    def graded_commits(self, student: str, module: str) -> dict[str, Record]:
        """Return, by commit, the record of each commit that has a clean record; the newest commit last."""

        def work(session: Session) -> dict[str, Record]:
            found = self._stands(session, module, student)
            clean = [stand.record for stand in (found[0] if found else ()) if stand.record.clean]
            records = _documents(session, clean)
            return {row.commit: records[row.id] for row in clean}

        return self._database.read(work)

    def students(self) -> list[str]:
        """Return the students who have a record."""
        query = select(RecordRow.student).distinct().order_by(RecordRow.student)
        return self._database.read(lambda session: list(session.scalars(query)))

    def require_known(self, course: Course) -> None:
        """Raise LostGradesError if course.yaml does not account for a module that has grades."""
        require_known(self._database.read(_graded), course, self._checks_now)

    def standings(
        self, course: Course, pseudonyms: Mapping[str, str | None], entries: Sequence[Entry] = ()
    ) -> list[Standing]:
        """Return the standings of everybody on the roster (the keys of `pseudonyms`), most points first, then by id.

        Raise an error if grades would be dropped. Every command that shows or posts a score calls this first.
        """
        self.require_known(course)
        held = in_force(entries)
        attempts, now = self._attempts(held), self._suites_now
        decided: dict[str | None, list[Entry]] = defaultdict(list)
        for entry in held:
            decided[entry.student].append(entry)
        found = [
            standing(student, pseudonym, scores(attempts[student], decided[student], course, now), course)
            for student, pseudonym in pseudonyms.items()
        ]
        return sorted(found, key=lambda standing: (-standing.total, standing.student))

    def modules_of(self, student: str) -> list[str]:
        """Return the modules in which a student has a record."""
        query = select(RecordRow.module).where(RecordRow.student == student).distinct()
        return sorted({self._now(stem) for stem in self._database.read(lambda session: list(session.scalars(query)))})

    def forget(self, student: str) -> None:
        """Remove a student's records and their checks."""
        self._database.write(lambda session: session.execute(delete(RecordRow).where(RecordRow.student == student)))

    def suites(self, module: str) -> dict[str, set[str]]:
        """Return the names of the checks in each suite that has graded the module, by digest of the suite."""
        query = (
            select(RecordRow.suite, CheckRow.name)
            .join(CheckRow, CheckRow.record_id == RecordRow.id)
            .where(RecordRow.module.in_(self._stems(self._now(module))))
            .distinct()
        )
        found: dict[str, set[str]] = defaultdict(set)
        for suite, name in self._database.read(lambda session: session.execute(query).all()):
            found[suite].add(name)
        return dict(found)

    def _now(self, stem: str) -> str:
        """Return the current stem of a module that has, or once had, this stem."""
        return self._renamed.get(stem, stem)

    def _stems(self, module: str) -> list[str]:
        """Return the stems under which a module has records."""
        return [module, *(old for old, now in self._renamed.items() if now == module)]

    def _records(self, documents: Select[str]) -> list[Record]:
        return self._database.read(
            lambda session: [Record.model_validate_json(it) for it in session.scalars(documents)]
        )

    def _stands(self, session: Session, module: str, student: str | None = None) -> list[list[Stand[_Row]]]:
        """Return a list for each student with a record in the module: the record of each commit, the newest last."""
        row = RecordRow
        query = select(row.id, row.student, row.commit, row.handed_in, row.graded_at, row.clean, row.suite)
        query = query.where(row.module.in_(self._stems(module))).order_by(row.student, row.id)
        if student is not None:
            query = query.where(row.student == student)
        rows: dict[str, list[_Row]] = defaultdict(list)
        for found in session.execute(query):
            rows[found.student].append(_Row(*found))
        return [stands(records, self._suites_now.get(module)) for records in rows.values()]

    def _attempts(self, held: Sequence[Entry]) -> dict[str, dict[str, list[Attempt]]]:
        """Return attempts by student and module. Their points include those of withdrawn checks."""
        row = RecordRow
        query = select(
            row.id, row.student, row.module, row.commit, row.handed_in, row.graded_at, row.clean, row.points, row.capability,
            row.milestone, row.work, row.files, row.suite,
        )  # fmt: skip
        rows = self._database.read(lambda session: session.execute(query.order_by(row.id)).all())
        found: dict[str, dict[str, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
        given = self._given(held)
        for number, owner, module, *facts in rows:
            made = Attempt(*facts)
            gift = given[number]
            found[owner][self._now(module)].append(
                replace(made, points=made.points + gift, given=gift) if gift else made
            )
        return found

    def _given(self, held: Sequence[Entry]) -> Counter[int]:
        """Return, by row of a record, the points of withdrawn checks that it had not earned."""
        given: Counter[int] = Counter()
        incidents = [entry for entry in held if entry.kind is Kind.INCIDENT]
        withdrawn = {
            (stem, entry.suite, entry.check)
            for entry in incidents
            for stem in self._stems(self._now(entry.module or ""))
        }
        if not withdrawn:
            return given
        query = (
            select(CheckRow.record_id, CheckRow.max_points - CheckRow.points)
            .join(RecordRow, RecordRow.id == CheckRow.record_id)
            .where(tuple_(RecordRow.module, RecordRow.suite, CheckRow.name).in_(withdrawn))
        )
        for number, points in self._database.read(lambda session: session.execute(query).all()):
            given[number] += points
        return given


def _graded(session: Session) -> list[Graded]:
    """Return the facts of the records about each module that has grades."""
    row = RecordRow
    out_of: dict[str, set[int]] = defaultdict(set)
    students: dict[str, set[str]] = defaultdict(set)
    for module, points, student in session.execute(
        select(row.module, row.max_points, row.student).where(row.clean).distinct().order_by(row.module)
    ):
        out_of[module].add(points)
        students[module].add(student)
    first = dict(session.execute(select(row.module, func.min(row.id)).where(row.clean).group_by(row.module)).all())
    found: list[Graded] = []
    for module, worth in out_of.items():
        document = session.scalars(select(row.document).where(row.id == first[module])).one()
        record = Record.model_validate_json(document)
        checks = frozenset(check.id for check in record.checks)
        found.append(Graded(module, len(students[module]), tuple(sorted(worth)), checks, record.capability))
    return found


def _sound(newest_last: Sequence[Stand[_Row]]) -> _Row:
    return next((stand.record for stand in reversed(newest_last) if stand.record.clean), newest_last[-1].record)


def _trouble(newest_last: Sequence[Stand[_Row]]) -> _Row | None:
    newest = newest_last[-1]
    return newest.waits if newest.record.clean else newest.record


def _documents(session: Session, rows: Sequence[_Row]) -> dict[int, Record]:
    query = select(RecordRow.id, RecordRow.document).where(RecordRow.id.in_([row.id for row in rows]))
    return {number: Record.model_validate_json(document) for number, document in session.execute(query)}
