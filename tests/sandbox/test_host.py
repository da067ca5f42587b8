"""Test that a jail holds: its limits, what each level hides and stops, and how the host handles a submission that breaks it."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox import host as host_module
from grader.sandbox import jail as jail_module
from grader.sandbox import levels
from grader.sandbox.faults import Ended, JailError, RemoteError, TimedOut
from grader.sandbox.host import Host
from grader.sandbox.levels import Limits

from .jailed import MODULE, Submission, package, submitted

PROJECT = Path(__file__).parents[2]
MEBIBYTE = 1 << 20
SMALL = Limits(
    memory=700 * MEBIBYTE, file_size=2 * MEBIBYTE, scratch=4 * MEBIBYTE, cpu_seconds=5, open_files=40, processes=8
)

SOURCE = '''
"""Tries things, and says in plain data what came of them."""
import ctypes, errno, os, resource, signal, socket, subprocess, sys, threading, time
import numpy as np

LIBC = ctypes.CDLL(None, use_errno=True)
at_import = os.getpid()


def fine(): return "fine"
def kill_parent_and_stay():
    os.kill(os.getppid(), 9)
    while True: pass
def sleep(seconds): time.sleep(seconds)
def work(seconds):
    began = time.monotonic()
    while time.process_time() < seconds: pass
    return time.monotonic() - began
def leave(status): os._exit(status)
def crash(): ctypes.string_at(0)
def kill_parent(): os.kill(os.getppid(), 9)
def stop_parent(): os.kill(os.getppid(), signal.SIGSTOP)
def deafen():
    for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True: pass


def attempt(action):
    """"done", or the name of the error."""
    try: action()
    except OSError as error: return errno.errorcode[error.errno]
    except Exception as error: return type(error).__name__
    return "done"


def check(result):
    if result < 0: raise OSError(ctypes.get_errno(), "refused")


def take_memory(mib): return attempt(lambda: np.ones(mib << 17).sum())
def write_file(path, mib):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    def action():
        with open(path, "wb", buffering=0) as file:
            for _ in range(mib):
                if file.write(bytes(1 << 20)) < 1 << 20: raise OSError(errno.EFBIG, "cut")
    return attempt(action)
def fill(folder, files):
    return [write_file(f"{folder}/{n}", 1) for n in range(files)]
def open_files(count): return attempt(lambda: [os.dup(0) for _ in range(count)])
def start_threads(count):
    return attempt(lambda: [threading.Thread(target=time.sleep, args=(30,), daemon=True).start() for _ in range(count)])
def memfds(count): return attempt(lambda: [os.memfd_create(str(n)) for n in range(count)])
def shared_segment(): return attempt(lambda: check(LIBC.shmget(0, 4096, 0o1600)))


def read(path):
    try: return open(path).read()
    except OSError as error: return errno.errorcode[error.errno]
def listdir(path): return attempt(lambda: os.listdir(path)), sorted(os.listdir(path)) if os.path.isdir(path) else []
def write(path): return attempt(lambda: open(path, "w").write("x"))
def environment(): return dict(os.environ)
def identity(): return os.getuid(), os.geteuid(), os.getgroups(), os.uname().nodename
def exists(pid): return attempt(lambda: os.kill(pid, 0)) != "ESRCH"
def processes(*others): return [p for p in (*range(1, 1000), *others) if exists(p)], at_import, os.getpid()
def signal_to(pid): return attempt(lambda: os.kill(pid, 0))
def descriptors(): return [n for n in range(256) if attempt(lambda: os.fstat(n)) == "done"]
def find(*names):
    """Every folder or file of these names that can be seen."""
    return sorted(os.path.join(f, n) for f, ds, fs in os.walk("/") if not f.startswith("/proc") for n in [*ds, *fs] if n in names)


def tries(what):
    return attempt({
        "open a socket": lambda: socket.socket(),
        "open a packet socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "start a program": lambda: os.execv(sys.executable, ["x", "-c", "0"]),
        "start a shell": lambda: subprocess.run(["/bin/sh", "-c", "true"]),
        "fork": lambda: os._exit(0) if os.fork() == 0 else None,
        "start a thread": lambda: threading.Thread(target=int).start(),
        "unshare": lambda: check(LIBC.unshare(0x10000000)),
        "mount": lambda: check(LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
        "trace the parent": lambda: check(LIBC.ptrace(16, os.getppid(), 0, 0)),
        "change the host's name": lambda: check(LIBC.sethostname(b"mine", 4)),
        "become root": lambda: os.setuid(0) if os.getuid() else (_ for _ in ()).throw(PermissionError(1, "is root")),
        "raise a limit": lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] + 1,) * 2
        ),
        "write to the parent's memory": lambda: open(f"/proc/{os.getppid()}/mem", "r+b", 0),
        "write to the package": lambda: open(__file__, "a"),
        "write to the temporary folder": lambda: open(os.environ["TMPDIR"] + "/mine", "w"),
    }[what])
'''


class Standing(dict[int, Submission]):
    """Hold the same package behind each level, with small limits. A jail starts when it is first needed."""

    def __init__(self, folders: pytest.TempPathFactory, stack: ExitStack) -> None:
        self._folders, self._stack = folders, stack

    def __missing__(self, level: int) -> Submission:
        folder = self._folders.mktemp(f"level{level}")
        self[level] = self._stack.enter_context(submitted(folder, SOURCE, level=level, limits=SMALL))
        return self[level]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with ExitStack() as stack:
        yield Standing(tmp_path_factory, stack)


@pytest.fixture
def jail(standing: dict[int, Submission]) -> Submission:
    return standing[3]


# ---- a submission that breaks off costs one test


def test_a_time_out_ends_the_session_and_the_next_test_runs(jail: Submission) -> None:
    with pytest.raises(TimedOut, match=r"within 0\.3 seconds"):
        jail.ask("sleep", 60, seconds=0.3)
    with pytest.raises(TimedOut):
        jail.ask("deafen", seconds=0.3)
    assert jail.ask("fine") == "fine"


@pytest.mark.parametrize("level", [3, *(pytest.param(lower, marks=pytest.mark.thorough) for lower in (2, 1))])
def test_a_time_limit_leaves_out_the_time_for_which_the_machine_had_no_processor(tmp_path: Path, level: int) -> None:
    """Five programs want one processor. Work that takes 0.6 seconds of processor time takes much longer by the clock."""
    ours = os.sched_getaffinity(0)
    with ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, ours)
        os.sched_setaffinity(0, {min(ours)})
        jail = stack.enter_context(submitted(tmp_path, SOURCE, level=level, limits=SMALL))
        for _ in range(4):
            busy = "print(flush=True)\nwhile True: pass"
            other = (
                stack.enter_context(  # in a session of its own, because Linux may share the processor among sessions
                    subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE, start_new_session=True)
                )
            )
            stack.callback(other.kill)
            assert other.stdout is not None
            other.stdout.readline()
        assert jail.ask("work", 0.6, seconds=1.0) > 1.0, "the machine was not as busy as this test wants it"
        with pytest.raises(TimedOut):
            jail.ask("deafen", seconds=0.1)
        with pytest.raises(TimedOut):
            jail.ask("sleep", 60, seconds=0.3)


@pytest.mark.parametrize("way", ["leave", "crash"])
def test_a_session_that_exits_is_reported_as_ended_and_the_next_test_runs(jail: Submission, way: str) -> None:
    with pytest.raises(Ended):
        jail.ask(way, *([3] if way == "leave" else []))
    assert jail.ask("fine") == "fine"


def test_a_warm_process_that_is_killed_is_replaced(jail: Submission) -> None:
    jail.survives("kill_parent", seconds=2.0)
    assert jail.ask("fine") == "fine"


def test_a_warm_process_that_is_stopped_is_replaced(jail: Submission, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.sandbox.jail.REAP_SECONDS", 0.3)
    jail.survives("stop_parent", seconds=2.0)
    assert jail.ask("fine") == "fine"


@pytest.mark.parametrize("level", [2, 1])
def test_a_session_ends_when_its_warm_process_is_killed(standing: dict[int, Submission], level: int) -> None:
    """At level 3 the PID namespace does this. Below it, the processes of a submission would otherwise stay on the machine."""
    with standing[level].session(seconds=5.0) as session:
        *_, number = session.processes()
        watched = os.pidfd_open(number)
        with pytest.raises(Ended):
            session.kill_parent_and_stay()
    ended, _, _ = select.select([watched], [], [], 10)
    os.close(watched)
    assert ended
    assert standing[level].ask("fine") == "fine"


def test_each_session_is_a_separate_process(jail: Submission) -> None:
    first, second = jail.ask("processes"), jail.ask("processes")
    assert first[1] == second[1], "the import is done once"
    assert first[2] != second[2]


# ---- imports


def test_an_import_that_raises_is_reported_to_the_test_that_uses_the_module(tmp_path: Path) -> None:
    with submitted(tmp_path, "raise ValueError('at import')\n") as jail:
        assert jail.host.import_fault is None
        with pytest.raises(ValueError, match="at import") as caught:
            jail.ask("fine")
        assert isinstance(caught.value, RemoteError)
        assert "tinytorch/trial.py" in caught.value.remote_traceback


def test_a_syntax_error_is_reported_to_the_test_that_uses_the_module(tmp_path: Path) -> None:
    with submitted(tmp_path, "def f(:\n") as jail, pytest.raises(SyntaxError):
        jail.ask("fine")


@pytest.mark.parametrize("text", ["raise SystemExit(0)", "import sys; sys.exit('bye')"])
def test_sys_exit_during_import_is_an_ordinary_exception(tmp_path: Path, text: str) -> None:
    with submitted(tmp_path, text) as jail:
        assert jail.host.import_fault is None
        with pytest.raises(RemoteError) as caught:
            jail.ask("fine")
        assert caught.value.remote_type == "SystemExit"


def test_an_import_that_ends_the_process_is_named(tmp_path: Path) -> None:
    extra = {"tinytorch/good.py": ""}
    with submitted(tmp_path, "import os; os._exit(0)", imports=("tinytorch.good", MODULE), extra=extra) as jail:
        assert jail.host.import_fault == "importing tinytorch/trial.py ended the process"


def test_an_import_that_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "IMPORT_SECONDS", 0.4)
    with submitted(tmp_path, "while True: pass") as jail:
        assert jail.host.import_fault == "importing tinytorch/trial.py did not end within 0.4 seconds"


def test_a_submission_that_ends_its_warm_process_between_tests_is_at_fault_and_not_the_machine(tmp_path: Path) -> None:
    folder = tmp_path / "submission"
    with submitted(folder, "import os\ndef fine(): return 'fine'\ndef die(): os.kill(os.getppid(), 9)\n") as jail:
        jail.survives("die")
        (folder / "tinytorch/trial.py").write_text("import os; os._exit(0)")  # imitates an import that fails at random
        with pytest.raises(Ended, match="ended the process"):
            jail.ask("fine")


# ---- limits

LIMITS = [
    ("memory", "take_memory", (1000,), "MemoryError"),
    ("open files", "open_files", (60,), "EMFILE"),
    ("file size", "write_file", ("{tmp}/big", 3), "EFBIG"),
]


@pytest.mark.parametrize("level", [3, 2, 1])
@pytest.mark.parametrize(("name", "function", "arguments", "error"), LIMITS, ids=[limit[0] for limit in LIMITS])
def test_a_limit_stops_the_process_that_exceeds_it(
    standing: dict[int, Submission], level: int, name: str, function: str, arguments: tuple[Any, ...], error: str
) -> None:
    jail = standing[level]
    tmp = jail.ask("environment")["TMPDIR"]
    arguments = tuple(a.replace("{tmp}", tmp) if isinstance(a, str) else a for a in arguments)
    assert jail.ask(function, *arguments) == error
    assert jail.ask("fine") == "fine"


def test_the_number_of_threads_is_limited(jail: Submission) -> None:
    assert jail.ask("start_threads", 3) == "done"
    assert jail.ask("start_threads", 30) == "RuntimeError"
    assert jail.ask("fine") == "fine"


def test_processor_time_is_limited_besides_the_time_of_a_check(tmp_path: Path) -> None:
    source = "def spin():\n    while True: pass\n"
    with submitted(tmp_path, source, limits=Limits(cpu_seconds=1)) as jail, pytest.raises(Ended):
        jail.ask("spin", seconds=10)


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_the_temporary_folders_are_writable_and_limited_in_size(tmp_path: Path, folder: str) -> None:
    with submitted(tmp_path, SOURCE, limits=SMALL) as jail:
        written = jail.ask("fill", folder, 6)
    assert written[:3] == ["done"] * 3
    assert written[-1] == "ENOSPC"


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_files_of_one_session_are_removed_before_the_next(jail: Submission, folder: str) -> None:
    jail.ask("write", f"{folder}/kept")
    assert jail.ask("read", f"{folder}/kept") == "ENOENT"


@pytest.mark.parametrize("function", ["shared_segment", "memfds"])
def test_a_submission_cannot_get_memory_that_no_limit_counts(jail: Submission, function: str) -> None:
    assert jail.ask(function, *([2] if function == "memfds" else [])) in ("EPERM", "ENOSYS")


# ---- inside the jail, level 3


def test_the_jail_has_no_network_except_its_own_loopback(jail: Submission) -> None:
    devices = jail.seen_from_outside("net/dev").splitlines()[2:]
    assert [line.partition(":")[0].strip() for line in devices] == ["lo"]


def test_the_jail_has_no_environment_except_its_own(
    jail: Submission, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_SECRET", "do-not-tell")
    with submitted(tmp_path, SOURCE) as fresh:
        found = fresh.ask("environment")
    assert "do-not-tell" not in str(found)
    assert set(found) <= {"PATH", "LANG", "TMPDIR", "HOME", "PWD", "LC_CTYPE"} | {
        f"{n}_NUM_THREADS" for n in ("OMP", "MKL", "OPENBLAS")
    }
    assert found["HOME"] == found["TMPDIR"] == "/tmp"


def test_the_jail_sees_only_its_own_processes(jail: Submission) -> None:
    seen, warm, session = jail.ask("processes")
    assert seen == [1, warm, session]


def test_a_session_holds_no_descriptors_except_its_streams_and_its_socket(jail: Submission) -> None:
    assert len(jail.ask("descriptors")) == 4


def test_the_jails_user_owns_nothing_and_has_no_capabilities(jail: Submission) -> None:
    real, effective, groups, name = jail.ask("identity")
    assert real == effective != 0
    assert set(groups) <= {65534}
    assert name == "jail"
    status = jail.status()
    assert [int(status[f"Cap{kind}"], 16) for kind in ("Prm", "Eff", "Amb")] == [0, 0, 0]
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert len(set(status["Uid"].split())) == 1


@pytest.mark.parametrize(
    "path",
    ["/submission/tinytorch/trial.py", "/submission/new", "/code/new", "/new", "/usr/lib/new", "/etc/new", "/dev/new"],
)
def test_only_the_temporary_folders_of_the_jail_can_be_written(jail: Submission, path: str) -> None:
    assert jail.ask("write", path) in ("EROFS", "EACCES")


@pytest.mark.parametrize(
    "path",
    ["/bin/sh", "/usr/bin/env", "/etc/passwd", "/home", "/sys", "/run", "/var", "/boot", str(PROJECT / "course.yaml")],
)
def test_the_machines_own_files_are_not_in_the_jail(jail: Submission, path: str) -> None:
    assert jail.ask("read", path) == "ENOENT"


def test_neither_grader_nor_solutions_are_in_the_jail(jail: Submission) -> None:
    assert jail.ask("listdir", "/code/grader")[1] == ["sandbox"]
    assert jail.ask("listdir", "/code/grader/sandbox")[1] == ["inside"]
    assert (
        jail.ask(
            "find", "tinytorch_ref", "solutions", "course.yaml", "handout.md", "audit.json", "assignments", seconds=60
        )
        == []
    )


def test_the_jail_has_no_package_except_numpy(jail: Submission) -> None:
    found = jail.ask("find", "pip", "scipy", "pytest", "tinytorch_ref", seconds=60)
    of_this_python = re.compile(rf"/python3(\.{sys.version_info.minor})?/(site|dist)-packages/")
    assert [path for path in found if of_this_python.search(path)] == []


def test_paths_of_the_graders_machine_cannot_be_seen(jail: Submission) -> None:
    assert jail.ask("listdir", "/proc") == ("done", [])  # command lines and mounts would name these paths


# ---- what each level stops

STOPS = {
    # what a submission tries, and whether levels 3, 2 and 1 stop it; None if level 1 would let it harm this machine
    "open a socket": (True, True, False),
    "open a packet socket": (True, True, False),
    "start a program": (True, True, False),
    "start a shell": (True, True, False),
    "fork": (True, True, False),
    "raise a limit": (True, None, None),
    "become root": (True, None, None),
    "unshare": (True, True, None),
    "mount": (True, True, None),
    "trace the parent": (True, True, None),
    "change the host's name": (True, True, None),
    "write to the package": (True, True, None),
    "write to the temporary folder": (False, False, False),
    "start a thread": (False, False, False),
}
CASES = [
    (what, level, row[3 - level]) for what, row in STOPS.items() for level in (3, 2, 1) if row[3 - level] is not None
]


@pytest.mark.parametrize(("what", "level", "stops"), CASES)
def test_each_level_stops_what_the_table_says(
    standing: dict[int, Submission], what: str, level: int, stops: bool
) -> None:
    try:
        outcome = standing[level].ask("tries", what)
    except Ended:
        outcome = "done"  # another program has replaced the session
    assert (outcome != "done") == stops
    assert standing[level].ask("fine") == "fine"


@pytest.mark.parametrize("level", [3, 2, 1])
def test_an_endless_loop_ends_at_every_level(standing: dict[int, Submission], level: int) -> None:
    with pytest.raises(TimedOut):
        standing[level].ask("deafen", seconds=0.3)
    assert standing[level].ask("fine") == "fine"


@pytest.mark.parametrize(("level", "seen"), [(3, False), (2, True), (1, True)])
def test_only_level_3_hides_the_machines_other_processes(
    standing: dict[int, Submission], level: int, seen: bool
) -> None:
    """Seeing the grader's process number means seeing any process.

    At level 3 the same number belongs to a process of the jail, or to none.
    """
    own_number = os.getpid() in standing[level].ask("processes", os.getpid())[0]
    assert own_number == seen


def test_at_level_3_no_process_outside_can_be_signalled(jail: Submission) -> None:
    with subprocess.Popen(["sleep", "60"]) as outside:
        try:
            assert jail.ask("signal_to", outside.pid) == "ESRCH"
        finally:
            outside.kill()


@pytest.mark.parametrize("level", [3, 2, 1])
def test_when_memory_runs_out_the_kernel_ends_the_submission_first(standing: dict[int, Submission], level: int) -> None:
    assert standing[level].seen_from_outside("oom_score_adj") == "1000\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a spare user to become")
def test_two_grading_processes_never_share_a_spare_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel counts a user's processes together, so one submission could use up another's limit."""
    uids = []
    for pid in (5_000, 9_000):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        uids += [levels.spare_uid(), levels.spare_uid()]
    first, first_again, second, _ = uids
    if first is not None and first < 65_536:
        pytest.skip("this container maps only the ids below 65,536, which are too few for that")
    assert first == first_again != second


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[list[Path]]:
    """Write files with a secret, readable by everybody, to places where a grader's machine has some."""
    names = [Path("/tmp"), Path.home(), PROJECT / "tests" / "sandbox", tmp_path]
    files = [folder / f"planted-secret-{os.getpid()}" for folder in names]
    for file in files:
        file.write_text("planted secret")
        file.chmod(0o644)
    yield files
    for file in files:
        file.unlink()


