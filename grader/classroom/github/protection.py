"""Make the organisation's rules that protect a course's repositories. One set covers all, so 200 students cost two requests.

The rules are a second line of defence. No grade depends on them: a grade counts what the grader fetched, and when GitHub
received it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..forge import BADGES, FEEDBACK, MAIN, STARTER
from .client import Client, GitHubError

Actor = dict[str, Any]
OWNERS: Actor = {"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}


def wanted(slug: str, app: int | None = None) -> list[dict[str, Any]]:
    """Return the rules: the history of `main` stays, and only the course changes its own branches and the workflows.

    app: the number of a GitHub App that works for the course; owners may bypass the rules in any case
    """
    integration: Actor = {"actor_id": app, "actor_type": "Integration", "bypass_mode": "always"}
    may_pass = [OWNERS, integration] if app else [OWNERS]
    repositories = {"repository_name": {"include": [f"{slug}-*", f"{slug}_template"], "exclude": []}}

    def rules(name: str, branches: tuple[str, ...], *kinds: str) -> dict[str, Any]:
        refs = {"include": [f"refs/heads/{branch}" for branch in branches], "exclude": []}
        return {
            "name": f"{slug}: {name}",
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": may_pass,
            "conditions": {**repositories, "ref_name": refs},
            "rules": [{"type": kind} for kind in kinds],
        }

    workflows = {"type": "file_path_restriction", "parameters": {"restricted_file_paths": [".github/**/*"]}}
    return [
        rules("history of main", (MAIN,), "deletion", "non_fast_forward"),
        rules("branches of the course", (FEEDBACK, STARTER, BADGES), "update", "deletion", "non_fast_forward"),
        {
            "name": f"{slug}: workflows",
            "target": "push",
            "enforcement": "active",
            "bypass_actors": may_pass,
            "conditions": repositories,
            "rules": [workflows],
        },
    ]


def protect(client: Client, org: str, slug: str, *, app: int | None, dry_run: bool) -> list[str]:
    """Write the missing rules. Return a line for each rule that was, or would be, written, or why there can be none.

    Anyone whom the organisation already lets bypass them, by hand or as an App named before, stays allowed.
    """
    path = f"/orgs/{org}/rulesets"

    lines = []
    try:
        known = _there(client, path)
        for rule in wanted(slug, app):
            name = rule["name"]
            if name in known:
                found = client.get(f"{path}/{known[name]}")
                rule["bypass_actors"] = _joined(found.get("bypass_actors") or [], rule["bypass_actors"])
                if _holds(found, rule):
                    continue
            lines.append(f"rules {name!r}: {'would be ' if dry_run else ''}{'changed' if name in known else 'made'}")
            if dry_run:
                continue
            if name in known:
                client.set("PUT", f"{path}/{known[name]}", rule)
            else:
                client.create(path, rule, happened=partial(_number, client, path, name))
    except GitHubError as error:
        if error.status not in (403, 404):
            raise
        lines.append(
            f"no rules protect branches and workflows: {error.said.rstrip('.')}. They need the Team plan and an owner's token; "
            "grades do not depend on them"
        )
    return lines


def _there(client: Client, path: str) -> dict[str, int]:
    return {one["name"]: one["id"] for one in client.all(path)}


def _number(client: Client, path: str, name: str) -> int | None:
    return _there(client, path).get(name)


def _joined(there: list[Actor], ours: list[Actor]) -> list[Actor]:
    """Return those already there (GitHub writes its own number for owners), and those of ours that are missing."""
    return there + [one for one in ours if _who(one) not in {_who(other) for other in there}]


def _who(actor: Actor) -> tuple[str, int | None]:
    kind = actor["actor_type"]
    return kind, None if kind == OWNERS["actor_type"] else actor.get("actor_id")


def _holds(found: Any, rule: Any) -> bool:
    """Decide whether the rule we want is there. GitHub adds fields of its own."""
    if isinstance(rule, Mapping):
        return isinstance(found, Mapping) and all(_holds(found.get(key), value) for key, value in rule.items())
    if isinstance(rule, list):
        return isinstance(found, list) and len(found) == len(rule) and all(map(_holds, found, rule))
    return bool(found == rule)
