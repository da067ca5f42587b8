"""Decide who may do what. To somebody without any right, a private repository does not exist (404, not 403)."""

from __future__ import annotations

from .answer import Refusal, forbidden, not_found
from .hub import Hub, Repo, Token

LEVELS = ("none", "pull", "push", "admin")


def level(hub: Hub, repo: Repo, login: str) -> str:
    if login.lower() in hub.owners:
        return "admin"
    return repo.members.get(login.lower(), "none" if repo.private else "pull")


def may(hub: Hub, token: Token, repo: Repo | None, wanted: str, right: str = "") -> Repo:
    """Return the repository if this token may do `wanted` there; otherwise raise GitHub's refusal."""
    if repo is None or level(hub, repo, token.login) == "none":
        raise Refusal(not_found())
    if right and right not in token.rights:
        raise Refusal(forbidden("Resource not accessible by personal access token"))
    if LEVELS.index(level(hub, repo, token.login)) < LEVELS.index(wanted):
        raise Refusal(forbidden("Must have admin rights to Repository.") if wanted == "admin" else not_found())
    return repo


def owns(hub: Hub, token: Token, org: str, right: str = "") -> None:
    if org.lower() != hub.org.lower():
        raise Refusal(not_found())
    if token.login.lower() not in hub.owners:
        raise Refusal(forbidden("You need admin access to the organization before adding a repository to it."))
    if right and right not in token.rights:
        raise Refusal(forbidden("Resource not accessible by personal access token"))
