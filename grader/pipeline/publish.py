"""Publish: post what is new where students work, and remember what was posted. Runs nothing of a student's."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from ..classroom.forge import ForgeError
from ..classroom.names import student_repo
from ..classroom.posted import Posted, digest_of
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
    """What was posted, or would be: by student a line each, in the order of posting.

    known: grades that stood there already; problems: what could not be posted, a line each
    """

    posted: dict[str, list[str]] = field(default_factory=dict)
    known: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Grade:
    """A record to post, what to say with it, and the score of record."""

    record: Record
    post: Post
    score: Score | None


def publish(
    term: Term, *, dry_run: bool = False, again: bool = False, on_wait: Callable[[], None] = lambda: None
) -> Publication:
    """Post every newest record. Records that cannot be verified are not posted.

    dry_run: post nothing, and find out what is new; again: compare with the forge also what has been posted before;
    on_wait: called when another publication has the turn
    """
    with nullcontext() if dry_run else _turn(term, on_wait):
        sweep_drafts(term.workspace.state)
        term.forge.tidy()
        fill(term.workspace)  # what `take` has put on disk counts; what is not signed is told where it would be posted
        return _publish(term, dry_run, again)


def _turn(term: Term, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
    """Two that publish at once would each write a comment that the other has not seen."""
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
            # a byte that is no text makes the signature another, so that this record alone is refused
            document = store.path_of(record).read_text(encoding="utf-8", errors="replace")
            to_post = checked(document, course, term.roster, secret)
            url = term.forge.url(student_repo(course, term.roster.student(record.student)))
            digest = digest_of(to_post, grade.post)
            if not again and ledger.holds(url, stem, digest):
                done.known += 1
                continue
            if not dry_run:
                post_record(document, grade.post, course, term.roster, term.forge, by, secret)
                ledger.note(url, stem, digest)
            done.posted.setdefault(record.student, []).append(_said(to_post, grade.score))
        except (OSError, PublishError, ForgeError, RepositoryError) as error:
            done.problems.append(f"{record.student} {record.module}: {error}")
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                break  # the next one would fail in the same way
    return done


def _grades(term: Term) -> Iterator[_Grade]:
    """What there is to say of each newest commit. Who has left the class keeps the records, and nothing is posted."""
    enrolled = {student.id for student in term.roster.students}
    scores = {it.student: it.scores for it in term.standings() if it.student in enrolled}
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
    """The record of each newest commit, and the trouble that came after it, if its grade waits for a newer suite."""
    found: list[tuple[Record, Record | None]] = []
    with term.workspace.gradebook() as book:
        for module in term.course.written:
            late = {
                (it.trouble.student, it.trouble.commit): it.trouble for it in book.reported(module.stem) if it.trouble
            }
            found += [(record, late.get((record.student, record.commit))) for record in book.newest(module.stem)]
    return found


def _said(record: Record, score: Score | None) -> str:
    """The status, and the score of record where that is another."""
    status = status_of(record)
    differs = score is not None and (score.excused is not None or score.points != record.points)
    return f"{status.context} {status.description}" + (f". {score_words(score)}" if differs else "")
