"""Measure what a hidden check can leave behind for the next push, in what the machine remembers about shared files.

`python -m tests.security.channel` from the project's folder. A "hidden phase" in one jail writes random bits into the state
of the files that all jails share: for each bit it touches, or does not touch, one cold place. After that jail has ended, a
"public phase" in another jail reads the bits back by timing the same places. There are three kinds of place: pages of files,
names that do not exist, and names that do. The experiment runs twice: with the library in memory, as a jail gets it, and with
a library on a disk. The library on a disk is dropped from memory before each push (only root can do that), and then the
grader reads it ahead, or does not. One push can carry to the next the capacity of a binary symmetric channel with the
measured errors, times the number of places. The figures go to docs/audit/channel.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import random
import shlex
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from grader.files import write_atomic
from grader.sandbox import jail as jail_module
from grader.sandbox import library as library_module
from grader.sandbox.library import library
from tests.sandbox.jailed import submitted

ROOT = Path(__file__).parents[2]
SOURCE = '''
import ctypes, mmap, os, time

def places(kind, count, seed):
    """The same in each push: so many pages of the largest files, or names in many folders."""
    paths = [f"{f}/{n}" for top in ("/usr/lib", "/code/numpy.libs") for f, _, names in os.walk(top) for n in names if ".so" in n]
    files = sorted((os.path.getsize(path), path) for path in paths)
    if kind == "pages":
        found = [(path, at) for size, path in files for at in range(1 << 17, size - 4096, 1 << 18)]  # apart: beyond readahead
    else:
        folders = sorted(f for f, _, _ in os.walk("/code/numpy"))
        found = [(f"{folders[n % len(folders)]}/{seed}-{n}.py", 0) for n in range(count)]
    return found[:count]

def touch(kind, path, at):
    began = time.perf_counter_ns()
    if kind == "pages":
        descriptor = os.open(path, os.O_RDONLY)
        began = time.perf_counter_ns()
        os.pread(descriptor, 1, at)
        taken = time.perf_counter_ns() - began
        os.close(descriptor)
        return taken
    try: os.stat(path)
    except OSError: pass
    return time.perf_counter_ns() - began

def hide(kind, bits, seed):
    for bit, (path, at) in zip(bits, places(kind, len(bits), seed)):
        if bit: touch(kind, path, at)
    return len(places(kind, len(bits), seed))

def find(kind, count, seed):
    found = places(kind, count, seed)
    for path, at in found:
        if kind != "pages": touch(kind, os.path.dirname(path), 0)  # the way there is not what is measured
    return [touch(kind, path, at) for path, at in found]
'''
KINDS = ("pages", "names that do not exist")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bits", type=int, default=128, help="places in one push")
    options.add_argument("--pushes", type=int, default=6)
    options.add_argument("--result", type=Path, default=ROOT / "docs" / "audit" / "channel.json")
    chosen = options.parse_args()
    rows = [
        measured(name, setting, kind, chosen.bits, chosen.pushes)
        for name, setting in SETTINGS.items()
        for kind in KINDS
    ]
    found = {
        "command": shlex.join(["python", "-m", "tests.security.channel", *sys.argv[1:]]),
        "machine": {"kernel": platform.release(), "python": platform.python_version(), "cores": os.cpu_count()},
        "files_shared": sum(path.is_file() for path in library().rglob("*")),
        "rows": rows,
    }
    write_atomic(chosen.result, json.dumps(found, indent=1) + "\n")
    return 0


def measured(name: str, setting: Setting, kind: str, count: int, pushes: int) -> dict[str, Any]:
    """Return the bits from one push to the next. Half of the pushes teach the reader its threshold, the others are read."""
    taught: list[tuple[int, int]] = []
    right = wrong = 0
    for push in range(pushes):
        bits = [random.getrandbits(1) for _ in range(count)]
        seed = os.urandom(4).hex()  # a new name for each push, because a name that was looked for once stays known
        with setting() as forget:
            forget()
            with in_jail() as (ask, _):
                places = ask("hide", kind, bits, seed)
            with in_jail() as (ask, _):
                times = ask("find", kind, count, seed)
        pairs = list(zip(times, bits[:places], strict=True))
        if push < pushes // 2:
            taught += pairs
            continue
        threshold, below = learned(taught)
        guesses = [(below if time <= threshold else 1 - below) for time, _ in pairs]
        right += sum(guess == bit for guess, (_, bit) in zip(guesses, pairs, strict=True))
        wrong += sum(guess != bit for guess, (_, bit) in zip(guesses, pairs, strict=True))
    errors = wrong / (right + wrong)
    medians = {str(bit): statistics.median([t for t, b in taught if b == bit]) for bit in (0, 1)}
    low, high = interval(wrong, right + wrong)
    row = {
        "library": name,
        "places": kind,
        "tried": right + wrong,
        "wrong": wrong,
        "nanoseconds_by_bit": medians,
        "bits_per_place": round(capacity(errors), 4),
        # the worst case that the measurement allows: the end of the interval (95 %) that is further from one half
        "bits_per_place_at_most": round(max(capacity(low), capacity(high)), 4),
        "bits_per_push_with_these_places": round(capacity(errors) * count, 1),
    }
    print(row, flush=True)
    return row


def learned(taught: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the threshold, and the meaning of a time below it, that are right most often."""
    candidates = sorted({time for time, _ in taught})
    return max(
        ((time, below) for time in candidates[:: max(1, len(candidates) // 200)] for below in (0, 1)),
        key=lambda rule: sum((bit == rule[1]) == (time <= rule[0]) for time, bit in taught),
    )


def capacity(errors: float) -> float:
    """Return the capacity of a binary symmetric channel, in bits."""
    if errors in (0.0, 1.0):
        return 1.0
    return 1 + errors * math.log2(errors) + (1 - errors) * math.log2(1 - errors)


def interval(wrong: int, tried: int) -> tuple[float, float]:
    """Return Wilson's interval at 95 %."""
    z, part = 1.96, wrong / tried
    middle, width = part + z * z / (2 * tried), z * math.sqrt(part * (1 - part) / tried + z * z / (4 * tried * tried))
    return (middle - width) / (1 + z * z / tried), (middle + width) / (1 + z * z / tried)


@contextlib.contextmanager
def in_jail() -> Iterator[tuple[Callable[..., Any], None]]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with submitted(Path(folder) / "submission", SOURCE) as jail:
            yield lambda name, *arguments: jail.ask(name, *arguments, seconds=60), None


Setting = Callable[[], contextlib.AbstractContextManager[Callable[[], None]]]


@contextlib.contextmanager
def in_memory() -> Iterator[Callable[[], None]]:
    yield lambda: None


@contextlib.contextmanager
def on_disk(read_ahead: bool) -> Iterator[Callable[[], None]]:
    """Put the library on a disk. It is not in memory at first."""
    place = Path(tempfile.gettempdir())
    places, ahead = library_module._places, jail_module.read_ahead
    library_module._places = lambda: iter([place])
    if not read_ahead:
        jail_module.read_ahead = lambda folder: None
    library.cache_clear()
    try:
        yield forget
    finally:
        library_module._places, jail_module.read_ahead = places, ahead
        library.cache_clear()


def forget() -> None:
    """Drop the library, and names that were looked for, from memory."""
    library()
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


SETTINGS: dict[str, Setting] = {"in memory": in_memory}
if os.geteuid() == 0:
    SETTINGS["on a disk, read ahead"] = lambda: on_disk(True)
    SETTINGS["on a disk, not read ahead"] = lambda: on_disk(False)

if __name__ == "__main__":
    sys.exit(main())
