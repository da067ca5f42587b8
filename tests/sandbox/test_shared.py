"""Test that files shared by jails, the kernel's memory of them, and the machine's counters tell one jail nothing about another.

Each refusal is tried while the package is imported and in a check, at levels 3 and 2.
"""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox import library as library_module
from grader.sandbox import seccomp
from grader.sandbox.faults import JailError
from grader.sandbox.library import library, read_ahead

from .jailed import Submission, submitted

SOURCE = """
import ctypes, errno, fcntl, mmap, os, resource, select, signal
LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {}
SHARED = os.__file__
ROOM = ctypes.create_string_buffer(4096)


def result(value): return "done" if value >= 0 else errno.errorcode[ctypes.get_errno()]
def call(name, *arguments):
    return result(LIBC.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in (NUMBERS[name], *arguments)]))
def attempt(action):
    try: action()
    except OSError as error: return errno.errorcode[error.errno]
    return "done"


def tries():
    file = os.open(SHARED, os.O_RDONLY)
    page = mmap.mmap(file, 4096, prot=mmap.PROT_READ)
    LIBC.mmap.restype = ctypes.c_void_p
    address = ctypes.c_void_p(LIBC.mmap(None, ctypes.c_size_t(4096), 1, 1, file, ctypes.c_long(0)))
    lock = b"\\0" * 64
    try:
        return {
            # is this page in memory?
            "preadv2 with RWF_NOWAIT": attempt(lambda: os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT)),
            "preadv2": call("preadv2", file, ROOM, 0, 0, 0, 0),
            "mincore": call("mincore", address, 4096, ROOM),
            "cachestat": call("cachestat", file, ROOM, ROOM, 0),
            "io_setup, for a read with RWF_NOWAIT": call("io_setup", 1, ROOM),
            "io_uring": call("io_uring_setup", 1, ROOM),
            "splice without waiting": call("splice", file, None, 1, None, 1, 2),
            "openat2 with RESOLVE_CACHED": call("openat2", -100, SHARED.encode(), ROOM, 24),
            "major faults": attempt(lambda: resource.getrusage(resource.RUSAGE_SELF)),
            "major faults of children": attempt(lambda: os.wait3(os.WNOHANG)),
            "major faults of a child": call("waitid", 0, 0, ROOM, 4 | 1, ROOM),
            # bring it there, or away
            "fadvise": attempt(lambda: os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)),
            "fadvise to read": attempt(lambda: os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)),
            "readahead": call("readahead", file, 0, 4096),
            "madvise WILLNEED": attempt(lambda: page.madvise(mmap.MADV_WILLNEED)),
            "madvise COLD": attempt(lambda: page.madvise(20)),
            "madvise PAGEOUT": attempt(lambda: page.madvise(21)),
            "madvise POPULATE_READ": attempt(lambda: page.madvise(22)),
            "sync": call("syncfs", file),
            # what do others do with this file?
            "flock": attempt(lambda: fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)),
            "fcntl lock": attempt(lambda: fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)),
            "lock of an open file": attempt(lambda: fcntl.fcntl(file, 37, lock)),
            "whose lock": attempt(lambda: fcntl.fcntl(file, fcntl.F_GETLK, lock)),
            "lease": attempt(lambda: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)),
            "directory notes": attempt(lambda: fcntl.fcntl(os.open(os.path.dirname(SHARED), os.O_RDONLY), fcntl.F_NOTIFY, 1)),
            "inotify": call("inotify_init1", 0),
            "wake who waits there": call("futex", address, 1, 1, None, None, 0),
            "wake who waits there, by a later call": result(LIBC.syscall(454, address, 1, 1, 2)),
            # what is the machine busy with?
            "sysinfo": call("sysinfo", ROOM),
            "free memory": attempt(lambda: os.sysconf("SC_AVPHYS_PAGES")),
            "statfs": attempt(lambda: os.statvfs("/")),
            "fstatfs": attempt(lambda: os.fstatvfs(file)),
            "where a page lies": call("get_mempolicy", ROOM, None, 0, address, 3),
            "a system call of kernels to come": result(LIBC.syscall(470)),
            # numbers that all jails are given from one row, and room that they share
            "pipe": attempt(os.pipe),
            "socket pair": call("socketpair", 1, 1, 0, ROOM),
            "descriptor of a process": call("pidfd_open", os.getpid(), 0),
            "number of a mount": call("statx", -100, b"/", 0, 0x4000, ROOM),
            "number of a socket": call("getsockopt", 0, 1, 57, ROOM, ROOM),
            "size of a pipe": attempt(lambda: fcntl.fcntl(1, 1031, 1 << 16)),
            "descriptors on their way": call("sendmsg", 0, ROOM, 0),
            # children whose time nobody counts
            "ignore SIGCHLD": attempt(lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)),
        }
    finally:
        os.close(file)


at_import = tries()
def from_import(): return at_import
def read(path):
    try: return open(path).read()
    except OSError as error: return errno.errorcode[error.errno]
def below(top): return sorted(os.path.join(f, name) for f, ds, fs in os.walk(top) for name in [*ds, *fs])
def files(): return sum(len(fs) for f, ds, fs in os.walk("/"))
"""
WORKS = """
import base64, collections, concurrent.futures, csv, ctypes, dataclasses, datetime, decimal, fractions, functools, gzip
import hashlib, heapq, importlib.metadata, inspect, io, itertools, json, logging, math, mmap, multiprocessing, operator, os
import pathlib, pickle, platform, pprint, queue, random, re, shutil, statistics, string, struct, subprocess, sys, tempfile
import textwrap, threading, time, timeit, traceback, tracemalloc, types, typing, unicodedata, unittest, uuid, warnings, weakref
import zlib
import numpy as np, numpy.testing, numpy.typing


def threads():
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        return sum(pool.map(lambda n: float(np.linalg.norm(np.full((50, 50), n) @ np.eye(50))), range(4)))
def linear_algebra():
    a = np.random.default_rng(0).standard_normal((60, 60))
    return bool(np.allclose(np.linalg.inv(a) @ a, np.eye(60))) and len(np.fft.fft(a[0])) + len(np.linalg.svd(a)[1])
def memory():
    tracemalloc.start()
    kept = [bytes(1000) for _ in range(100)]
    return tracemalloc.get_traced_memory()[1] > 100_000
def scratch():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x.npy")
        np.save(path, np.arange(5))
        shutil.copy(path, pathlib.Path(folder, "y.npy"))
        with tempfile.TemporaryFile() as file: file.write(b"abc")
        return int(np.load(pathlib.Path(folder, "y.npy"), mmap_mode="r").sum())
def clocks(): return min(time.process_time(), time.thread_time(), os.times().user + 1, timeit.timeit("1", number=10)) >= 0
def machine(): return os.cpu_count() >= 1, len(os.sched_getaffinity(0)) >= 1, os.sysconf("SC_PHYS_PAGES")
def digests(): return "".join(hash(b"x").hexdigest()[:8] for hash in (hashlib.sha256, hashlib.md5, hashlib.blake2b))
def disk(): return shutil.disk_usage("/tmp").total
def source(): return inspect.getsource(json.dumps)[:9]
"""

