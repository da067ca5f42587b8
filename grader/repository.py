"""Git, so that nothing of a student's runs: no checkout, no hook, no filter, no configuration of theirs.

Trees and blobs are read as data (`ls-tree`, `cat-file --batch`) and written with `fast-import`; there is never a
working tree for git to run a filter or follow a link in. GitPython is not used here: its repository objects read the
repository's own configuration, and a configuration can name programs.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from typing import IO

MAX_ENTRIES = 100_000  # a tree can name itself ten times on ten levels: stop reading long before that
MAX_LISTING = 64 << 20
MAX_BYTES = 256 << 20
TIMEOUT = 120.0
LISTING_TIMEOUT = 20.0
REGULAR, LINK, SUBMODULE = ("100644", "100755", "100664"), "120000", "160000"

_SAFE_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.attributesFile": os.devnull,
    "core.askPass": "",
    "credential.helper": "",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_OPTIONS = [part for key, value in _SAFE_CONFIG.items() for part in ("-c", f"{key}={value}")]
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace could show another content under the commit we name
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone fetches what is missing by a command of its own choosing
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",  # not ext::, which is a command line
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}


class RepositoryError(RuntimeError):
    """A repository could not be read or written; the text says which and why."""


@dataclass(frozen=True)
class Signature:
    """Who makes a commit, and when. Given by the caller, so that the same release has the same commit id everywhere."""

    name: str
    email: str
    when: datetime

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {int(self.when.timestamp())} +0000"


@dataclass(frozen=True)
class TreeEntry:
    """One path of a commit, as git has it: not yet a path to trust. Bytes that are not UTF-8 stand as surrogates."""

    path: str
    mode: str
    id: str
    size: int

    @property
    def problem(self) -> str | None:
        """Why this entry is never written to disk, or None."""
        if self.mode == LINK:
            return "a symbolic link"
        if self.mode == SUBMODULE:
            return "a submodule"
        if self.mode not in REGULAR:
            return f"not a regular file (mode {self.mode})"
        return _path_problem(self.path)


@dataclass(frozen=True)
class Export:
    """What `export_tree` wrote, and what it left out (not wanted, or with a `problem`)."""

    written: tuple[TreeEntry, ...]
    left_out: tuple[TreeEntry, ...]


@dataclass(frozen=True)
class Merge:
    """A merge made without a working tree: a tree, or the paths that both sides changed."""

    tree: str | None
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """One commit to write. `files` maps a path to its content, or to None to remove it; `empty` starts without files."""

    ref: str
    parents: tuple[str, ...]
    message: str
    files: Mapping[str, bytes | None]
    empty: bool = False
    also: tuple[str, ...] = field(default=())  # refs to set to the same commit


@dataclass(frozen=True)
class Repository:
    """A bare repository. Its configuration is ours, or (through `borrowed`) not read at all."""

    path: Path
    objects: Path | None = None

    @classmethod
    def create(cls, path: Path, branch: str = "main") -> Repository:
        """An empty bare repository that notes when a branch moved; an existing one is left as it is."""
        if not (path / "HEAD").exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as scratch:
                draft = Path(scratch) / path.name
                options = ["--bare", "--quiet", "--template=", "--object-format=sha1", f"--initial-branch={branch}"]
                run(None, "init", *options, str(draft))
                run(draft, "config", "core.logAllRefUpdates", "always")
                os.replace(draft, path)
        return cls(path)

    def git(self, *arguments: str, data: bytes = b"", ok: Sequence[int] = (0,)) -> bytes:
        return run(self.path, *arguments, data=data, ok=ok, objects=self.objects)

    def refs(self, under: str = "refs/heads/") -> dict[str, str]:
        """Branches and the commits they name: {"refs/heads/main": "1f3c…"}."""
        lines = self.git("for-each-ref", "--format=%(objectname) %(refname)", under).decode().splitlines()
        return {name: commit for commit, name in (line.split(" ", 1) for line in lines)}

    def is_ancestor(self, old: str, new: str) -> bool:
        answer = self.git("rev-list", "--max-count=1", old, f"^{new}")
        return not answer.strip()

    def committer_email(self, commit: str) -> str:
        return self.git("show", "--no-patch", "--format=%ce", commit, "--").decode(errors="replace").strip()

    def tree(self, commit: str) -> list[TreeEntry]:
        """Every path of a commit. Nothing is written and nothing of the commit's is run."""
        return [_parse_entry(line) for line in self._listing(commit)]

    def blob(self, blob_id: str) -> bytes:
        return self.blobs([blob_id])[blob_id]

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Contents by id, in one process."""
        found: dict[str, bytes] = {}
        for name, content in self.look_up(ids).items():
            if content is None:
                raise RepositoryError(f"{self.path}: there is no file with id {name}")
            found[name] = content
        return found

    def look_up(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Contents by name, an id or `commit:path`, in one process; None for what is not there or not a file."""
        wanted = sorted(set(names))
        answer = self.git("cat-file", "--batch", data="".join(f"{one}\n" for one in wanted).encode()) if wanted else b""
        found: dict[str, bytes | None] = {}
        start = 0
        for one in wanted:
            end = answer.index(b"\n", start)
            head = answer[start:end].split(b" ")
            start = end + 1
            found[one] = None
            if head[-1] != b"missing":
                size = int(head[-1])
                if head[-2] == b"blob":
                    found[one] = answer[start : start + size]
                start += size + 1
        return found

    def write(self, changes: Sequence[Change], signature: Signature) -> list[str]:
        """Write commits and move their refs, in one process; the new ids. A ref only ever moves forward."""
        stream = bytearray(b"feature done\n")
        for mark, change in enumerate(changes, 1):
            stream += _fast_import(change, mark, signature)
        stream += b"done\n"
        return self.git("fast-import", "--quiet", "--done", data=bytes(stream)).decode().split()

    def merge(self, ours: str, theirs: str) -> Merge:
        """Merge two commits into a tree (git 2.38 or newer), with no driver or filter of anyone's."""
        arguments = ("merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", ours, theirs)
        parts = self.git(*arguments, ok=(0, 1)).decode(errors="surrogateescape").split("\0")
        conflicts = tuple(part for part in parts[1:] if part)
        return Merge(None, conflicts) if conflicts else Merge(parts[0].strip())

    def commit_tree(
        self, ref: str, tree: str, parents: Sequence[str], message: str, by: Signature, *, expected: str
    ) -> str:
        """Commit a tree and move `ref` to it, if it still is at `expected`."""
        when = f"{int(by.when.timestamp())} +0000"
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"{role} {by.name} <{by.email}> {when}" for role in ("author", "committer")]
        content = "\n".join([*lines, "", message]).encode()
        commit = self.git("hash-object", "-w", "-t", "commit", "--stdin", data=content).decode().strip()
        self.git("update-ref", ref, commit, expected)
        return commit

    def _listing(self, commit: str) -> Iterator[bytes]:
        """`ls-tree -r` of a commit, read as it comes and stopped when it is absurdly long or slow."""
        arguments = command(self.path, "ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--")
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(
                arguments,
                env=environment(self.objects),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            ) as process,
        ):
            timer = Timer(LISTING_TIMEOUT, process.kill)
            timer.start()
            try:
                yield from _records(process.stdout, commit)
                if process.wait() != 0:
                    said.seek(0)
                    why = said.read().decode(errors="replace").strip() or f"it took more than {LISTING_TIMEOUT:.0f} s"
                    raise RepositoryError(f"{self.path}: cannot list commit {commit}: {why}")
            finally:
                timer.cancel()
                process.kill()