@pytest.mark.parametrize("level", [3, 2])
def test_files_outside_the_package_cannot_be_read(
    standing: dict[int, Submission], level: int, planted: list[Path]
) -> None:
    with standing[level].session() as session:
        assert [session.read(str(file)) for file in planted] == [{3: "ENOENT", 2: "EACCES"}[level]] * len(planted)


def test_level_1_does_not_stop_reading_files_that_everybody_may_read(
    standing: dict[int, Submission], planted: list[Path]
) -> None:
    """For this reason level 1 never counts for grades: a suite is such a file."""
    assert standing[1].ask("read", str(planted[0])) == "planted secret"


def test_level_2_reports_landlock_and_seccomp(standing: dict[int, Submission]) -> None:
    status = standing[2].status()
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    assert int(status["Seccomp_filters"]) >= 2, "one for the jail, one more for each session"


def test_level_1_reports_only_limits(standing: dict[int, Submission]) -> None:
    assert levels.NAMES[standing[1].level] == "rlimits and a time limit"
    (ours,) = [
        line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Seccomp:")
    ]
    assert standing[1].status()["Seccomp"] == ours


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a spare user to become")
@pytest.mark.parametrize("level", [3, 2, 1])
def test_a_submission_runs_as_root_only_if_the_record_says_so(standing: dict[int, Submission], level: int) -> None:
    """Below level 3, if the interpreter is closed to every other user, the worker cannot change its user."""
    said = any("ran as root" in note for note in levels.shortcomings(level))
    assert said == (level < 3 and levels.interpreter().unreachable is not None)
    assert (standing[level].ask("identity")[0] == 0) == said


