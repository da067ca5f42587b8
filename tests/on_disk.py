"""Read the contents of a forge on disk from its files."""

from __future__ import annotations

import json

from grader.classroom.disk import DiskForge
from grader.classroom.forge import PullRequest


def pulls_of(forge: DiskForge, repo: str) -> list[PullRequest]:
    """Return all pull requests, oldest first. The forge gives the state of the newest between two branches, files the others."""
    files = sorted((forge.root / "state" / repo / "pulls").glob("[0-9]*.json"), key=lambda file: int(file.stem))
    written = [PullRequest(**json.loads(file.read_bytes())) for file in files]
    now = [forge.pull_request(repo, pull.head, pull.base) for pull in written]
    return [
        newest if newest and newest.number == pull.number else pull for pull, newest in zip(written, now, strict=True)
    ]


def comments_of(forge: DiskForge, repo: str, number: int) -> dict[str, str]:
    """Return the comments on a pull request, by key."""
    files = (forge.root / "state" / repo / "pulls" / str(number) / "comments").glob("[!.]*.json")
    comments = [json.loads(file.read_bytes()) for file in sorted(files)]
    return {one["key"]: one["body"] for one in comments}
