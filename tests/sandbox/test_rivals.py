"""Test that a busy neighbour costs no points, and that a submission cannot turn failures into errors by making itself wait.

The full matrix is `python -m tests.security.rivals`; here one processor stands for a loaded machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from grader.sandbox import grouping, scheduling
from grader.sandbox import host as host_module
from grader.sandbox.faults import KeptWaiting, TimedOut, TooBusy
from grader.sandbox.levels import Limits

from .jailed import submitted

RIVALS = {
    "busy processes": "import os\nfor _ in range(2): os.fork()\nprint(flush=True)\nwhile True: pass",
    "busy threads": (
        "import hashlib, threading\ndef work():\n    while True: hashlib.pbkdf2_hmac('sha256', b'', b'', 200_000)\n"
        "for _ in range(4): threading.Thread(target=work).start()\nprint(flush=True)"
    ),
    "forks without end": (
        "import os\nprint(flush=True)\nwhile True:\n    if os.fork() == 0:\n        for _ in range(20_000): pass\n"
        "        os._exit(0)\n    os.wait()"
    ),
}
WORK = "import time\nwhile time.process_time() < {seconds}: pass\ndef fine(): return 'fine'\n"


@pytest.fixture
def on_one_processor() -> Iterator[Callable[[str], None]]:
    """Put this test's processes on one processor. Yield a function that starts a rival there and waits until it runs."""
    ours = os.sched_getaffinity(0)
    with ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, ours)
        os.sched_setaffinity(0, {min(ours)})

        def start(code: str) -> None:
            for _ in range(3):
                rival = stack.enter_context(
                    subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
                )
                stack.callback(os.killpg, rival.pid, 9)
                assert rival.stdout is not None
                rival.stdout.readline()

        yield start


@pytest.mark.parametrize("rival", RIVALS)
def test_an_import_is_not_late_because_of_a_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_one_processor: Callable[[str], None], rival: str
) -> None:
    """The import needs 0.5 of 0.7 seconds, and takes about four times as long by the clock."""
    monkeypatch.setattr(host_module, "IMPORT_SECONDS", 0.7)
    on_one_processor(RIVALS[rival])
    with submitted(tmp_path, WORK.format(seconds=0.5)) as jail:
        assert jail.host.import_fault is None
        assert jail.ask("fine") == "fine"


HUNGRY = {
    "busy threads": "[threading.Thread(target=spin, daemon=True).start() for _ in range(20)]",
    "busy processes": "[spin() for _ in range(20) if os.fork() == 0]",
    "processes that come and go": "threading.Thread(target=churn, daemon=True).start()",
    "orphans": "[orphan() for _ in range(10)]",
}
KEEPS_ITSELF_WAITING = """
import os, signal, sys, threading, time
sys.setswitchinterval(1e-4)
try: signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that nobody waits for: their time would be counted nowhere
except (OSError, ValueError): pass
def spin():
    while True: pass
def orphan():
    if os.fork() == 0:
        if os.fork() == 0: spin()
        os._exit(0)
def churn():
    while True:
        if os.fork() == 0:
            for _ in range(30_000): pass
            os._exit(0)
        try: os.waitpid(-1, os.WNOHANG)
        except OSError: pass
{start}
spin()
"""


@pytest.mark.parametrize(("way", "beside_a_rival"), [*((way, False) for way in HUNGRY), ("busy threads", True)])
def test_an_import_that_makes_itself_wait_fails_and_is_not_an_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    on_one_processor: Callable[[str], None],
    way: str,
    beside_a_rival: bool,
) -> None:
    monkeypatch.setattr(host_module, "IMPORT_SECONDS", 0.5)
    if beside_a_rival:
        on_one_processor("print(flush=True)\nwhile True: pass")
    with submitted(tmp_path, KEEPS_ITSELF_WAITING.format(start=HUNGRY[way])) as jail:
        assert jail.host.import_fault == "importing tinytorch/trial.py did not end within 0.5 seconds"


def test_a_check_that_makes_itself_wait_fails_and_is_not_an_error(
    tmp_path: Path, on_one_processor: Callable[[str], None]
) -> None:
    on_one_processor("print(flush=True)\nwhile True: pass")
    code = "import threading\ndef spin(*_):\n    while True: pass\ndef hungry():\n    " + HUNGRY["busy threads"]
    with submitted(tmp_path, code + "\n    spin()\n", limits=Limits(processes=40)) as jail, pytest.raises(TimedOut):
        jail.ask("hungry", seconds=0.4)


