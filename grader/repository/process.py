"""Run one git process with our own settings only, with a deadline, and within bounds."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO

from ..bounds import STUDENTS, Bound, in_mib
from ..errors import GraderError

MAX_ANSWER = 64 << 20  # a push of one megabyte can be a gigabyte of zeros, so no more of git's answer is kept
MAX_SAID = 2_000
TIMEOUT = 120.0
_NO_ROOM, _OVER = "No space left on device", "File too large"
# dash and bash count files in blocks of 512 bytes here. A signal in place of the error would end git without a message.
_LIMITED = """trap '' XFSZ; ulimit -c 0 && ulimit -f "$0" && exec "$@\""""
_SAFE_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.attributesFile": os.devnull,
    "core.askPass": "",
    "core.commitGraph": "false",  # both are indexes beside the objects, which git trusts without looking at the objects
    "core.multiPackIndex": "false",
    "core.bigFileThreshold": "32m",  # larger files are streamed
    "credential.helper": "",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",  # one file of limited size, instead of one for each of a million objects
    "pack.threads": "1",  # each thread would take the memory of its largest objects
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_OPTIONS = [part for key, value in _SAFE_CONFIG.items() for part in ("-c", f"{key}={value}")]
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace could show other content under the commit that we name
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone fetches missing files by a command that its configuration names
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",  # without ext::, which runs a command line
    "GIT_ALLOC_LIMIT": "128m",  # for one object, such as a tree or a commit message that unpacks to gigabytes
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}


class RepositoryError(GraderError):
    """Report that a repository could not be read or written. The text says which and why."""


class TooBig(RepositoryError):
    """Report that more came than a repository may cost."""


class TooSlow(RepositoryError):
    """Report that a repository took longer than it may."""


def command(git_dir: Path | None, *arguments: str) -> list[str]:
    where = [] if git_dir is None else [f"--git-dir={git_dir}"]
    return ["git", *_OPTIONS, *where, *arguments]


def environment(objects: Path | None = None, config: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment with nothing of the caller's except PATH, and TMPDIR if it is set.

    `config` holds settings that nobody else may read, such as a password. They appear in no command line and no file.
    """
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    # quoted, because a colon in a folder's name would make two folders of it, and the second might belong to staff
    extra = {} if objects is None else {"GIT_ALTERNATE_OBJECT_DIRECTORIES": os.fsdecode(quote(str(objects)))}
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
    """Run one git process with our own settings, and return its output. bound: the limits for its files

    Raise RepositoryError with git's message if it fails. Raise OSError if the disk is full, because then the next repository
    would fail in the same way.
    """
    where = git_dir or "no repository"
    seconds = bound.seconds if bound else TIMEOUT
    with started(git_dir, arguments, objects, seconds, data, config, bound) as git:
        answer = git.stdout.read(MAX_ANSWER + 1)
        if len(answer) > MAX_ANSWER:
            raise TooBig(f"git {arguments[0]} answered with more than {MAX_ANSWER >> 20} MiB in {where}")
        if git.status() not in ok:
            raise _told(git, f"git {arguments[0]} failed ({git.status()}) in {where}", git_dir, bound)
    return answer


def _told(git: _Started, what: str, git_dir: Path | None, bound: Bound | None) -> Exception:
    """Return the error for a failure of git."""
    said = git.said()
    if bound and git.late:
        return TooSlow(f"{what}: {said}")
    if bound and _OVER in said:
        return TooBig(f"{what}: it wanted to write more than {in_mib(bound.size)}")
    if _NO_ROOM in said and git_dir is not None and _is_full(git_dir):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(git_dir))
    return RepositoryError(f"{what}: {said}")


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < STUDENTS.least


@dataclass
class _Started:
    """Hold a running git process."""

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
        """Return its complaint on one short line, because a student may have chosen names in it."""
        if self.late:
            return f"it took more than {self.seconds:.0f} s"
        self.errors.seek(0)
        text = self.errors.read(4 * MAX_SAID).decode(errors="replace")
        words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return words[:MAX_SAID] or "without a message; check that the disk is not full"

    def end(self) -> None:
        """End the process with everything that it started.

        A helper that lives on would hold our end of its output open.
        """
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def too_late(self) -> None:
        self.late = True
        self.end()


@contextmanager
def started(
    git_dir: Path | None,
    arguments: Sequence[str],
    objects: Path | None,
    seconds: float,
    data: bytes = b"",
    config: Mapping[str, str] | None = None,
    bound: Bound | None = None,
) -> Iterator[_Started]:
    """Start a git process in a session of its own, so that there is no terminal to ask. End it after `seconds`.

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


def refuse_option(source: str | Path) -> None:
    if str(source).startswith("-"):
        raise RepositoryError(f"{str(source)!r} is not the path or URL of a repository")


def quote(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"' + escaped.encode("utf-8", "surrogateescape") + b'"'
