"""Find what students have pushed: the head of `main` of every repository, and a place on this machine to read it from."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from grader.course import Course
from grader.grading.submission import from_commit
from grader.repository import RepositoryError

from .forge import AT_ONCE, MAIN, Forge, ForgeError, own_trouble
from .names import student_repo
from .roster import Roster, Student


@dataclass(frozen=True)
class Push:
    """Hold one student's newest commit.

    place: a repository on this machine that has the commit; submitted_at: the forge's time of the push, or None
    """

    student: str
    repo: str
    place: str
    commit: str
    submitted_at: datetime | None


@dataclass(frozen=True)
class Pushes:
    """Hold the pushes, by student in the order of the class list. missing: for all other students, why nothing was found."""

    found: tuple[Push, ...]
    missing: Mapping[str, str]


def find_pushes(course: Course, roster: Roster, forge: Forge) -> Pushes:
    """Look up the head of `main` of every student. Trouble with one repository is noted, and the others are looked up."""
    found: list[Push] = []
    missing: dict[str, str] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        looks = pool.map(partial(_look, course, forge), roster.students)
        for student, look in zip(roster.students, looks, strict=True):
            if isinstance(look, str):
                missing[student.id] = look
                continue
            repo, commit, place = look
            try:
                pushed = forge.pushed_at(repo, commit, MAIN)
            except (ForgeError, OSError) as error:
                missing[student.id] = own_trouble(error)
            else:
                found.append(Push(student.id, repo, place, commit, pushed))
    return Pushes(tuple(found), missing)


def _look(course: Course, forge: Forge, student: Student) -> tuple[str, str, str] | str:
    """Return repository, head and the place to read it from, or the reason why there is none."""
    repo = student_repo(course, student)
    try:
        commit = forge.head(repo, MAIN)
        return (repo, commit, _readable(forge, repo, commit)) if commit else f"{repo} has no branch {MAIN}"
    except (ForgeError, RepositoryError, OSError) as error:
        return own_trouble(error)


def _readable(forge: Forge, repo: str, commit: str) -> str:
    """Return a place where the commit's files can be read.

    Reading them here reports damage once, not once for each module.
    """
    try:
        place = forge.fetched(repo, commit)
        from_commit(place, commit)
    except RepositoryError:
        place = forge.fetched(repo, commit, anew=True)
        from_commit(place, commit)
    return place
