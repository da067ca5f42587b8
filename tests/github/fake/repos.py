"""Provide operations on repositories, on who may write to them, and on the rules that protect them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import bodies
from .answer import Answer, Refusal, forbidden, invalid, not_found
from .contract import complete
from .hub import Hub, Invitation, Token
from .rights import level, may, owns

Given = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_AS_ONESELF = {"type": "User", "user_view_type": "private"}


def whoami(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    login, number = hub.people[token.login.lower()]
    return Answer(200, complete("private-user", _AS_ONESELF | {"login": login, "id": number}))


def account(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    if at["username"].lower() not in hub.people:
        return not_found()
    login, number = hub.people[at["username"].lower()]
    shown = {"type": "User", "user_view_type": "public", "login": login, "id": number}
    return Answer(200, complete("public-user", shown))


def listing(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    if at["org"].lower() != hub.org.lower():
        return not_found()
    seen = [repo for repo in hub.repos.values() if level(hub, repo, token.login) != "none"]
    return Answer(200, [bodies.repository(hub, repo, "minimal-repository") for repo in seen], is_list=True)


def create(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    owns(hub, token, at["org"], "administration")
    if not _NAME.fullmatch(given["name"]):
        return invalid("Repository", "name is invalid", "name")
    if hub.repo(given["name"]):
        return invalid("Repository", "name already exists on this account", "name")
    repo = hub.create(given["name"], private=given.get("private", False))
    return Answer(201, bodies.repository(hub, repo))


def get(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    return Answer(200, bodies.repository(hub, may(hub, token, hub.repo(at["repo"]), "pull")))


def change(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "admin", "administration")
    branch = given.get("default_branch", repo.default_branch)
    if repo.branch(branch) is None:
        return invalid("Repository", f"The branch {branch} was not found.", "default_branch", "invalid")
    repo.default_branch = branch
    return Answer(200, bodies.repository(hub, repo))


def collaborators(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "push")
    return Answer(200, [bodies.collaborator(hub, who, how) for who, how in repo.members.items()], is_list=True)


def admit(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "admin", "administration")
    login, permission = at["username"].lower(), given.get("permission", "push")
    if login not in hub.people:
        return not_found()
    if login in hub.owners or login in repo.members:
        if login in repo.members:
            repo.members[login] = permission
        return Answer(204)
    invited = next((one for one in repo.invitations if one.login.lower() == login), None)
    if invited is not None and invited.expired:
        return invalid("Invitation", "the invitation has expired; delete it first")
    if invited is None:
        invited = Invitation(next(hub.ids), hub.people[login][0], permission, hub.stamp())
        repo.invitations.append(invited)
    return Answer(201, bodies.invitation(hub, repo, invited))


def dismiss(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "admin", "administration")
    repo.members.pop(at["username"].lower(), None)
    return Answer(204)


def invitations(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "admin", "administration")
    return Answer(200, [bodies.invitation(hub, repo, one) for one in repo.invitations], is_list=True)


def withdraw(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "admin", "administration")
    found = [one for one in repo.invitations if one.id == int(at["invitation_id"])]
    if not found:
        return not_found()
    repo.invitations.remove(found[0])
    return Answer(204)


def activity(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    repo = may(hub, token, hub.repo(at["repo"]), "pull", "contents")
    wanted = given.get("ref", "")
    seen = [one for one in reversed(repo.activity) if wanted in ("", one.ref, one.ref.removeprefix("refs/heads/"))]
    return Answer(200, [bodies.moved(hub, one) for one in seen], is_list=True)


def rulesets(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    _rules_allowed(hub, token, at["org"])
    short = [{key: value for key, value in one.items() if key != "rules"} for one in hub.rulesets]
    return Answer(200, short, is_list=True)


def ruleset(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    _rules_allowed(hub, token, at["org"])
    found = [one for one in hub.rulesets if one["id"] == int(at["ruleset_id"])]
    return Answer(200, found[0]) if found else not_found()


def add_ruleset(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    _rules_allowed(hub, token, at["org"])
    if any(one["name"] == given["name"] for one in hub.rulesets):
        return invalid("Ruleset", "Name must be unique", "name")
    made = {**given, "id": next(hub.ids), "source": hub.org, "source_type": "Organization"}
    hub.rulesets.append(made)
    return Answer(201, complete("repository-ruleset", made))


def change_ruleset(hub: Hub, token: Token, at: Given, given: Given) -> Answer:
    _rules_allowed(hub, token, at["org"])
    for one in hub.rulesets:
        if one["id"] == int(at["ruleset_id"]):
            one.update(given)
            return Answer(200, one)
    return not_found()


def _rules_allowed(hub: Hub, token: Token, org: str) -> None:
    owns(hub, token, org, "organization")
    if hub.plan == "free":
        raise Refusal(forbidden("Upgrade to GitHub Team to enable this feature."))