COUNTERS = """
/proc/meminfo /proc/vmstat /proc/stat /proc/loadavg /proc/pressure/cpu /proc/zoneinfo /proc/buddyinfo /proc/diskstats
/proc/interrupts /proc/softirqs /proc/schedstat /proc/uptime /proc/swaps /proc/cgroups /proc/locks /proc/net/dev
/proc/self/smaps /proc/self/pagemap /proc/self/stat /proc/self/io /proc/self/sched /proc/self/mountinfo /proc/self/cgroup
/proc/sys/fs/inode-nr /proc/sys/fs/file-nr /proc/sys/fs/dentry-state /proc/sys/kernel/ns_last_pid
/proc/thread-self/smaps /proc/1/stat /sys/fs/cgroup/cpu.pressure /sys/block /dev/shm/../../proc/stat
"""


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, int], Submission]]:
    numbers = {name: _number(name) for names in seccomp.FORBIDDEN.values() for name in names.split()}
    numbers |= {name: _number(name) for name in (*seccomp.UNKNOWN, "futex", "getsockopt", "waitid")}
    sources = {"tries": SOURCE.replace("NUMBERS = {}", f"NUMBERS = {numbers}"), "works": WORKS}
    with ExitStack() as stack:

        class Standing(dict[tuple[str, int], Submission]):
            def __missing__(self, key: tuple[str, int]) -> Submission:
                folder = tmp_path_factory.mktemp(f"level{key[1]}")
                self[key] = stack.enter_context(submitted(folder, sources[key[0]], level=key[1]))
                return self[key]

        yield Standing()


def _number(name: str) -> int:
    import pyseccomp as sc

    try:
        number = int(sc.resolve_syscall(sc.system_arch(), name))
    except OSError:
        number = -1
    return number if number >= 0 else seccomp.NUMBERS.get(name, -1)


