"""One commit of a repository as one file: what is graded can be carried to a machine that knows no forge and has no token."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..bounds import STUDENTS, Bound, in_mib
from ..repository import Repository, TooBig, borrowed


def pack(source: str | Path, commit: str, bound: Bound = STUDENTS) -> bytes:
    """The commit with all its files and without its history, as git packs it."""
    asked = f"--shallow {commit}\n{commit}\n"
    with borrowed(source, commit) as git, suppress(TooBig):
        packed = git.git("pack-objects", "--revs", "--stdout", "--quiet", "--threads=1", data=asked.encode())
        if len(packed) <= bound.size:
            return packed
    raise TooBig(
        f"{source}: commit {commit[:12]} is larger than {in_mib(bound.size)}, which is all that a plan takes. Ask the student to "
        "remove large files and to push; then run this again"
    )


def unpack(packed: bytes, folder: Path) -> Path:
    """A bare repository in `folder` that has the commit. Every object gets the id that its content has."""
    repository = Repository.create(folder)
    repository.git("index-pack", "--stdin", "--threads=1", data=packed)
    return repository.path


def repository_at(source: Path, scratch: Path) -> Path:
    """The repository that a task names: `source` itself, or if it is a pack, what it holds, unpacked below `scratch` once."""
    if not source.is_file():
        return source
    here = scratch / f"{source.stem}.git"
    return here if here.exists() else unpack(source.read_bytes(), here)
