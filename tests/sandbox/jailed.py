"""Put a small package into a real jail, and talk to it as a graded suite talks to a submission."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox import handles, scheduling
from grader.sandbox.connection import Connection
from grader.sandbox.faults import SubmissionFault
from grader.sandbox.handles import Symbol
from grader.sandbox.host import Host
from grader.sandbox.levels import Limits

MODULE = "tinytorch.trial"


def package(folder: Path, source: str, extra: Mapping[str, str] | None = None) -> Path:
    """Make a folder with tinytorch/trial.py that the jail's user may enter, though pytest's own folders are closed."""
    files = {"tinytorch/__init__.py": "", "tinytorch/trial.py": source, **(extra or {})}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder.chmod(0o755)
    return folder


@dataclass
class Session:
    """Hold one test's session.

    Every other attribute is a name of the submission. The output is known when the session has ended.
    """

    connection: Connection
    printed: str = ""

    def __getattr__(self, name: str) -> Any:
        return Symbol(MODULE, name)


@dataclass
class Submission:
    """Hold a host whose jail is ready."""

    host: Host
    level: int
    notes: tuple[str, ...] = field(default=())

    @contextmanager
    def session(self, seconds: float = 10.0) -> Iterator[Session]:
        session = Session(self.host.connect(seconds))
        handles.use(session.connection)
        try:
            yield session
        finally:
            handles.use(None)
            _, session.printed = self.host.disconnect(session.connection)

    def ask(self, name: str, *args: Any, seconds: float = 10.0) -> Any:
        """Call one function in a session of its own."""
        with self.session(seconds) as session:
            return getattr(session, name)(*args)

    def seen_from_outside(self, file: str) -> str:
        """Read a file about a session from the machine's own /proc; the jail itself has no /proc."""
        with self.session() as session:
            session.connection.request("isinstance", 1, int)  # when it answers, it has been forked and confined
            assert self.host._jail is not None
            *_, number = scheduling.tree(self.host._jail._process.pid)
            return Path(f"/proc/{number}/{file}").read_text()

    def status(self) -> dict[str, str]:
        lines = self.seen_from_outside("status").splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def survives(self, name: str, *args: Any, seconds: float = 10.0) -> bool:
        """Return whether the call came back, even with an exception."""
        try:
            self.ask(name, *args, seconds=seconds)
        except SubmissionFault:
            return False
        except Exception:
            return True
        return True


@functools.cache
def lacks(level: int) -> str | None:
    """Return why this machine cannot reach a level, or None.

    It asks the machine, so that a bug of ours fails and does not skip.
    """
    if level == 3:
        command = [
            "bwrap",
            "--unshare-all",
            *(["--unshare-user"] if os.geteuid() else []),
            "--ro-bind",
            "/",
            "/",
            "true",
        ]
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed"
        started = subprocess.run(command, capture_output=True, text=True, check=False)
        if started.returncode:
            return f"bubblewrap does not start on this machine: {started.stderr.strip()}"
    if level >= 2:
        try:
            import pyseccomp  # noqa: F401
        except (OSError, RuntimeError) as error:
            return f"libseccomp cannot be loaded: {error}"
    if level == 2 and ctypes.CDLL(None).syscall(444, None, 0, 1) < 0:
        return "this kernel has no Landlock"
    return None


@contextmanager
def submitted(
    folder: Path,
    source: str,
    *,
    level: int = 3,
    limits: Limits | None = None,
    imports: tuple[str, ...] = (MODULE,),
    extra: Mapping[str, str] | None = None,
) -> Iterator[Submission]:
    """Host `source` at exactly this level. Skip the test on a machine that lacks the level."""
    reason = lacks(level)
    if reason is not None:
        pytest.skip(f"level {level}: {reason}")
    with Host(package(folder, source, extra), None, highest=level, limits=limits) as host:
        confinement = host.begin(list(imports), level)
        yield Submission(host, confinement.level, confinement.notes)
