"""Publish: post new grades to the students' repositories, and remember what was posted. This runs no code of a student."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from ..classroom.forge import ForgeError
from ..classroom.names import student_repo
from ..classroom.posted_ledger import Posted, digest_of
from ..classroom.posting import Post, PublishError, checked, post_record, status_of
from ..files import alone
from ..gradebook.scores import Score
from ..grading.record import Record
from ..grading.store import Store
from ..reports import markdown
from ..reports.badges import badges_of
from ..reports.score import score_words
from ..repository import RepositoryError
from ..scratch import sweep_drafts
from .record import fill
from .term import Term


@dataclass
class Publication:
    """Hold the result of publishing, or of a dry run.

    posted: by student, a line for each post, in the order of posting; known: how many grades were there already; problems: a line
    for each grade that could not be posted
    """

    posted: dict[str, list[str]] = field(default_factory=dict)
    known: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Grade:
    """Hold a record to post, the text and badges that go with it, and the score of record."""

    record: Record
    post: Post
    score: Score | None


def publish(
    term: Term, *, dry_run: bool = False, again: bool = False, on_wait: Callable[[], None] = lambda: None
) -> Publication:
    """Post the record of each newest commit. Records that cannot be verified are not posted.

    dry_run: find out what is new, and post nothing; again: also check on the forge what was posted before, and repair it;
    on_wait: called if another publication runs and this one must wait
    """
    with nullcontext() if dry_run else _turn(term, on_wait):
        sweep_drafts(term.workspace.state)
        term.forge.tidy()
        # Records that `take` has put on disk count too. `_publish` reports a record that is not signed.
        fill(term.workspace)
        return _publish(term, dry_run, again)


def _turn(term: Term, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
    """Wait until no other publication runs. Two at once would each write a comment that the other does not see."""
    posted = term.workspace.state / "posted"
    posted.mkdir(exist_ok=True)
    return alone(posted, on_wait)


def _publish(term: Term, dry_run: bool, again: bool) -> Publication:
    course, secret, by = term.course, term.workspace.secret, term.signature()
    store = Store(term.workspace.state)
    ledger = Posted(term.workspace.state / "posted")
    done = Publication()
    for grade in _grades(term):
        record = grade.record
        stem = course.module(record.module).stem
        try:
            # a byte that is not UTF-8 is replaced, so the signature no longer fits and only this record is refused
            document = store.path_of(record).read_text(encoding="utf-8", errors="replace")
            to_post = checked(document, course, term.roster, secret)
            url = term.forge.url(student_repo(course, term.roster.student(record.student)))
            digest = digest_of(to_post, stem, grade.post)
            if not again and ledger.holds(url, stem, digest):
                done.known += 1
                continue
            if not dry_run:
                post_record(document, grade.post, course, term.roster, term.forge, by, secret)
                ledger.note(url, stem, digest)
            done.posted.setdefault(record.student, []).append(_said(to_post, stem, grade.score))
        except (OSError, PublishError, ForgeError, RepositoryError) as error:
            done.problems.append(f"{record.student} {stem}: {error}")
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                break  # the next record would fail in the same way
    return done


def _grades(term: Term) -> Iterator[_Grade]:
    """Yield the grade of each newest commit. The records of students who have left stay, but are not posted."""
    enrolled = {student.id for student in term.roster.students}
    scores = {standing.student: standing.scores for standing in term.standings() if standing.student in enrolled}
    for record, trouble in _newest(term):
        if record.student in scores:
            shown = term.under_present_stem(record)
            module = term.course.module(shown.module)
            score = scores[record.student].get(module.stem)
            comment = markdown.for_student(shown, past_due=term.past_due(module.stem), score=score, trouble=trouble)
            text = "\n".join(filter(None, (comment, score_words(score))))
            former = "|".join((rf"\d\d_(?:{'|'.join(module.stems)})", *module.renamed_from))
            yield _Grade(record, Post(text, badges_of(module, score, term.course.badges), former=former), score)


def _newest(term: Term) -> list[tuple[Record, Record | None]]:
    """Return the record of each newest commit, with the failed grading by a newer suite for which it waits, if any."""
    found: list[tuple[Record, Record | None]] = []
    with term.workspace.gradebook() as book:
        for module in term.course.written:
            failed = [reported.trouble for reported in book.reported(module.stem) if reported.trouble]
            late = {(trouble.student, trouble.commit): trouble for trouble in failed}
            found += [(record, late.get((record.student, record.commit))) for record in book.newest(module.stem)]
    return found


def _said(record: Record, stem: str, score: Score | None) -> str:
    """Return the words of the status, and the score of record if it differs."""
    status = status_of(record, stem)
    differs = score is not None and (score.excused is not None or score.points != record.points)
    return f"{status.context} {status.description}" + (f". {score_words(score)}" if differs else "")
