"""Write system-call filters with libseccomp. They refuse calls that no course work needs and that attackers use.

Two filters add up. The first holds from the start of the jail. The second is added in each session, after the fork, and
forbids new processes (threads stay allowed: module 10 loads data in one).
"""

from __future__ import annotations

import base64
import errno
import fcntl
import functools
import os
import signal
from typing import Any

CLONE_THREAD = 0x00010000
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)

# grouped by what the calls would give
FORBIDDEN = {
    "another program, or power over the machine": (
        "acct add_key adjtimex bpf chroot clock_adjtime clock_settime delete_module execve execveat fanotify_init "
        "finit_module fsconfig fsmount fsopen fspick init_module ioperm iopl kexec_file_load kexec_load keyctl mount "
        "mount_setattr move_mount nfsservctl open_tree perf_event_open personality pivot_root quotactl "
        "quotactl_fd reboot request_key setdomainname sethostname setns settimeofday swapoff swapon syslog umount2 "
        "unshare uselib userfaultfd vhangup"
    ),
    "the network": "socket",
    "another process": (
        "get_robust_list kcmp migrate_pages move_pages pidfd_getfd process_madvise process_mrelease process_vm_readv "
        "process_vm_writev ptrace"
    ),
    "memory that no limit of a process counts": "memfd_create memfd_secret mq_open msgget semget shmget",
    # All processes of a submission stay in one session, because Linux shares the processor among sessions (autogroup). A
    # process that could keep itself from running would gain time that is not counted.
    "more of the processor": (
        "ioprio_set mbind sched_setaffinity sched_setattr sched_setparam sched_setscheduler set_mempolicy "
        "set_mempolicy_home_node setpgid setpriority setsid"
    ),
    # Jails share files of Python and NumPy, and everything that the machine remembers about them: pages and names in
    # memory, locks, free blocks, who has opened them.
    "what another submission did to shared files": (
        "cachestat fadvise64 flock fstatfs getrusage inotify_add_watch inotify_init inotify_init1 listmount lookup_dcookie "
        "mincore name_to_handle_at open_by_handle_at preadv2 pwritev2 readahead splice statfs statmount sync "
        "sync_file_range syncfs sysfs tee ustat vmsplice"
    ),
    "the same by another road": (
        "get_mempolicy io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit io_uring_enter "
        "io_uring_register io_uring_setup"
    ),
    # The kernel numbers pipes, sockets and opened processes in sequences that everybody shares, and limits all
    # processes of a user together. All jails may belong to one user.
    "how busy the machine is": "pidfd_open pidfd_send_signal pipe pipe2 sendmmsg sendmsg socketpair sysinfo",
}
# These calls are answered as unknown, so that the C library does without them. openat2 can tell with RESOLVE_CACHED what is
# in memory; statx shows the numbers of mounts. clone3 hides its flags behind a pointer, where a filter cannot see them;
# futex calls since Linux 6.7 wake waiters without `futex`.
UNKNOWN = ("openat2", "clone3", "statx", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue")
# A libseccomp older than the kernel cannot name these. The numbers are the same on every architecture.
NUMBERS = {
    "openat2": 437, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
    "process_mrelease": 448, "futex_waitv": 449, "set_mempolicy_home_node": 450, "cachestat": 451, "futex_wake": 454,
    "futex_wait": 455, "futex_requeue": 456, "statmount": 457, "listmount": 458,
}  # fmt: skip
NEWER = range(463, 512)  # calls of future kernels, which nobody has reviewed
LOCKS_AND_LEASES = (fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_SETLKW, 36, 37, 38, 1024, 1025, 1026)  # 36-38: of open files
# WILLNEED reads ahead, REMOVE punches holes; numbers from 18 on are about what is in memory
ADVICE, NEWER_ADVICE = (3, 9), 18
PR_SCHED_CORE = 62
CLONE_PIDFD = 0x1000
# options of a socket: SO_COOKIE, SO_NETNS_COOKIE; from 76 on, descriptors of processes
NUMBERED, NEWER_OPTIONS = (57, 71), 76
F_SETPIPE_SZ = 1031
# These wake a waiter at an address of a shared file: WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAKE_BITSET. Within one process,
# FUTEX_PRIVATE is set, and another jail does not notice.
WAKING, FUTEX_COMMAND, FUTEX_PRIVATE = (1, 3, 4, 5, 10), 0x7F, 0x80
INT = 0xFFFFFFFF  # the kernel looks only at these bits of an argument that is an int


@functools.cache
def jail_filter() -> str:
    """Return the filter for the whole jail, in base64. Raise OSError if libseccomp is not on the machine."""
    sc = _libseccomp()
    rules = sc.SyscallFilter(sc.ALLOW)
    for names in FORBIDDEN.values():
        for name in names.split():
            _forbid(rules, name)
    for name in UNKNOWN:
        _forbid(rules, name, errno.ENOSYS)
    for number in NEWER:
        rules.add_rule(sc.ERRNO(errno.ENOSYS), number)
    no, invalid = sc.ERRNO(errno.EPERM), sc.ERRNO(errno.EINVAL)
    for flag in (*NEW_NAMESPACES, CLONE_PIDFD):
        rules.add_rule(no, "clone", sc.Arg(0, sc.MASKED_EQ, flag, flag))
    for option in NUMBERED:
        rules.add_rule(no, "getsockopt", sc.Arg(2, sc.MASKED_EQ, INT, option))
    rules.add_rule(no, "getsockopt", sc.Arg(2, sc.GE, NEWER_OPTIONS))
    rules.add_rule(no, "setsockopt", sc.Arg(2, sc.GE, NEWER_OPTIONS))
    for command in (*LOCKS_AND_LEASES, F_SETPIPE_SZ):
        rules.add_rule(no, "fcntl", sc.Arg(1, sc.MASKED_EQ, INT, command))
    for advice in ADVICE:
        rules.add_rule(invalid, "madvise", sc.Arg(2, sc.EQ, advice))
    rules.add_rule(invalid, "madvise", sc.Arg(2, sc.GE, NEWER_ADVICE))  # also any value with bits above an int's
    for command in WAKING:
        rules.add_rule(no, "futex", sc.Arg(1, sc.MASKED_EQ, FUTEX_COMMAND | FUTEX_PRIVATE, command))
    rules.add_rule(no, "prctl", sc.Arg(0, sc.MASKED_EQ, INT, PR_SCHED_CORE))
    # The kernel counts children's processor time when a process waits for them, and a process that ignores SIGCHLD does not
    # wait. The usage that comes with waiting would show which pages the children found in memory.
    rules.add_rule(no, "rt_sigaction", sc.Arg(0, sc.MASKED_EQ, INT, signal.SIGCHLD), sc.Arg(1, sc.NE, 0))
    rules.add_rule(no, "wait4", sc.Arg(3, sc.NE, 0))
    rules.add_rule(no, "waitid", sc.Arg(4, sc.NE, 0))
    return _program(rules)


@functools.cache
def session_filter() -> str:
    """Return the filter that each session adds, in base64: no new processes, only threads."""
    sc = _libseccomp()
    rules = sc.SyscallFilter(sc.ALLOW)
    for name in ("fork", "vfork"):
        _forbid(rules, name)
    rules.add_rule(sc.ERRNO(errno.EPERM), "clone", sc.Arg(0, sc.MASKED_EQ, CLONE_THREAD, 0))
    return _program(rules)


def _libseccomp() -> Any:
    """Import pyseccomp, which loads libseccomp. Raise OSError if the machine has none; then a lower level can do without."""
    import pyseccomp

    return pyseccomp


def _forbid(rules: object, name: str, code: int = errno.EPERM) -> None:
    sc = _libseccomp()
    try:
        number = sc.resolve_syscall(sc.system_arch(), name)
    except OSError:
        number = -1
    if number < 0:
        number = NUMBERS.get(name, -1)
    if number >= 0:  # otherwise this libseccomp or this architecture does not know it
        rules.add_rule(sc.ERRNO(code), number)  # type: ignore[attr-defined]


def _program(rules: object) -> str:
    with open(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)  # type: ignore[attr-defined]
        file.seek(0)
        return base64.b64encode(file.read()).decode()