def _records(stream: IO[bytes] | None, commit: str) -> Iterator[bytes]:
    """The NUL-ended records of a stream, within limits."""
    assert stream is not None
    entries = total = 0
    rest = b""
    while chunk := stream.read(1 << 16):
        *records, rest = (rest + chunk).split(b"\0")
        entries += len(records)
        total += len(chunk)
        if entries > MAX_ENTRIES or total > MAX_LISTING:
            raise RepositoryError(f"commit {commit} lists more than {MAX_ENTRIES} files or {MAX_LISTING >> 20} MiB")
        yield from records


def command(git_dir: Path | None, *arguments: str) -> list[str]:
    where = [] if git_dir is None else [f"--git-dir={git_dir}"]
    return ["git", *_OPTIONS, *where, *arguments]


def environment(objects: Path | None = None) -> dict[str, str]:
    """Nothing of the caller's environment but PATH, and TMPDIR where it is set."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    extra = {} if objects is None else {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects)}
    return {**kept, **_ENVIRONMENT, **extra}


def run(
    git_dir: Path | None, *arguments: str, data: bytes = b"", ok: Sequence[int] = (0,), objects: Path | None = None
) -> bytes:
    """One git process, confined by settings; its output, or RepositoryError with what it said."""
    try:
        done = subprocess.run(
            command(git_dir, *arguments),
            env=environment(objects),
            input=data,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        raise RepositoryError("git is not installed; install it (Debian: apt-get install git)") from error
    except subprocess.TimeoutExpired as error:
        raise RepositoryError(f"git {arguments[0]} took longer than {TIMEOUT:.0f} s in {git_dir}") from error
    if done.returncode not in ok:
        said = done.stderr.decode(errors="replace").strip()
        raise RepositoryError(f"git {arguments[0]} failed ({done.returncode}) in {git_dir or 'no repository'}: {said}")
    return done.stdout


def is_commit_id(text: str) -> bool:
    return len(text) == 40 and set(text) <= set("0123456789abcdef")


def ls_remote(source: str | Path, branch: str = "main") -> str | None:
    """The commit a branch is at, asked of the remote; None when there is no such branch."""
    _refuse_option(source)
    answer = run(None, "ls-remote", "--", str(source), f"refs/heads/{branch}").decode()
    return answer.split("\t", 1)[0] if answer else None


@contextmanager
def borrowed(source: str | Path, commit: str) -> Iterator[Repository]:
    """A repository that shows `commit` of `source` (a folder or a URL) without ever reading the source's configuration.

    A folder lends its objects; anything else is fetched.
    """
    if not is_commit_id(commit):
        raise RepositoryError(f"{commit!r} is not a full commit id of 40 hexadecimal digits")
    _refuse_option(source)
    with tempfile.TemporaryDirectory(prefix="grader-git-") as scratch:
        own = Path(scratch) / "own.git"
        folder = _local(source)
        if folder is None:
            Repository.create(own)
            run(own, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--", str(source), commit)
            yield Repository(own)
            return
        objects = _lent_by(folder)
        for part in ("objects", "refs"):  # what git asks of a repository; a process less than `git init`
            (own / part).mkdir(parents=True)
        (own / "HEAD").write_text("ref: refs/heads/main\n")
        yield Repository(own, objects)


def export_tree(source: str | Path, commit: str, into: Path, wanted: Callable[[TreeEntry], bool]) -> Export:
    """Write the wanted regular files of a commit under `into`, an empty folder of ours; links and odd paths never."""
    with borrowed(source, commit) as repository:
        entries = repository.tree(commit)
        chosen = [entry for entry in entries if entry.problem is None and wanted(entry)]
        if sum(entry.size for entry in chosen) > MAX_BYTES:
            raise RepositoryError(f"commit {commit} has more than {MAX_BYTES >> 20} MiB of files to copy")
        contents = repository.blobs(entry.id for entry in chosen)
    into.mkdir(parents=True, exist_ok=True)
    for entry in chosen:
        target = into / entry.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(contents[entry.id])
        except OSError as error:  # a crafted tree can name a path twice, or as both a file and a folder
            raise RepositoryError(f"commit {commit}: cannot write {entry.path!r}: {error.strerror}") from error
    taken = set(chosen)
    return Export(tuple(chosen), tuple(entry for entry in entries if entry not in taken))


def _local(source: str | Path) -> Path | None:
    """The folder that `source` names, or None for a URL of another machine."""
    folder = Path(str(source).removeprefix("file://"))
    return folder if folder.is_dir() else None


def _lent_by(folder: Path) -> Path:
    """The objects of a repository that has all of them itself.

    One that borrows (alternates, a worktree, links) could name the objects of any repository on this machine, the
    staff's included, and hand those in.
    """
    git_dir = folder / ".git" if os.path.lexists(folder / ".git") else folder
    objects = git_dir / "objects"
    if not objects.is_dir():
        raise RepositoryError(
            f"{folder} is not a git repository, or a worktree of another one; give a clone of its own"
        )
    linked = any(path.is_symlink() for path in (git_dir, objects, *objects.rglob("*")))
    if linked or (objects / "info" / "alternates").exists():
        raise RepositoryError(f"{folder} borrows objects from elsewhere; give a clone made with `git clone --no-local`")
    return objects.absolute()


def _refuse_option(source: str | Path) -> None:
    if str(source).startswith("-"):
        raise RepositoryError(f"{str(source)!r} is not a place of a repository")


def _parse_entry(line: bytes) -> TreeEntry:
    head, path = line.split(b"\t", 1)
    mode, _, object_id, size = head.split()
    return TreeEntry(
        path=path.decode("utf-8", "surrogateescape"),
        mode=mode.decode(),
        id=object_id.decode(),
        size=0 if size == b"-" else int(size),
    )


def _path_problem(path: str) -> str | None:
    try:
        raw = path.encode()
    except UnicodeEncodeError:
        return "a name that is not UTF-8"
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        return "a path that leads elsewhere"
    if len(raw) > 1024 or any(len(part.encode()) > 200 for part in parts):
        return "a name that is too long"
    if not path.isprintable() or set(path) & set('\\:*?"<>|'):
        return "a name with characters that not every system allows"
    return None


def _fast_import(change: Change, mark: int, by: Signature) -> bytes:
    message = change.message.encode()
    stream = bytearray(f"commit {change.ref}\nmark :{mark}\nauthor {by}\ncommitter {by}\n".encode())
    stream += b"data %d\n%s\n" % (len(message), message)
    for word, parent in zip(["from", *["merge"] * len(change.parents)], change.parents, strict=False):
        stream += f"{word} {parent}\n".encode()
    if change.empty:
        stream += b"deleteall\n"
    for path, content in sorted(change.files.items()):
        quoted = _quote(path)
        if content is None:
            stream += b"D %s\n" % quoted
        else:
            stream += b"M 100644 inline %s\ndata %d\n%s\n" % (quoted, len(content), content)
    for ref in change.also:
        stream += f"reset {ref}\nfrom :{mark}\n".encode()
    stream += f"get-mark :{mark}\n".encode()
    return bytes(stream)


def _quote(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"' + escaped.encode("utf-8", "surrogateescape") + b'"'


def utc(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp, tz=UTC)
