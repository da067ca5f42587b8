"""Post a grade where the student works: a status on the commit, a comment on the pull request Feedback, badges.

Only this step writes to a student's repository after grading, and it runs none of the student's code. It trusts no record
that it cannot verify, and it never shows a record with the grader's own errors as a score.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from grader.course import Course
from grader.files import blob_id
from grader.grading.record import Record
from grader.grading.store import RecordError, signed_record
from grader.repository import NewCommit, Signature

from ..errors import GraderError
from .forge import BADGES, FEEDBACK, MAIN, Forge, NothingToMerge, State, Status
from .names import student_repo
from .roster import Roster

TITLE = "Feedback"
BODY = """This shows all your work since the course began. The course's grades appear below, one comment for each module.

Leave this pull request open: merging or closing it changes no grade.
"""


class PublishError(GraderError):
    """Report a record that must not be published."""


@dataclass(frozen=True)
class Post:
    """Hold what to post: the comment as Markdown for the student, and badge files (name → SVG) for the branch badges.

    former: a pattern of the module's earlier names, by an earlier stem or with a number; posts under these names are removed, or
    name the new post if they cannot be removed
    """

    comment: str
    badges: Mapping[str, str] = field(default_factory=dict)
    former: str = ""


def checked(document: str, course: Course, roster: Roster, secret: bytes) -> Record:
    """Return the record in `document`, if it belongs to this course and to somebody in the class."""
    try:
        record = signed_record(document, secret)
    except RecordError as error:
        raise PublishError(str(error)) from error
    if record.course != course.slug:
        raise PublishError(f"a record of {record.course}, but this course is {course.slug}")
    if record.student not in {student.id for student in roster.students}:
        raise PublishError(f"a record of {record.student}, who is not in the roster")
    return record


def status_of(record: Record, stem: str) -> Status:
    """Return the status for a record: its score, or a message that the grader had trouble and will try again.

    stem: the present stem of the module, because the record may have an earlier one
    """
    context = f"tinytorch/{stem}"
    if record.errors or not record.complete:
        return Status(context, State.ERROR, "not graded yet: the grader had trouble and will try again")
    earned = [record.capability] * record.capability_earned + [record.milestone] * record.milestone_met
    badge = "".join(f", {name}" for name in earned)
    state = State.SUCCESS if record.points == record.max_points else State.FAILURE
    return Status(context, state, f"{record.points}/{record.max_points}{badge}")


def post_record(
    document: str, post: Post, course: Course, roster: Roster, forge: Forge, by: Signature, secret: bytes
) -> Record:
    """Post a record (its JSON) to the repository of its student. Posting the same record again changes nothing.

    For a record with errors, post only the status, and only if its commit has no score yet. The status, the comment and the
    badges of an earlier, sound grade stay, even if the record of that grade has been lost here.
    """
    record = checked(document, course, roster, secret)
    repo = student_repo(course, roster.student(record.student))
    module = course.module(record.module)
    # Post the status first, because nothing of the student's, such as a branch or a pull request, can stand in its way.
    status = status_of(record, module.stem)
    former = post.former and f"tinytorch/(?:{post.former})"
    _status(forge, repo, record.commit, status, former)
    if record.complete and not record.errors:
        _comment(forge, repo, status.context, post.comment, former)
        _put(forge, repo, post, f"Badges after {module.stem} at {record.commit[:12]}\n", by)
    return record


def _status(forge: Forge, repo: str, commit: str, status: Status, former: str) -> None:
    """Post a status. Trouble of the grader does not replace a score, also not one under a former name.

    A status cannot be removed from a commit, so those under former names then say where the grade is.
    """
    known = [
        one
        for one in forge.statuses(repo, commit)
        if one.context == status.context or re.fullmatch(former, one.context)
    ]
    if status.state is State.ERROR and any(one.state in (State.SUCCESS, State.FAILURE) for one in known):
        return
    forge.post_status(repo, commit, status)
    for one in known:
        if one.context != status.context:
            forge.post_status(repo, commit, replace(status, context=one.context, description=f"see {status.context}"))


def _comment(forge: Forge, repo: str, key: str, markdown: str, former: str) -> None:
    """Write the comment on the pull request Feedback.

    The pull request cannot be opened before the student has pushed something. Until then there is no work to comment on, and the
    status is enough.
    """
    with suppress(NothingToMerge):
        pull = forge.pull_request(repo, MAIN, FEEDBACK) or forge.open_pull_request(repo, MAIN, FEEDBACK, TITLE, BODY)
        forge.post_comment(repo, pull.number, key, markdown, former)


def _put(forge: Forge, repo: str, post: Post, message: str, by: Signature) -> None:
    """Write badges to their branch, beside its present files. Make no commit if all are there already."""
    ref = f"refs/heads/{BADGES}"
    new = {path: text.encode() for path, text in post.badges.items()}
    with forge.workspace(
        repo, BADGES
    ) as git:  # fetch no other branch: whatever else a student has pushed costs nothing
        tip = git.refs(ref).get(ref)
        old = {entry.path: entry.id for entry in git.tree(tip)} if tip else {}
        changed: dict[str, bytes | None] = {
            path: content for path, content in new.items() if old.get(path) != blob_id(content)
        }
        gone = re.compile(rf"(?:capability_)?(?:{post.former})\.svg")
        changed |= {path: None for path in old.keys() - new.keys() if post.former and gone.fullmatch(path)}
        if changed:
            git.write([NewCommit(ref, (tip,) if tip else (), message, changed)], by)
