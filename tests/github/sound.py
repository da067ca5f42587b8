"""Check what must be true on GitHub after a term, however often a command was killed: nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from grader.classroom.names import template_repo
from grader.classroom.posting import TITLE

from .fake.hub import Repo
from .term_world import MODULE, World

CONTEXT = f"tinytorch/{MODULE}"


def violations(world: World, handed_in: Mapping[str, list[tuple[str, str]]]) -> Iterator[str]:
    """Return everything that is wrong. handed_in: each student's pushes as (commit, kind of work), oldest first."""
    hub = world.fake.hub
    names = {template_repo(world.course), *(world.repo(student) for student in handed_in)}
    if {repo.name for repo in hub.repos.values()} != names:
        yield f"repositories: {sorted({repo.name for repo in hub.repos.values()} ^ names)}"
        return
    points: dict[str, set[str]] = {}
    for student, pushes in handed_in.items():
        repo = hub.repos[world.repo(student).lower()]
        yield from (f"{student}: {wrong}" for wrong in _wrong(world, student, repo, pushes))
        for commit, work in pushes:
            points.setdefault(work, set()).update(one.description for one in repo.statuses if one.sha == commit)
    for work, said in points.items():
        if len(said) != 1:
            yield f"the same work ({work}) earned {sorted(said)}"
    yield from world.fake.violations


def _wrong(world: World, student: str, repo: Repo, pushes: list[tuple[str, str]]) -> Iterator[str]:
    login = world.roster.student(student).login
    if not repo.private or repo.members != {login.lower(): "push"} or repo.invitations:
        yield f"private {repo.private}, members {repo.members}, invitations {repo.invitations}"
    if repo.branch("main") != pushes[-1][0]:
        yield f"main is at {repo.branch('main')}, but {pushes[-1][0]} was pushed"
    if missing := {"feedback", "starter", "badges"} - {ref.removeprefix("refs/heads/") for ref in repo.git.refs()}:
        yield f"no branch {', '.join(sorted(missing))}"
    pulls = Counter((pull.head, pull.base) for pull in repo.pulls)
    if pulls != {(f"release/{MODULE}", "main"): 1, ("main", "feedback"): 1}:
        yield f"pull requests {dict(pulls)}"
    feedback = [pull.number for pull in repo.pulls if pull.title == TITLE]
    posted = [(one.number, one.body.partition("\n")[0]) for one in repo.comments]
    if posted != [(number, f"<!-- {CONTEXT} -->") for number in feedback]:
        yield f"comments {posted}"
    graded = Counter((one.sha, one.context) for one in repo.statuses)
    if graded != {(commit, CONTEXT): 1 for commit, _ in pushes}:
        yield f"statuses {dict(graded)} for {[commit for commit, _ in pushes]}"
    score = {one.sha: one.description for one in repo.statuses}.get(pushes[-1][0], "nothing").partition(",")[0]
    if repo.comments and score.replace("/", " / ") not in repo.comments[0].body:
        yield f"the comment does not say {score}: {repo.comments[0].body[:200]}"
    tip = repo.branch("badges")
    if tip and len(repo.git.git("rev-list", tip).split()) > len(pushes):
        yield "more commits with badges than grades"
