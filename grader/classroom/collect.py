"""Find out what there is to grade: the head of `main` of every student, asked without fetching anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from grader.course import Course
from grader.repository import RepositoryError

from .forge import MAIN, Forge, ForgeError
from .names import student_repo
from .roster import Roster


@dataclass(frozen=True)
class Submission:
    """One student's files at one commit. `submitted_at` is the forge's time of the push, where it knows it."""

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
    for student in roster.students:
        repo = student_repo(course, student)
        try:
            commit = forge.head(repo, MAIN)
            if commit is None:
                missing[student.id] = f"{repo} has no branch {MAIN}"
                continue
            heads[student.id] = commit
            if since is None or since.get(student.id) != commit:
                pushed = forge.pushed_at(repo, commit, MAIN)
                submissions.append(Submission(student.id, repo, forge.url(repo), commit, pushed))
        except (ForgeError, RepositoryError) as error:
            missing[student.id] = str(error)
    return Collected(tuple(submissions), heads, missing)
