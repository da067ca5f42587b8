"""Run one command of the grader as a real process.

The command is killed at a request or at a moment, and run again until it ends by itself.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from .term_world import PROJECT, STAFF_TOKEN, World

CALL = "from grader.cli.app import main; main()"
SECONDS = 1_800.0


@dataclass
class Ran:
    """Hold how a step went: kills that hit, by kind, and the last lines of the command."""

    step: str
    seconds: float = 0.0
    kills: list[str] = field(default_factory=list)
    said: str = ""
    status: int | None = None


def run(world: World, draw: random.Random, *arguments: str, kills: int, requests: int, seconds: float) -> Ran:
    """Run the command. Kill it up to `kills` times (among its first so many requests or seconds), then let it end."""
    ran = Ran(arguments[0])
    began = time.monotonic()
    for _ in range(kills):
        kind = draw.choice(("before a request", "after a request", "before a request", "after a request", "any moment"))
        with _started(world, *arguments) as process:
            if _killed(world, process, kind, draw, requests, seconds):
                ran.kills.append(kind)
    with _started(world, *arguments) as process:
        ran.said = process.communicate(timeout=SECONDS)[0]
        ran.status = process.returncode
    ran.seconds = round(time.monotonic() - began, 1)
    return ran


def _killed(
    world: World, process: subprocess.Popen[str], kind: str, draw: random.Random, requests: int, seconds: float
) -> bool:
    """Return whether the kill came before the command ended."""
    if kind == "any moment":
        try:
            process.communicate(timeout=draw.uniform(0.0, seconds))
        except subprocess.TimeoutExpired:
            return _kill(process)
        return False
    left, lock, struck = draw.randint(1, requests), threading.Lock(), threading.Event()

    def count(_: str) -> None:
        nonlocal left
        with lock:
            left -= 1
            if left == 0 and _kill(process):
                struck.set()

    hook = "on_request" if kind == "before a request" else "on_done"
    setattr(world.fake, hook, count)
    try:
        process.communicate(timeout=SECONDS)
    finally:
        setattr(world.fake, hook, lambda _: None)
    return struck.is_set()


def _kill(process: subprocess.Popen[str]) -> bool:
    with contextlib.suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False


@contextlib.contextmanager
def _started(world: World, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GH_"))}
    environment = {
        **kept,
        "GH_TOKEN": STAFF_TOKEN,
        "GITHUB_API_URL": world.fake.api,
        "TINYTORCH_GITHUB_PACE": "off",  # the fake has its own limits, whose hours are short
        "PYTHONPATH": str(PROJECT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "140",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", CALL, *arguments, "--forge", f"github:{world.fake.hub.org}"],
        cwd=world.checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _kill(process)
        process.communicate()
