"""System-call filters, written with libseccomp: a list of what no course work needs and attackers do.

Two filters add up. The first holds from the start of the jail; the second is added in each session, after the fork, and
forbids new processes (threads stay allowed: module 10 loads data in one).
"""

from __future__ import annotations

import base64
import errno
import functools
import os

CLONE_THREAD = 0x00010000
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)

FORBIDDEN = [
    "acct",
    "add_key",
    "adjtimex",
    "bpf",
    "chroot",
    "clock_adjtime",
    "clock_settime",
    "delete_module",
    "execve",
    "execveat",
    "fanotify_init",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "mbind",
    "memfd_create",  # memory files, System V segments and queues are memory that no limit of a process counts
    "memfd_secret",
    "migrate_pages",
    "mount",
    "mount_setattr",
    "mq_open",
    "msgget",
    "move_mount",
    "move_pages",
    "name_to_handle_at",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "personality",
    "pidfd_getfd",
    "pivot_root",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "reboot",
    "request_key",
    "setdomainname",
    "semget",
    "sethostname",
    "setns",
    "shmget",
    "settimeofday",
    "socket",
    "swapoff",
    "swapon",
    "syslog",
    "umount2",
    "unshare",
    "uselib",
    "userfaultfd",
    "vhangup",
]


@functools.cache
def jail_filter() -> str:
    """Base64 of the filter for the whole jail. Raises OSError when libseccomp is not on the machine."""
    import pyseccomp as sc

    rules = sc.SyscallFilter(sc.ALLOW)
    for name in FORBIDDEN:
        _forbid(rules, name)
    for flag in NEW_NAMESPACES:
        rules.add_rule(sc.ERRNO(errno.EPERM), "clone", sc.Arg(0, sc.MASKED_EQ, flag, flag))
    # clone3 hides its flags behind a pointer; "not implemented" makes the C library fall back to clone
    rules.add_rule(sc.ERRNO(errno.ENOSYS), "clone3")
    return _program(rules)


@functools.cache
def session_filter() -> str:
    """Base64 of the filter that each session adds: no new processes, only threads."""
    import pyseccomp as sc

    rules = sc.SyscallFilter(sc.ALLOW)
    for name in ("fork", "vfork"):
        _forbid(rules, name)
    rules.add_rule(sc.ERRNO(errno.EPERM), "clone", sc.Arg(0, sc.MASKED_EQ, CLONE_THREAD, 0))
    return _program(rules)


def _forbid(rules: object, name: str) -> None:
    import pyseccomp as sc

    try:
        number = sc.resolve_syscall(sc.system_arch(), name)
    except OSError:
        return  # unknown to this libseccomp or this architecture: nothing to forbid
    if number >= 0:
        rules.add_rule(sc.ERRNO(errno.EPERM), number)  # type: ignore[attr-defined]


def _program(rules: object) -> str:
    with open(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)  # type: ignore[attr-defined]
        file.seek(0)
        return base64.b64encode(file.read()).decode()