# ---- which level is reached


def test_without_bubblewrap_the_next_level_is_used_and_the_reason_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Host(package(tmp_path / "p", SOURCE), None) as host:
        reached = host.begin([MODULE], 0)
        assert reached.level == 2
        assert reached.name == "Landlock + seccomp + rlimits"
        assert reached.notes[0].startswith("bubblewrap is not installed")
        connection = host.connect(5)
        host.disconnect(connection)


def test_without_bubblewrap_level_3_is_refused_with_the_way_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Host(package(tmp_path / "p", SOURCE), None) as host, pytest.raises(JailError) as caught:
        host.begin([MODULE], 3)
    for words in (
        "does not confine submissions at level 3",
        "bubblewrap is not installed",
        "apt-get install -y bubblewrap",
    ):
        assert words in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_a_file_that_the_jails_user_cannot_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = shutil.copytree(jail_module.INSIDE, tmp_path / "inside")
    (inside / "session.py").chmod(0o600)
    monkeypatch.setattr(jail_module, "INSIDE", inside)
    with Host(package(tmp_path / "p", SOURCE), None) as host, pytest.raises(JailError) as caught:
        host.begin([MODULE], 3)
    assert "session.py is closed to other users" in str(caught.value)
    assert "chmod -R go+rX" in str(caught.value)


