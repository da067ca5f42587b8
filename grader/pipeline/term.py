"""One term's round, in the order in which things happen: collect, grade, gradebook, reports, publish."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from rich.console import Console

from ..classroom.forge import MAIN, Forge, ForgeError
from ..classroom.names import student_repo, template_repo
from ..classroom.posted import Posted, digest_of
from ..classroom.posting import Post, PublishError, checked, publish, status_of
from ..classroom.roster import Roster, Student
from ..cli.grade import write_reports
from ..cli.progress import graded_with_bar
from ..counted import counted
from ..course import Course, Module
from ..editions.stale import require_built
from ..gradebook.decisions import Decisions
from ..gradebook.entries import Entry
from ..gradebook.intake import Filled
from ..gradebook.scores import Score, Standing
from ..gradebook.store import Gradebook, Reported
from ..grading.batch import Graded
from ..grading.grade import Job
from ..grading.record import Record
from ..grading.store import Store
from ..reports import markdown
from ..reports.badges import badges_of
from ..reports.clean import one_line
from ..reports.score import score_words
from ..reports.site import leaderboard
from ..reports.terminal import ClassTable
from ..repository import RepositoryError
from ..scratch import sweep_drafts
from .collect import collect
from .suites import about_to_grade, settled
from .workspace import Workspace, WorkspaceError

LINE_LIMIT = 1_000
BRANCH = f"refs/heads/{MAIN}"


@dataclass(frozen=True)
class Term:
    """A class, its forge, and the workspace that holds its records."""

    workspace: Workspace
    roster: Roster
    forge: Forge

    @classmethod
    def here(cls, state: Path | None, roster: Path | None, forge: str | None = None) -> Term:
        """What a command's options name. Without a forge it is the one on disk: where records say all, none is asked."""
        workspace = Workspace.here(state)
        return cls(workspace, workspace.roster(roster), workspace.forge(forge))

    @property
    def course(self) -> Course:
        return self.workspace.course

    def collect_and_grade(self, modules: Sequence[Module] | None = None, workers: int | None = None) -> list[str]:
        """Grade every student's head of main in these modules; what went wrong, one line each."""
        course = self.course
        sweep_drafts(self.workspace.state)
        _ = self.decisions  # a mistake in them is told now, not after an hour of grading
        released = self.released()
        early = [module.id for module in modules or () if module not in released]
        if early:
            raise WorkspaceError(f"{', '.join(early)} has not been released: nobody can have handed it in")
        chosen = tuple(modules) if modules is not None else released
        require_built(self.workspace.root, chosen)
        about_to_grade(self.workspace, self.decisions.entries, chosen)
        collected = collect(course, self.roster, self.forge)
        problems = [f"{student}: {reason}" for student, reason in collected.missing.items()]
        jobs = [
            Job(one.student, one.url, one.commit, module.id, one.submitted_at, one.repo)
            for module in chosen
            for one in collected.submissions
        ]
        grader = self.workspace.grader()
        for graded in graded_with_bar(grader, jobs, workers):
            problems += trouble_of(graded)
        filled = self.fill_gradebook()
        problems += [f"{refused.path}: {refused.reason}" for refused in filled.refused]
        print_problems("problem", problems)
        new = f"{counted(filled.added, 'new record')} in the gradebook, {counted(len(problems), 'problem')}"
        print(f"looked at {counted(len(jobs), 'submission')}; {new}")
        return problems

    def released(self) -> tuple[Module, ...]:
        """The modules that are out: those the template has."""
        from ..classroom.facts import FACTS, released_stems

        repo = template_repo(self.course)
        if repo not in self.forge.repos():
            return ()
        with self.forge.workspace(repo) as git:
            # by its whole name: a tag may be called main as well
            name = f"{BRANCH}:{FACTS}"
            if BRANCH not in git.refs():
                raise WorkspaceError(
                    f"{repo} has no branch {MAIN} that can be read, so nobody knows which modules are out. Restore the branch "
                    "from a clone or a backup; or, if a first release was stopped, run `grader release` again"
                )
            found = git.look_up([name])[name]
        stems = released_stems(found)
        return tuple(module for module in self.course.written if module.stem in stems)

    @cached_property
    def decisions(self) -> Decisions:
        return self.workspace.decisions(self.roster)

    def fill_gradebook(self) -> Filled:
        """Read every record on disk into the gradebook; what is not signed by the course is refused, and said."""
        records = Store(self.workspace.state).records
        records.mkdir(parents=True, exist_ok=True)  # nothing graded yet is no mistake
        with self.gradebook() as book:
            return book.fill(records, self.workspace.secret)

    def gradebook(self) -> Gradebook:
        return self.workspace.gradebook()

    def entries(self, book: Gradebook, grading: Sequence[Module] = ()) -> list[Entry]:
        """The decisions as scores follow from them. grading: modules that are about to be graded by the suites of now."""
        return settled(self.workspace, self.decisions.entries, book, grading)

    def standings(self) -> list[Standing]:
        """Everybody enrolled, those without a login yet included."""
        pseudonyms = {student.id: student.pseudonym or None for student in self.roster.enrolled}
        with self.gradebook() as book:
            return book.standings(self.course, pseudonyms, self.entries(book))

    def reported(self) -> list[Reported]:
        """What the reports are about: a record of every student in every module."""
        with self.gradebook() as book:
            return [one for module in self.course.written for one in book.reported(module.id)]

    def waiting(self) -> list[str]:
        """The newest gradings that came to trouble and wait to be done again, one line each."""
        late = [one.trouble for one in self.reported() if one.trouble is not None]
        return [f"{it.student} {it.module} at {it.commit[:12]}: {why_incomplete(it)}" for it in late]

    def write_reports(self) -> Path:
        with self.gradebook() as book:
            pseudonyms = dict.fromkeys(book.students())
            standings = book.standings(self.course, pseudonyms, self.entries(book))
            scores = {it.student: it.scores for it in standings}
            for one in self.reported():
                student, module = one.record.student, one.record.module
                write_reports(
                    self.workspace.reports,
                    one.record,
                    tuple(book.history(student, module)),
                    past_due=self.past_due(module),
                    score=scores[student][module],
                    trouble=one.trouble,
                )
        return self.workspace.reports

    def past_due(self, module_id: str) -> bool:
        """May checks marked AFTER_DUE be shown? When the course says so, and nobody can hand in any more with late days."""
        module = self.course.module(module_id)
        last = module.due + timedelta(days=self.course.policy.late_days_per_module)
        return self.course.hidden_until(module) == "due" and datetime.now(UTC) > last

    def print_standings(self, students: Iterable[Student] | None = None) -> None:
        """Of these students, or of all enrolled."""
        shown = {student.id for student in (self.roster.enrolled if students is None else students)}
        chosen = [standing for standing in self.standings() if standing.student in shown]
        Console().print(ClassTable(chosen, self.course))

    def write_leaderboard(self) -> Path:
        return leaderboard(self.course, self.standings(), self.workspace.state / "site")

    def _to_post(self) -> list[tuple[Record, Record | None]]:
        """The record of each newest commit, and the trouble that came after it, if its grade waits for a newer suite."""
        with self.gradebook() as book:
            found: list[tuple[Record, Record | None]] = []
            for module in self.course.written:
                late = {
                    (it.trouble.student, it.trouble.commit): it.trouble for it in book.reported(module.id) if it.trouble
                }
                found += [(record, late.get((record.student, record.commit))) for record in book.newest(module.id)]
            return found

    def publish(self, *, dry_run: bool = False, again: bool = False) -> list[str]:
        """Post every newest record; what went wrong, one line each. Records that cannot be verified are not posted.

        again: compare with the forge also what has been posted before
        """
        sweep_drafts(self.workspace.state)
        self.forge.tidy()
        course, secret, by = self.course, self.workspace.secret, self.workspace.signature()
        self.fill_gradebook()  # what `take` has put on disk counts; what is not signed is told where it would be posted
        enrolled = {student.id for student in self.roster.students}
        scores = {it.student: it.scores for it in self.standings() if it.student in enrolled}
        store = Store(self.workspace.state)
        ledger = Posted(self.workspace.state / "posted")
        problems: list[str] = []
        posted: set[str] = set()
        known = 0
        for record, trouble in self._to_post():
            if record.student not in scores:
                continue  # left the class: the records stay, and nothing is posted
            module = course.module(record.module)
            score = scores[record.student].get(module.id)
            comment = markdown.for_student(record, past_due=self.past_due(module.id), score=score, trouble=trouble)
            badges = badges_of(module, score, course.badges)
            post = Post("\n".join(filter(None, (comment, score_words(score)))), badges)
            try:
                # a byte that is no text makes the signature another, so that this record alone is refused
                document = store.path_of(record).read_text(encoding="utf-8", errors="replace")
                to_post = checked(document, course, self.roster, secret)
                url = self.forge.url(student_repo(course, self.roster.student(record.student)))
                digest = digest_of(to_post, post)
                if not again and ledger.holds(url, module.id, digest):
                    known += 1
                    continue
                if dry_run:
                    print(f"would post: {record.student} {said_of(to_post, score)}")
                else:
                    publish(document, post, course, self.roster, self.forge, by, secret)
                    ledger.note(url, module.id, digest)
                posted.add(record.student)
            except (OSError, PublishError, ForgeError, RepositoryError) as error:
                problems.append(f"{record.student} {record.module}: {error}")
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    break  # the next one would fail in the same way
        print_problems("not posted", problems)
        before = f"; {counted(known, 'grade')} stood there already" if known else ""
        done = f"{'would post' if dry_run else 'posted'} to {counted(len(posted), 'student')}"
        print(f"{done}; {counted(len(problems), 'problem')}{before}")
        return problems


def said_of(record: Record, score: Score | None) -> str:
    """The status, and the score of record where that is another."""
    status = status_of(record)
    differs = score is not None and (score.excused is not None or score.points != record.points)
    return f"{status.context} {status.description}" + (f". {score_words(score)}" if differs else "")


def print_problems(what: str, problems: Sequence[str]) -> None:
    """A line each: they may quote a branch or a file that a student has named, or the grader's own trouble with it."""
    for line in problems:
        print(f"{what}: {one_line(line, LINE_LIMIT)}")


def trouble_of(graded: Graded) -> list[str]:
    """Why a job has no record that counts, on one line; nothing if it has one."""
    if graded.record is None:
        return [f"{graded.job.student} {graded.job.module}: {graded.problem}"]
    if not graded.record.complete:
        return [
            f"{graded.job.student} {graded.job.module}: not graded, to be tried again: {why_incomplete(graded.record)}"
        ]
    return []


def why_incomplete(record: Record) -> str:
    """What the grader's trouble was."""
    return next((check.message for check in record.errors if check.message), "the run did not end")
