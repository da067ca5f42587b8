"""Run one command of the grader as a real process, and cause one fault at a given moment."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grader

from . import tree
from .world import World

CALL = "from grader.cli.app import main; main()"
DISK = ("full", "read-only", "locked")
KILLS = (*tree.ROLES, "everything")
STEP_SECONDS = 150.0


@dataclass(frozen=True)
class Place:
    """Say where the commands run: code (a copy of `grader/`, which nobody edits meanwhile), state and temporary files."""

    world: World
    code: Path
    state: Path
    scratch: Path
    is_mount: bool = False

    def start(self, step: str, log: Path) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "140"}
        environment |= {"TMPDIR": str(self.scratch), "PYTHONPATH": str(self.code), "PYTHONDONTWRITEBYTECODE": "1"}
        with log.open("wb") as out:
            return subprocess.Popen(
                [sys.executable, "-c", CALL, step, "--state", str(self.state)],
                cwd=self.world.checkout,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def copy_of_the_code(folder: Path) -> Path:
    """Copy `grader/` as it is now. A record depends on the version of the code, and people edit the code meanwhile."""
    if not folder.exists():
        source = Path(grader.__file__).parent
        shutil.copytree(source, folder / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def age_drafts_of_git(place: Place) -> None:
    """Make drafts a quarter of an hour old.

    Git does not lock its drafts, so only their age shows that nobody writes there.
    """
    long_ago = time.time() - 900
    for path in (place.state / "forge" / "repos").rglob("*"):
        if path.name.startswith(("tmp_", "fast_import_crash_")) or path.suffix == ".lock":
            os.utime(path, (long_ago, long_ago))


@dataclass
class Hit:
    """Describe the fault for one run of one step, and what happened."""

    step: str
    kind: str
    after: float
    hold: float = STEP_SECONDS  # seconds for which a lock on the gradebook is held
    when: str = "main"  # wait until there is a process of this role
    phase: str = ""
    hit: bool = False
    status: int | None = None
    seconds: float = 0.0
    said: str = ""
    wrong: list[str] = field(default_factory=list)


def undisturbed(place: Place, step: str) -> Hit:
    return disturbed(place, Hit(step, "none", 0.0), random.Random(0))


def disturbed(place: Place, hit: Hit, draw: random.Random) -> Hit:
    """Run a step.

    After `hit.after` seconds do what `hit.kind` says. Wait for the end of the step and of everything it started.
    """
    log = place.world.folder / "step.log"
    before = {process.pid for process in tree.children(os.getpid())}
    began = time.monotonic()
    with _disk(place, hit, draw) as strike:
        process = place.start(hit.step, log)
        at = Whereabouts(hit.step, process.pid)
        try:
            while process.poll() is None:
                now = time.monotonic() - began
                if now > STEP_SECONDS:
                    hit.wrong.append(f"{hit.step} had not ended after {STEP_SECONDS:g} s")
                    for pids in tree.roles(process.pid).values():
                        for pid in pids:
                            tree.kill(pid, process.pid)
                    process.wait()
                elif not hit.hit and hit.kind != "none" and now >= hit.after and tree.roles(process.pid)[hit.when]:
                    hit.phase = at.look()
                    hit.hit = _kill(hit.kind, process.pid, draw) if hit.kind in KILLS else strike()
                    time.sleep(0.002)
                else:
                    at.look()
                    time.sleep(0.01)
        finally:
            process.wait()
    hit.seconds = round(time.monotonic() - began, 3)
    hit.status = process.returncode
    hit.said = log.read_text(encoding="utf-8", errors="replace")[-6000:]
    if rest := tree.left_over(10.0, before):
        hit.wrong.append(f"still running after {hit.step} has ended: {', '.join(rest)}")
    killed = hit.hit and hit.kind in ("main", "everything")
    if (
        "Traceback" in hit.said and not killed
    ):  # a killed process prints nothing, and nobody reads the output of its children
        hit.wrong.append(f"a traceback where a message belongs: {hit.said[-1500:]}")
    if hit.status is not None and hit.status < 0 and not killed:
        hit.wrong.append(f"{hit.step} died of signal {-hit.status}")
    return hit


def _kill(kind: str, main: int, draw: random.Random) -> bool:
    """Kill one process of that role, or all at once. Return False if there is none at this moment."""
    found = tree.roles(main)
    if kind == "everything":
        pids = [pid for role in tree.ROLES for pid in found[role]]
        return sum(tree.kill(pid, main if pid == main else os.getpid()) for pid in pids) > 0
    return bool(found[kind]) and tree.kill(draw.choice(found[kind]), main)


class Whereabouts:
    """Track where a step is, as far as the processes below it have shown."""

    def __init__(self, step: str, main: int) -> None:
        self._step, self._main = step, main
        self._phase = f"{step}: start"

    def look(self) -> str:
        below = tree.children(self._main)
        if self._step == "collect":
            if any(not process.name.startswith("git") for process in below):
                self._phase = "collect: grading"
            elif self._phase == "collect: grading":
                self._phase = "collect: gradebook and reports"
        elif self._step == "publish" and below:
            self._phase = "publish: posting"
        return self._phase


@contextlib.contextmanager
def _disk(place: Place, hit: Hit, draw: random.Random) -> Iterator[object]:
    """Yield a function that makes the disk full or read-only or locks the gradebook. Undo it at the end."""
    ballast = place.state.parent / "ballast"
    held: list[threading.Timer] = []

    def strike() -> bool:
        if hit.kind == "full":
            _fill(ballast, draw.choice((0, 0, 4096, 20_000, 100_000)))
            return True
        if hit.kind == "read-only":
            return _remount(place.state.parent, "ro")
        where = place.state / "gradebook.sqlite"
        book = sqlite3.connect(where, timeout=0.0, isolation_level=None, check_same_thread=False)
        try:
            book.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # the grader holds the lock
            book.close()
            return False
        held.append(threading.Timer(hit.hold, book.close))
        held[0].start()
        return True

    try:
        yield strike
    finally:
        for timer in held:
            timer.cancel()
            timer.function()  # closing twice does no harm
        if hit.kind == "read-only":
            _remount(place.state.parent, "rw")
        ballast.unlink(missing_ok=True)


def _fill(ballast: Path, left: int) -> None:
    """Fill a disk except for so many bytes. A process that writes at the same time may leave less."""
    with ballast.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(1 << 20)):
                pass
        file.truncate(max(0, file.tell() - left))


def _remount(folder: Path, mode: str) -> bool:
    """Return False while a file is open for writing."""
    return not subprocess.run(
        ["mount", "-o", f"remount,{mode}", str(folder)], capture_output=True, check=False
    ).returncode