def test_the_message_of_a_failing_bubblewrap_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin" / "bwrap"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:/usr/bin:/bin")
    with Host(package(tmp_path / "p", SOURCE), None) as host:
        reached = host.begin([MODULE], 2)
    assert reached.level == 2
    why = "level 3 (bubblewrap + seccomp + rlimits) did not start: bwrap: setting up uid map: Permission denied"
    assert reached.notes[0] == why


def test_no_level_below_the_required_one_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    jail = host_module.Jail

    def refusing(*args: Any, level: int, **options: Any) -> Any:
        started.append(level)
        if level > 1:
            raise JailError(f"no level {level}")
        return jail(*args, level=level, **options)

    monkeypatch.setattr(host_module, "Jail", refusing)
    with (
        Host(package(tmp_path / "p", SOURCE), None) as host,
        pytest.raises(JailError, match="at level 2, which is asked for"),
    ):
        host.begin([MODULE], 2)
    assert started == [3, 2]


def test_a_jail_that_the_machine_cannot_replace_is_the_machines_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise JailError("no more processes on this machine")

    with submitted(tmp_path / "p", SOURCE) as jail:
        jail.survives("kill_parent")
        monkeypatch.setattr(host_module, "Jail", refuse)
        with pytest.raises(JailError, match="no more processes"):
            jail.ask("fine")


