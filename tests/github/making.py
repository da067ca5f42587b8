"""Let the forge make a repository with a branch and a pull request."""

from __future__ import annotations

from datetime import UTC, datetime

from grader.classroom.github.forge import GitHubForge
from grader.repository import NewCommit, Signature

BY = Signature("Course", "course@example.edu", datetime(2027, 1, 11, 9, tzinfo=UTC))
REPO = "small-ada"
MAIN = "refs/heads/main"


def begin(forge: GitHubForge, repo: str = REPO) -> str:
    """Make main one commit ahead of feedback, and return its head."""
    forge.create_repo(repo, writers=["ada"])
    with forge.workspace(repo) as git:
        (start,) = git.write([NewCommit(MAIN, (), "begin\n", {"README.md": b"x\n"}, also=("refs/heads/feedback",))], BY)
    return commit(forge, repo, start)


def commit(forge: GitHubForge, repo: str, parent: str, text: bytes = b"work\n") -> str:
    with forge.workspace(repo) as git:
        (made,) = git.write([NewCommit(MAIN, (parent,), "work\n", {"work.txt": text})], BY)
    return made


def feedback(forge: GitHubForge, repo: str = REPO) -> int:
    return forge.open_pull_request(repo, "main", "feedback", "Feedback", "All your work.").number
