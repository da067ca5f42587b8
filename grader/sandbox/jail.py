"""Run one jail: a confined process that has imported NumPy and the student's package and opens a session for each test."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..scratch import Scratch
from . import levels, scheduling
from .faults import JailError, TooBusy
from .grouping import Group
from .levels import Limits
from .library import library, read_ahead
from .scheduling import KeptFromRunning, Late, Reading, Timer

INSIDE = Path(__file__).with_name("inside")
START_SECONDS = 20.0  # a machine that takes longer to start Python and NumPy has trouble of its own
REAP_SECONDS = 2.0


@dataclass(frozen=True)
class Reaped:
    """Say how a session ended. serves: the jail is still sound; status: of the session, if it ended by itself; used: seconds."""

    serves: bool
    status: int | None
    used: float


class Jail:
    """Start a jail. The constructor returns at once; `wait()` until the jail is ready. `kill()` is always safe.

    package: folder that holds `tinytorch/`, already copied and validated; helpers: folder of suite helper files
    group: the processes of this jail share one part of the processor
    """

    def __init__(
        self, package: Path, helpers: Path | None, *, level: int, limits: Limits, group: Group | None = None
    ) -> None:
        self.level = level
        self._group = group
        self._limits = limits
        self._scratch: str | None = None
        self._held: Scratch | None = None
        self._output = bytearray()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        opened: list[int] = []
        inherited = [theirs.fileno(), *([group.descriptor] if group else [])]
        try:
            command = self._command_line(package, helpers, theirs.fileno(), opened)
            inherited += opened
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
            for descriptor in (write_end, *opened):
                os.close(descriptor)

    @property
    def output_descriptor(self) -> int:
        return self._pipe

    def wait(self) -> None:
        """Wait until the jail is ready. If it does not start, raise JailError with the machine's message."""
        what = f"level {self.level} ({levels.NAMES[self.level]}) did not start"
        try:
            reply = self._receive(Timer(self.reading, START_SECONDS).go())
        except (Late, KeptFromRunning) as error:
            self.kill()
            raise (JailError if isinstance(error, Late) else TooBusy)(f"{what} in time") from None
        if reply is None or "ready" not in reply:
            said = (reply or {}).get("refused") or self._last_words()
            self.kill()
            raise JailError(f"{what}: {said}")

    def reading(self) -> Reading:
        """Return the time that the jail's processes have used so far, and the time that the machine has kept from them."""
        return scheduling.read(self._process.pid)

    def import_module(self, name: str, timer: Timer) -> bool:
        """Import one module of the student's in the warm process.

        Return False if that ended the process. Raise what `timer` raises.
        """
        if not self._command({"do": "import", "module": name}):
            return False
        return self._receive(timer) is not None

    def open_session(self) -> socket.socket | None:
        """Fork a session and return our end of its socket, or None if the warm process is gone."""
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._control, [json.dumps({"do": "fork"}).encode()], [theirs.fileno()])
        except OSError:
            ours.close()
            return None
        finally:
            theirs.close()
        return ours

    def reap(self, *, late: bool = False) -> Reaped:
        """End the session and everything it started.

        late: the session has not answered in time; ask it first to print where it is
        """
        sent = self._command({"do": "reap", "late": late})
        timer = Timer(self.reading, REAP_SECONDS).go()
        try:
            reply = self._receive(timer) if sent else None
        except (Late, KeptFromRunning):
            reply = None
        status = (reply or {}).get("status")
        return Reaped(reply is not None, status if type(status) is int else None, timer.used())

    def take_output(self) -> str:
        """Return the output since the last call, cut to the limit."""
        self.drain()
        text = bytes(self._output).decode("utf-8", "replace")
        self._output.clear()
        return text

    def drain(self) -> None:
        """Read the output, so that a writer does not block, and keep it up to the limit."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):  # at most 4 MiB a call, so that an endless printer cannot hold us here
                chunk = os.read(self._pipe, 65536)
                if not chunk:
                    return
                self._output += chunk[: max(0, self._limits.output - len(self._output))]

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(
                self._process.pid, signal.SIGKILL
            )  # when bubblewrap dies, the kernel kills its whole PID namespace
        self._process.wait()
        self._close()

    def _close(self) -> None:
        self._control.close()
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._held is not None:
            self._held.remove()

    def _command(self, command: dict[str, Any]) -> bool:
        try:
            self._control.sendall(json.dumps(command).encode())
        except OSError:
            return False
        return True

    def _receive(self, timer: Timer) -> dict[str, Any] | None:
        """Return one answer from the control socket, or None if it closed or sent something else.

        Raise what `timer` raises.
        """
        while True:
            self.drain()
            # Wake up now and then to drain. Otherwise a process that prints without end would block, and this process with
            # it.
            self._control.settimeout(max(0.001, min(0.05, timer.look())))
            try:
                message = self._control.recv(65536)
            except TimeoutError:
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

    def _command_line(self, package: Path, helpers: Path | None, control: int, opened: list[int]) -> list[str]:
        """Return the command line. opened: receives the further descriptors to pass on."""
        python = levels.interpreter()
        if self.level == 3:
            code, student_path = "/code", ["/submission"] + (["/helpers"] if helpers else [])
            program, *options = _bubblewrap(package, helpers, self._limits)
            # Pass the options in a file. A jail can read the command line of its own init, and the options name the
            # machine's folders.
            opened.append(os.memfd_create("bubblewrap", 0))
            os.write(opened[-1], b"\0".join(option.encode() for option in options))
            os.lseek(opened[-1], 0, os.SEEK_SET)
            prefix = [*_FIRST_TO_GO, program, "--args", str(opened[-1]), "--"]
        else:
            self._held = Scratch.make("jail")
            self._scratch = str(self._held.folder)
            code, student_path, prefix = self._stage(package, helpers), [], [*_FIRST_TO_GO]
            student_path = [str(package)] + ([str(helpers)] if helpers else [])
        config = levels.configuration(
            level=self.level,
            code=code,
            student_path=student_path,
            limits=self._limits,
            session_processes=False,
            writable=self._scratch,
            group=self._group.descriptor if self._group else None,
        )
        worker = f"{code}/grader/sandbox/inside/worker.py"
        return [
            *prefix,
            str(python.executable),
            "-I",
            "-S",
            "-B",
            worker,
            json.dumps(config | {"control": control}),
        ]

    def _stage(self, package: Path, helpers: Path | None) -> str:
        """Copy our side of the jail away from the rest of our code, because below level 3 there is no mount namespace."""
        assert self._scratch is not None
        os.chmod(self._scratch, 0o755)
        shutil.copytree(INSIDE, Path(self._scratch, "code/grader/sandbox/inside"))
        uid = levels.spare_uid()
        if uid is not None:
            os.chown(self._scratch, uid, uid)
            for folder in {part.parent for part in (package, helpers) if part is not None}:
                folder.chmod(
                    folder.stat().st_mode | 0o011
                )  # the submission may be in a folder that others may not enter
        return str(Path(self._scratch, "code"))


# If memory runs out, the kernel kills a submission before the grader. Set this before bubblewrap starts, since the jail has
# no /proc in which to set it.
_FIRST_TO_GO = ["/bin/sh", "-c", 'echo 1000 > /proc/self/oom_score_adj; exec "$@"', "sh"]
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def _refuse_closed(folders: Iterable[Path]) -> None:
    """Refuse files that the jail's user cannot read, because they were made under a umask such as 077."""
    for folder in folders:
        closed = next((path for path in (folder, *folder.glob("*.py")) if not path.stat().st_mode & 0o004), None)
        if closed is not None:
            raise JailError(
                f"{closed} is closed to other users, such as the jail's: run `chmod -R go+rX` on its checkout"
            )


