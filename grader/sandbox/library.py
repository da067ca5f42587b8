"""Copy Python, NumPy and the shared libraries they need into one small folder, once. Jails see this folder.

If a jail saw the machine's own folders, it would share tens of thousands of files with other jails. Which of their pages and
names are in memory is something that one jail changes and another can find out, so hidden inputs could leave that way. Files
outside this folder cannot be used like that. If the folder lies in memory (tmpfs, such as /dev/shm), all of its pages are
always present, and names that do not exist are not remembered. If it has to lie on a disk, all of it is read ahead before a
jail starts.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..scratch import Scratch, hold, is_abandoned, sweep
from . import levels
from .faults import JailError

MEMORY = ("/dev/shm", f"/run/user/{os.getuid()}")  # folders that a machine keeps in memory
PREFIX = "tinytorch-library-"
ROOM = "200 MB"
LINKS = ("lib", "lib64")
MOUNT_POINTS = ("code/grader/sandbox/inside", "submission", "helpers", "dev", "proc", "tmp")
LEFT_OUT = (
    "__phello__ _pyinstaller curses dbm distutils dist-packages ensurepip f2py idle_test idlelib include lib2to3 msilib "
    "pydoc_data site-packages sqlite3 test tests tkinter turtledemo venv wsgiref xmlrpc"
)
WITHOUT_LIBRARIES = re.compile(r"_(curses|curses_panel|dbm|gdbm|sqlite3|tkinter|test\w*|xxtestfuzz)\.")
TAG = f".{sys.implementation.cache_tag}.pyc"
ALSO = ("/etc/ld.so.cache", "/usr/lib/locale/C.utf8/LC_CTYPE")
NEEDS = re.compile(r"^\s+(?:\S+ => )?(/\S+) \(0x", re.MULTILINE)


@functools.cache
def library() -> Path:
    """Return the folder, and make it if necessary. Every grader of this user uses it until the machine is restarted."""
    name = f"{PREFIX}{os.getuid()}-{_digest()}"
    trouble: list[str] = []
    for place in _places():
        folder = place / name
        try:
            if not folder.exists():
                _make(folder)
            if _is_ours(folder):
                return folder
            trouble.append(f"{folder} belongs to somebody else")
        except OSError as error:
            trouble.append(f"{folder}: {error}")
    raise JailError(f"the files for the jail could not be copied: {'; '.join(trouble)}")


def shortcomings() -> tuple[str, ...]:
    """Return what the reader of a record should know about the folder."""
    if _is_memory(library()):
        return ()
    return (
        f"the jail's files are at {library()}, on a disk: a later push can find out which names were looked for there. "
        f"To mend it: let programs run from /dev/shm, and give it {ROOM}",
    )


def _is_memory(folder: Path) -> bool:
    return str(folder.parent) in MEMORY


def read_ahead(folder: Path) -> None:
    """Read the whole folder into memory before a submission can see which parts are there.

    Do nothing if the folder is in memory.
    """
    if _is_memory(folder):
        return
    for file in _files(folder):
        descriptor = os.open(file, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
        os.close(descriptor)


@functools.cache
def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _places() -> Iterator[Path]:
    """Yield the places for the folder, the best first. The machine must allow programs to run from there."""
    for place in map(Path, (*MEMORY, tempfile.gettempdir())):
        with contextlib.suppress(OSError):  # this folder does not exist
            if not os.statvfs(place).f_flag & os.ST_NOEXEC:
                yield place


def _is_ours(folder: Path) -> bool:
    """Return whether nobody else can have changed the folder. Mark it as in use while this process and its children run."""
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        return False
    return hold(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), folder)


def _digest() -> str:
    """Compute the digest of what the folder is made from.

    Another Python or NumPy, or a new installation, gives another folder.
    """
    python = levels.interpreter()
    parts = [Path(__file__).read_text(), sys.version]
    for path in (python.executable, _standard(), *python.packages, Path("/etc/ld.so.cache")):
        status = path.stat()
        parts.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _make(folder: Path) -> None:
    sweep(folder.parent)
    scratch = Scratch.make("library", folder.parent)
    try:
        draft = scratch.folder / "root"
        _fill(draft)
        with contextlib.suppress(OSError):  # another grader was faster, and its copy is just as good
            draft.rename(folder)
    finally:
        scratch.remove()
    for other in folder.parent.glob(f"{PREFIX}{os.getuid()}-*"):
        if other != folder:
            with is_abandoned(str(other)) as nobody_uses_it:
                if nobody_uses_it:
                    shutil.rmtree(other, ignore_errors=True)


def _fill(root: Path) -> None:
    python = levels.interpreter()
    for name in MOUNT_POINTS:
        _folder(root / name)
    for link in LINKS:
        if os.path.islink(f"/{link}"):
            (root / link).symlink_to(os.readlink(f"/{link}"))
    copies = [(python.executable, python.executable), *((path, path) for path in _wanted(_standard()))]
    for package in python.packages:
        copies += [(path, Path("/code", path.relative_to(package.parent))) for path in _wanted(package)]
    programs = [path for path, _ in copies if path == python.executable or ".so" in path.name]
    for path in (*_needed(programs), *_present(ALSO)):
        copies.append((path, path.parent.resolve() / path.name))
        if path.parts[1] not in LINKS:  # also under the path that a program names, which may go through a link
            copies.append((path, Path(os.path.normpath(path))))
    for source, target in copies:
        _copy(source, root / target.relative_to("/"))


def _standard() -> Path:
    return Path(sysconfig.get_path("stdlib")).resolve()  # Python looks beside its program's real path, without links


def _wanted(top: Path) -> Iterator[Path]:
    """Yield modules, compiled and not, and shared libraries."""
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in LEFT_OUT.split() and not name.startswith("config-")]
        for name in files:
            if name.endswith((".py", TAG)) or (".so" in name and not WITHOUT_LIBRARIES.match(name)):
                yield Path(folder, name)


def _needed(programs: Iterable[Path]) -> set[Path]:
    """Return the shared libraries that these programs load, as the machine's own loader finds them."""
    command = ["ldd", *map(str, programs)]
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    found = {Path(path) for path in NEEDS.findall(done.stdout)}
    if not found:
        raise JailError(f"ldd does not say which libraries {programs} need: {done.stderr.strip()[-500:]}")
    inside = tuple(str(package) for package in levels.interpreter().packages)
    return {path for path in found if not str(path).startswith(inside)}


def _present(paths: Iterable[str]) -> Iterator[Path]:
    return (path for path in map(Path, paths) if path.is_file())


def _folder(path: Path) -> None:
    """Make a folder that the jail's user can enter, whatever the umask."""
    if not path.is_dir():
        _folder(path.parent)
        path.mkdir()
        path.chmod(0o755)


def _copy(source: Path, target: Path) -> None:
    _folder(target.parent)
    shutil.copyfile(source, target)
    shutil.copystat(source, target)  # Python compares the times of a module and of its compiled file
    target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
