"""Keep what GitHub would know about one organisation: people, tokens, repositories and their content."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from grader.repository import Repository

EVERY_RIGHT = frozenset({"administration", "contents", "issues", "organization", "pulls", "statuses"})


@dataclass(frozen=True)
class Token:
    """Hold a token's owner, and its permissions (as a fine-grained token has)."""

    login: str
    rights: frozenset[str] = EVERY_RIGHT


@dataclass
class Pull:
    number: int
    head: str
    base: str
    title: str
    body: str
    author: str
    created_at: str
    state: str = "open"
    merged_at: str | None = None


@dataclass
class Comment:
    id: int
    number: int
    author: str
    body: str
    created_at: str


@dataclass
class Posted:
    """Hold a commit status. It never changes, and the newest of a context counts."""

    id: int
    sha: str
    context: str
    state: str
    description: str
    url: str | None
    author: str
    created_at: str


@dataclass
class Invitation:
    id: int
    login: str
    permission: str
    created_at: str
    expired: bool = False


@dataclass
class Moved:
    """Hold a line of a repository's activity: who moved which branch, and when."""

    id: int
    before: str
    after: str
    ref: str
    at: str
    login: str
    kind: str


@dataclass
class Repo:
    name: str
    id: int
    git: Repository
    private: bool
    created_at: str
    pushed_at: str
    default_branch: str = "main"
    members: dict[str, str] = field(default_factory=dict)  # login in lower case → pull or push
    invitations: list[Invitation] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    statuses: list[Posted] = field(default_factory=list)
    activity: list[Moved] = field(default_factory=list)

    def branch(self, name: str) -> str | None:
        return self.git.refs(f"refs/heads/{name}").get(f"refs/heads/{name}")


class Hub:
    """Keep one organisation. `lock` is held while an operation reads or changes it."""

    def __init__(self, org: str, folder: Path, *, plan: str = "team", now: Callable[[], float] = time.time) -> None:
        self.org, self.folder, self.plan, self.now = org, folder, plan, now
        self.lock = RLock()
        self.ids = itertools.count(1_000)
        self.people: dict[str, tuple[str, int]] = {}  # login in lower case → (login, id)
        self.owners: set[str] = set()
        self.tokens: dict[str, Token] = {}
        self.repos: dict[str, Repo] = {}  # by name in lower case, because GitHub ignores case
        self.rulesets: list[dict[str, Any]] = []

    def person(self, login: str, *, token: str = "", owner: bool = False) -> str:
        """Add somebody with an account, and with a token if given."""
        self.people.setdefault(login.lower(), (login, next(self.ids)))
        if owner:
            self.owners.add(login.lower())
        if token:
            self.tokens[token] = Token(login)
        return login

    def create(self, name: str, *, private: bool = True) -> Repo:
        folder = self.folder / self.org / f"{name}.git"
        git = Repository.create(folder)
        repo = Repo(name, next(self.ids), git, private, self.stamp(), self.stamp())
        self.repos[name.lower()] = repo
        return repo

    def repo(self, name: str) -> Repo | None:
        return self.repos.get(name.lower())

    def stamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def accept(self, login: str) -> None:
        """Accept every invitation of this person that has not expired."""
        with self.lock:
            for repo in self.repos.values():
                for one in [one for one in repo.invitations if one.login.lower() == login.lower() and not one.expired]:
                    repo.invitations.remove(one)
                    repo.members[login.lower()] = one.permission

    def moved(self, repo: Repo, before: dict[str, str], login: str) -> None:
        """Note what a push changed. A pull request is merged once its base contains its head."""
        after = repo.git.refs()
        for ref in sorted(before.keys() | after.keys()):
            old, new = before.get(ref, "0" * 40), after.get(ref, "0" * 40)
            if old == new:
                continue
            kind = "branch_creation" if set(old) == {"0"} else "branch_deletion" if set(new) == {"0"} else "push"
            if kind == "push" and not repo.git.is_ancestor(old, new):
                kind = "force_push"
            repo.activity.append(Moved(next(self.ids), old, new, ref, self.stamp(), login, kind))
            repo.pushed_at = self.stamp()
        self.settle(repo)

    def settle(self, repo: Repo) -> None:
        for pull in repo.pulls:
            head, base = repo.branch(pull.head), repo.branch(pull.base)
            if pull.state == "open" and head and base and repo.git.is_ancestor(head, base):
                pull.state, pull.merged_at = "closed", self.stamp()
