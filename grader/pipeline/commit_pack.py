"""Pack one commit of a repository into one file, so that a machine without a forge and without a token can grade it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..bounds import STUDENTS, Bound, in_mib
from ..repository import Repository, TooBig, borrowed


def pack(source: str | Path, commit: str, bound: Bound = STUDENTS) -> bytes:
    """Return the commit with all its files and without its history, as a git pack."""
    asked = f"--shallow {commit}\n{commit}\n"
    with borrowed(source, commit) as git, suppress(TooBig):
        packed = git.git("pack-objects", "--revs", "--stdout", "--quiet", "--threads=1", data=asked.encode())
        if len(packed) <= bound.size:
            return packed
    raise TooBig(
        f"{source}: commit {commit[:12]} is larger than {in_mib(bound.size)}, the limit for a plan. Ask the student to remove "
        "large files and to push; then run this again"
    )


def unpack(packed: bytes, folder: Path) -> Path:
    """Unpack into a new bare repository in `folder`. Git computes the id of every object from its content."""
    repository = Repository.create(folder)
    repository.git("index-pack", "--stdin", "--threads=1", data=packed)
    return repository.path


def repository_at(source: Path, scratch: Path) -> Path:
    """Return the repository that a task names: `source` itself, or, if it is a pack, unpacked once below `scratch`."""
    if not source.is_file():
        return source
    here = scratch / f"{source.stem}.git"
    return here if here.exists() else unpack(source.read_bytes(), here)