def test_a_closed_host_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir(mode=0o755)
    monkeypatch.setenv("TMPDIR", str(scratch))
    before = set(os.listdir("/proc/self/fd"))
    for level in (3, 2, 1):
        with submitted(tmp_path / str(level), SOURCE, level=level) as jail:
            assert jail.ask("fine") == "fine"
            process = jail.host._jail._process  # type: ignore[union-attr]
        assert process.poll() is not None
    assert os.listdir(scratch) == []
    assert set(os.listdir("/proc/self/fd")) == before


# ---- as an ordinary user

AS_NOBODY = """
import sys, tempfile
from pathlib import Path
from grader.sandbox.faults import JailError
from grader.sandbox.host import Host
from tests.sandbox.jailed import MODULE, Submission, package
from tests.sandbox.test_host import SOURCE

required = int(sys.argv[1])
with tempfile.TemporaryDirectory() as folder, Host(package(Path(folder) / "p", SOURCE), None) as host:
    try:
        reached = host.begin([MODULE], required)
    except JailError as error:
        print("JailError:", error)
        sys.exit()
    jail = Submission(host, reached.level)
    status = jail.status()
    print("level", reached.level, jail.ask("fine"), "uid", status["Uid"].split()[0], "caps", status["CapEff"], status["CapBnd"])
    print("sockets", jail.ask("tries", "open a socket"), "fork", jail.ask("tries", "fork"))
    print("userns", jail.ask("tries", "unshare"), "processes", len(jail.ask("processes")[0]))
    print("parent memory", jail.ask("tries", "write to the parent's memory"))
    print("written", *[jail.ask("write", f"/{folder}/new") for folder in ("dev", "code", "submission", "etc")])
    print(*reached.notes, sep="\\n")
"""
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
USER_NAMESPACES_REFUSED = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--proc", "/proc"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every user may enter and write to, because pytest's own folders are closed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def as_nobody(home: Path, required: int, wrapper: list[str]) -> str:
    """Run AS_NOBODY with a Python that nobody may enter, and return its output."""
    packages = next(p for p in sys.path if p.endswith("site-packages"))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = next(
        (
            p
            for p in (sys.executable, shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin"))
            if p and open_to_all(Path(p))
        ),
        None,
    )
    if os.geteuid() != 0:
        pytest.skip("becoming nobody takes root")
    if python is None or not open_to_all(PROJECT) or not open_to_all(Path(packages)):
        pytest.skip(f"nobody may not enter a Python {version}, the project or its packages on this machine")
    if not all(shutil.which(program) for program in ("setpriv", "bwrap")):
        pytest.skip("setpriv or bwrap is not installed")
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{PROJECT}:{packages}",
        "HOME": str(home),
        "TMPDIR": str(home),
    }
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    command = [*NOBODY, *wrapper, python, "-c", textwrap.dedent(AS_NOBODY), str(required)]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def open_to_all(path: Path) -> bool:
    real = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (real, *real.parents))