def test_a_step_that_the_machine_never_ran_is_an_error_and_not_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_one_processor: Callable[[str], None]
) -> None:
    monkeypatch.setattr(scheduling, "TOO_LONG", 1.2)
    monkeypatch.setattr(scheduling, "AT_LEAST", 0.0)
    on_one_processor("print(flush=True)\nwhile True: pass")
    with submitted(tmp_path, WORK.format(seconds=0) + "def work():\n    while True: pass\n") as jail:
        with pytest.raises(KeptWaiting, match="too busy with others"):
            jail.ask("work", seconds=0.5)
        assert jail.ask("fine") == "fine"
    monkeypatch.setattr(host_module, "IMPORT_SECONDS", 0.4)
    with pytest.raises(TooBusy, match=r"importing tinytorch/trial\.py"), submitted(tmp_path, "while True: pass"):
        pass


# ---- one scheduling group

GROUPED = """
import ctypes, errno, os, threading, time
LIBC = ctypes.CDLL(None, use_errno=True)
def result(value): return "done" if value >= 0 else errno.errorcode[ctypes.get_errno()]
def attempt(action):
    try: action()
    except OSError as error: return errno.errorcode[error.errno]
    return "done"
def tries():
    parameters = os.sched_param(0)
    return {
        "setsid": attempt(os.setsid),
        "setpgid": attempt(lambda: os.setpgid(0, 0)),
        "nice": attempt(lambda: os.nice(1)),
        "setpriority": attempt(lambda: os.setpriority(os.PRIO_PROCESS, 0, 5)),
        "sched_setaffinity": attempt(lambda: os.sched_setaffinity(0, {0})),
        "sched_setscheduler": attempt(lambda: os.sched_setscheduler(0, os.SCHED_IDLE, parameters)),
        "sched_setparam": attempt(lambda: os.sched_setparam(0, parameters)),
        "ioprio_set": result(LIBC.syscall(IOPRIO_SET, 1, 0, 3 << 13)),
        "sched_setattr": result(LIBC.syscall(SCHED_SETATTR, 0, ctypes.create_string_buffer(48), 0)),
        "core scheduling": result(LIBC.prctl(62, 1, 0, 1, 0)),
    }
at_import = tries()
def from_import(): return at_import
def session(): return os.getsid(0)
"""


def numbered(code: str) -> str:
    """Replace names of system calls by the numbers of this architecture."""
    import pyseccomp as sc

    for name in ("ioprio_set", "sched_setattr"):
        code = code.replace(name.upper(), str(sc.resolve_syscall(sc.system_arch(), name)))
    return code


@pytest.mark.parametrize("level", [3, 2])
def test_a_submission_stays_in_one_session_with_one_priority(tmp_path: Path, level: int) -> None:
    with submitted(tmp_path, numbered(GROUPED), level=level) as jail:
        for tried in (jail.ask("from_import"), jail.ask("tries")):
            assert set(tried.values()) == {"EPERM"}, tried
        assert jail.ask("session") == jail.ask("session")


def test_a_submissions_processes_are_in_their_own_group_if_one_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "_sessions_share", lambda *_: False)
    group = grouping.Group.make()
    if group is None:
        pytest.skip("this user may make no cgroup here")
    group.remove()
    with submitted(tmp_path, WORK.format(seconds=0)) as jail:
        folder = jail.host._group.folder  # type: ignore[union-attr]
        assert f"/{folder.name}\n" in jail.seen_from_outside("cgroup")
        jail.survives("no_such_name")
    assert not folder.exists()


def test_a_group_left_by_a_killed_grader_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_sessions_share", lambda *_: False)
    group = grouping.Group.make()
    if group is None:
        pytest.skip("this user may make no cgroup here")
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = group.folder.with_name(f"{grouping.PREFIX}{ended.pid}-left")
    left.mkdir()
    other = grouping.Group.make()
    assert other is not None
    assert not left.exists()
    assert group.folder.exists()
    for one in (group, other):
        one.remove()


def test_a_submission_is_graded_even_if_no_group_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    monkeypatch.setattr(grouping, "_sessions_share", lambda *_: False)
    monkeypatch.setattr(grouping, "_places", lambda: iter([(closed, False), (closed, True)]))
    with submitted(tmp_path / "submission", WORK.format(seconds=0)) as jail:
        assert jail.host._group is None
        assert jail.ask("fine") == "fine"
