"""One commit of a repository as one file: what is graded can be carried to a machine that knows no forge and has no token."""

from __future__ import annotations

from pathlib import Path

from grader.repository import Repository, borrowed


def pack(source: str | Path, commit: str) -> bytes:
    """The commit with all its files and without its history, as git packs it; RepositoryError beyond 64 MiB."""
    with borrowed(source, commit) as git:
        asked = f"--shallow {commit}\n{commit}\n"
        return git.git("pack-objects", "--revs", "--stdout", "--quiet", "--threads=1", data=asked.encode())


def unpack(packed: bytes, folder: Path) -> Path:
    """A bare repository in `folder` that has the commit. Every object gets the id that its content has."""
    repository = Repository.create(folder)
    repository.git("index-pack", "--stdin", data=packed)
    return repository.path