def test_an_ordinary_user_reaches_level_3(open_folder: Path) -> None:
    said = as_nobody(open_folder, 3, [])
    assert "level 3 fine uid 65534 caps 0000000000000000 0000000000000000" in said
    assert "sockets EPERM fork EPERM" in said
    assert "userns EPERM processes 3" in said


def test_an_ordinary_users_session_cannot_write_to_the_process_it_was_forked_from(open_folder: Path) -> None:
    assert "parent memory done" not in as_nobody(open_folder, 3, [])


def test_an_ordinary_users_session_can_write_only_to_the_temporary_folders(open_folder: Path) -> None:
    """In a user namespace bubblewrap's own folders belong to the submission, so /dev would be memory without a limit."""
    assert "written EROFS EROFS EROFS EROFS" in as_nobody(open_folder, 3, [])


def test_without_user_namespaces_level_2_is_used_and_the_reason_is_recorded(open_folder: Path) -> None:
    said = as_nobody(open_folder, 0, USER_NAMESPACES_REFUSED)
    assert "level 2 fine uid 65534" in said
    assert "sockets EPERM fork EPERM" in said
    assert "level 3 (bubblewrap + seccomp + rlimits) did not start: bwrap:" in said


def test_without_user_namespaces_level_3_fails_with_the_way_to_mend_it(open_folder: Path) -> None:
    said = as_nobody(open_folder, 3, USER_NAMESPACES_REFUSED)
    assert said.startswith("JailError: this machine does not confine submissions at level 3")
    assert "AppArmor" in said
