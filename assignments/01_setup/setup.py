"""Run, measure, reproduce: the tools that every later module is checked with.

Three questions come back all term. *What is this machine?* (environment, require) *Is it the same run?*
(seed_everything, generator) *What did it cost?* (Timer, measure, memory_of, predict_memory)

Nothing here needs more than Python and NumPy.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import math
import os
import platform
import random
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

Clock = Callable[[], float]  # seconds; only differences mean anything

# What is this machine?


def usable_cores() -> int:
    """The number of processor cores that this process may use, at least 1.

    A container or a batch queue often allows fewer than the machine has: ask the scheduler where it can be asked.
    """
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def total_memory() -> int:
    """The bytes of physical memory of this machine."""
    if sys.platform == "win32":
        status = ctypes.create_string_buffer(64)  # MEMORYSTATUSEX: its own length first, total memory at byte 8
        struct.pack_into("<I", status, 0, 64)
        ctypes.windll.kernel32.GlobalMemoryStatusEx(status)
        return int(struct.unpack_from("<Q", status, 8)[0])
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def environment() -> dict[str, str | int]:
    """What someone needs to know in order to judge, or repeat, a number that you measured here.

    Returns a dict with exactly these keys:
        "python"        version of the interpreter, str            "3.11.7"
        "numpy"         version of NumPy, str                      "2.4.6"
        "system"        platform.system(), str                     "Linux", "Darwin" or "Windows"
        "machine"       platform.machine(), str                    "x86_64", "arm64", ...
        "cores"         cores this process may use, int            usable_cores() knows
        "memory_bytes"  physical memory in bytes, int              total_memory() knows

    Every value is a plain str or int, so that json.dumps(environment()) works.
    """
    raise NotImplementedError("environment: not written yet. For a hint: make hint FUNCTION=environment")


def installed_version(package: str) -> str | None:
    """The version of `package` that pip has recorded, such as "2.4.6", or None if it is not installed.

    `package` is the name that one gives to pip ("scikit-learn"), which need not be the one in `import` ("sklearn").
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def version_tuple(version: str) -> tuple[int, ...]:
    """Turn a version into numbers that compare as versions do.

    Takes the numbers between the dots, from the left, as long as there are any: a part with something behind its
    digits gives its digits and is the last one; a part that does not begin with a digit gives nothing and ends it.
    Digits are 0 to 9. Zeros at the right end are dropped, because 2 and 2.0.0 are one version. Raises ValueError,
    quoting the text, if its very first character is not a digit.

        "1.10.2" -> (1, 10, 2)        "2.0.0" -> (2,)            "2.1.0+cpu" -> (2, 1)      "0.0" -> ()
        "2.1rc3" -> (2, 1)            "1.26.dev0" -> (1, 26)     "beta", "v1.2", " 1.2", "" -> ValueError
    """
    raise NotImplementedError("version_tuple: not written yet. For a hint: make hint FUNCTION=version_tuple")


def require(package: str, minimum: str) -> str:
    """Make sure that `package` is installed in version `minimum` or later, and return the installed version.

    Raises ImportError otherwise. Its message names the package, says which version was found (or that none was), and
    holds the command to type, letter by letter, quotes included, with this package and this minimum in it:

        python -m pip install "numpy>=1.25"

    Raises ValueError, the one of version_tuple, if the package is there and `minimum` is no version. What pip has
    recorded always is one.

    require("numpy", "1.25") -> "2.4.6"
    """
    raise NotImplementedError("require: not written yet. For a hint: make hint FUNCTION=require")


# Is it the same run?

_generator = np.random.default_rng()  # until it is seeded, every run differs


def generator() -> np.random.Generator:
    """The framework's one source of random numbers. Later modules draw from `generator()` and from nowhere else.

    Call it each time you draw. A name bound once (`rng = generator()` at the top of a file) would still hold the old
    source after the next seed_everything.
    """
    return _generator


def seed_everything(seed: int) -> np.random.Generator:
    """Start all randomness anew from `seed`, and return the new source, as np.random.default_rng makes it.

    Afterwards generator() returns this same object. Python's own `random` and NumPy's old global functions
    (`np.random.rand`, ...), which other people's code may use, start from `seed` as well: each has a function `seed`.

    seed: a Python int (make one of a NumPy integer first). Outside 0 <= seed < 2**32 it is refused with ValueError,
    and then everything stays as it was.
    seed_everything(7).random(2) -> [0.62509547, 0.8972138], every time, in every process.
    """
    raise NotImplementedError("seed_everything: not written yet. For a hint: make hint FUNCTION=seed_everything")


# What did it cost?


class Timer:
    """Measures the seconds that a block takes.

        with Timer() as timer:
            work()
        print(timer.seconds)

    clock: a function without arguments that returns seconds and never goes back. The default is time.perf_counter;
    time.time is no such clock, because it jumps when the computer sets its clock right.
    seconds: float, how long the last block took; 0.0 before there was one. A block that ends in an exception is timed
    too, and its exception goes on to the caller. A Timer may be used again, one block after the other: each block
    starts from zero. A block inside a timed block needs a Timer of its own.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self.seconds = 0.0
        self._started = 0.0

    def __enter__(self) -> Timer:
        """Note the time, and return what `as` is to name."""
        raise NotImplementedError("Timer.__enter__: not written yet. For a hint: make hint FUNCTION=Timer.__enter__")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Set self.seconds. Returning None (or False) lets an exception of the block go on."""
        raise NotImplementedError("Timer.__exit__: not written yet. For a hint: make hint FUNCTION=Timer.__exit__")


@dataclass(frozen=True)
class Measurement:
    """What `measure` found, in seconds. median: the middle run. spread: how far apart the middle half of runs lies."""

    median: float
    spread: float
    repeats: int


def measure(
    fn: Callable[[], Any], repeats: int = 20, *, warmup: int = 1, clock: Clock = time.perf_counter
) -> Measurement:
    """Time `fn()` `repeats` times, each run on its own, after `warmup` runs that do not count.

    median: of the runs' times.  spread: 75th minus 25th percentile, as np.percentile computes them.
    Neither moves much when one run of many is slow because the computer did something else; a mean does.
    Raises ValueError if repeats < 1; warmup is 0 or more. Calls fn exactly warmup + repeats times. How often the clock
    is read is up to you, as long as each time is that of one run of fn and of nothing else.

    Times 2, 1, 9, 3, 2 -> median 2, spread 1 (their mean is 3.4).
    """
    raise NotImplementedError("measure: not written yet. For a hint: make hint FUNCTION=measure")


def memory_of(array: np.ndarray) -> int:
    """The bytes of the array's elements: how many there are times the bytes of one.

    Not the Python object around them (about 100 bytes more), and a view is counted as if its elements were its own:
    for x of 1,000 float32 numbers memory_of(x) -> 4000 and memory_of(x[::2]) -> 2000, though both share one buffer.
    """
    raise NotImplementedError("memory_of: not written yet. For a hint: make hint FUNCTION=memory_of")


def predict_memory(shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    """The bytes that an array of this shape and dtype will have, computed without making one.

    dtype: anything that np.dtype understands. Returns an int, exact however large. A shape with a 0 needs 0 bytes; the
    shape () is one number.

    predict_memory((64, 784)) -> 200704        predict_memory((3,), "float64") -> 24        predict_memory(()) -> 4
    """
    raise NotImplementedError("predict_memory: not written yet. For a hint: make hint FUNCTION=predict_memory")
