"""Git, so that nothing of a student's runs: no checkout, no hook, no filter, no configuration of theirs.

Trees and blobs are read as data (`ls-tree`, `cat-file --batch`) and written with `fast-import`; there is never a
working tree for git to run a filter or follow a link in. GitPython is not used here: its repository objects read the
repository's own configuration, and a configuration can name programs.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from typing import IO

from .bounds import STUDENTS, Bound, in_mib
from .errors import GraderError
from .scratch import Scratch, sweep

MAX_ENTRIES = 100_000  # a tree can name itself ten times on ten levels: stop reading long before that
MAX_LISTING = 64 << 20
MAX_BYTES = 60 << 20
MAX_ANSWER = 64 << 20  # a gigabyte of zeros is a push of one megabyte: no answer of git's is held beyond this
MAX_SAID = 2_000
MAX_CHECKED = 256 << 20  # of files that are only checked: what brings more than that is as large as it says
TIMEOUT = 120.0
LISTING_TIMEOUT = 20.0
ABANDONED = 5 * TIMEOUT
_BEGINNING = re.compile(r"[0-9a-f]{7,39}", re.ASCII)  # of a commit id; shorter ones are soon ambiguous
_DRAFTS_OF_GIT = (
    "*.lock",
    "refs/**/*.lock",
    "objects/pack/tmp_*",
    "objects/??/tmp_obj_*",
    "objects/tmp_*",  # a push that is being received, among others: a folder
    "objects/incoming-*",
    "fast_import_crash_*",
)
_NO_ROOM, _OVER = "No space left on device", "File too large"
# dash and bash count files in blocks of 512 bytes here; a signal in place of the error would end git without a word
_LIMITED = """trap '' XFSZ; ulimit -c 0 && ulimit -f "$0" && exec "$@\""""
REGULAR, LINK, SUBMODULE = ("100644", "100755", "100664"), "120000", "160000"

_SAFE_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.attributesFile": os.devnull,
    "core.askPass": "",
    "core.commitGraph": "false",  # both are indexes beside the objects, and believed without a look at them
    "core.multiPackIndex": "false",
    "core.bigFileThreshold": "32m",  # larger files go by in a stream
    "credential.helper": "",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",  # one file, of limited size, and not one for each of a million objects
    "pack.threads": "1",  # each would take the memory of its largest objects
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
    "GIT_ALLOC_LIMIT": "128m",  # for one object, such as a tree or a commit message that unpacks to gigabytes
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}


class RepositoryError(GraderError):
    """A repository could not be read or written; the text says which and why."""


class TooBig(RepositoryError):
    """More came than a repository may cost."""


