"""Setup: can I run, measure and reproduce?"""

from __future__ import annotations

import json
import math
import platform
import random

import numpy as np
import pytest
import setup_helpers

from checks import HIDDEN, assert_array, assert_close, assert_same, check, tried
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


class Stopwatch:
    """A clock in the test's hands: `work()` takes the next of the given durations, otherwise time stands still."""

    def __init__(self, durations: list[float]) -> None:
        self.now = 100.0
        self.durations = list(durations)
        self.calls = 0

    def clock(self) -> float:
        return self.now

    def work(self) -> None:
        self.now += self.durations[self.calls]
        self.calls += 1


def assert_seconds(got: float, want: float, what: str) -> None:
    """Compare two times, with room for rounding only."""
    __tracebackhide__ = True
    if not (isinstance(got, (int, float)) and abs(got - want) <= 1e-9):  # this way round, nan is no time either
        raise AssertionError(f"{what}\n  expected: {want:g}\n  got:      {got!r}")


@check("environment() describes this machine", points=1, seconds=2)
def test_environment() -> None:
    """The six entries are there, true, and plain enough for JSON."""
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
    assert 1 <= facts["cores"] <= 4096, f"a machine with {facts['cores']} cores?"
    assert facts["memory_bytes"] >= 2**28, (
        f"{facts['memory_bytes']} bytes of memory are too few to run Python with NumPy"
    )
    json.dumps(facts)


@check("Versions compare as numbers, not as text", points=1, seconds=2)
@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.9", (1, 9)), ("1.10.2", (1, 10, 2)), ("3.11.7", (3, 11, 7)), ("2.0.0", (2,)), ("2.1.0+cpu", (2, 1))],
)
def test_version_tuple(version: str, numbers: tuple[int, ...]) -> None:
    """version_tuple gives the numbers between the dots."""
    assert_same(version_tuple(version), numbers, what=f"version_tuple({version!r})")


@check(
    "Odd versions: suffixes, zeros, and text that is no version",
    points=2,
    visibility=HIDDEN,
    needs=["test_version_tuple"],
    seconds=2,
)
@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("2.4.0rc1", (2, 4)),
        ("1.26.dev0", (1, 26)),
        ("2.1rc3.7", (2, 1)),
        ("5.0.10.0.0", (5, 0, 10)),
        ("0.0.3", (0, 0, 3)),
        ("0", ()),
        ("12", (12,)),
        ("2024.10.01", (2024, 10, 1)),
        ("1.2.3.post4", (1, 2, 3)),
        ("1.0.1+cu12.4", (1, 0, 1)),
        ("1..2", (1,)),
        ("beta2", ValueError),
        ("", ValueError),
        ("v1.2", ValueError),
        (" 1.2", ValueError),
    ],
)
def test_version_tuple_odd(version: str, numbers: tuple[int, ...] | type[ValueError]) -> None:
    """Release candidates, local builds, zeros at the right end, and a ValueError where no version begins."""
    if isinstance(numbers, tuple):
        assert_same(version_tuple(version), numbers, what=f"version_tuple({version!r})")
        return
    with tried(f"version_tuple({version!r})"), pytest.raises(ValueError) as error:
        version_tuple(version)
    assert version in str(error.value), f"the message should quote {version!r}, got: {error.value}"


@check("require says what to type", points=2, seconds=2)
def test_require() -> None:
    """require returns the installed version; if that is missing or too old, its error holds the command to type."""
    setup_helpers.install("toypackage", "1.4.2")
    assert_same(require("toypackage", "1.4"), "1.4.2", what='require("toypackage", "1.4") with 1.4.2 installed')
    with tried('require("toypackage", "3.0") with 1.4.2 installed'), pytest.raises(ImportError) as too_old:
        require("toypackage", "3.0")
    for part in ('python -m pip install "toypackage>=3.0"', "1.4.2"):
        assert part in str(too_old.value), f"the message should contain\n  {part}\ngot:\n  {too_old.value}"
    with tried('require("no-such-package", "2.5")'), pytest.raises(ImportError) as missing:
        require("no-such-package", "2.5")
    command = 'python -m pip install "no-such-package>=2.5"'
    assert command in str(missing.value), f"the message should contain\n  {command}\ngot:\n  {missing.value}"


@check("require at the border", points=2, visibility=HIDDEN, needs=["test_require"], seconds=2)
@pytest.mark.parametrize(
    ("installed", "minimum", "enough"),
    [
        ("1.10.0", "1.9", True),
        ("1.9.3", "1.10", False),
        ("2", "2.0.0", True),
        ("2.0.0", "2", True),
        ("1.4.2", "1.4.2", True),
        ("1.4.2", "1.4.3", False),
        ("10.0", "9.9.9", True),
        ("2.0", "1.99", True),
    ],
)
def test_require_border(installed: str, minimum: str, enough: bool) -> None:
    """Just new enough passes, just too old does not, whatever the number of digits; a minimum must be a version."""
    setup_helpers.install("toypackage", installed)
    with tried(f'require("toypackage", "newest") with {installed} installed'), pytest.raises(ValueError):
        require("toypackage", "newest")
    if enough:
        assert_same(require("toypackage", minimum), installed, what="the version that require returns")
        return
    with tried(f'require("toypackage", {minimum!r}) with {installed} installed'), pytest.raises(ImportError) as error:
        require("toypackage", minimum)
    for part in (f'python -m pip install "toypackage>={minimum}"', installed):
        assert part in str(error.value), f"the message should contain\n  {part}\ngot:\n  {error.value}"


