"""Define what the classroom asks of a forge: repositories, pull requests, statuses and comments. A folder or GitHub answers.

Every writing method may be called again with the same arguments and then changes nothing.
"""

from __future__ import annotations

import errno
import re
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
FEEDBACK = "feedback"  # stays where the course began, so the pull request main → feedback shows all the student's work
STARTER = "starter"  # the course's files as handed out, so that a student can get a file back
BADGES = "badges"
HEADS = "refs/heads/"
RELEASES = f"{HEADS}release/"  # a branch for each released module
AT_ONCE = 4  # repositories that are asked at the same time; each is a git process that mostly waits for the forge


_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class ForgeError(GraderError):
    """Report that the forge refused, or does not have what was asked for."""


class Unreachable(GraderError):
    """Report that the forge does not answer, or refuses us. Every further repository would fail in the same way."""


class NothingToMerge(ForgeError):
    """Report that a branch has no commits that the other branch does not have, so that there is no pull request to open."""


def refused_as_public(repo: str, what: str) -> str:
    """Say that a repository has to be private."""
    return f"{repo} is public: everybody would see {what}. Make it private, and run this again"


def checked_name(repo: str) -> str:
    """Return the name of a repository, or raise ForgeError if a forge cannot give this name."""
    if not _REPO.fullmatch(repo) or repo.endswith(".git"):
        raise ForgeError(f"{repo!r} is not a name for a repository: letters, digits, '.', '_' and '-'")
    return repo


def own_trouble(error: Exception) -> str:
    """Describe trouble with one repository. Raise trouble of the whole machine, since every repository would meet it."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        raise error
    return str(error)


class Access(StrEnum):
    """Say whether somebody can write to a repository, or has been invited to."""

    IN = "in"
    INVITED = "invited"
    EXPIRED = "expired"  # the invitation was not accepted in time
    OUT = "out"


class State(StrEnum):
    """States of a commit status, as GitHub names them."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True)
class Status:
    """Hold the line beside a commit: `tinytorch/tensor  47/60`."""

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
    """Describe changes of readers in words, as `Forge.set_readers` returns them."""
    return [*(f"let {login} read" for login in sorted(new)), *(f"no longer {login}" for login in sorted(gone))]


class Forge(Protocol):
    def repos(self) -> list[str]:
        """List the names of all repositories."""

    def public_repos(self) -> list[str]:
        """List the names of the repositories that everybody may read."""

    def url(self, repo: str) -> str:
        """Return the address that `git fetch` takes."""

    def create_repo(self, repo: str, *, writers: Sequence[str] = ()) -> None:
        """Make a private, empty repository that `writers` (logins) may push to. Do nothing if it exists."""

    def set_readers(self, repo: str, logins: Sequence[str], *, dry_run: bool = False) -> list[str]:
        """Let exactly these logins read the repository, apart from those who may write.

        Return the changes, one line each.
        """

    def access(self, repo: str) -> Mapping[str, Access]:
        """Return who may push to it or is invited, by login in lower case."""

    def admit(self, repo: str, writers: Sequence[str]) -> None:
        """Let these logins push. Invite those who are neither members nor invited."""

    def protect(self, slug: str, *, app: int | None = None, dry_run: bool = False) -> list[str]:
        """Make the rules that protect the branches of this course. Return a line for each rule made, or why there can be none.

        app: the number of an App that works for the course and may bypass the rules, as owners may
        """

    def head(self, repo: str, branch: str = "main") -> str | None:
        """Return the commit that a branch is at, without fetching anything."""

    def pushed_at(self, repo: str, commit: str, branch: str = "main") -> datetime | None:
        """Return when the branch came to that commit, by the forge's clock, or None.

        The dates in a commit do not count, because the student sets them.
        """

    def fetched(self, repo: str, commit: str, *, anew: bool = False) -> str:
        """Return a folder on this machine that has the commit, so that grading needs neither network nor token.

        anew: the earlier copy cannot be read, so fetch it again
        """

    def workspace(
        self, repo: str, branch: str | None = None, *, bound: Bound | None = None
    ) -> AbstractContextManager[Repository]:
        """Yield a bare repository with the branches of `repo`. Commits written to its branches are on the forge afterwards.

        branch: fetch only this branch, as it is now and without its history; by default, all branches that a release needs
        bound: how much the repository may cost; by default, as much as a student's
        """

    def pull_request(self, repo: str, head: str, base: str = "main") -> PullRequest | None:
        """Return the newest pull request from `head` into `base`."""

    def open_pull_request(self, repo: str, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request from `head` into `base`, or update title and body of the open one.

        Raise NothingToMerge if `base` has every commit of `head`.
        """

    def post_status(self, repo: str, commit: str, status: Status) -> None:
        """Set the status of that context on a commit."""

    def statuses(self, repo: str, commit: str) -> list[Status]:
        """Return the statuses that are shown on a commit and that the course has posted, one for each context."""

    def post_comment(self, repo: str, number: int, key: str, markdown: str, former: str = "") -> None:
        """Write the comment called `key` on a pull request, or update it, so that it is the only one.

        former: a pattern of keys that it had before; comments under these go
        """

    def tidy(self) -> None:
        """Remove the leftovers of a command that was killed."""
