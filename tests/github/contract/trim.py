"""Cut GitHub's OpenAPI description down to the operations that the grader uses: `python -m tests.github.contract.trim FILE`.

FILE is `package/generated/api.github.com.json` of `npm pack @octokit/openapi@23`. Operations, parameters, schemas and
everything they refer to are kept word for word. Descriptions, examples and GitHub's own notes are left out, because they are
most of the file and nothing is checked against them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from grader.files import write_atomic

CONTRACT = Path(__file__).with_name("github.json")
OPERATIONS = {
    "/user": ("get",),
    "/users/{username}": ("get",),
    "/rate_limit": ("get",),
    "/orgs/{org}/repos": ("get", "post"),
    "/orgs/{org}/rulesets": ("get", "post"),
    "/orgs/{org}/rulesets/{ruleset_id}": ("get", "put"),
    "/repos/{owner}/{repo}": ("get", "patch"),
    "/repos/{owner}/{repo}/activity": ("get",),
    "/repos/{owner}/{repo}/collaborators": ("get",),
    "/repos/{owner}/{repo}/collaborators/{username}": ("put", "delete"),
    "/repos/{owner}/{repo}/invitations": ("get",),
    "/repos/{owner}/{repo}/invitations/{invitation_id}": ("delete",),
    "/repos/{owner}/{repo}/pulls": ("get", "post"),
    "/repos/{owner}/{repo}/pulls/{pull_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/pulls/{pull_number}/merge": ("put",),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("patch", "delete"),
    "/repos/{owner}/{repo}/commits/{ref}/statuses": ("get",),
    "/repos/{owner}/{repo}/statuses/{sha}": ("post",),
}
_LEFT_OUT = {"description", "example", "examples", "summary", "externalDocs", "tags"}


def trimmed(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the description of these operations, with everything that they refer to."""
    paths = {path: _path(whole["paths"][path], methods) for path, methods in OPERATIONS.items()}
    kept: dict[str, dict[str, Any]] = {}
    waiting = list(_references(paths))
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = _bare(whole["components"][kind][name])
            waiting += _references(kept[kind][name])
    components = {kind: dict(sorted(parts.items())) for kind, parts in sorted(kept.items())}
    info = {key: whole["info"][key] for key in ("title", "version", "license")}
    return {"openapi": whole["openapi"], "info": info, "paths": paths, "components": components}


def _path(item: dict[str, Any], methods: tuple[str, ...]) -> dict[str, Any]:
    return {key: _bare(part) for key, part in item.items() if key in methods or key == "parameters"}


def _bare(part: Any, *, is_map_of_names: bool = False) -> Any:
    """Remove prose. Under `properties` every key is one of GitHub's names, even `description`."""
    if isinstance(part, list):
        return [_bare(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _bare(value, is_map_of_names=key in ("properties", "responses", "content", "headers"))
        for key, value in part.items()
        if is_map_of_names or (key not in _LEFT_OUT and not key.startswith("x-"))
    } | ({"description": ""} if _is_response(part) else {})


def _is_response(part: dict[str, Any]) -> bool:
    """Return whether this is a response. OpenAPI requires a description there, though it may be empty."""
    return isinstance(part.get("description"), str) and not {"type", "properties", "schema", "in"} & part.keys()


def _references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(_references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(_references, part.values()))


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    text = json.dumps(trimmed(source), indent=1, ensure_ascii=False)
    write_atomic(CONTRACT, text + "\n")
    print(f"{CONTRACT.name}: {len(text) >> 10} KiB")
