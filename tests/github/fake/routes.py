"""Find the operation of a request, and give its answer: in pages, or refused by a limit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from . import posts, pulls, repos
from .answer import Answer, Refusal, not_found, said
from .hub import Hub, Token

Operation = Callable[[Hub, Token, Mapping[str, Any], Mapping[str, Any]], Answer]
_R = "/repos/{owner}/{repo}"
OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/user"): repos.whoami,
    ("GET", "/users/{username}"): repos.account,
    ("GET", "/orgs/{org}/repos"): repos.listing,
    ("POST", "/orgs/{org}/repos"): repos.create,
    ("GET", "/orgs/{org}/rulesets"): repos.rulesets,
    ("POST", "/orgs/{org}/rulesets"): repos.add_ruleset,
    ("GET", "/orgs/{org}/rulesets/{ruleset_id}"): repos.ruleset,
    ("PUT", "/orgs/{org}/rulesets/{ruleset_id}"): repos.change_ruleset,
    ("GET", _R): repos.get,
    ("PATCH", _R): repos.change,
    ("GET", f"{_R}/activity"): repos.activity,
    ("GET", f"{_R}/collaborators"): repos.collaborators,
    ("PUT", f"{_R}/collaborators/{{username}}"): repos.admit,
    ("DELETE", f"{_R}/collaborators/{{username}}"): repos.dismiss,
    ("GET", f"{_R}/invitations"): repos.invitations,
    ("DELETE", f"{_R}/invitations/{{invitation_id}}"): repos.withdraw,
    ("GET", f"{_R}/pulls"): pulls.listing,
    ("POST", f"{_R}/pulls"): pulls.create,
    ("GET", f"{_R}/pulls/{{pull_number}}"): pulls.get,
    ("PATCH", f"{_R}/pulls/{{pull_number}}"): pulls.change,
    ("PUT", f"{_R}/pulls/{{pull_number}}/merge"): pulls.merge,
    ("GET", f"{_R}/issues/{{issue_number}}/comments"): posts.comments,
    ("POST", f"{_R}/issues/{{issue_number}}/comments"): posts.add_comment,
    ("PATCH", f"{_R}/issues/comments/{{comment_id}}"): posts.change_comment,
    ("DELETE", f"{_R}/issues/comments/{{comment_id}}"): posts.remove_comment,
    ("GET", f"{_R}/commits/{{ref}}/statuses"): posts.statuses,
    ("POST", f"{_R}/statuses/{{sha}}"): posts.add_status,
}
_PATTERNS = {
    (method, template): re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))
    for method, template in OPERATIONS
}


def operation(method: str, path: str) -> tuple[str, Operation, dict[str, str]] | None:
    for (wanted, template), pattern in _PATTERNS.items():
        matched = pattern.fullmatch(path)
        if matched and wanted == method:
            at = {name: unquote(value) for name, value in matched.groupdict().items()}
            return template, OPERATIONS[wanted, template], at
    return None


def carried_out(
    hub: Hub, token: Token, found: tuple[str, Operation, dict[str, str]], query: dict[str, str], body: bytes
) -> Answer:
    _, operation, at = found
    if "owner" in at and at["owner"].lower() != hub.org.lower():
        return not_found()
    try:
        return operation(hub, token, at, {**query, **(json.loads(body) if body else {})})
    except Refusal as refusal:
        return refusal.answer


def paged(answer: Answer, query: Mapping[str, str], url: str) -> tuple[Answer, dict[str, str]]:
    """Return the requested page. Activity is paged by a cursor; clients follow the link of relation `next` in both cases."""
    if not answer.is_list:
        return answer, dict(answer.headers)
    size = min(100, int(query.get("per_page", "30")))
    cursor = "after" if url.endswith("/activity") else "page"
    page = int(query.get(cursor, "1" if cursor == "page" else "0"))
    start = (page - 1) * size if cursor == "page" else page
    body = answer.body[start : start + size]
    headers = dict(answer.headers)
    if start + size < len(answer.body):
        following = page + 1 if cursor == "page" else start + size
        headers["link"] = f'<{url}?{urlencode({**query, cursor: str(following)})}>; rel="next"'
    return Answer(answer.status, body), headers


def limited(kind: str, seconds: float, headers: dict[str, str]) -> tuple[Answer, dict[str, str]]:
    if kind == "primary":
        return said(403, "API rate limit exceeded for user."), headers
    wait = {"retry-after": str(int(seconds) + 1)}
    return said(403, "You have exceeded a secondary rate limit. Please wait a few minutes."), {**headers, **wait}
