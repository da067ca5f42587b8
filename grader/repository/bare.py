"""Work on a bare repository: read its refs, trees and files as data, and write commits without a working tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..bounds import STUDENTS, Bound
from ..scratch import Scratch, sweep
from .objects import Merge, NewCommit, Signature, TreeEntry, fast_import, id_of, is_commit_id, parse_entry, text
from .process import TIMEOUT, RepositoryError, refuse_option, run, started

MAX_ENTRIES = 100_000  # ten levels of a tree with ten entries each, all the same, would give 10,000,000,000 paths
MAX_LISTING = 64 << 20
MAX_CHECKED = 256 << 20  # of files that are only checked; a commit that brings more than this is too large
LISTING_TIMEOUT = 20.0
ABANDONED = 5 * TIMEOUT
_DRAFTS_OF_GIT = (
    "*.lock",
    "refs/**/*.lock",
    "objects/pack/tmp_*",
    "objects/??/tmp_obj_*",
    "objects/tmp_*",  # for instance a push that is being received; this is a folder
    "objects/incoming-*",
    "fast_import_crash_*",
)


@dataclass(frozen=True)
class Repository:
    """Hold a bare repository. Its configuration is ours, or (through `borrowed`) is not read at all."""

    path: Path
    objects: Path | None = None

    @classmethod
    def create(cls, path: Path, branch: str = "main") -> Repository:
        """Make an empty bare repository that records when a branch moved. Leave an existing repository as it is."""
        if not (path / "HEAD").exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path.parent)
            with Scratch.make("new", path.parent) as scratch:
                draft = scratch / path.name
                options = ["--bare", "--quiet", "--template=", "--object-format=sha1", f"--initial-branch={branch}"]
                run(None, "init", *options, str(draft))
                run(draft, "config", "core.logAllRefUpdates", "always")
                run(draft, "config", "receive.maxInputSize", str(STUDENTS.size))  # of one push
                os.replace(draft, path)
        return cls(path)

    def git(self, *arguments: str, data: bytes = b"", ok: Sequence[int] = (0,)) -> bytes:
        return run(self.path, *arguments, data=data, ok=ok, objects=self.objects)

    def sweep(self, *, older_than: float = ABANDONED) -> None:
        """Remove drafts and locks that a failed or killed git left. By default keep those that may still be in use."""
        old = time.time() - older_than
        for pattern in _DRAFTS_OF_GIT:
            for path in self.path.glob(pattern):
                with suppress(FileNotFoundError):
                    status = path.lstat()
                    if older_than and status.st_mtime >= old:
                        continue
                    if stat.S_ISDIR(status.st_mode):
                        shutil.rmtree(path, ignore_errors=True)
                    else:
                        path.unlink()

    def fetch(
        self,
        source: str | Path,
        refspecs: Sequence[str],
        *options: str,
        bound: Bound,
        config: Mapping[str, str] | None = None,
    ) -> None:
        """Fetch within bounds. Remove the leftovers of a failed fetch; nobody else may be using this repository."""
        refuse_option(source)
        plain = ("--quiet", "--no-tags", "--no-write-fetch-head", *options, "--", str(source), *refspecs)
        try:
            run(self.path, "fetch", *plain, config=config, bound=bound)
        except RepositoryError:
            self.sweep(older_than=0)
            raise

    def refs(self, under: str = "refs/heads/") -> dict[str, str]:
        """Return branches and the commits they name: {"refs/heads/main": "1f3c…"}."""
        lines = self.git("for-each-ref", "--format=%(objectname) %(refname)", under).split(b"\n")[:-1]
        return {text(name): commit.decode() for commit, name in (line.split(b" ", 1) for line in lines)}

    def is_ancestor(self, old: str, new: str) -> bool:
        return not self.git("rev-list", "--max-count=1", old, f"^{new}").strip()

    def independent(self, commits: Iterable[str]) -> set[str]:
        """Return those of the commits that no other of them already contains."""
        return set(self.git("merge-base", "--independent", *sorted(set(commits))).decode().split())

    def committer_email(self, commit: str) -> str:
        """Return the committer's e-mail address.

        It is read from the commit itself, because `git show` may be configured to run a program that verifies signatures.
        """
        head = self.git("cat-file", "commit", commit).split(b"\n\n", 1)[0]
        who = next((line for line in head.split(b"\n") if line.startswith(b"committer ")), b"")
        return text(who.partition(b"<")[2].rpartition(b">")[0])

    def tree(self, commit: str) -> list[TreeEntry]:
        """List every path of a commit. Nothing is written, and nothing of the commit is run.

        The commit and its folders are checked against their ids. Git trusts an object's id, so a failing disk, or anyone
        who can write to a repository's folder, could show other files under the commit that we name.
        """
        found: list[TreeEntry] = []
        folders: set[str] = set()
        for line in self._listing(commit):
            entry, kind = parse_entry(line)
            if kind == "tree":
                folders.add(entry.id)
            else:
                found.append(entry)
        self._verify(commit, folders)
        return found

    def _verify(self, commit: str, folders: set[str]) -> None:
        """Read the commit and its folders, and check that each has the id under which it was found."""
        top = f"{commit}^{{tree}}"
        objects = self._objects({commit, top, *folders})
        for name, (kind, _) in objects.items():
            if kind != ("commit" if name == commit else "tree"):
                raise RepositoryError(
                    f"{self.path}: object {name} cannot be read: it is missing, or not what it should be"
                )
        first = objects[commit][1].split(b"\n", 1)[0]
        if first != b"tree " + id_of(*objects[top]).encode():
            raise RepositoryError(f"{self.path}: commit {commit} is damaged: its files are not those that it names")

    def blob(self, blob_id: str) -> bytes:
        return self.blobs([blob_id])[blob_id]

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return contents by id, from one process. Raise RepositoryError for a missing or damaged object."""
        found = self._objects(ids)
        for name, (kind, _) in found.items():
            if kind != "blob":
                raise RepositoryError(f"{self.path}: there is no file with id {name}: it is missing or damaged")
        return {name: content for name, (_, content) in found.items()}

    def look_up(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Return contents by name, which is an id or `commit:path`. All are read by one process.

        A path that is missing or not a file gives None. Raise RepositoryError for a path that exists and cannot be read. For
        an id alone nobody can tell the difference.
        """
        found = self._objects(names)
        for name, (kind, _) in found.items():
            if not kind and ":" in name:
                self._refuse_unreadable(*name.split(":", 1))
        return {name: content if kind == "blob" else None for name, (kind, content) in found.items()}

    def _refuse_unreadable(self, commit: str, path: str) -> None:
        """Raise an error if the commit has this path, but the file cannot be read.

        Git says `missing` both for a path that a commit does not have and for a path that it cannot show.
        """
        named = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", commit, ok=(0, 1)).decode().strip()
        for entry in self.tree(named) if named else ():
            if entry.path == path and entry.unreadable:
                raise RepositoryError(
                    f"{self.path}: {path}, object {entry.id}, cannot be read: it is missing or damaged"
                )

    def check(self, ids: Iterable[str]) -> None:
        """Read files without keeping them, and check that each has the id under which it was found."""
        wanted = sorted(set(ids))
        if not wanted:
            return
        left = MAX_CHECKED
        asked = "".join(f"{name}\n" for name in wanted).encode()
        with started(self.path, ("cat-file", "--batch"), self.objects, TIMEOUT, asked) as git:
            for name in wanted:
                head = git.stdout.readline().decode(errors="replace").split()
                size = int(head[2]) if len(head) == 3 and head[2].isdecimal() else 0
                whole = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
                while size and left > 0 and (chunk := git.stdout.read(min(size, 1 << 16))):
                    whole.update(chunk)
                    size -= len(chunk)
                    left -= len(chunk)
                if left <= 0:
                    return
                if size or whole.hexdigest() != name:
                    raise RepositoryError(f"{self.path}: object {name} is damaged: {git.said()}")
                git.stdout.read(1)

    def _objects(self, names: Iterable[str]) -> dict[str, tuple[str, bytes]]:
        """Return kind ("" for a missing object) and content by name, each checked against the id that git says it has."""
        wanted = sorted(set(names))
        asked = "".join(f"{name}\n" for name in wanted).encode()
        answer = self.git("cat-file", "--batch", data=asked) if wanted else b""
        found: dict[str, tuple[str, bytes]] = {}
        start = 0
        for name in wanted:
            end = answer.index(b"\n", start)
            head = answer[start:end].decode(errors="replace").split(" ")
            start = end + 1
            found[name] = "", b""
            if len(head) == 3 and head[2].isdecimal():  # otherwise "missing", or "submodule"
                content = answer[start : start + int(head[2])]
                start += int(head[2]) + 1
                if id_of(head[1], content) != head[0] or (is_commit_id(name) and head[0] != name):
                    raise RepositoryError(f"{self.path}: object {head[0]} is damaged: its content has another id")
                found[name] = head[1], content
        return found

    def write(self, changes: Sequence[NewCommit], signature: Signature) -> list[str]:
        """Write commits and move their refs, in one process. Return the new ids. A ref only ever moves forward."""
        stream = bytearray(b"feature done\n")
        for mark, change in enumerate(changes, 1):
            stream += fast_import(change, mark, signature)
        stream += b"done\n"
        return self.git("fast-import", "--quiet", "--done", data=bytes(stream)).decode().split()

    def merge(self, ours: str, theirs: str) -> Merge:
        """Merge two commits into a tree (git 2.38 or newer), without anyone's driver or filter."""
        arguments = ("merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", ours, theirs)
        parts = self.git(*arguments, ok=(0, 1)).decode(errors="surrogateescape").split("\0")
        conflicts = tuple(part for part in parts[1:] if part)
        return Merge(None, conflicts) if conflicts else Merge(parts[0].strip())

    def commit_tree(
        self, ref: str, tree: str, parents: Sequence[str], message: str, by: Signature, *, expected: str
    ) -> str:
        """Commit a tree, and move `ref` to it if `ref` is still at `expected`."""
        when = f"{int(by.when.timestamp())} +0000"
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"{role} {by.name} <{by.email}> {when}" for role in ("author", "committer")]
        content = "\n".join([*lines, "", message]).encode()
        commit = self.git("hash-object", "-w", "-t", "commit", "--stdin", data=content).decode().strip()
        self.git("update-ref", ref, commit, expected)
        return commit

    def _listing(self, commit: str) -> Iterator[bytes]:
        """Read `ls-tree -r` of a commit as it comes, and stop if it is absurdly long or slow."""
        arguments = ("ls-tree", "-r", "-t", "-z", "-l", "--full-tree", commit, "--")
        with started(self.path, arguments, self.objects, LISTING_TIMEOUT) as git:
            yield from _records(git.stdout, commit)
            if git.status() != 0:
                raise RepositoryError(f"{self.path}: cannot list commit {commit}: {git.said()}")


def _records(stream: IO[bytes], commit: str) -> Iterator[bytes]:
    """Yield the NUL-ended records of a stream, within limits."""
    entries = total = 0
    rest = b""
    while chunk := stream.read(1 << 16):
        *records, rest = (rest + chunk).split(b"\0")
        entries += len(records)
        total += len(chunk)
        if entries > MAX_ENTRIES or total > MAX_LISTING:
            raise RepositoryError(f"commit {commit} lists more than {MAX_ENTRIES} files or {MAX_LISTING >> 20} MiB")
        yield from records
