"""Show the hub's content as GitHub would: bodies of the published schemas, with the fields that a client may read."""

from __future__ import annotations

from functools import cache
from typing import Any

from .contract import complete
from .hub import Comment, Hub, Invitation, Moved, Posted, Pull, Repo


def person(hub: Hub, login: str) -> dict[str, Any]:
    name, number = hub.people.get(login.lower(), (login, 0))
    return complete("simple-user", {"login": name, "id": number, "type": "User"})


def repository(hub: Hub, repo: Repo, schema: str = "full-repository") -> dict[str, Any]:
    known = {
        "id": repo.id,
        "name": repo.name,
        "full_name": f"{hub.org}/{repo.name}",
        "owner": person(hub, hub.org),
        "private": repo.private,
        "visibility": "private" if repo.private else "public",
        "default_branch": repo.default_branch,
        "created_at": repo.created_at,
        "pushed_at": repo.pushed_at,
        "size": 1 if repo.git.refs() else 0,
    }
    return complete(schema, known)


def pull(hub: Hub, repo: Repo, one: Pull, schema: str = "pull-request-simple") -> dict[str, Any]:
    def end(branch: str) -> dict[str, Any]:
        return {
            "label": f"{hub.org}:{branch}",
            "ref": branch,
            "sha": repo.branch(branch) or "0" * 40,
            "repo": _bare_repository(hub.org, repo.name, repo.id),
            "user": person(hub, hub.org),
        }

    known = {
        "id": repo.id * 1_000 + one.number,
        "number": one.number,
        "title": one.title,
        "body": one.body,
        "state": one.state,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "merged_at": one.merged_at,
        "closed_at": one.merged_at,
        "user": person(hub, one.author),
        "author_association": "OWNER",
        "head": end(one.head),
        "base": end(one.base),
        "_links": {name: {"href": ""} for name in _LINKS},
    }
    return complete(schema, known)


_LINKS = ("comments", "commits", "statuses", "html", "issue", "review_comments", "review_comment", "self")


@cache
def _bare_repository(org: str, name: str, number: int) -> dict[str, Any]:
    return complete("repository", {"id": number, "name": name, "full_name": f"{org}/{name}"})


def comment(hub: Hub, one: Comment) -> dict[str, Any]:
    known = {"id": one.id, "body": one.body, "created_at": one.created_at, "updated_at": one.created_at}
    return complete("issue-comment", {**known, "user": person(hub, one.author), "author_association": "OWNER"})


def status(hub: Hub, one: Posted) -> dict[str, Any]:
    known = {
        "id": one.id,
        "state": one.state,
        "context": one.context,
        "description": one.description,
        "target_url": one.url,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "creator": person(hub, one.author),
    }
    return complete("status", known)


def invitation(hub: Hub, repo: Repo, one: Invitation) -> dict[str, Any]:
    known = {
        "id": one.id,
        "invitee": person(hub, one.login),
        "permissions": {"pull": "read", "push": "write"}.get(one.permission, one.permission),
        "created_at": one.created_at,
        "expired": one.expired,
        "repository": repository(hub, repo, "minimal-repository"),
    }
    return complete("repository-invitation", known)


def collaborator(hub: Hub, login: str, level: str) -> dict[str, Any]:
    name, number = hub.people[login]
    role = {"pull": "read", "push": "write"}[level]
    return complete("collaborator", {"login": name, "id": number, "type": "User", "role_name": role})


def moved(hub: Hub, one: Moved) -> dict[str, Any]:
    known = {"id": one.id, "before": one.before, "after": one.after, "ref": one.ref, "timestamp": one.at}
    return complete("activity", {**known, "activity_type": one.kind, "actor": person(hub, one.login)})
