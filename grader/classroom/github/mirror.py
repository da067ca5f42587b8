"""Keep a bare copy of each repository on this machine, updated when it is used.

folder/mirrors/REPO.git   the branches that a release needs, with their history and without large files, to release from
folder/heads/REPO.git     single commits without history, to grade from
folder/BRANCH/REPO.git    one branch without history, to write to

All copies may be removed at any time. Only one command at a time uses a copy. Leftovers of a killed git are removed.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from grader.bounds import STUDENTS, Bound, in_mib, size_of
from grader.repository import Repository, RepositoryError, TooBig, TooSlow, heads_of, is_commit_id, ls_remote, run

from ..forge import FEEDBACK, HEADS, MAIN, RELEASES, STARTER, ForgeError, Unreachable
from .patience import TRIES, Clock, backoff
from .token import Token

Answer = TypeVar("Answer")
MOST_RELEASES = 200  # the course makes one for each module, and a release refuses a repository with more than 100
SMALL = "blob:limit=1m"  # the files that a release compares are smaller; larger files of a history are not fetched
_PASSES = re.compile(
    r"returned error: (5\d\d|429)|RPC failed|Empty reply|hung up|early EOF|Connection (reset|refused|timed)|timed out"
    r"|Could not resolve|Failed to connect|curl \d+|unexpected disconnect|Recv failure|No space left on device"
)
_RULE = re.compile(r"GH013|rule violations")
_NOBODY = re.compile(r"Could not resolve|Failed to connect|Connection (refused|timed)")


@dataclass(frozen=True)
class Mirrors:
    """Keep the copies. bound: how much the repository of one student may cost."""

    folder: Path
    server: str
    org: str
    token: Token
    clock: Clock
    bound: Bound = STUDENTS
    _given: set[Path] = field(default_factory=set)  # copies that this run has handed out for reading

    def url(self, repo: str) -> str:
        return f"{self.server}/{self.org}/{repo}.git"

    def head(self, repo: str, branch: str) -> str | None:
        config = self.token.git_config(self.server)
        return self._patiently(repo, lambda: ls_remote(self.url(repo), branch, config=config))

    @contextmanager
    def workspace(self, repo: str, branch: str | None = None, bound: Bound | None = None) -> Iterator[Repository]:
        """Yield the copy, updated from the forge. Branches that are written inside are pushed at the end, all or none."""
        bound = bound or self.bound
        with self._copy(branch or "mirrors", repo, bound) as git:
            try:
                self._bring(repo, git, branch, bound)
                before = git.refs()
                yield git
                changed = {ref: tip for ref, tip in git.refs().items() if before.get(ref) != tip}
            except RepositoryError:  # the earlier copy may be damaged: the next run starts without it
                shutil.rmtree(git.path, ignore_errors=True)
                raise
            if changed:
                self._push(repo, git, changed)

    def _heads(self, repo: str) -> Mapping[str, str]:
        """Return the branches that a release needs.

        If there are none of them, return another branch, so that the caller notices.
        """
        config = self.token.git_config(self.server)
        there = self._patiently(repo, lambda: heads_of(self.url(repo), config=config))
        ours = [HEADS + name for name in (MAIN, STARTER, FEEDBACK) if HEADS + name in there]
        ours += islice((ref for ref in there if ref.startswith(RELEASES)), MOST_RELEASES)
        return {ref: there[ref] for ref in ours or islice(there, 1)}

    def _bring(self, repo: str, git: Repository, branch: str | None, bound: Bound) -> None:
        """Make the branches of a copy equal to those on the forge."""
        if branch is None:
            heads = self._heads(repo)
            bound = replace(bound, size=bound.copy)  # a history is larger than a commit, so it may fill the whole copy
        else:
            tip = self.head(repo, branch)
            heads = {HEADS + branch: tip} if tip else {}
        known = git.refs()
        gone = "".join(f"delete {ref}\n" for ref in known.keys() - heads.keys())
        if gone:
            git.git("update-ref", "--stdin", data=gone.encode("utf-8", "surrogateescape"))
        moved = [f"+{tip}:{ref}" for ref, tip in heads.items() if known.get(ref) != tip]
        if moved:
            names = ", ".join(ref.removeprefix(HEADS) for ref in heads)[:100]
            self._fetch(repo, git, names, moved, bound, "--depth=1" if branch else f"--filter={SMALL}")
            if branch is None:
                # git remembers where to fetch the files that were left out, and would fetch them in the middle of reading
                git.git("config", "--remove-section", f"remote.{self.url(repo)}", ok=(0, 128))

    def _push(self, repo: str, git: Repository, tips: Mapping[str, str]) -> None:
        """Push.

        If the answer is lost, a lower layer may push a second time and be refused; then look whether the tips have arrived.
        """
        refspecs = [f"{tip}:{ref}" for ref, tip in tips.items()]
        config = self.token.git_config(self.server)
        arguments = ("push", "--quiet", "--atomic", "--", self.url(repo), *refspecs)
        try:
            self._patiently(repo, lambda: run(git.path, *arguments, config=config))
        except ForgeError:
            if any(self.head(repo, ref.removeprefix(HEADS)) != tip for ref, tip in tips.items()):
                raise

    def fetched(self, repo: str, commit: str, *, anew: bool = False) -> Path:
        """Return a folder that has that commit and its files, without history.

        Fetch it only once; anew: fetch it again.
        """
        if not is_commit_id(commit):
            raise ForgeError(f"{repo}: {commit!r} is not a commit")
        with self._copy("heads", repo, self.bound, anew=anew) as git:
            kept = f"refs/kept/{commit}"
            if kept not in git.refs("refs/kept/"):
                self._fetch(repo, git, f"commit {commit[:12]}", [commit], self.bound, "--depth=1")
                git.git("update-ref", kept, commit)
            self._given.add(git.path)
            return git.path

    @contextmanager
    def _copy(self, kind: str, repo: str, bound: Bound, *, anew: bool = False) -> Iterator[Repository]:
        """Yield a copy that nobody else uses at the same time.

        A copy that has grown too large is made again, unless somebody reads it.
        """
        path = self.folder / kind / f"{repo}.git"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".held").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if anew or (path not in self._given and size_of(path) > bound.copy):
                shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                bound.on(path.parent)  # raises if the disk is full
            yield self._opened(path)

    def _opened(self, path: Path) -> Repository:
        """Open the copy at `path`.

        A copy that git cannot read is made again, unless somebody reads it, because the forge has everything.
        """
        try:
            return _readable(path)
        except (RepositoryError, OSError):
            if path in self._given:
                raise
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            return _readable(path)

    def _fetch(self, repo: str, git: Repository, what: str, refspecs: list[str], bound: Bound, *options: str) -> None:
        """Fetch within the bound. If it does not fit, the error says what a person can do."""
        allowed = bound.on(git.path)
        if size_of(git.path) > bound.copy:
            raise ForgeError(
                f"{repo}: its copies take more than {in_mib(bound.copy)} of this machine's disk. Run this again for fewer commits"
            )
        config = self.token.git_config(self.server)
        url = self.url(repo)
        try:
            self._patiently(
                repo, lambda: git.fetch(url, refspecs, *options, bound=allowed, config=config), allowed.seconds
            )
        except TooBig as error:
            room = "" if allowed.size == bound.size else f", since this disk has only {in_mib(4 * allowed.size)} left"
            raise ForgeError(
                f"{repo}: {what} is larger than {in_mib(allowed.size)}, and no more is fetched of one repository{room}. Ask the "
                "student to remove large files and branches and to push; then run this again"
            ) from error
        except TooSlow as error:
            raise ForgeError(
                f"{repo}: {what} did not arrive within {allowed.seconds:.0f} s. Run this again; if that does not help, ask the "
                "student to remove large files and branches"
            ) from error
        except ForgeError:  # the copy itself may be damaged
            if git.path not in self._given:
                shutil.rmtree(git.path, ignore_errors=True)
            raise

    def _patiently(self, repo: str, act: Callable[[], Answer], seconds: float = STUDENTS.seconds) -> Answer:
        """Repeat `act` after trouble that may pass.

        Fetching again is harmless, and git notices commits that have already been pushed.

        seconds: after this time there is no further try
        """
        began = self.clock.now()
        for attempt in range(1, TRIES + 1):
            try:
                return act()
            except (TooBig, TooSlow):
                raise
            except RepositoryError as error:
                late = self.clock.now() - began > seconds
                if attempt == TRIES or late or not _PASSES.search(str(error)):
                    raise self._told(repo, error) from error
                self.clock.wait(backoff(attempt, self.clock.draw), f"git: {str(error)[-200:]}")
        raise AssertionError("the last try returns or raises")

    def _told(self, repo: str, error: RepositoryError) -> Exception:
        said = str(error)
        if "not found" in said or "Repository not found" in said:
            return ForgeError(f"there is no repository {repo} in {self.org} that the token may see")
        if _RULE.search(said):
            return ForgeError(
                f"{repo}: a rule of the organisation forbids this push to the token's owner. Let an App bypass it with "
                "`grader provision --app NUMBER`, or remove the rule: docs/github.md, Provision"
            )
        if "rejected" in said or "fetch first" in said:
            return ForgeError(f"{repo}: a branch moved meanwhile, nothing was written; run this again")
        if "could not read Username" in said or "Authentication failed" in said:
            return Unreachable("git is refused by GitHub: the token is not valid, or has expired")
        if _NOBODY.search(said):
            return Unreachable(
                f"git cannot reach GitHub, {TRIES} times: {said}. Run this again later: it continues there"
            )
        return ForgeError(f"{repo}: {said}")


def _readable(path: Path) -> Repository:
    """Open the repository at `path`, or make it, and let git list its references."""
    git = Repository.create(path)
    git.sweep(older_than=0)
    git.refs("refs/")
    return git