@check("One seed, one run", points=2, seconds=2)
def test_same_seed_same_run(rng: np.random.Generator) -> None:
    """Two runs with one seed draw the same numbers, those of np.random.default_rng, and another seed draws others."""
    seed = int(rng.integers(2**31))
    first = seed_everything(seed).standard_normal(50)
    again = seed_everything(seed).standard_normal(50)
    other = seed_everything(seed + 1).standard_normal(50)
    assert_close(again, first, rtol=0, atol=0, what=f"50 draws after seed_everything({seed}), twice")
    for draws in (first, other):
        assert_array(draws, shape=(50,), dtype=np.float64, what="standard_normal(50) of what seed_everything returns")
    same = len({*first.tolist()} & {*other.tolist()})
    assert same < 10, f"of 50 draws after seed {seed}, {same} came again after seed {seed + 1}"
    want = np.random.default_rng(7).random(2)
    assert_close(seed_everything(7).random(2), want, rtol=0, atol=0, what="seed_everything(7).random(2)")


@check(
    "One source of randomness for everybody", points=2, visibility=HIDDEN, needs=["test_same_seed_same_run"], seconds=2
)
def test_one_source(rng: np.random.Generator) -> None:
    """generator() continues the stream of seed_everything, other libraries are seeded too, bad seeds are refused."""
    whole = seed_everything(77).random(6)
    returned = seed_everything(77)
    parts = np.concatenate([returned.random(2), generator().random(2), returned.random(1), generator().random(1)])
    assert_close(parts, whole, rtol=0, atol=0, what="draws that alternate between the returned source and generator()")
    generator().random(3)
    seed_everything(77)
    for bad in (-1, 2**32):
        with tried(f"seed_everything({bad})"), pytest.raises(ValueError):
            seed_everything(bad)
    assert_close(generator().random(6), whole, rtol=0, atol=0, what="generator() after seeding anew, then bad seeds")
    for seed in (0, 2**32 - 1, int(rng.integers(2**32))):
        got = setup_helpers.draws_of_others(seed, -1, 2**32)
        want = [random.Random(seed).random(), float(np.random.RandomState(seed).rand())]
        assert_same(got, want, what=f"random.random() and np.random.rand() after seed {seed}, then bad seeds")


@check("Timer measures a block", points=1, seconds=2)
def test_timer(rng: np.random.Generator) -> None:
    """`with Timer() as timer` gives a timer whose seconds are the difference of two readings of its clock."""
    for duration in (2.5, float(rng.uniform(1, 9))):
        watch = Stopwatch([duration])
        with Timer(watch.clock) as timer:
            watch.work()
        assert_seconds(timer.seconds, duration, what=f"timer.seconds after a block of {duration:g} s")
    with Timer() as real:
        pass
    assert 0.0 <= real.seconds < 60.0, f"an empty block took {real.seconds} s"


@check("Timer survives exceptions and second use", points=1, visibility=HIDDEN, needs=["test_timer"], seconds=2)
def test_timer_again(rng: np.random.Generator) -> None:
    """A block that raises is timed and its exception goes on; a second block starts from zero."""
    durations = [float(d) for d in rng.uniform(1, 9, 4)]
    watch = Stopwatch(durations)
    timer = Timer(watch.clock)
    assert_seconds(timer.seconds, 0.0, what="timer.seconds before any block")
    for number, duration in enumerate(durations):
        came_out = "nothing"
        try:
            with timer:
                watch.work()
                if number == 1:
                    raise KeyError("inside the block")
        except KeyError:
            came_out = "KeyError"
        assert_same(came_out, "KeyError" if number == 1 else "nothing", what=f"what came out of block {number}")
        assert_seconds(timer.seconds, duration, what=f"timer.seconds after block {number}, of {duration:g} s")


@check("measure: median and spread, without the warm-up", points=1, seconds=2)
def test_measure() -> None:
    """Times 2, 1, 9, 3, 2 after a slow first run have median 2 and spread 1."""
    watch = Stopwatch([50, 2, 1, 9, 3, 2])
    result = measure(watch.work, repeats=5, warmup=1, clock=watch.clock)
    runs = "a warm-up of 50 s, then runs of 2, 1, 9, 3 and 2 s"
    assert_same(watch.calls, 6, what="how often measure called fn: 1 warm-up and 5 repeats")
    assert_seconds(result.median, 2.0, what=f"the median of {runs}")
    assert_seconds(result.spread, 1.0, what=f"the spread of {runs}")
    assert_same(result.repeats, 5, what="repeats of the result")


