"""Release a module: into the template, and into every student's repository as a branch with a pull request.

`plan_release` only reads; `apply_release` does what the plan says. Both may be stopped at any point and run again. A release
branch brings a repository up to date with everything released so far. Branches of earlier releases that are still open become
parents of the new branch, so a student can merge the pull requests in any order without a conflict between them.
"""

from __future__ import annotations

from pathlib import Path

from grader.course import Course, Module
from grader.errors import GraderError
from grader.repository import Repository, RepositoryError, Signature, TreeEntry

from .forge import HEADS, MAIN, Forge, ForgeError, PullRequest, own_trouble
from .names import student_prefix, student_repo, template_repo
from .release_content import Offer
from .release_plan import Applied, ReleasePlan, RepoPlan, Verb
from .repo_facts import FACTS, released_stems
from .roster import Roster, Student
from .template import compose


class ReleaseError(GraderError):
    """Report that the release cannot be made as asked."""


def plan_release(
    course: Course, module: Module | None, roster: Roster, forge: Forge, root: Path, by: Signature
) -> ReleasePlan:
    """Plan what releasing `module` does to the template and to each student's repository. Change nothing."""
    existing = set(forge.repos())
    repo = template_repo(course)
    tip, before, released = _template(course, forge, existing)
    modules = _modules_out(course, module, released)
    offer = Offer(course, module, modules, compose(course, modules, root), by)
    return ReleasePlan(
        module=module,
        released=modules,
        template=offer.to_template(repo, tip, before),
        students=tuple(_to_student(offer, student, forge, existing) for student in roster.students),
    )


def refuse_early(course: Course, module: Module, forge: Forge) -> None:
    """Refuse a module that is not next, before anything is built for it."""
    _modules_out(course, module, _template(course, forge, set(forge.repos()))[2])


def _template(course: Course, forge: Forge, existing: set[str]) -> tuple[str | None, list[TreeEntry], set[str]]:
    """Return the template's commit and files, and the stems of the modules that are out."""
    repo = template_repo(course)
    if repo not in existing:
        return None, [], set()
    with forge.workspace(repo) as git:
        tip = git.refs().get(HEADS + MAIN)
        if tip is None:
            _refuse_lost(course, repo, existing, git)
            return None, [], set()
        return tip, git.tree(tip), released_stems(git.look_up([f"{tip}:{FACTS}"])[f"{tip}:{FACTS}"])


def apply_release(release: ReleasePlan, forge: Forge, by: Signature) -> Applied:
    """Do what the plan says, template first. If it fails, no student gets anything: the template says which modules are out.

    A repository that changed in the meantime fails, and succeeds on the next run.
    """
    done: list[str] = []
    failed: dict[str, str] = {}
    pulls: dict[str, PullRequest] = {}
    for one in (release.template, *release.students):
        try:
            if one.verb is Verb.BROKEN:
                raise ForgeError(one.note)
            pull = _apply(one, forge, by)
        except (ForgeError, RepositoryError, OSError) as error:
            failed[one.repo] = own_trouble(error)
            if one is release.template:
                break
        else:
            done.append(one.repo)
            if pull is not None:
                pulls[one.repo] = pull
    return Applied(tuple(done), failed, pulls)


def _apply(one: RepoPlan, forge: Forge, by: Signature) -> PullRequest | None:
    if one.verb is Verb.CREATE:
        forge.create_repo(one.repo, writers=one.writers)
    if one.changes:
        with forge.workspace(one.repo) as git:
            git.write(one.changes, by)
    if one.pull is None:
        return None
    return forge.open_pull_request(one.repo, one.pull.head, one.pull.base, one.pull.title, one.pull.body)


def _refuse_lost(course: Course, repo: str, existing: set[str], git: Repository) -> None:
    """Refuse a template that has lost its branch. A template without any branch, left by a stopped first release, counts as new.

    A template is written before the first student's repository is made. If a lost template counted as new, the release would
    take back all released modules from every student.
    """
    begun = any(name.startswith(student_prefix(course)) for name in existing)
    if begun or git.refs("refs/") or (git.path / HEADS / MAIN).exists():
        raise ReleaseError(
            f"{repo} has no branch {MAIN} that can be read, so nobody knows which modules are out. Restore the branch from a "
            f"clone or a backup. If nothing has ever been released, remove the repository {repo} and run this again"
        )


def _modules_out(course: Course, module: Module | None, released: set[str]) -> tuple[Module, ...]:
    """Return the modules that are out after this release, in the course's order."""
    if module is not None and module.planned:
        raise ReleaseError(f"{module.numbered} is planned, not written: there is nothing to release")
    _refuse_what_is_gone(course, released)
    if module is not None:
        earlier = [
            one.numbered for one in course.earlier(module) if not one.planned and not released.intersection(one.stems)
        ]
        if earlier:
            raise ReleaseError(f"{module.numbered} builds on {', '.join(earlier)}: release {earlier[0]} first")
    return tuple(one for one in course.written if released.intersection(one.stems) or one == module)


def _refuse_what_is_gone(course: Course, released: set[str]) -> None:
    """Refuse to remove a released module from students' repositories, unless course.yaml says what became of it."""
    known = {stem for module in course.written for stem in module.stems} | {one.stem for one in course.withdrawn}
    gone = sorted(released - known)
    if gone:
        name = course.path.name
        raise ReleaseError(
            f"{', '.join(gone)}: released, and in {name} neither a written module nor withdrawn. If a module has another "
            f"stem now, write `renamed_from: {gone[0]}` in its block. If it is not to count any more, write `withdrawn:` "
            f'at the end of {name} and under it `  - {{stem: {gone[0]}, reason: "…"}}`'
        )


def _to_student(offer: Offer, student: Student, forge: Forge, existing: set[str]) -> RepoPlan:
    """Plan one student. A repository that cannot be read becomes a line in the plan; it does not end the plan."""
    repo = student_repo(offer.course, student)
    try:
        return offer.to_student(repo, student, forge, existing)
    except (ForgeError, RepositoryError, OSError) as error:
        return RepoPlan(repo, Verb.BROKEN, note=own_trouble(error))
