"""Read a repository that somebody hands in, by folder or URL: its branches, and one commit, without reading its configuration."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..bounds import STUDENTS
from ..scratch import Scratch
from .bare import Repository
from .objects import is_commit_id, text
from .process import RepositoryError, refuse_option, run

_BEGINNING = re.compile(r"[0-9a-f]{7,39}", re.ASCII)  # the beginning of a commit id; shorter ones are often ambiguous


def ls_remote(source: str | Path, branch: str = "main", config: Mapping[str, str] | None = None) -> str | None:
    """Ask the remote for the commit that a branch is at. Return None if there is no such branch."""
    # the remote lists every ref that ends in this name: x/refs/heads/main is also a branch
    return heads_of(source, f"refs/heads/{branch}", config=config).get(f"refs/heads/{branch}")


def heads_of(source: str | Path, *names: str, config: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return branches of a remote and the commits they name: all of them, or those whose names end in one of `names`."""
    refuse_option(source)
    lines = run(None, "ls-remote", "--heads", "--", str(source), *names, config=config).split(b"\n")
    return {text(name): commit.decode() for commit, _, name in (line.partition(b"\t") for line in lines) if name}


@contextmanager
def borrowed(source: str | Path, commit: str) -> Iterator[Repository]:
    """Yield a repository that shows `commit` of `source` (a folder or a URL) without ever reading the source's configuration.

    A folder lends its objects; from anywhere else they are fetched.
    """
    if not is_commit_id(commit):
        raise RepositoryError(f"{commit!r} is not a full commit id of 40 hexadecimal digits")
    refuse_option(source)
    with Scratch.make("git") as scratch:
        own = scratch / "own.git"
        folder = _local(source)
        if folder is None:
            there = Repository.create(own)
            there.fetch(source, [commit], "--depth=1", bound=STUDENTS.on(own))
            yield there
            return
        yield _borrower(own, folder)


def whole_commit_id(source: str | Path, beginning: str) -> str:
    """Return the id of the one commit of `source` that begins so.

    This works only for a folder, whose objects can be searched.
    """
    if is_commit_id(beginning):
        return beginning
    if not _BEGINNING.fullmatch(beginning):
        raise RepositoryError(f"{beginning!r} is not a commit id: give its 40 hexadecimal digits, or 7 or more of them")
    refuse_option(source)
    folder = _local(source)
    if folder is None:
        raise RepositoryError(f"{beginning!r}: of a repository on another machine all 40 digits of a commit are needed")
    with Scratch.make("git") as scratch:
        # it has no refs, so a branch with this name cannot be mistaken for the commit
        lent = _borrower(scratch / "own.git", folder)
        wanted = f"{beginning}^{{commit}}"
        found = lent.git("rev-parse", "--verify", "--quiet", "--end-of-options", wanted, ok=(0, 1))
    if not found:
        raise RepositoryError(
            f"{folder} has no commit {beginning}, or more than one that begins so: give all 40 digits"
        )
    return found.decode().strip()


def _borrower(own: Path, folder: Path) -> Repository:
    """Make a new repository at `own` that has only the objects of the repository in `folder`."""
    objects = _lent_by(folder)
    for part in ("objects", "refs"):  # git needs these two in a repository; this saves the process of `git init`
        (own / part).mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    return Repository(own, objects)


def _local(source: str | Path) -> Path | None:
    """Return the folder that `source` names, or None for a URL of another machine."""
    folder = Path(str(source).removeprefix("file://"))
    return folder if folder.is_dir() else None


def _lent_by(folder: Path) -> Path:
    """Return the objects of a repository that has all of them itself.

    A repository that borrows objects (alternates, a worktree, links) could name the objects of any repository on this
    machine, even the staff's, and hand those in.
    """
    git_dir = folder / ".git" if os.path.lexists(folder / ".git") else folder
    objects = git_dir / "objects"
    if not objects.is_dir():
        raise RepositoryError(
            f"{folder} is not a git repository, or a worktree of another one; give a clone of its own"
        )
    if git_dir.is_symlink() or not _all_its_own(objects) or (objects / "info" / "alternates").exists():
        raise RepositoryError(f"{folder} borrows objects from elsewhere; give a clone made with `git clone --no-local`")
    return objects.absolute()


def _all_its_own(folder: Path) -> bool:
    """Return whether there are only folders and regular files: no link, and no pipe that would make its reader wait."""
    if not stat.S_ISDIR(folder.lstat().st_mode):
        return False
    waiting = [folder]
    while waiting:
        with (
            suppress(FileNotFoundError),
            os.scandir(waiting.pop()) as entries,
        ):  # a push that is arriving has folders that disappear again
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False) and os.path.lexists(entry.path):
                    return False
    return True