@check("measure: even counts, no warm-up, bad input", points=1, visibility=HIDDEN, needs=["test_measure"], seconds=2)
def test_measure_details(rng: np.random.Generator) -> None:
    """An even number of runs, a single run, several warm-ups or none, and a ValueError for repeats below 1."""
    for repeats, warmup in ((4, 0), (1, 3), (11, 2), (30, 0)):
        durations = rng.exponential(size=warmup + repeats)
        watch = Stopwatch([float(d) for d in durations])
        result = measure(watch.work, repeats=repeats, warmup=warmup, clock=watch.clock)
        counted = np.sort(durations[warmup:])
        middle = (counted[(repeats - 1) // 2] + counted[repeats // 2]) / 2
        quarter = float(np.quantile(counted, 0.75) - np.quantile(counted, 0.25))
        assert_same(watch.calls, warmup + repeats, what=f"calls of fn for {warmup} warm-ups and {repeats} repeats")
        assert_seconds(result.median, middle, what=f"median of {repeats} runs after {warmup} warm-ups")
        assert_seconds(result.spread, quarter, what=f"spread of {repeats} runs after {warmup} warm-ups")
        assert_same(result.repeats, repeats, what="repeats of the result")
    for repeats in (0, -3):
        with tried(f"measure(fn, repeats={repeats})"), pytest.raises(ValueError):
            measure(Stopwatch([1.0] * 9).work, repeats=repeats)


@check("Memory: predicted, then measured", points=1, seconds=2)
@pytest.mark.parametrize("shape", [(3,), (64, 784), (2, 3, 4)])
def test_memory(shape: tuple[int, ...]) -> None:
    """predict_memory foretells what memory_of counts."""
    count = math.prod(shape)
    assert_same(memory_of(np.zeros(shape, np.float32)), 4 * count, what=f"memory_of float32 zeros of shape {shape}")
    assert_same(predict_memory(shape), 4 * count, what=f"predict_memory({shape})")


@check(
    "Memory: views, other dtypes, nothing at all, far too much",
    points=1,
    visibility=HIDDEN,
    needs=["test_memory"],
    seconds=2,
)
def test_memory_edges(rng: np.random.Generator) -> None:
    """Every dtype, views and broadcast arrays, a 0-d and an empty shape, and a shape too large to make."""
    half = int(rng.integers(100, 1000))
    assert_same(
        setup_helpers.memory_of_views(2 * half),
        [16 * half, 8 * half, 16 * half, 16 * half],
        what=f"memory_of {2 * half} float64 numbers, every second one, the reverse, and the first one {2 * half} times",
    )
    for dtype, size in (("float64", 8), ("float16", 2), ("int8", 1), ("bool", 1), ("complex128", 16)):
        assert_same(predict_memory((5, 7), dtype), 35 * size, what=f"predict_memory((5, 7), {dtype!r})")
        assert_same(memory_of(np.zeros((5, 7), dtype)), 35 * size, what=f"memory_of {dtype} zeros of shape (5, 7)")
    assert_same(predict_memory((5, 7), np.dtype("int64")), 280, what="predict_memory((5, 7), np.dtype('int64'))")
    assert_same(predict_memory(()), 4, what="predict_memory(())")
    assert_same(predict_memory((4, 0, 3)), 0, what="predict_memory((4, 0, 3))")
    assert_same(predict_memory((2**40, 2**30)), 2**72, what="predict_memory((2**40, 2**30))")


@check("I can run, measure and reproduce", points=2, capability=True, seconds=2)
def test_capability() -> None:
    """An experiment repeated from its seed gives the same numbers, and its cost is known."""
    source = np.random.default_rng(42)
    data, weights = (source.standard_normal(shape).astype(np.float32) for shape in ((32, 8), (8, 4)))
    for run in ("first", "second"):
        seed_everything(42)
        drawn = generator().standard_normal((32, 8)).astype(np.float32)
        with tried(f"{run} run: is generator() the source that seed_everything(42) makes and returns?"):
            assert_close(drawn, data, rtol=0, atol=0, what="generator() after seed_everything(42)")
        result = drawn @ generator().standard_normal((8, 4)).astype(np.float32)
        assert_close(result, data @ weights, what=f"the result of the {run} run")
        watch = Stopwatch([9.0, 1.0, 2.0, 6.0])
        cost = measure(watch.work, repeats=3, clock=watch.clock)
        assert_seconds(cost.median, 2.0, what="the median of a warm-up of 9 s, then runs of 1, 2 and 6 s")
        assert_seconds(cost.spread, 2.5, what="the spread of a warm-up of 9 s, then runs of 1, 2 and 6 s")
        assert_same(memory_of(result), 512, what="memory_of the result, 32 × 4 numbers of float32")
    assert_same(predict_memory((32, 4)), 512, what="predict_memory((32, 4))")
