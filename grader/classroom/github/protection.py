"""Rules of the organisation that keep a course's repositories as they are: one set for all, so 200 students cost two requests.

They are a second line. No grade rests on them: what counts is what the grader fetched, and when GitHub received it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..forge import BADGES, FEEDBACK, MAIN, STARTER
from .client import Client, GitHubError

OWNERS = {"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}


def wanted(slug: str) -> list[dict[str, Any]]:
    """History of `main` stays; branches of the course move by the course alone; workflows are the course's."""
    repositories = {"repository_name": {"include": [f"{slug}-*", f"{slug}_template"], "exclude": []}}

    def rules(name: str, branches: tuple[str, ...], *kinds: str) -> dict[str, Any]:
        refs = {"include": [f"refs/heads/{branch}" for branch in branches], "exclude": []}
        return {
            "name": f"{slug}: {name}",
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": [OWNERS],
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
            "bypass_actors": [OWNERS],
            "conditions": repositories,
            "rules": [workflows],
        },
    ]


def protect(client: Client, org: str, slug: str, *, dry_run: bool) -> list[str]:
    """A line for each rule that was, or would be, written, or why there can be none. Nothing when all are in place."""
    path = f"/orgs/{org}/rulesets"

    lines = []
    try:
        known = _there(client, path)
        for rule in wanted(slug):
            name = rule["name"]
            if name in known and _holds(client.get(f"{path}/{known[name]}"), rule):
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
            f"no rules protect branches and workflows: {error.said}. They need the Team plan and an owner's token; "
            "grades do not rest on them"
        )
    return lines


def _there(client: Client, path: str) -> dict[str, int]:
    return {one["name"]: one["id"] for one in client.all(path)}


def _number(client: Client, path: str, name: str) -> int | None:
    return _there(client, path).get(name)


def _holds(found: Any, rule: Any) -> bool:
    """Is what we want there? GitHub adds fields of its own."""
    if isinstance(rule, Mapping):
        return isinstance(found, Mapping) and all(_holds(found.get(key), value) for key, value in rule.items())
    if isinstance(rule, list):
        return isinstance(found, list) and len(found) == len(rule) and all(map(_holds, found, rule))
    return bool(found == rule)