class TooSlow(RepositoryError):
    """It took longer than a repository may keep us waiting."""


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
    """One path of a commit, as git has it: not yet a path to trust. Bytes that are not UTF-8 stand as surrogates.

    size: in bytes; None for a submodule, and for a file whose content this repository does not have
    """

    path: str
    mode: str
    id: str
    size: int | None

    @property
    def problem(self) -> str | None:
        """Why this entry is never written to disk, or None."""
        if self.mode == LINK:
            return "a symbolic link"
        if self.mode == SUBMODULE:
            return "a submodule"
        if self.mode not in REGULAR:
            return f"not a regular file (mode {self.mode})"
        if self.size is None:
            return "a file whose content is not in this repository"
        return _path_problem(self.path)

    @property
    def unreadable(self) -> bool:
        """A file that the commit has and the repository cannot show: it is missing or damaged."""
        return self.mode in REGULAR and self.size is None


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
        """Remove drafts and locks that a failed or killed git left. By default those that none of ours can still be using."""
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
        """Fetch within bounds. What a fetch that failed has left is removed; nobody else may be using this repository."""
        _refuse_option(source)
        plain = ("--quiet", "--no-tags", "--no-write-fetch-head", *options, "--", str(source), *refspecs)
        try:
            run(self.path, "fetch", *plain, config=config, bound=bound)
        except RepositoryError:
            self.sweep(older_than=0)
            raise

    def refs(self, under: str = "refs/heads/") -> dict[str, str]:
        """Branches and the commits they name: {"refs/heads/main": "1f3c…"}."""
        lines = self.git("for-each-ref", "--format=%(objectname) %(refname)", under).split(b"\n")[:-1]
        return {_text(name): commit.decode() for commit, name in (line.split(b" ", 1) for line in lines)}

    def is_ancestor(self, old: str, new: str) -> bool:
        return not self.git("rev-list", "--max-count=1", old, f"^{new}").strip()

    def independent(self, commits: Iterable[str]) -> set[str]:
        """Those of the commits that none of the others already contains."""
        return set(self.git("merge-base", "--independent", *sorted(set(commits))).decode().split())

    def committer_email(self, commit: str) -> str:
        """Read from the commit itself: `git show` would ask a program to verify a signature, if it is configured to."""
        head = self.git("cat-file", "commit", commit).split(b"\n\n", 1)[0]
        who = next((line for line in head.split(b"\n") if line.startswith(b"committer ")), b"")
        return _text(who.partition(b"<")[2].rpartition(b">")[0])

    def tree(self, commit: str) -> list[TreeEntry]:
        """Every path of a commit. Nothing is written and nothing of the commit's is run.

        The commit and its folders are what their ids say. Git takes an object's id on trust: a disk that fails, or whoever
        can write to a repository's folder, could show other files under the commit that we name.
        """
        found: list[TreeEntry] = []
        folders: set[str] = set()
        for line in self._listing(commit):
            entry, kind = _parse_entry(line)
            if kind == "tree":
                folders.add(entry.id)
            else:
                found.append(entry)
        self._verify(commit, folders)
        return found

    def _verify(self, commit: str, folders: set[str]) -> None:
        """Read the commit and its folders, and see that each has the id under which it was found."""
        top = f"{commit}^{{tree}}"
        objects = self._objects({commit, top, *folders})
        for name, (kind, _) in objects.items():
            if kind != ("commit" if name == commit else "tree"):
                raise RepositoryError(
                    f"{self.path}: object {name} cannot be read: it is missing, or not what it should be"
                )
        first = objects[commit][1].split(b"\n", 1)[0]
        if first != b"tree " + _id_of(*objects[top]).encode():
            raise RepositoryError(f"{self.path}: commit {commit} is damaged: its files are not those that it names")

    def blob(self, blob_id: str) -> bytes:
        return self.blobs([blob_id])[blob_id]

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Contents by id, in one process. RepositoryError for one that is missing or damaged."""
        found = self._objects(ids)
        for name, (kind, _) in found.items():
            if kind != "blob":
                raise RepositoryError(f"{self.path}: there is no file with id {name}: it is missing or damaged")
        return {name: content for name, (_, content) in found.items()}

    def look_up(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Contents by name, an id or `commit:path`, in one process; None for what is not there or not a file.

        RepositoryError for a path that is there and cannot be read. Of an id alone nobody can tell.
        """
        found = self._objects(names)
        for name, (kind, _) in found.items():
            if not kind and ":" in name:
                self._refuse_unreadable(*name.split(":", 1))
        return {name: content if kind == "blob" else None for name, (kind, content) in found.items()}

    def _refuse_unreadable(self, commit: str, path: str) -> None:
        """Git says `missing` of a path that a commit does not have, and of one that it has and cannot show."""
        named = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", commit, ok=(0, 1)).decode().strip()
        for entry in self.tree(named) if named else ():
            if entry.path == path and entry.unreadable:
                raise RepositoryError(
                    f"{self.path}: {path}, object {entry.id}, cannot be read: it is missing or damaged"
                )

    def check(self, ids: Iterable[str]) -> None:
        """Read files without keeping them, and see that each has the id under which it was found."""
        wanted = sorted(set(ids))
        if not wanted:
            return
        left = MAX_CHECKED
        asked = "".join(f"{one}\n" for one in wanted).encode()
        with _started(self.path, ("cat-file", "--batch"), self.objects, TIMEOUT, asked) as git:
            for one in wanted:
                head = git.stdout.readline().decode(errors="replace").split()
                size = int(head[2]) if len(head) == 3 and head[2].isdecimal() else 0
                whole = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
                while size and left > 0 and (chunk := git.stdout.read(min(size, 1 << 16))):
                    whole.update(chunk)
                    size -= len(chunk)
                    left -= len(chunk)
                if left <= 0:
                    return
                if size or whole.hexdigest() != one:
                    raise RepositoryError(f"{self.path}: object {one} is damaged: {git.said()}")
                git.stdout.read(1)

    def _objects(self, names: Iterable[str]) -> dict[str, tuple[str, bytes]]:
        """Kind ("" for what is not there) and content by name, each checked against the id that git says it has."""
        wanted = sorted(set(names))
        answer = self.git("cat-file", "--batch", data="".join(f"{one}\n" for one in wanted).encode()) if wanted else b""
        found: dict[str, tuple[str, bytes]] = {}
        start = 0
        for one in wanted:
            end = answer.index(b"\n", start)
            head = answer[start:end].decode(errors="replace").split(" ")
            start = end + 1
            found[one] = "", b""
            if len(head) == 3 and head[2].isdecimal():  # else "missing", or "submodule"
                content = answer[start : start + int(head[2])]
                start += int(head[2]) + 1
                if _id_of(head[1], content) != head[0] or (is_commit_id(one) and head[0] != one):
                    raise RepositoryError(f"{self.path}: object {head[0]} is damaged: its content has another id")
                found[one] = head[1], content
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
        arguments = ("ls-tree", "-r", "-t", "-z", "-l", "--full-tree", commit, "--")
        with _started(self.path, arguments, self.objects, LISTING_TIMEOUT) as git:
            yield from _records(git.stdout, commit)
            if git.status() != 0:
                raise RepositoryError(f"{self.path}: cannot list commit {commit}: {git.said()}")


