"""Confine this process before it runs a student's code: give up root, access to files, system calls, and set limits.

Every step is one-way: code that runs later cannot undo it.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import errno
import os
import resource
from typing import Any

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
SECCOMP_MODE_FILTER = 2
SIGKILL = 9
# Landlock's three system calls have the same numbers on every architecture.
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH = 1
LANDLOCK_CREATE_RULESET_VERSION = 1
READ = 0b1101  # execute (bit 0), read a file (2), read a directory (3)
WRITE = 0b1_1111_1110_0010  # write, remove, make: bits 1 and 4-12
TRUNCATE = 1 << 14

_libc = ctypes.CDLL(None, use_errno=True)


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_void_p))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def apply(config: dict[str, Any]) -> None:
    """Apply, in this order: limits, die with the parent, uid and gid, Landlock, seccomp. Raise OSError if one is refused."""
    if config["group"] is not None:
        with contextlib.suppress(OSError):  # the group was removed: sessions still share the processor
            os.write(config["group"], b"0")  # this process joins, with everything that it will start
        os.close(config["group"])
    for number, value in config["limits"].items():
        resource.setrlimit(int(number), (value, value))
    if config["uid"] is not None:
        os.setgroups([])
        os.setresgid(config["uid"], config["uid"], config["uid"])
        os.setresuid(config["uid"], config["uid"], config["uid"])
    die_with_parent()  # after the change of uid, which clears it
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _prctl(PR_SET_DUMPABLE, 0)  # a session has the warm process's uid, and must not write to its memory through /proc
    if config["landlock"] is not None:
        landlock(config["landlock"]["read"], config["landlock"]["write"])
    if config["seccomp"] is not None:
        _keep_the_size_of_memory()
        seccomp(config["seccomp"])


def _keep_the_size_of_memory() -> None:
    """Remember the size of memory.

    The filter refuses the system call for it, since that call also tells how much memory is free.
    """
    kept = {name: os.sysconf(name) for name in ("SC_PHYS_PAGES", "SC_NPROCESSORS_ONLN", "SC_NPROCESSORS_CONF")}
    ask = os.sysconf

    def sysconf(name: str | int, /) -> int:
        if name in ("SC_AVPHYS_PAGES", os.sysconf_names["SC_AVPHYS_PAGES"]):
            raise OSError(errno.EPERM, "a submission may not ask how much memory is free")
        return kept[name] if name in kept else by_number[name] if name in by_number else ask(name)

    by_number: dict[str | int, int] = {os.sysconf_names[name]: value for name, value in kept.items()}
    os.sysconf = sysconf


def die_with_parent() -> None:
    """Let the kernel kill this process with its parent. Every process forked from it must ask for this again."""
    _prctl(PR_SET_PDEATHSIG, SIGKILL)


def seccomp(program: str) -> None:
    """Load a filter (base64 of struct sock_filter[]). Filters add up, and the strictest answer counts."""
    code = base64.b64decode(program)
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = _Filter(len(code) // 8, ctypes.addressof(buffer))
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filter_))


def landlock(read: list[str], write: list[str]) -> None:
    """Allow reading and executing files under `read`, also changing those under `write`, and nothing else."""
    version = _syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    handled = READ | WRITE | (TRUNCATE if version >= 3 else 0)
    attributes = ctypes.c_uint64(handled)
    ruleset = _syscall(LANDLOCK_CREATE_RULESET, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    for paths, access in ((read, READ), (write, handled)):
        for path in paths:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
            is_folder = os.path.isdir(path)
            rule = _PathBeneath(access if is_folder else access & (0b0111 | TRUNCATE) & handled, parent)
            _syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0)
            os.close(parent)
    _syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _prctl(option: int, argument: int, more: int = 0) -> None:
    if _libc.prctl(option, ctypes.c_ulong(argument), ctypes.c_ulong(more), 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}) was refused: {os.strerror(code)}")


def _syscall(number: int, *arguments: Any) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock system call {number} was refused: {os.strerror(code)}")
    return result
