"""Give every student in the class list a repository and the right to push to it, and protect the course's branches by rules.

Run it when a term begins and whenever the class list has changed. It makes the missing repositories, and repeats expired
invitations. `plan_provision` only reads. release.py releases modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grader.course import Course
from grader.repository import RepositoryError, Signature

from . import release
from .forge import AT_ONCE, MAIN, Access, Forge, ForgeError, refused_as_public
from .names import student_repo
from .release_plan import ReleasePlan, RepoPlan, Verb
from .roster import Roster, Student


@dataclass(frozen=True)
class Invitation:
    """Hold somebody who cannot push yet to an existing repository."""

    repo: str
    login: str
    state: Access

    def text(self) -> str:
        again = ", whose invitation has expired" if self.state is Access.EXPIRED else ""
        return f"{self.repo}: invite {self.login}{again}"


@dataclass(frozen=True)
class Provision:
    """Hold what is missing.

    `waiting` have been invited and have not accepted; `broken` says why a repository cannot be read.
    """

    slug: str
    new: ReleasePlan
    invitations: tuple[Invitation, ...]
    waiting: tuple[str, ...]
    broken: Mapping[str, str]
    rules: tuple[str, ...]
    app: int | None = None

    def text(self, *, with_rules: bool = True) -> str:
        lines = [_new(one) for one in (self.new.template, *self.new.students) if one.verb is not Verb.NOTHING]
        lines += [one.text() for one in self.invitations]
        lines += [f"{login} has been invited and has not accepted yet" for login in self.waiting]
        lines += [f"{repo}: {reason}" for repo, reason in self.broken.items()]
        missing = lines or ["everybody has a repository and may push to it" + ("" if self.rules else ": nothing to do")]
        return "\n".join([*missing, *(self.rules if with_rules else ())])


@dataclass(frozen=True)
class Provisioned:
    """Hold what was done for each repository, and what failed. Trouble with one student does not stop the others."""

    created: tuple[str, ...]
    invited: tuple[str, ...]
    failed: Mapping[str, str]
    rules: tuple[str, ...]


def plan_provision(
    course: Course, roster: Roster, forge: Forge, root: Path, by: Signature, *, app: int | None = None
) -> Provision:
    """Find what is missing, without changing anything. app: the number of an App that may bypass the rules."""
    existing, public = set(forge.repos()), set(forge.public_repos())
    new: list[Student] = []
    invitations: list[Invitation] = []
    waiting: list[str] = []
    broken: dict[str, str] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        heads = pool.map(partial(_begun, course, forge, existing), roster.students)
        for student, begun in zip(roster.students, heads, strict=True):
            repo = student_repo(course, student)
            try:
                if isinstance(begun, str):
                    broken[repo] = begun
                elif repo in public:
                    broken[repo] = refused_as_public(repo, "a student's work").removeprefix(f"{repo} ")
                elif not begun:
                    new.append(student)
                elif (state := forge.access(repo).get(student.login.lower(), Access.OUT)) is Access.INVITED:
                    waiting.append(student.login)
                elif state is not Access.IN:
                    invitations.append(Invitation(repo, student.login, state))
            except ForgeError as error:
                broken[repo] = str(error)
    missing = release.plan_release(course, None, Roster(students=tuple(new)), forge, root, by)
    rules = forge.protect(course.slug, app=app, dry_run=True)
    return Provision(course.slug, missing, tuple(invitations), tuple(waiting), broken, tuple(rules), app)


def apply_provision(provision: Provision, forge: Forge, by: Signature) -> Provisioned:
    """Do what the plan says. If it is stopped, the next run continues there."""
    rules = forge.protect(provision.slug, app=provision.app)
    made = release.apply_release(provision.new, forge, by)
    failed = {**provision.broken, **made.failed}
    invited: list[str] = []
    for one in provision.invitations:
        try:
            forge.admit(one.repo, [one.login])
        except ForgeError as error:
            failed[one.repo] = str(error)
        else:
            invited.append(one.login)
    created = [one.repo for one in provision.new.students if one.verb is Verb.CREATE and one.repo in made.done]
    return Provisioned(tuple(created), tuple(invited), failed, tuple(rules))


def _begun(course: Course, forge: Forge, existing: set[str], student: Student) -> bool | str:
    """Return whether the course's first commit has arrived, or a text that says what is wrong.

    An empty repository counts as missing.
    """
    repo = student_repo(course, student)
    try:
        return repo in existing and forge.head(repo, MAIN) is not None
    except (ForgeError, RepositoryError) as error:
        return str(error)


def _new(one: RepoPlan) -> str:
    return f"{one.repo}: {one.verb}" + (f", invite {', '.join(one.writers)}" if one.writers else "")
