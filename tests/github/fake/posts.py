"""Provide operations on comments of a pull request and statuses of a commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.repository import is_commit_id

from . import bodies
from .answer import Answer, invalid, not_found
from .hub import Comment, Hub, Posted, Token
from .rights import may

Given = Mapping[str, Any]
LONGEST_COMMENT = 65_536
LONGEST_DESCRIPTION = 140


def comments(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "pull", "pulls")
    found = [one for one in repo.comments if one.number == int(at["issue_number"])]
    return Answer(200, [bodies.comment(hub, one) for one in found], is_list=True)


def add_comment(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "pull", "pulls")
    number = int(at["issue_number"])
    if number not in {pull.number for pull in repo.pulls}:
        return not_found()
    if len(given["body"]) > LONGEST_COMMENT:
        return invalid("IssueComment", "body is too long (maximum is 65536 characters)", "body")
    one = Comment(next(hub.ids), number, token.login, given["body"].rstrip(), hub.stamp())
    repo.comments.append(one)
    return Answer(201, bodies.comment(hub, one))


def change_comment(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "push", "pulls")
    found = [one for one in repo.comments if one.id == int(at["comment_id"])]
    if not found:
        return not_found()
    found[0].body = given["body"].rstrip()
    return Answer(200, bodies.comment(hub, found[0]))


def remove_comment(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "push", "pulls")
    found = [one for one in repo.comments if one.id == int(at["comment_id"])]
    if not found:
        return not_found()
    repo.comments.remove(found[0])
    return Answer(204)


def statuses(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "pull", "statuses")
    found = [one for one in reversed(repo.statuses) if one.sha == at["ref"]]
    return Answer(200, [bodies.status(hub, one) for one in found], is_list=True)


def add_status(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "push", "statuses")
    sha, description = at["sha"], given.get("description") or ""
    if not is_commit_id(sha) or not _has(repo.git, sha):
        return invalid("Status", f"No commit found for SHA: {sha}")
    if len(description) > LONGEST_DESCRIPTION:
        return invalid("Status", "description is too long (maximum is 140 characters)", "description")
    url, context = given.get("target_url") or None, given.get("context", "default")
    one = Posted(next(hub.ids), sha, context, given["state"], description, url, token.login, hub.stamp())
    repo.statuses.append(one)
    return Answer(201, bodies.status(hub, one))


def _has(git: Any, sha: str) -> bool:
    return bool(git.git("cat-file", "--batch-check", data=f"{sha}\n".encode()).split()[1] == b"commit")
