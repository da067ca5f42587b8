"""Grade a module's commits of record again, after a suite or the grader was mended, and say whose score changes.

Nothing of the course is touched: new records go into a store of their own, and the standings that would follow are
computed beside the old ones. The time of the push stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..classroom.forge import Forge, ForgeError
from ..classroom.names import student_repo
from ..classroom.roster import Roster, Student
from ..course import Course, Module
from ..gradebook.changes import Change, changes
from ..gradebook.entries import Entry
from ..gradebook.intake import work_of
from ..gradebook.scores import Score, Standing
from ..gradebook.store import Gradebook
from ..grading.batch import Graded
from ..grading.grade import Job, machinery_version
from ..grading.record import Record
from ..grading.store import Store
from ..repository import RepositoryError

GradeAll = Callable[[Sequence[Job]], Iterator[Graded]]


@dataclass
class Regrade:
    """Regrading `module`. book: a gradebook of the course's records that may be filled with trial ones; kept: its store.

    every_commit: all commits that were ever graded, not only those that count now or would count then
    """

    course: Course
    module: Module
    roster: Roster
    forge: Forge
    book: Gradebook
    kept: Store
    entries: Sequence[Entry]
    suite: str
    every_commit: bool = False
    records: list[Record] = field(default_factory=list)
    troubled: list[Graded] = field(default_factory=list)

    def run(self, grade_all: GradeAll) -> list[Change]:
        """Grade until every commit of record was graded by this suite: a regrade may bring another commit to count."""
        before = self._standings()
        tried: set[tuple[str, str]] = set()
        while jobs := [job for job in self._jobs() if (job.student, str(job.commit)) not in tried]:
            tried.update((job.student, str(job.commit)) for job in jobs)
            for graded in grade_all(jobs):
                if graded.record is None or not graded.record.complete:
                    self.troubled.append(graded)
                elif not self._is_kept(graded.record):
                    self.records.append(graded.record)
                    self.book.add(graded.record)
        return list(changes(before, self._standings()))

    def _jobs(self) -> Iterator[Job]:
        standings = {standing.student: standing for standing in self._standings()}
        for student in self.roster.students:
            score = standings[student.id].scores.get(self.module.id)
            history = self.book.history(student.id, self.module.id)
            newest = self.book.graded_commits(student.id, self.module.id)
            wanted = list(newest) if self.every_commit else [*_of_record(score), *_on_time_perhaps(score, newest)]
            for commit in wanted:
                if not self._is_new(newest[commit]):
                    job = self._job(student, commit, history)
                    try:
                        yield replace(job, source=self.forge.fetched(job.repo, commit))
                    except (ForgeError, RepositoryError) as error:
                        trouble = Graded(job, None, str(error))
                        if trouble not in self.troubled:  # we look again as long as there are jobs
                            self.troubled.append(trouble)

    def _job(self, student: Student, commit: str, history: Sequence[Record]) -> Job:
        """A job that does not know yet where its commit can be read."""
        repo = student_repo(self.course, student)
        times = [it.submitted_at for it in history if it.commit == commit and it.submitted_at is not None]
        return Job(student.id, "", commit, self.module.id, min(times, default=None), repo)

    def _is_new(self, record: Record) -> bool:
        return (record.suite_digest, record.grader_version) == (self.suite, machinery_version())

    def _is_kept(self, record: Record) -> bool:
        """The same input was graded before: its record stands, and another outcome would be a flaky check's."""
        path = self.kept.path_of(record)
        return path.is_file() and self.kept.read(path).complete

    def _standings(self) -> list[Standing]:
        return self.book.standings(self.course, {student.id: None for student in self.roster.enrolled}, self.entries)


def _on_time_perhaps(score: Score | None, newest: Mapping[str, Record]) -> list[str]:
    """Where the commit of record is late: others with the same work in this module. One of them may have been on time, and
    only records by the same suite show that (rule 2 of the scores).
    """
    if score is None or score.commit is None or not score.late_days:
        return []
    own = work_of(newest[score.commit])
    return [commit for commit, record in newest.items() if commit != score.commit and work_of(record) == own]


def _of_record(score: Score | None) -> list[str]:
    return [score.commit] if score is not None and score.commit is not None else []
