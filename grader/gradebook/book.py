"""All records of a course, and what follows from them.

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
from grader.gradebook.choice import Stand, stands
from grader.gradebook.database import BUSY_SECONDS, Database
from grader.gradebook.entries import Entry, Kind, in_force
from grader.gradebook.lost import Graded, require_known
from grader.gradebook.scores import Attempt, Standing, scores, standing
from grader.gradebook.tables import CheckRow, RecordRow
from grader.grading.record import Record


@dataclass(frozen=True)
class Reported:
    """What the reports on one student in one module are about.

    record: that of the newest commit with a clean one, and without any that of the newest commit; trouble: the grading after
    it, or this one, that could not be done and waits to be done again
    """

    record: Record
    trouble: Record | None


@dataclass(frozen=True)
class _Row:
    """Of one record what the choice between records asks for, and where it is."""

    id: int
    student: str
    commit: str
    handed_in: datetime
    graded_at: datetime
    clean: bool
    suite: str


class Gradebook:
    """Records in a database. `url` is SQLAlchemy's, such as sqlite:///gradebook.sqlite or postgresql+psycopg://…

    suites_now: by module, the digest of the suite as it is now, where it is known: of two grades its own stands
    checks_now: by module, the checks of that suite
    renamed: by each stem that a module had before, the stem it has now; its records count under that
    """

    def __init__(
        self,
        url: str,
        *,
        suites_now: Mapping[str, str] = MappingProxyType({}),
        checks_now: Mapping[str, frozenset[str]] = MappingProxyType({}),
        renamed: Mapping[str, str] = MappingProxyType({}),
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._database = Database(url, busy_seconds)
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

    # What they say

    def history(self, student: str, module: str) -> list[Record]:
        """Every record of one student in one module, newest first."""
        query = (
            select(RecordRow.document)
            .where(RecordRow.student == student, RecordRow.module.in_(self._stems(module)))
            .order_by(RecordRow.graded_at.desc(), RecordRow.id.desc())
        )
        return self._records(query)

    def newest(self, module: str) -> list[Record]:
        """The record that stands for the newest commit of each student in one module, by student."""

        def work(session: Session) -> list[Record]:
            last = [found[-1].record for found in self._stands(session, module)]
            records = _documents(session, last)
            return [records[row.id] for row in last]

        return self._database.read(work)

    def reported(self, module: str) -> list[Reported]:
        """What the reports on each student in one module are about, by student."""

        def work(session: Session) -> list[Reported]:
            chosen = [(_sound(found), _trouble(found)) for found in self._stands(session, module)]
            records = _documents(session, [row for pair in chosen for row in pair if row is not None])
            return [Reported(records[row.id], records[late.id] if late else None) for row, late in chosen]

        return self._database.read(work)

    def graded_commits(self, student: str, module: str) -> dict[str, Record]:
        """By commit the record that stands for it, of those that have a clean one; the newest commit last."""

        def work(session: Session) -> dict[str, Record]:
            found = self._stands(session, module, student)
            clean = [it.record for it in (found[0] if found else ()) if it.record.clean]
            records = _documents(session, clean)
            return {row.commit: records[row.id] for row in clean}

        return self._database.read(work)

    def students(self) -> list[str]:
        """Everybody who has a record."""
        query = select(RecordRow.student).distinct().order_by(RecordRow.student)
        return self._database.read(lambda session: list(session.scalars(query)))

    def require_known(self, course: Course) -> None:
        """LostGradesError where course.yaml does not say what became of a module that has grades."""
        require_known(self._database.read(_graded), course, self._checks_now)

    def standings(
        self, course: Course, pseudonyms: Mapping[str, str | None], entries: Sequence[Entry] = ()
    ) -> list[Standing]:
        """Everybody on the roster (the keys of `pseudonyms`), most points first; among equals by id.

        Refuses as long as grades would be dropped: every command that shows or posts a score asks here first.
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
        """The modules in which a student has a record."""
        query = select(RecordRow.module).where(RecordRow.student == student).distinct()
        return sorted({self._now(stem) for stem in self._database.read(lambda session: list(session.scalars(query)))})

    def forget(self, student: str) -> None:
        """Remove a student's records; their checks go with them."""
        self._database.write(lambda session: session.execute(delete(RecordRow).where(RecordRow.student == student)))

    def suites(self, module: str) -> dict[str, set[str]]:
        """By digest of a suite that graded the module: the names of its checks."""
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
        """The stem that the module of this stem has now."""
        return self._renamed.get(stem, stem)

    def _stems(self, module: str) -> list[str]:
        """The stems under which a module has records."""
        return [module, *(old for old, now in self._renamed.items() if now == module)]

    def _records(self, documents: Select[str]) -> list[Record]:
        return self._database.read(
            lambda session: [Record.model_validate_json(it) for it in session.scalars(documents)]
        )

    def _stands(self, session: Session, module: str, student: str | None = None) -> list[list[Stand[_Row]]]:
        """For each student who has a record in the module, by student: what stands for each commit, the newest last."""
        row = RecordRow
        query = select(row.id, row.student, row.commit, row.handed_in, row.graded_at, row.clean, row.suite)
        query = query.where(row.module.in_(self._stems(module))).order_by(row.student, row.id)
        if student is not None:
            query = query.where(row.student == student)
        rows: dict[str, list[_Row]] = defaultdict(list)
        for found in session.execute(query):
            rows[found.student].append(_Row(*found))
        return [stands(them, self._suites_now.get(module)) for them in rows.values()]

    def _attempts(self, held: Sequence[Entry]) -> dict[str, dict[str, list[Attempt]]]:
        """By student and module; of the records only what a score needs, with the points of withdrawn checks."""
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
        """By record: the points of checks that were withdrawn and had not been earned."""
        given: Counter[int] = Counter()
        incidents = [it for it in held if it.kind is Kind.INCIDENT]
        withdrawn = {(stem, it.suite, it.check) for it in incidents for stem in self._stems(self._now(it.module or ""))}
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
    """What the records know of each module that has grades, by module."""
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
    return next((it.record for it in reversed(newest_last) if it.record.clean), newest_last[-1].record)


def _trouble(newest_last: Sequence[Stand[_Row]]) -> _Row | None:
    newest = newest_last[-1]
    return newest.waits if newest.record.clean else newest.record


def _documents(session: Session, rows: Sequence[_Row]) -> dict[int, Record]:
    query = select(RecordRow.id, RecordRow.document).where(RecordRow.id.in_([row.id for row in rows]))
    return {number: Record.model_validate_json(document) for number, document in session.execute(query)}
