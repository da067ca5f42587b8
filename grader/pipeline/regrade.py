"""Grade a module's commits of record again, after a suite or the grader was mended, and say whose score changes.

`regrade` writes into a store of its own and computes the new standings beside the old ones. Only `keep` changes the course's
records. The time of each push stays as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..classroom.forge import ForgeError
from ..classroom.names import student_repo
from ..classroom.pushes import Push
from ..classroom.roster import Student
from ..course import Module
from ..editions.stale import require_built
from ..gradebook.changes import Change, changes
from ..gradebook.entries import Entry
from ..gradebook.gradebook import Gradebook
from ..gradebook.intake import Filled, Refused, work_of
from ..gradebook.scores import Score, Standing
from ..grading.grade import machinery_version, same_code
from ..grading.record import Record
from ..grading.store import Store
from ..grading.submission import SubmissionError
from ..repository import RepositoryError
from .executor import Ended, Executor, OnStep, silent, trouble_of
from .grade import grade
from .known_suites import remember
from .record import fill, outcomes
from .task import Task, TaskMaker, suites_here
from .term import Term


@dataclass(frozen=True)
class Regraded:
    """Hold the result.

    suite: digest of the suite that graded; nobody: no student had a grade; graded: how many commits were graded again;
    records: those that are new; problems: a line for each commit that could not be graded
    """

    module: Module
    suite: str
    nobody: bool
    graded: int
    records: tuple[Record, ...]
    changes: tuple[Change, ...]
    refused: tuple[Refused, ...]
    problems: tuple[str, ...]


def regrade(
    term: Term,
    module: Module,
    executor: Callable[[Store], Executor],
    on_step: OnStep = silent,
    *,
    every_commit: bool = False,
    again: bool = False,
) -> Regraded:
    """Grade again with the current suite.

    executor: makes an executor that keeps its records in the given store, apart from the course's; every_commit: grade all
    commits that were ever graded, not only those that count before or after the regrade; again: also the commits that this suite
    and this grader have graded. Their records stay, and each other outcome is a problem
    """
    workspace = term.workspace
    require_built(workspace.root, [module])
    kept = Store(workspace.state)
    kept.records.mkdir(parents=True, exist_ok=True)
    trial = Store(workspace.regrades)
    if again:  # what an earlier dry run left would be used again
        shutil.rmtree(workspace.regrades, ignore_errors=True)
    with workspace.gradebook("sqlite://") as book:
        refused = book.fill(kept.records, workspace.secret).refused
        nobody = not book.newest(module.stem)
        maker = TaskMaker(workspace.grader(store=trial.folder), suites_here(workspace.root, term.course, [module]))
        job = _Regrade(term, module, book, kept, term.entries(book, [module]), maker, every_commit, again)
        changed = job.run(lambda tasks: grade(tasks, executor(trial), on_step))
    suite = maker.suites[module.stem]
    found = tuple(job.records), tuple(changed), tuple(refused), tuple(job.problems)
    return Regraded(module, suite, nobody, job.graded, *found)


def keep(term: Term, regraded: Regraded) -> Filled:
    """Move the records of a regrade into the course's store, so that they count."""
    remember(term.workspace, [regraded.module])
    kept = Store(term.workspace.state)
    for record in regraded.records:
        kept.write(record)
    filled = fill(term.workspace)
    shutil.rmtree(term.workspace.regrades, ignore_errors=True)
    return filled


@dataclass
class _Regrade:
    """Regrade one module. book: a temporary gradebook with the course's records; kept: the course's store"""

    term: Term
    module: Module
    book: Gradebook
    kept: Store
    entries: Sequence[Entry]
    maker: TaskMaker
    every_commit: bool
    again: bool
    graded: int = 0
    records: list[Record] = field(default_factory=list)
    problems: dict[str, None] = field(default_factory=dict)  # a dict, because later rounds meet the same problems again

    def run(self, grade_all: Callable[[Sequence[Task]], Iterator[Ended]]) -> list[Change]:
        """Grade in rounds until this suite has graded every commit of record. A regrade may make another commit count."""
        before = self._standings()
        tried: set[tuple[str, str]] = set()
        while tasks := [task for task in self._tasks() if (task.student, task.commit) not in tried]:
            tried.update((task.student, task.commit) for task in tasks)
            for ended in grade_all(tasks):
                if trouble := trouble_of(ended):
                    self.problems[trouble] = None
                elif ended.record is not None:
                    self._take(ended.record)
        return list(changes(before, self._standings()))

    def _take(self, record: Record) -> None:
        """Take a record, unless the store has a complete record of the same input: that one stays, even if a check is flaky."""
        self.graded += 1
        path = self.kept.path_of(record)
        known = self.kept.read(path) if path.is_file() else None
        if known is None or not known.complete:
            self.records.append(record)
            self.book.add(record)
        elif record.complete and outcomes(known) != outcomes(record):
            self.problems[
                f"{path} has the same input, but other outcomes than now. It was graded by {known.grader_version}, and now by "
                f"{record.grader_version}. The record stays; look for a check whose outcome is chance"
            ] = None

    def _tasks(self) -> Iterator[Task]:
        standings = {standing.student: standing for standing in self._standings()}
        for student in self.term.roster.students:
            score = standings[student.id].scores.get(self.module.stem)
            history = self.book.history(student.id, self.module.stem)
            newest = self.book.graded_commits(student.id, self.module.stem)
            wanted = list(newest) if self.every_commit else [*_of_record(score), *_on_time_perhaps(score, newest)]
            for commit in wanted:
                if not self._is_new(newest[commit]):
                    push = self._push(student, commit, history)
                    try:
                        place = self.term.forge.fetched(push.repo, commit)
                        yield from self.maker.tasks(replace(push, place=place), [self.module])
                    except (ForgeError, RepositoryError, SubmissionError) as error:
                        self.problems[f"{student.id} {self.module.stem}: {error}"] = None

    def _push(self, student: Student, commit: str, history: Sequence[Record]) -> Push:
        """Rebuild the push from the records, without the place where it can be read."""
        repo = student_repo(self.term.course, student)
        times = [record.submitted_at for record in history if record.commit == commit]
        return Push(student.id, repo, "", commit, min(filter(None, times), default=None))

    def _is_new(self, record: Record) -> bool:
        """Tell whether a record needs no regrade: the current suite and the current grader have made it."""
        if self.again:
            return False
        suite = self.maker.suites[self.module.stem]
        return record.suite_digest == suite and same_code(record.grader_version, machinery_version())

    def _standings(self) -> list[Standing]:
        everybody = {student.id: None for student in self.term.roster.enrolled}
        return self.book.standings(self.term.course, everybody, self.entries)


def _on_time_perhaps(score: Score | None, newest: Mapping[str, Record]) -> list[str]:
    """If the commit of record is late, return the other commits with the same work in this module.

    Such a commit may have been on time, and only records by the same suite can show that (rule 2 in gradebook/scores.py).
    """
    if score is None or score.commit is None or not score.late_days:
        return []
    own = work_of(newest[score.commit])
    return [commit for commit, record in newest.items() if commit != score.commit and work_of(record) == own]


def _of_record(score: Score | None) -> list[str]:
    return [score.commit] if score is not None and score.commit is not None else []