def _bubblewrap(package: Path, helpers: Path | None, limits: Limits) -> list[str]:
    program = levels.bubblewrap()
    if program is None:
        raise JailError("bubblewrap is not installed")
    command = [program, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    if levels.spare_uid() is None:
        command += ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
    else:
        _refuse_closed((INSIDE,))
        # Root sets up the mounts without a user namespace, because it may reach an interpreter that no other user can. It
        # keeps only the capabilities with which the worker changes its user, which happens before the worker imports
        # anything.
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command += ["--die-with-parent", "--new-session", "--hostname", "jail"]
    files = library()
    read_ahead(files)
    command += ["--ro-bind", str(files), "/", "--ro-bind", str(INSIDE), "/code/grader/sandbox/inside"]
    command += ["--ro-bind", str(package), "/submission"]
    if helpers is not None:
        command += ["--ro-bind", str(helpers), "/helpers"]
    # There is no /proc: half of it shows what the whole machine does, and the other half which pages of a file are shared
    # with others. /dev has only devices that take no kernel memory. It has no terminals, because their number is limited
    # for the whole machine.
    command += ["--tmpfs", "/dev"]
    for device in ("null", "zero", "full", "random", "urandom"):
        command += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    size = str(limits.scratch)
    command += ["--dir", "/dev/shm", "--remount-ro", "/dev", "--size", size, "--perms", "1777", "--tmpfs", "/dev/shm"]
    command += ["--size", size, "--perms", "1777", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    return command