def _records(stream: IO[bytes], commit: str) -> Iterator[bytes]:
    """The NUL-ended records of a stream, within limits."""
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


def environment(objects: Path | None = None, config: Mapping[str, str] | None = None) -> dict[str, str]:
    """Nothing of the caller's environment but PATH, and TMPDIR where it is set.

    `config` are settings that nobody else may read, such as a password: they stand in no command line and no file.
    """
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    # quoted, since a colon in a folder's name would make two folders of it, and the second might be the staff's
    extra = {} if objects is None else {"GIT_ALTERNATE_OBJECT_DIRECTORIES": os.fsdecode(_quote(str(objects)))}
    for number, (key, value) in enumerate((config or {}).items()):
        extra |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    count = {"GIT_CONFIG_COUNT": str(len(config))} if config else {}
    return {**kept, **_ENVIRONMENT, **extra, **count}


def run(
    git_dir: Path | None,
    *arguments: str,
    data: bytes = b"",
    ok: Sequence[int] = (0,),
    objects: Path | None = None,
    config: Mapping[str, str] | None = None,
    bound: Bound | None = None,
) -> bytes:
    """One git process, confined by settings; its output, or RepositoryError with what it said. bound: for what it writes.

    OSError where the disk is full: then the next repository would fail in the same way.
    """
    where = git_dir or "no repository"
    seconds = bound.seconds if bound else TIMEOUT
    with _started(git_dir, arguments, objects, seconds, data, config, bound) as git:
        answer = git.stdout.read(MAX_ANSWER + 1)
        if len(answer) > MAX_ANSWER:
            raise TooBig(f"git {arguments[0]} answered with more than {MAX_ANSWER >> 20} MiB in {where}")
        if git.status() not in ok:
            raise _told(git, f"git {arguments[0]} failed ({git.status()}) in {where}", git_dir, bound)
    return answer


def _told(git: _Started, what: str, git_dir: Path | None, bound: Bound | None) -> Exception:
    """The error that a failure of git's is."""
    said = git.said()
    if bound and git.late:
        return TooSlow(f"{what}: {said}")
    if bound and _OVER in said:
        return TooBig(f"{what}: it wanted to write more than {in_mib(bound.size)}")
    if _NO_ROOM in said and git_dir is not None and is_full(git_dir):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(git_dir))
    return RepositoryError(f"{what}: {said}")


def is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < STUDENTS.least