@pytest.mark.parametrize("when", ["from_import", "tries"])
@pytest.mark.parametrize("level", [3, 2])
def test_system_calls_that_tell_about_others_are_refused(
    standing: dict[tuple[str, int], Submission], level: int, when: str
) -> None:
    tried = standing["tries", level].ask(when)
    assert len(tried) > 30
    assert {what: outcome for what, outcome in tried.items() if outcome not in ("EPERM", "ENOSYS", "EINVAL")} == {}


@pytest.mark.parametrize("path", COUNTERS.split())
@pytest.mark.parametrize("level", [3, 2])
def test_counters_of_the_machine_cannot_be_read(
    standing: dict[tuple[str, int], Submission], level: int, path: str
) -> None:
    assert standing["tries", level].ask("read", path) in ("ENOENT", "EACCES")


def test_proc_is_empty_and_dev_has_only_plain_devices(standing: dict[tuple[str, int], Submission]) -> None:
    assert standing["tries", 3].ask("below", "/proc") == []
    assert standing["tries", 3].ask("below", "/dev") == [
        f"/dev/{name}" for name in ("full", "null", "random", "shm", "urandom", "zero")
    ]


@pytest.mark.parametrize("level", [3, 2])
def test_everything_that_course_work_needs_still_works(standing: dict[tuple[str, int], Submission], level: int) -> None:
    jail = standing["works", level]
    assert jail.ask("threads") == pytest.approx(6 * 50)
    assert jail.ask("linear_algebra") == 120
    assert jail.ask("memory") is True
    assert jail.ask("scratch") == 10
    assert jail.ask("clocks") is True
    assert jail.ask("machine") == (True, True, os.sysconf("SC_PHYS_PAGES"))
    assert jail.ask("digests") == "2d7116429dd4e4610909377a"
    assert jail.ask("source") == "def dumps"
    with pytest.raises(PermissionError):
        jail.ask("disk")


# ---- the library


def test_the_jail_has_the_files_that_it_needs_and_few_others(standing: dict[tuple[str, int], Submission]) -> None:
    seen = standing["tries", 3].ask("files", seconds=60)
    assert 500 < seen < 2000
    assert standing["tries", 3].ask("below", "/etc") == ["/etc/ld.so.cache"]


def test_others_cannot_write_to_the_library_and_the_jail_can_read_all_of_it() -> None:
    for path in library().rglob("*"):
        if not path.is_symlink():
            mode = path.lstat().st_mode
            assert mode & 0o022 == 0
            assert mode & 0o004
            assert stat.S_ISREG(mode) or stat.S_ISDIR(mode)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make the library here."""
    monkeypatch.setattr(library_module, "_places", lambda: iter([tmp_path]))
    library.cache_clear()
    yield tmp_path
    library.cache_clear()


def test_an_existing_library_is_used_again_and_an_older_one_is_removed(elsewhere: Path, tmp_path: Path) -> None:
    older = tmp_path / f"{library_module.PREFIX}{os.getuid()}-0123456789abcdef"
    older.mkdir()
    made = library()
    library.cache_clear()
    assert library() == made
    assert list(elsewhere.iterdir()) == [made]
    read_ahead(made)


def test_a_library_that_another_user_may_write_to_is_not_used(elsewhere: Path) -> None:
    made = library()
    made.chmod(0o777)
    library.cache_clear()
    with pytest.raises(JailError, match="belongs to somebody else"):
        library()
    made.chmod(0o755)


def test_a_link_in_place_of_the_library_is_not_followed(
    elsewhere: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = library().name
    library.cache_clear()
    (elsewhere / name).rename(tmp_path_factory.mktemp("other") / name)
    (elsewhere / name).symlink_to(tmp_path_factory.mktemp("another"))
    with pytest.raises(JailError, match="belongs to somebody else"):
        library()


def test_a_submission_is_graded_from_a_library_on_a_disk(elsewhere: Path, tmp_path: Path) -> None:
    elsewhere.chmod(0o755)
    with submitted(tmp_path / "submission", WORKS) as jail:
        assert jail.ask("linear_algebra") == 120
        assert "on a disk" in jail.notes[0]


def test_the_numbers_of_system_calls_are_those_of_this_machine() -> None:
    """If libseccomp knows a name, the number that we would use without libseccomp is the same."""
    import pyseccomp as sc

    known: dict[str, Any] = {}
    for name, number in seccomp.NUMBERS.items():
        try:
            known[name] = sc.resolve_syscall(sc.system_arch(), name)
        except OSError:
            continue
        if known[name] >= 0:
            assert known[name] == number, (name, platform.machine())
    assert known
