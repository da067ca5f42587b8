"""One jail: a confined process with NumPy and the student's package imported, that opens a session for each test."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..scratch import Scratch
from . import levels, scheduling
from .faults import JailError
from .levels import Limits

INSIDE = Path(__file__).with_name("inside")
START_SECONDS = 20.0  # a machine that takes longer to start Python and NumPy is in trouble of its own
REAP_SECONDS = 2.0


class Jail:
    """Start with `Jail(...)`, which returns at once; `wait()` until it stands. `kill()` is always safe.

    package: folder that holds `tinytorch/`, already copied and validated; helpers: folder of suite helper files
    """

    def __init__(self, package: Path, helpers: Path | None, *, level: int, limits: Limits) -> None:
        self.level = level
        self._limits = limits
        self._scratch: str | None = None
        self._held: Scratch | None = None
        self._output = bytearray()
        self._warm = 0  # the process that sessions are forked from
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        inherited = [theirs.fileno()]
        try:
            command = self._command(package, helpers, inherited)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                pass_fds=inherited,
                env={**_ENVIRONMENT, "TMPDIR": self._scratch or "/tmp", "HOME": self._scratch or "/tmp"},
                cwd=self._scratch or "/",
                start_new_session=True,
            )
        except BaseException:
            self._close()
            raise
        finally:
            theirs.close()
            for descriptor in (write_end, *inherited[1:]):
                os.close(descriptor)

    @property
    def output_descriptor(self) -> int:
        return self._pipe

    def wait(self) -> None:
        """Wait until the jail stands. Raises JailError, with what the machine said, if it does not."""
        reply = self._receive(START_SECONDS)
        if reply is None or "ready" not in reply:
            said = (reply or {}).get("refused") or self._last_words()
            self.kill()
            raise JailError(f"level {self.level} ({levels.NAMES[self.level]}) did not start: {said}")
        self._warm = self._process.pid
        while started := scheduling.children(self._warm):  # bubblewrap, its init, and then Python
            self._warm = started[0]

    def waited(self) -> float:
        """Seconds for which the machine has kept the session waiting for a processor."""
        sessions = scheduling.children(self._warm) if self._warm else []
        return scheduling.waited(sessions[0]) if sessions else 0.0

    def import_module(self, name: str, seconds: float) -> bool:
        """Import one module of the student's in the warm process. False when that ended it or did not end."""
        return self._ask({"do": "import", "module": name}, seconds) is not None

    def open_session(self) -> socket.socket | None:
        """Fork a session and return our end of its socket; None when the warm process is gone."""
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._control, [json.dumps({"do": "fork"}).encode()], [theirs.fileno()])
        except OSError:
            ours.close()
            return None
        finally:
            theirs.close()
        return ours

    def reap(self, *, late: bool = False) -> tuple[bool, int | None]:
        """End the session and all it started. Returns whether the jail still serves, and the session's exit status.

        late: the session has not answered in time; it is first asked to print where it is
        """
        reply = self._ask({"do": "reap", "late": late}, REAP_SECONDS)
        if reply is None:
            return False, None
        status = reply.get("status")
        return True, status if type(status) is int else None

    def take_output(self) -> str:
        """What was printed since the last call, cut to the limit; anything beyond it has been dropped."""
        self.drain()
        text = bytes(self._output).decode("utf-8", "replace")
        self._output.clear()
        return text

    def drain(self) -> None:
        """Read what has been printed, so that a writer does not block, and keep it up to the limit."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):  # at most 4 MiB a call: an endless printer must not hold us here
                chunk = os.read(self._pipe, 65536)
                if not chunk:
                    return
                self._output += chunk[: max(0, self._limits.output - len(self._output))]

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # bubblewrap's death takes its whole PID namespace along
        self._process.wait()
        self._close()

    def _close(self) -> None:
        self._control.close()
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._held is not None:
            self._held.remove()

    def _ask(self, command: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        try:
            self._control.sendall(json.dumps(command).encode())
        except OSError:
            return None
        return self._receive(seconds)

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        """One answer from the control socket; None when it closed, stayed silent, or said something else."""
        deadline = time.monotonic() + seconds
        while True:
            self.drain()
            # wake up now and then to drain: a process that prints without end would otherwise block, and we with it
            self._control.settimeout(max(0.001, min(0.05, deadline - time.monotonic())))
            try:
                message = self._control.recv(65536)
            except TimeoutError:
                if time.monotonic() > deadline:
                    return None
                continue
            except OSError:
                return None
            try:
                reply = json.loads(message) if message else None
            except (ValueError, RecursionError):
                return None
            return reply if isinstance(reply, dict) else None

    def _last_words(self) -> str:
        self.drain()
        return bytes(self._output[-500:]).decode("utf-8", "replace").strip() or "no reason given"

    def _command(self, package: Path, helpers: Path | None, inherited: list[int]) -> list[str]:
        """The command line. inherited: descriptors to pass on, the control socket first; more may be added."""
        python = levels.interpreter()
        if self.level == 3:
            code, student_path = "/code", ["/submission"] + (["/helpers"] if helpers else [])
            program, *options = _bubblewrap(package, helpers, self._limits)
            # through a file, because a jail can read the command line of its own init, and ours names the machine's folders
            inherited.append(os.memfd_create("bubblewrap", 0))
            os.write(inherited[-1], b"\0".join(option.encode() for option in options))
            os.lseek(inherited[-1], 0, os.SEEK_SET)
            prefix = [program, "--args", str(inherited[-1]), "--"]
        else:
            self._held = Scratch.make("jail")
            self._scratch = str(self._held.folder)
            code, student_path, prefix = self._stage(package, helpers), [], []
            student_path = [str(package)] + ([str(helpers)] if helpers else [])
        config = levels.configuration(
            level=self.level,
            code=code,
            student_path=student_path,
            limits=self._limits,
            session_processes=False,
            writable=self._scratch,
        )
        worker = f"{code}/grader/sandbox/inside/worker.py"
        return [
            *prefix,
            str(python.executable),
            "-I",
            "-S",
            "-B",
            worker,
            json.dumps(config | {"control": inherited[0]}),
        ]

    def _stage(self, package: Path, helpers: Path | None) -> str:
        """Below level 3 there is no mount namespace: our side of the jail is copied away from the rest of us."""
        assert self._scratch is not None
        os.chmod(self._scratch, 0o755)
        shutil.copytree(INSIDE, Path(self._scratch, "code/grader/sandbox/inside"))
        uid = levels.spare_uid()
        if uid is not None:
            os.chown(self._scratch, uid, uid)
            for folder in {part.parent for part in (package, helpers) if part is not None}:
                folder.chmod(folder.stat().st_mode | 0o011)  # what is to be graded is where nobody else may go
        return str(Path(self._scratch, "code"))


_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def _refuse_closed(folders: Iterable[Path]) -> None:
    """What was made under a umask such as 077 cannot be read by the user that root becomes in the jail."""
    for folder in folders:
        closed = next((path for path in (folder, *folder.glob("*.py")) if not path.stat().st_mode & 0o004), None)
        if closed is not None:
            raise JailError(f"{closed} is closed to other users, and the jail's is one: `chmod -R go+rX` its checkout")


def _bubblewrap(package: Path, helpers: Path | None, limits: Limits) -> list[str]:
    program = levels.bubblewrap()
    if program is None:
        raise JailError("bubblewrap is not installed")
    python = levels.interpreter()
    command = [program, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    if levels.spare_uid() is None:
        command += ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
    else:
        _refuse_closed((*python.packages, INSIDE))
        # Root sets up the mounts without a user namespace (it may reach an interpreter that nobody else can) and keeps
        # just what the worker needs to become somebody else, which it does before it imports anything.
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command += ["--die-with-parent", "--new-session", "--hostname", "jail"]
    binds = {folder: f"/code/{folder.name}" for folder in map(Path, python.packages)}
    binds |= {path: str(path) for path in (python.executable, python.prefix / "lib") if path != Path("/usr/lib")}
    binds |= {INSIDE: "/code/grader/sandbox/inside", package: "/submission"}
    if helpers is not None:
        binds[helpers] = "/helpers"
    parents = {str(parent) for target in binds.values() for parent in Path(target).parents} | {"/usr", "/etc"}
    for folder in sorted(parents - {"/"}):
        command += ["--perms", "0755", "--dir", folder]  # made by itself it would be closed to all but root
    for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"):
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        else:
            command += ["--ro-bind-try", path, path]
    for source, target in binds.items():
        command += ["--ro-bind", str(source), target]
    # whatever else is installed beside the interpreter (SciPy, say, or a copy of the reference) stays out
    for library in (python.prefix / "lib", Path("/usr/lib")):
        for packages in sorted(p for kind in ("site", "dist") for p in library.glob(f"python3*/{kind}-packages")):
            command += ["--perms", "0755", "--tmpfs", str(packages), "--remount-ro", str(packages)]
    size = str(limits.scratch)
    command += ["--proc", "/proc", "--dev", "/dev", "--size", size, "--perms", "1777", "--tmpfs", "/dev/shm"]
    command += ["--remount-ro", "/dev"]  # a tmpfs of no size limit, and in a user namespace the submission's own
    command += ["--size", size, "--perms", "1777", "--tmpfs", "/tmp", "--chdir", "/tmp", "--remount-ro", "/"]
    return command