@dataclass
class _Started:
    """A git process that runs."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    seconds: float
    late: bool = False

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def status(self) -> int:
        return self.process.wait()

    def said(self) -> str:
        """What it complained of, on one line and short: names in it may be of a student's choosing."""
        if self.late:
            return f"it took more than {self.seconds:.0f} s"
        self.errors.seek(0)
        text = self.errors.read(4 * MAX_SAID).decode(errors="replace")
        words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return words[:MAX_SAID] or "without a word; see that the disk is not full"

    def end(self) -> None:
        """With all that it started: a helper that lives on would hold our end of its output open."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def too_late(self) -> None:
        self.late = True
        self.end()


@contextmanager
def _started(
    git_dir: Path | None,
    arguments: Sequence[str],
    objects: Path | None,
    seconds: float,
    data: bytes = b"",
    config: Mapping[str, str] | None = None,
    bound: Bound | None = None,
) -> Iterator[_Started]:
    """A git process in a session of its own, so that there is no terminal to ask; ended after `seconds`.

    bound: no file that it writes gets larger
    """
    limited = ["sh", "-c", _LIMITED, str(max(1, bound.size // 512))] if bound else []
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(data)
        given.seek(0)
        try:
            process = subprocess.Popen(
                [*limited, *command(git_dir, *arguments)],
                env=environment(objects, config),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise RepositoryError("git is not installed; install it (Debian: apt-get install git)") from error
        with process:
            git = _Started(process, errors, seconds)
            timer = Timer(seconds, git.too_late)
            timer.start()
            try:
                yield git
            finally:
                timer.cancel()
                git.end()


def is_commit_id(text: str) -> bool:
    return len(text) == 40 and set(text) <= set("0123456789abcdef")


def ls_remote(source: str | Path, branch: str = "main", config: Mapping[str, str] | None = None) -> str | None:
    """The commit a branch is at, asked of the remote; None when there is no such branch."""
    # the remote answers with every ref that ends so: x/refs/heads/main is a branch, too
    return heads_of(source, f"refs/heads/{branch}", config=config).get(f"refs/heads/{branch}")


def heads_of(source: str | Path, *names: str, config: Mapping[str, str] | None = None) -> dict[str, str]:
    """Branches of a remote and the commits they name; all of them, or those whose names end in one of `names`."""
    _refuse_option(source)
    lines = run(None, "ls-remote", "--heads", "--", str(source), *names, config=config).split(b"\n")
    return {_text(name): commit.decode() for commit, _, name in (line.partition(b"\t") for line in lines) if name}


@contextmanager
def borrowed(source: str | Path, commit: str) -> Iterator[Repository]:
    """A repository that shows `commit` of `source` (a folder or a URL) without ever reading the source's configuration.

    A folder lends its objects; anything else is fetched.
    """
    if not is_commit_id(commit):
        raise RepositoryError(f"{commit!r} is not a full commit id of 40 hexadecimal digits")
    _refuse_option(source)
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
    """The id of the one commit of `source` that begins so. A folder's objects can be searched; another machine's cannot."""
    if is_commit_id(beginning):
        return beginning
    if not _BEGINNING.fullmatch(beginning):
        raise RepositoryError(f"{beginning!r} is not a commit id: give its 40 hexadecimal digits, or 7 or more of them")
    _refuse_option(source)
    folder = _local(source)
    if folder is None:
        raise RepositoryError(f"{beginning!r}: of a repository on another machine all 40 digits of a commit are needed")
    with Scratch.make("git") as scratch:
        lent = _borrower(scratch / "own.git", folder)  # has no refs: a branch of that name is not what is meant
        wanted = f"{beginning}^{{commit}}"
        found = lent.git("rev-parse", "--verify", "--quiet", "--end-of-options", wanted, ok=(0, 1))
    if not found:
        raise RepositoryError(
            f"{folder} has no commit {beginning}, or more than one that begins so: give all 40 digits"
        )
    return found.decode().strip()


def export_tree(source: str | Path, commit: str, into: Path, wanted: Callable[[TreeEntry], bool]) -> Export:
    """Write the wanted regular files of a commit under `into`, an empty folder of ours; links and odd paths never."""
    with borrowed(source, commit) as repository:
        entries = repository.tree(commit)
        chosen = [entry for entry in entries if entry.problem is None and wanted(entry)]
        if sum(entry.size or 0 for entry in chosen) > MAX_BYTES:
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


def _borrower(own: Path, folder: Path) -> Repository:
    """A new repository at `own` that has the objects of the one in `folder`, and nothing else of it."""
    objects = _lent_by(folder)
    for part in ("objects", "refs"):  # what git asks of a repository; a process less than `git init`
        (own / part).mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    return Repository(own, objects)


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
    if git_dir.is_symlink() or not _all_its_own(objects) or (objects / "info" / "alternates").exists():
        raise RepositoryError(f"{folder} borrows objects from elsewhere; give a clone made with `git clone --no-local`")
    return objects.absolute()


def _all_its_own(folder: Path) -> bool:
    """Nothing but folders and regular files: no link, and no pipe that would keep its reader waiting."""
    if not stat.S_ISDIR(folder.lstat().st_mode):
        return False
    waiting = [folder]
    while waiting:
        with (
            suppress(FileNotFoundError),
            os.scandir(waiting.pop()) as entries,
        ):  # a push that arrives has folders that go again
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False) and os.path.lexists(entry.path):
                    return False
    return True


def _refuse_option(source: str | Path) -> None:
    if str(source).startswith("-"):
        raise RepositoryError(f"{str(source)!r} is not a place of a repository")


def _parse_entry(line: bytes) -> tuple[TreeEntry, str]:
    """A path, and the kind of what stands there."""
    head, path = line.split(b"\t", 1)
    mode, kind, object_id, size = head.split()
    entry = TreeEntry(
        path=_text(path),
        mode=mode.decode(),
        id=object_id.decode(),
        size=int(size) if size.isdigit() else None,  # "-" for a submodule or a folder, "BAD" for what is not there
    )
    return entry, kind.decode()


def _id_of(kind: str, content: bytes) -> str:
    """The id that git gives an object."""
    whole = hashlib.sha1(f"{kind} {len(content)}\0".encode(), usedforsecurity=False)
    whole.update(content)
    return whole.hexdigest()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


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
