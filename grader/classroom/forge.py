"""What the classroom asks of a forge: repositories, pull requests, statuses and comments. A folder or GitHub answers.

Everything that writes may be called again with the same arguments and then changes nothing.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from grader.bounds import Bound
from grader.errors import GraderError
from grader.repository import Repository

MAIN = "main"
FEEDBACK = "feedback"  # stays where the course began: the pull request main → feedback shows all the student's work
STARTER = "starter"  # the course's files as handed out, so that a student can take one back
BADGES = "badges"
AT_ONCE = 4  # repositories that are asked about at a time: each is a git process that mostly waits for the forge


class ForgeError(GraderError):
    """The forge refused, or does not have what was asked for."""


class Unreachable(GraderError):
    """The forge does not answer, or lets us in no more: every further repository would fail in the same way."""


class NothingToMerge(ForgeError):
    """The one branch has nothing that the other has not: there is no pull request to open."""


def refused_as_public(repo: str, what: str) -> str:
    """What to say of a repository that has to be private."""
    return f"{repo} is public: everybody would see {what}. Make it private, and run this again"


def own_trouble(error: Exception) -> str:
    """What to say of trouble with one repository. That of the whole machine is raised: everybody would meet it."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        raise error
    return str(error)


class Access(StrEnum):
    """How far somebody has come who shall write to a repository."""

    IN = "in"
    INVITED = "invited"
    EXPIRED = "expired"  # the invitation, which was not accepted in time
    OUT = "out"


class State(StrEnum):
    """States of a commit status, as GitHub names them."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True)
class Status:
    """What stands beside a commit: `tinytorch/02_tensor  47/60`."""

    context: str
    state: State
    description: str
    url: str = ""


@dataclass(frozen=True)
class PullRequest:
    number: int
    head: str
    base: str
    title: str
    body: str
    state: str = "open"  # open, merged or closed


def changed_readers(*, new: Set[str], gone: Set[str]) -> list[str]:
    """In words, as `Forge.set_readers` says it."""
    return [*(f"let {login} read" for login in sorted(new)), *(f"no longer {login}" for login in sorted(gone))]


class Forge(Protocol):
    def repos(self) -> list[str]:
        """Names of the repositories there are."""

    def public_repos(self) -> list[str]:
        """Those of them that everybody may read."""

    def url(self, repo: str) -> str:
        """What `git fetch` takes."""

    def create_repo(self, repo: str, *, writers: Sequence[str] = ()) -> None:
        """A private, empty repository that `writers` (logins) may push to; nothing happens when it exists."""

    def set_readers(self, repo: str, logins: Sequence[str], *, dry_run: bool = False) -> list[str]:
        """These logins, and of those given read access before no others, may read the repository: what changes by that."""

    def access(self, repo: str) -> Mapping[str, Access]:
        """Who may push to it or is invited, by login in lower case."""

    def admit(self, repo: str, writers: Sequence[str]) -> None:
        """Let these logins push: whoever is neither in nor invited is invited."""

    def protect(self, slug: str, *, app: int | None = None, dry_run: bool = False) -> list[str]:
        """Rules that keep branches of this course as they are: a line for each one made, or why there can be none.

        app: the number of an App that works for the course and may pass them, as owners may
        """

    def head(self, repo: str, branch: str = "main") -> str | None:
        """The commit a branch is at, asked without fetching anything."""

    def pushed_at(self, repo: str, commit: str, branch: str = "main") -> datetime | None:
        """When the branch came to that commit by the forge's clock, where it knows. Dates in a commit are the student's."""

    def fetched(self, repo: str, commit: str, *, anew: bool = False) -> str:
        """A folder on this machine that has the commit: grading reads it without network and without a token.

        anew: what was fetched before cannot be read, so it is not used again
        """

    def workspace(
        self, repo: str, branch: str | None = None, *, bound: Bound | None = None
    ) -> AbstractContextManager[Repository]:
        """A bare repository with the branches of `repo`; what is written to its branches inside is there at the end.

        branch: only this one is needed, as it is now and without its history; without it at least
        those that a release is about are there. bound: what the repository may cost; default: what a student's may
        """

    def pull_request(self, repo: str, head: str, base: str = "main") -> PullRequest | None:
        """The newest pull request from `head` into `base`."""

    def open_pull_request(self, repo: str, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open one from `head` into `base`, or bring title and body of the open one up to date.

        NothingToMerge when `base` has all that `head` has.
        """

    def post_status(self, repo: str, commit: str, status: Status) -> None:
        """Set the status of that context on a commit."""

    def status(self, repo: str, commit: str, context: str) -> Status | None:
        """What is shown for that context on a commit, if the course has posted it."""

    def post_comment(self, repo: str, number: int, key: str, markdown: str) -> None:
        """The one comment called `key` on a pull request: written, or updated in place."""

    def tidy(self) -> None:
        """Remove what a command that was killed has left behind."""
