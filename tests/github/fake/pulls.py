"""Provide operations on pull requests. Only the student merges; the course does the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from grader.repository import Signature

from . import bodies
from .answer import Answer, invalid, not_found, said
from .hub import Hub, Pull, Repo, Token
from .rights import may

Given = Mapping[str, Any]


def listing(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "pull", "pulls")
    state, head, base = given.get("state", "open"), given.get("head"), given.get("base")
    found = [
        one
        for one in reversed(repo.pulls)
        if state in ("all", one.state)
        and (head is None or head.lower() == f"{hub.org}:{one.head}".lower())
        and (base is None or base == one.base)
    ]
    if given.get("direction") == "asc":
        found.reverse()
    return Answer(200, [bodies.pull(hub, repo, one) for one in found], is_list=True)


def create(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "pull", "pulls")
    head, base = given["head"].rpartition(":")[2], given["base"]
    for place, branch in (("head", head), ("base", base)):
        if repo.branch(branch) is None:
            return invalid("PullRequest", f"{place} is invalid", place, "invalid")
    if any((one.head, one.base, one.state) == (head, base, "open") for one in repo.pulls):
        return invalid("PullRequest", f"A pull request already exists for {hub.org}:{head}.")
    if repo.git.is_ancestor(str(repo.branch(head)), str(repo.branch(base))):
        return invalid("PullRequest", f"No commits between {base} and {head}")
    one = Pull(
        len(repo.pulls) + 1, head, base, given["title"], (given.get("body") or "").rstrip(), token.login, hub.stamp()
    )
    repo.pulls.append(one)
    return Answer(201, _whole(hub, repo, one))


def get(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "pull", "pulls")
    one = _numbered(repo, at)
    return Answer(200, _whole(hub, repo, one)) if one else not_found()


def change(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "push", "pulls")
    one = _numbered(repo, at)
    if one is None:
        return not_found()
    one.title, one.body = given.get("title", one.title), given.get("body", one.body).rstrip()
    one.state = given.get("state", one.state)
    return Answer(200, _whole(hub, repo, one))


def merge(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "push", "contents")
    one = _numbered(repo, at)
    if one is None:
        return not_found()
    before = repo.git.refs()
    base, head = before[f"refs/heads/{one.base}"], before[f"refs/heads/{one.head}"]
    merged = repo.git.merge(base, head)
    if one.state != "open" or merged.tree is None:
        return said(405, "Pull Request is not mergeable")
    by = Signature(token.login, f"{token.login}@users.invalid", datetime.fromtimestamp(hub.now(), UTC))
    message = f"Merge pull request #{one.number}: {one.title}\n"
    commit = repo.git.commit_tree(f"refs/heads/{one.base}", merged.tree, [base, head], message, by, expected=base)
    hub.moved(repo, before, token.login)
    return Answer(200, {"merged": True, "message": "Pull Request successfully merged", "sha": commit})


def _numbered(repo: Repo, at: Given) -> Pull | None:
    return next((one for one in repo.pulls if one.number == int(at["pull_number"])), None)


def _whole(hub: Hub, repo: Repo, one: Pull) -> dict[str, Any]:
    return bodies.pull(hub, repo, one, "pull-request")
