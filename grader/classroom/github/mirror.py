"""Git on the forge's side of things: a bare copy of each repository on this machine, brought up to date when it is used.

folder/mirrors/REPO.git   all branches with their history, to release from
folder/heads/REPO.git     single commits without history, to grade from

Both may be removed at any time. One command at a time uses a copy; locks in it that a killed git has left are removed.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from grader.repository import Repository, RepositoryError, is_commit_id, ls_remote, run

from ..forge import ForgeError, Unreachable
from .patience import TRIES, Clock, backoff
from .token import Token

Answer = TypeVar("Answer")
HEADS = "refs/heads/"
_PASSES = re.compile(
    r"returned error: (5\d\d|429)|RPC failed|Empty reply|hung up|early EOF|Connection (reset|refused|timed)|timed out"
    r"|Could not resolve|Failed to connect|curl \d+|unexpected disconnect|Recv failure"
)
_RULE = re.compile(r"GH013|rule violations")
_NOBODY = re.compile(r"Could not resolve|Failed to connect|Connection (refused|timed)")
_LEFT = (
    "*.lock",
    "refs/**/*.lock",
    "objects/pack/tmp_*",
    "objects/??/tmp_obj_*",
    "objects/tmp_*",
    "fast_import_crash_*",
)


@dataclass(frozen=True)
class Mirrors:
    folder: Path
    server: str
    org: str
    token: Token
    clock: Clock

    def url(self, repo: str) -> str:
        return f"{self.server}/{self.org}/{repo}.git"

    def head(self, repo: str, branch: str) -> str | None:
        config = self.token.git_config(self.server)
        return self._patiently(repo, lambda: ls_remote(self.url(repo), branch, config=config))

    @contextmanager
    def workspace(self, repo: str) -> Iterator[Repository]:
        """The copy as the forge is now; branches that are written inside are pushed at the end, all or none."""
        with self._copy("mirrors", repo) as git:
            self._network(repo, git, "fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--",
                          self.url(repo), f"+{HEADS}*:{HEADS}*")  # fmt: skip
            before = git.refs()
            yield git
            changed = {ref: tip for ref, tip in git.refs().items() if before.get(ref) != tip}
            if changed:
                self._push(repo, git, changed)

    def _push(self, repo: str, git: Repository, tips: Mapping[str, str]) -> None:
        """A push whose answer was lost may be sent a second time below us, and be refused: what counts is what is there."""
        refspecs = [f"{tip}:{ref}" for ref, tip in tips.items()]
        try:
            self._network(repo, git, "push", "--quiet", "--atomic", "--", self.url(repo), *refspecs)
        except ForgeError:
            if any(self.head(repo, ref.removeprefix(HEADS)) != tip for ref, tip in tips.items()):
                raise

    def fetched(self, repo: str, commit: str) -> Path:
        """A folder that has that commit and its files, without history; asked for once."""
        if not is_commit_id(commit):
            raise ForgeError(f"{repo}: {commit!r} is not a commit")
        with self._copy("heads", repo) as git:
            kept = f"refs/kept/{commit}"
            if kept not in git.refs("refs/kept/"):
                self._network(repo, git, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--",
                              self.url(repo), commit)  # fmt: skip
                git.git("update-ref", kept, commit)
            return git.path

    @contextmanager
    def _copy(self, kind: str, repo: str) -> Iterator[Repository]:
        path = self.folder / kind / f"{repo}.git"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".held").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for left in (left for pattern in _LEFT for left in path.glob(pattern)):
                with suppress(FileNotFoundError):
                    left.unlink()
            yield Repository.create(path)

    def _network(self, repo: str, git: Repository, *arguments: str) -> None:
        config = self.token.git_config(self.server)
        self._patiently(repo, lambda: run(git.path, *arguments, config=config))

    def _patiently(self, repo: str, act: Callable[[], Answer]) -> Answer:
        """Fetching again is harmless, and so is pushing again what has arrived: git then finds it there."""
        for attempt in range(1, TRIES + 1):
            try:
                return act()
            except RepositoryError as error:
                if attempt == TRIES or not _PASSES.search(str(error)):
                    raise self._told(repo, error) from error
                self.clock.wait(backoff(attempt, self.clock.draw), f"git: {str(error)[-200:]}")
        raise AssertionError("the last try returns or raises")

    def _told(self, repo: str, error: RepositoryError) -> Exception:
        said = str(error)
        if "not found" in said or "Repository not found" in said:
            return ForgeError(f"there is no repository {repo} in {self.org} that the token may see")
        if _RULE.search(said):
            return ForgeError(
                f"{repo}: a rule of the organisation forbids this push to whoever owns the token. Let an App pass it with "
                "`grader provision --app NUMBER`, or take the rule back: docs/github.md, Provision"
            )
        if "rejected" in said or "fetch first" in said:
            return ForgeError(f"{repo}: a branch moved meanwhile, nothing was written; run this again")
        if "could not read Username" in said or "Authentication failed" in said:
            return Unreachable("git is refused by GitHub: the token is not valid, or has expired")
        if _NOBODY.search(said):
            return Unreachable(
                f"git cannot reach GitHub, {TRIES} times: {said}. Run this again later: it goes on there"
            )
        return ForgeError(f"{repo}: {said}")
