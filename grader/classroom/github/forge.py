"""Provide an organisation's repositories as the classroom asks for them. GitHubForge writes only where something differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from grader.bounds import Bound
from grader.repository import Repository, is_commit_id
from grader.scratch import sweep_drafts

from ..forge import (
    HEADS,
    MAIN,
    Access,
    ForgeError,
    NothingToMerge,
    PullRequest,
    State,
    Status,
    checked_name,
    refused_as_public,
)
from .access import Door, ask_for_accounts
from .client import Client, GitHubError
from .mirror import Mirrors
from .protection import protect

_NEW = {"private": True, "has_wiki": False, "has_projects": False, "auto_init": False}


class GitHubForge:
    def __init__(self, org: str, client: Client, mirrors: Mirrors) -> None:
        self.org, self._client, self._mirrors = org, client, mirrors

    def repos(self) -> list[str]:
        return sorted(one["name"] for one in self._listed())

    def public_repos(self) -> list[str]:
        return sorted(one["name"] for one in self._listed() if not one["private"])

    def _listed(self) -> Iterator[Any]:
        return self._client.all(f"/orgs/{self.org}/repos", type="all")

    def url(self, repo: str) -> str:
        return self._mirrors.url(checked_name(repo))

    def create_repo(self, repo: str, *, writers: Sequence[str] = ()) -> None:
        found = self._there(repo)
        is_new = found is None
        if found is None:
            ask_for_accounts(self._client, writers)
            body = {"name": repo, **_NEW}
            found = self._client.create(f"/orgs/{self.org}/repos", body, happened=lambda: self._there(repo))
        if not found["private"]:
            raise ForgeError(refused_as_public(repo, "a student's work"))
        self._door(repo).admit(writers, is_new=is_new)

    def access(self, repo: str) -> Mapping[str, Access]:
        return self._door(repo).access()

    def admit(self, repo: str, writers: Sequence[str]) -> None:
        self._door(repo).admit(writers)

    def set_readers(self, repo: str, logins: Sequence[str], *, dry_run: bool = False) -> list[str]:
        return self._door(repo).let_read(logins, dry_run=dry_run)

    def protect(self, slug: str, *, app: int | None = None, dry_run: bool = False) -> list[str]:
        return protect(self._client, self.org, slug, app=app, dry_run=dry_run)

    def head(self, repo: str, branch: str = "main") -> str | None:
        return self._mirrors.head(checked_name(repo), branch)

    def pushed_at(self, repo: str, commit: str, branch: str = "main") -> datetime | None:
        """Read the repository's activity, which GitHub keeps: the newest time at which the branch came to the commit."""
        for one in self._client.all(self._path(repo, "activity"), ref=f"{HEADS}{branch}"):
            if one["after"] == commit:
                return datetime.fromisoformat(one["timestamp"])
        return None

    def fetched(self, repo: str, commit: str, *, anew: bool = False) -> str:
        """Return a folder on this machine. Grading from it needs neither network nor token."""
        return str(self._mirrors.fetched(checked_name(repo), commit, anew=anew))

    @contextmanager
    def workspace(self, repo: str, branch: str | None = None, *, bound: Bound | None = None) -> Iterator[Repository]:
        with self._mirrors.workspace(checked_name(repo), branch, bound) as git:
            had_main = HEADS + MAIN in git.refs()
            yield git
            begins = not had_main and HEADS + MAIN in git.refs()
        if begins:
            self._begin_at_main(repo)

    def pull_request(self, repo: str, head: str, base: str = "main") -> PullRequest | None:
        newest = {"state": "all", "head": f"{self.org}:{head}", "base": base, "sort": "created", "direction": "desc"}
        found = next(self._client.all(self._path(repo, "pulls"), **newest), None)
        return _pull(found) if found else None

    def open_pull_request(self, repo: str, head: str, base: str, title: str, body: str) -> PullRequest:
        def still_open() -> PullRequest | None:
            last = self.pull_request(repo, head, base)
            return last if last is not None and last.state == "open" else None

        asked = {"title": title, "body": body}
        pull = still_open()
        if pull is None:
            made = {"head": head, "base": base, **asked}
            try:
                found = self._client.create(self._path(repo, "pulls"), made, happened=still_open)
            except GitHubError as error:
                if error.status == 422 and "No commits between" in error.said:
                    raise NothingToMerge(f"{repo}: {head} has no commits that {base} does not have") from error
                raise
            pull = found if isinstance(found, PullRequest) else _pull(found)
        if _same(pull.title, title) and _same(pull.body, body):
            return pull
        return _pull(self._client.set("PATCH", self._path(repo, "pulls", pull.number), asked))

    def post_status(self, repo: str, commit: str, status: Status) -> None:
        if not is_commit_id(commit):
            raise ForgeError(f"{repo}: {commit!r} is not a commit to post a status on")

        def posted() -> bool | None:
            return status in self.statuses(repo, commit) or None

        if not posted():
            body = {"context": status.context, "state": status.state.value, "description": status.description}
            body |= {"target_url": status.url} if status.url else {}
            self._client.create(self._path(repo, "statuses", commit), body, happened=posted)

    def statuses(self, repo: str, commit: str) -> list[Status]:
        """Return the newest status of each context, if it is ours.

        Anyone who may push may post a status, and GitHub shows only the newest.
        """
        newest: dict[str, dict[str, Any]] = {}
        for one in self._client.all(self._path(repo, "commits", commit, "statuses")):
            newest.setdefault(one["context"], one)
        return [_status(one) for one in newest.values() if self._is_ours(one["creator"])]

    def post_comment(self, repo: str, number: int, key: str, markdown: str, former: str = "") -> None:
        body = f"<!-- {key} -->\n{markdown}"
        path = self._path(repo, "issues", number, "comments")

        def ours() -> list[dict[str, Any]]:
            """Find our comments with this key, and after them those with a former key. Others' comments may claim a key."""
            comments = [one for one in self._client.all(path) if self._is_ours(one["user"])]
            keys = [(_key(one), one) for one in comments]
            now = [one for name, one in keys if name == key]
            return now + [one for name, one in keys if name != key and re.fullmatch(former, name)]

        def first() -> dict[str, Any] | None:
            return next(iter(ours()), None)

        found, *further = ours() or [self._client.create(path, {"body": body}, happened=first)]
        if not _same(found["body"], body):
            self._client.set("PATCH", self._path(repo, "issues", "comments", found["id"]), {"body": body})
        for one in further:
            self._client.remove(self._path(repo, "issues", "comments", one["id"]))

    def tidy(self) -> None:
        sweep_drafts(self._mirrors.folder / "etags")

    def close(self) -> None:
        """Close the connection, which stays open between requests."""
        self._client.close()

    @cached_property
    def _login(self) -> str | None:
        """Return whose token this is, or None for the token of an App, which may not ask that."""
        try:
            found = self._client.get("/user")
        except GitHubError as error:
            if error.status == 403:
                return None
            raise
        return found["login"] if found else None

    def _is_ours(self, author: Mapping[str, Any] | None) -> bool:
        if author is None:
            return False
        return bool(author["login"] == self._login if self._login else author["type"] == "Bot")

    def _there(self, repo: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._client.get(self._path(repo))
        return found

    def _begin_at_main(self, repo: str) -> None:
        """Make `main` the default branch.

        The first push brings several branches, and the organisation's setting decides which is the default.
        """
        found = self._there(repo)
        if found is not None and found["default_branch"] != MAIN:
            self._client.set("PATCH", self._path(repo), {"default_branch": MAIN})

    def _door(self, repo: str) -> Door:
        return Door(self._client, self._path(repo))

    def _path(self, repo: str, *parts: object) -> str:
        return "/".join(["/repos", self.org, checked_name(repo), *map(str, parts)])


def _key(comment: Mapping[str, Any]) -> str:
    """Return the key at the top of one of our comments, or "" for any other comment."""
    found = re.match("<!-- (.+?) -->", comment.get("body", ""))
    return found[1] if found else ""


def _same(theirs: str, ours: str) -> bool:
    """Compare texts as GitHub keeps them: it may trim a text, and its editor changes line ends."""
    return theirs.replace("\r\n", "\n").strip() == ours.strip()


def _pull(found: Mapping[str, Any]) -> PullRequest:
    state = "merged" if found["merged_at"] else found["state"]
    return PullRequest(
        found["number"], found["head"]["ref"], found["base"]["ref"], found["title"], found["body"] or "", state
    )


def _status(found: Mapping[str, Any]) -> Status:
    return Status(found["context"], State(found["state"]), found["description"] or "", found["target_url"] or "")
