"""Find out what there is to grade: the head of `main` of every student, and where it moved, its files."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ..classroom.forge import AT_ONCE, MAIN, Forge, ForgeError, own_trouble
from ..classroom.names import student_repo
from ..classroom.roster import Roster, Student
from ..course import Course
from ..grading.submission import from_commit
from ..repository import RepositoryError


@dataclass(frozen=True)
class Submission:
    """One student's files at one commit. `submitted_at` is the forge's time of the push, where it knows it.

    `url` is a place that has the commit and can be read without the forge.
    """

    student: str
    repo: str
    url: str
    commit: str
    submitted_at: datetime | None


@dataclass(frozen=True)
class Collected:
    """`heads` (student id → commit) is the state to pass as `since` next time; `missing` says who has none, and why."""

    submissions: tuple[Submission, ...]
    heads: Mapping[str, str]
    missing: Mapping[str, str]


def collect(course: Course, roster: Roster, forge: Forge, since: Mapping[str, str] | None = None) -> Collected:
    """Every student's head of main; with `since`, only of those who have pushed since then."""
    submissions: list[Submission] = []
    heads: dict[str, str] = {}
    missing: dict[str, str] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each is a git process that mostly waits for the forge
        looks = pool.map(partial(_look, course, forge, since or {}), roster.students)
        for student, look in zip(roster.students, looks, strict=True):
            if isinstance(look, str):
                missing[student.id] = look
                continue
            repo, commit, place = look
            heads[student.id] = commit
            if place is not None:
                try:
                    pushed = forge.pushed_at(repo, commit, MAIN)
                except (ForgeError, OSError) as error:
                    missing[student.id] = own_trouble(error)
                else:
                    submissions.append(Submission(student.id, repo, place, commit, pushed))
    return Collected(tuple(submissions), heads, missing)


def _look(
    course: Course, forge: Forge, since: Mapping[str, str], student: Student
) -> tuple[str, str, str | None] | str:
    """Repository, head and, where it moved, the place to read it from; or why there is none."""
    repo = student_repo(course, student)
    try:
        commit = forge.head(repo, MAIN)
        if commit is None:
            return f"{repo} has no branch {MAIN}"
        return repo, commit, None if since.get(student.id) == commit else _readable(forge, repo, commit)
    except (ForgeError, RepositoryError, OSError) as error:
        return own_trouble(error)


def _readable(forge: Forge, repo: str, commit: str) -> str:
    """A place that has the commit, with files that can be read: told here, it is one line and not one for each module."""
    try:
        place = forge.fetched(repo, commit)
        from_commit(place, commit)
    except RepositoryError:
        place = forge.fetched(repo, commit, anew=True)
        from_commit(place, commit)
    return place
