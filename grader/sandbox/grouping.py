"""Put all processes of a submission into one scheduling group, so that starting many of them gains no processor time.

Linux shares the processor among sessions (autogroup). A submission has one session and may not start another (seccomp.py).
This holds for processes outside any cgroup that shares out the processor. Elsewhere a submission gets its own such cgroup,
if this user may make one below the grader's. If the user may not, each process counts for itself: a submission that starts many
slows down others, and their time limits leave that out (scheduling.py).
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PREFIX = "tinytorch-"
AT_MOST = 2.0  # seconds to wait for processes that have been killed


@dataclass(frozen=True)
class Group:
    """Hold one cgroup. descriptor: a process joins by writing "0" to it."""

    folder: Path
    descriptor: int

    @classmethod
    def make(cls) -> Group | None:
        """Make a group, or return None if none is needed or this user may not make one."""
        for parent, is_unified in _places():
            if _sessions_share(parent, is_unified):
                return None
            _sweep(parent)
            folder = parent / f"{PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
            with contextlib.suppress(OSError):  # we may not change it, or it does not control the processor
                folder.mkdir()
                try:
                    if (
                        is_unified
                    ):  # threaded, so that groups and processes may be side by side in the grader's own group
                        (folder / "cgroup.type").write_text("threaded")
                        (parent / "cgroup.subtree_control").write_text("+cpu")
                    return cls(folder, os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC))
                except OSError:
                    folder.rmdir()
                    raise
        return None

    def remove(self) -> None:
        """Remove the group after its processes have been killed. Wait until they are gone."""
        os.close(self.descriptor)
        with contextlib.suppress(OSError):  # already removed, or still in use: the next `make` removes it
            give_up = time.monotonic() + AT_MOST
            while not _removed(self.folder) and time.monotonic() < give_up:
                time.sleep(0.001)  # the kernel does not announce the end of a group's last process


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def _sessions_share(parent: Path, is_unified: bool) -> bool:
    """Return whether Linux shares the processor among the sessions in this cgroup."""
    try:
        enabled = Path("/proc/sys/kernel/sched_autogroup_enabled").read_text().strip() == "1"
        if is_unified:
            return enabled and "cpu" not in (parent / "cgroup.controllers").read_text().split()
    except OSError:  # this kernel has no autogroup
        return False
    return enabled and (parent / "release_agent").exists()  # only the topmost cgroup has this file


def _sweep(parent: Path) -> None:
    """Remove the groups of graders that were killed. A group with processes in it cannot be removed."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _places() -> Iterator[tuple[Path, bool]]:
    """Yield this process's own groups that share out the processor, and whether each is in the unified hierarchy (version 2)."""
    with contextlib.suppress(OSError):  # no cgroups, or no /proc
        own = dict(_memberships())
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            left, _, right = line.partition(" - ")
            (root, mounted), (kind, _, options) = left.split()[3:5], right.split()[:3]
            controller = {"cgroup": "cpu", "cgroup2": ""}.get(kind)
            if controller in own and (controller == "" or controller in options.split(",")):
                inside = os.path.relpath(own[controller], root)
                if not inside.startswith(".."):
                    yield Path(mounted, inside), controller == ""


def _memberships() -> Iterator[tuple[str, str]]:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        yield from ((controller, path) for controller in controllers.split(","))
