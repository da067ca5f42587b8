"""Setup: can I run, measure and reproduce?"""

from __future__ import annotations

import json
import math
import platform
import sys

import numpy as np
import pytest
import setup_helpers

from checks import assert_close, assert_same, check, shown, tried
from tinytorch.setup import (
    Timer,
    environment,
    generator,
    measure,
    memory_of,
    predict_memory,
    require,
    seed_everything,
    version_tuple,
)

DIGITS = "0123456789"


class Stopwatch:
    """A clock in the test's hands: `work()` takes the next of the given durations, otherwise time stands still."""

    def __init__(self, durations: list[float], start: float = 100.0) -> None:
        self.now = start
        self.durations = list(durations)
        self.calls = 0

    def clock(self) -> float:
        return self.now

    def work(self) -> None:
        self.now += self.durations[self.calls]
        self.calls += 1


def drawn_shape(rng: np.random.Generator, ndim: int) -> tuple[int, ...]:
    """Sizes for an array with `ndim` axes."""
    return tuple(int(n) for n in rng.integers(2, 40, size=ndim))


def word(rng: np.random.Generator) -> str:
    """Six letters that nobody knows before."""
    return "".join(chr(ord("a") + n) for n in rng.integers(26, size=6))


def redrawn(rng: np.random.Generator, version: str, numbers: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """The same form of version with new numbers; a 0 stays 0.    "2.0.7rc1", (2, 0, 7) -> "31.0.4rc1", (31, 0, 4)"""
    parts, drawn = version.split("."), []
    for place, number in enumerate(numbers):
        drawn.append(int(rng.integers(1, 100)) if number else 0)
        behind = parts[place].lstrip(DIGITS)
        parts[place] = f"{drawn[-1]}{behind}"
    return ".".join(parts), tuple(drawn)


def assert_seconds(got: float, want: float, what: str) -> None:
    """Compare two times, with room for rounding only."""
    __tracebackhide__ = True
    if not (isinstance(got, (int, float)) and abs(got - want) <= 1e-9):  # this way round, nan is no time either
        raise AssertionError(f"{what}\n  expected: {want:g}\n  got:      {shown(got)}")


def assert_measured(rng: np.random.Generator, **options: int) -> None:
    """Check what measure makes of drawn times, and how often it calls fn. options: its repeats and warmup, or neither."""
    __tracebackhide__ = True
    repeats, warmup = options.get("repeats", 20), options.get("warmup", 1)
    durations = rng.exponential(size=warmup + repeats)
    watch = Stopwatch([float(d) for d in durations], float(rng.uniform(0, 1000)))
    result = measure(watch.work, clock=watch.clock, **options)
    counted = np.sort(durations[warmup:])
    middle = (counted[(repeats - 1) // 2] + counted[repeats // 2]) / 2
    quarter = float(np.quantile(counted, 0.75) - np.quantile(counted, 0.25))
    assert_same(watch.calls, warmup + repeats, what=f"calls of fn for {warmup} warm-ups and {repeats} repeats")
    assert_seconds(result.median, middle, what=f"median of {repeats} runs after {warmup} warm-ups")
    assert_seconds(result.spread, quarter, what=f"spread of {repeats} runs after {warmup} warm-ups")
    assert_same(result.repeats, repeats, what="repeats of the result")


@check("environment() describes this machine", points=1, seconds=2)
def test_environment(rng: np.random.Generator) -> None:
    """The six entries are present, correct and serializable as JSON, and each call looks them up again."""
    facts = environment()
    assert_same(
        sorted(facts),
        ["cores", "machine", "memory_bytes", "numpy", "python", "system"],
        what="the keys of environment()",
    )
    assert_same(facts["python"], platform.python_version(), what='environment()["python"]')
    assert_same(facts["numpy"], np.__version__, what='environment()["numpy"]')
    assert_same(facts["system"], platform.system(), what='environment()["system"]')
    assert_same(facts["machine"], platform.machine(), what='environment()["machine"]')
    for key in ("cores", "memory_bytes"):
        assert type(facts[key]) is int, f'environment()["{key}"] should be an int, got {type(facts[key]).__name__}'
    json.dumps(facts)
    cores, pages = int(rng.integers(1000, 5000)), int(rng.integers(2**18, 2**30))
    other = {"system": word(rng), "machine": word(rng), "cores": cores}
    if sys.platform != "win32":  # where memory is not counted in pages
        other["memory_bytes"] = pages * 4096
    facts = setup_helpers.environment_of(other["system"], other["machine"], cores, pages)
    for key, want in other.items():
        assert_same(facts[key], want, what=f'environment()["{key}"] on a machine made up for this check')


@check("Versions compare as numbers, not as text", points=1, seconds=2)
@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.9", (1, 9)), ("1.10.2", (1, 10, 2)), ("3.11.7", (3, 11, 7)), ("2.0.0", (2,)), ("2.1.0+cpu", (2, 1))],
)
def test_version_tuple(rng: np.random.Generator, version: str, numbers: tuple[int, ...]) -> None:
    """version_tuple gives the numbers between the dots."""
    for text, want in ((version, numbers), redrawn(rng, version, numbers)):
        assert_same(version_tuple(text), want, what=f"version_tuple({text!r})")


@check("require names the command that installs a package", points=2, seconds=2)
def test_require(rng: np.random.Generator) -> None:
    """require returns the installed version. If the package is missing or too old, the error contains the command to type."""
    a, b, c = (int(n) for n in rng.integers(1, 9, size=3))
    package, installed, later = f"toypackage{word(rng)}", f"{a}.{b}.{c}", f"{a + 1}.{c}"
    setup_helpers.install(package, installed)
    asked = f"require({package!r}, {f'{a}.{b}'!r}) with {installed} installed"
    assert_same(require(package, f"{a}.{b}"), installed, what=asked)
    with tried(f"require({package!r}, {later!r}) with {installed} installed"), pytest.raises(ImportError) as too_old:
        require(package, later)
    for part in (f'python -m pip install "{package}>={later}"', installed):
        assert part in str(too_old.value), f"the message should contain\n  {part}\ngot:\n  {too_old.value}"
    absent = f"no-such-{word(rng)}"
    with tried(f"require({absent!r}, {later!r})"), pytest.raises(ImportError) as missing:
        require(absent, later)
    command = f'python -m pip install "{absent}>={later}"'
    assert command in str(missing.value), f"the message should contain\n  {command}\ngot:\n  {missing.value}"


@check("The same seed gives the same run", points=2, seconds=2)
def test_same_seed_same_run(rng: np.random.Generator) -> None:
    """Two runs with the same seed draw the numbers that np.random.default_rng draws. Another seed draws different numbers."""
    seed, count = int(rng.integers(2**31)), int(rng.integers(40, 60))
    for run, start in (("first", seed), ("second", seed), ("other", seed + 1)):
        want = np.random.default_rng(start).standard_normal(count)
        got = seed_everything(start).standard_normal(count)
        what = f"seed_everything({start}).standard_normal({count}), {run} run"
        assert_close(got, want, rtol=0, atol=0, what=what)
    want = np.random.default_rng(7).random(2)
    assert_close(seed_everything(7).random(2), want, rtol=0, atol=0, what="seed_everything(7).random(2)")


@check("Timer measures a block", points=1, seconds=2)
def test_timer(rng: np.random.Generator) -> None:
    """`with Timer() as timer` gives a timer whose seconds are the difference of two readings of its clock."""
    for duration, start in ((2.5, 100.0), (float(rng.uniform(1, 9)), float(rng.uniform(0, 1000)))):
        watch = Stopwatch([duration], start)
        with Timer(watch.clock) as timer:
            watch.work()
        assert_seconds(timer.seconds, duration, what=f"timer.seconds after a block of {duration:g} s")
    with Timer() as real:
        pass
    assert 0.0 <= real.seconds < 60.0, f"an empty block took {real.seconds} s"


@check("measure: median and spread, without the warm-up", points=1, seconds=2)
def test_measure(rng: np.random.Generator) -> None:
    """After a slow first run, the times 2, 1, 9, 3, 2 have median 2 and spread 1. Other times are checked too."""
    watch = Stopwatch([50, 2, 1, 9, 3, 2])
    result = measure(watch.work, repeats=5, warmup=1, clock=watch.clock)
    runs = "a warm-up of 50 s, then runs of 2, 1, 9, 3 and 2 s"
    assert_same(watch.calls, 6, what="how often measure called fn: 1 warm-up and 5 repeats")
    assert_seconds(result.median, 2.0, what=f"the median of {runs}")
    assert_seconds(result.spread, 1.0, what=f"the spread of {runs}")
    assert_same(result.repeats, 5, what="repeats of the result")
    assert_measured(rng, repeats=2 * int(rng.integers(3, 9)) + 1, warmup=1)


@check("Memory: predicted, then measured", points=1, seconds=2)
@pytest.mark.parametrize("shape", [(3,), (64, 784), (2, 3, 4)])
def test_memory(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    """predict_memory predicts what memory_of counts."""
    for sizes in (shape, drawn_shape(rng, len(shape))):
        count = math.prod(sizes)
        assert_same(memory_of(np.zeros(sizes, np.float32)), 4 * count, what=f"memory_of float32 zeros of shape {sizes}")
        assert_same(predict_memory(sizes), 4 * count, what=f"predict_memory({sizes})")


@check("I can run, measure and reproduce", points=2, capability=True, seconds=2)
def test_capability(rng: np.random.Generator) -> None:
    """An experiment that is repeated from its seed gives the same numbers, and its time and memory are measured."""
    seed = int(rng.integers(2**32))
    rows, inner, columns = drawn_shape(rng, 3)
    source = np.random.default_rng(seed)
    data, weights = (source.standard_normal(shape).astype(np.float32) for shape in ((rows, inner), (inner, columns)))
    for run in ("first", "second"):
        seed_everything(seed)
        drawn = generator().standard_normal((rows, inner)).astype(np.float32)
        with tried(f"{run} run: is generator() the source that seed_everything({seed}) makes and returns?"):
            assert_close(drawn, data, rtol=0, atol=0, what=f"generator() after seed_everything({seed})")
        result = drawn @ generator().standard_normal((inner, columns)).astype(np.float32)
        assert_close(result, data @ weights, what=f"the result of the {run} run")
        assert_measured(rng, repeats=int(rng.integers(3, 9)))
        cost = 4 * rows * columns
        assert_same(memory_of(result), cost, what=f"memory_of the result, {rows} × {columns} numbers of float32")
    assert_same(predict_memory((rows, columns)), cost, what=f"predict_memory(({rows}, {columns}))")
