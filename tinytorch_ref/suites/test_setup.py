"""01 setup: can I run, measure and reproduce?"""

from __future__ import annotations

import json
import platform

import numpy as np
import pytest
import setup_helpers

from checks import HIDDEN, assert_close, assert_same, check, tried
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


@check("environment() describes this machine", points=1)
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


@check("Versions compare as numbers, not as text", points=1)
@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.9", (1, 9)), ("1.10.2", (1, 10, 2)), ("3.11.7", (3, 11, 7)), ("2.0.0", (2,)), ("2.1.0+cpu", (2, 1))],
)
def test_version_tuple(version: str, numbers: tuple[int, ...]) -> None:
    """version_tuple gives the numbers between the dots."""
    assert_same(version_tuple(version), numbers, what=f"version_tuple({version!r})")


#% hidden
@check(
    "Odd versions: suffixes, zeros, and text that is no version",
    points=2,
    visibility=HIDDEN,
    needs=["test_version_tuple"],
)
@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("2.4.0rc1", (2, 4)),
        ("1.26.dev0", (1, 26)),
        ("2.1rc3.7", (2, 1)),
        ("5.0.10.0.0", (5, 0, 10)),
        ("0.0.3", (0, 0, 3)),
        ("12", (12,)),
        ("2024.10.01", (2024, 10, 1)),
        ("1.2.3.post4", (1, 2, 3)),
        ("1.0.1+cu12.4", (1, 0, 1)),
        ("beta2", ValueError),
        ("", ValueError),
        ("v1.2", ValueError),
    ],
)
def test_version_tuple_odd(version: str, numbers: tuple[int, ...] | type[ValueError]) -> None:
    """Release candidates, local builds, zeros at the right end, and a ValueError where no version begins."""
    if isinstance(numbers, tuple):
        assert_same(version_tuple(version), numbers, what=f"version_tuple({version!r})")
        return
    with pytest.raises(ValueError):
        version_tuple(version)


#% endhidden
@check("require says what to type", points=2)
def test_require() -> None:
    """require returns the installed version; if that is missing or too old, its error holds the command to type."""
    setup_helpers.install("toypackage", "1.4.2")
    assert_same(require("toypackage", "1.4"), "1.4.2", what='require("toypackage", "1.4") with 1.4.2 installed')
    with tried('require("toypackage", "3.0") with 1.4.2 installed'), pytest.raises(ImportError) as too_old:
        require("toypackage", "3.0")
    for part in ("toypackage>=3.0", "pip install", "1.4.2"):
        assert part in str(too_old.value), f"the message should contain {part!r}, got: {too_old.value}"
    with tried('require("no-such-package", "2.5")'), pytest.raises(ImportError) as missing:
        require("no-such-package", "2.5")
    for part in ("no-such-package>=2.5", "pip install"):
        assert part in str(missing.value), f"the message should contain {part!r}, got: {missing.value}"


#% hidden
@check("require at the border", points=2, visibility=HIDDEN, needs=["test_require"])
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
    """Just new enough passes, just too old does not, whatever the number of digits."""
    setup_helpers.install("toypackage", installed)
    if enough:
        assert_same(require("toypackage", minimum), installed, what="the version that require returns")
        return
    with pytest.raises(ImportError) as error:
        require("toypackage", minimum)
    assert f"toypackage>={minimum}" in str(error.value), "the message should say which version to install"


#% endhidden
@check("One seed, one run", points=2)
def test_same_seed_same_run() -> None:
    """Two runs with one seed draw the same numbers, and another seed draws others."""
    first = seed_everything(1234).standard_normal(50)
    again = seed_everything(1234).standard_normal(50)
    other = seed_everything(1235).standard_normal(50)
    assert_close(again, first, rtol=0, atol=0, what="50 draws after seed_everything(1234), twice")
    assert (np.abs(first - other) > 1e-9).sum() > 40, "seeds 1234 and 1235 gave (nearly) the same numbers"


#% hidden
@check("One source of randomness for everybody", points=2, visibility=HIDDEN, needs=["test_same_seed_same_run"])
def test_one_source() -> None:
    """generator() continues the stream of seed_everything, other libraries are seeded too, bad seeds are refused."""
    whole = seed_everything(77).random(6)
    returned = seed_everything(77)
    parts = np.concatenate([returned.random(2), generator().random(2), returned.random(1), generator().random(1)])
    assert_close(parts, whole, rtol=0, atol=0, what="draws that alternate between the returned source and generator()")
    generator().random(3)
    seed_everything(77)
    assert_close(generator().random(6), whole, rtol=0, atol=0, what="generator() after seeding anew")
    once, other = setup_helpers.draws_of_others(5), setup_helpers.draws_of_others(6)
    assert once == setup_helpers.draws_of_others(5), "Python's random and np.random should start from the seed as well"
    assert once[0] != other[0], "Python's random gave the same number for two seeds"
    assert once[1] != other[1], "np.random gave the same number for two seeds"
    for bad in (-1, 2**32):
        with tried(f"seed_everything({bad})"), pytest.raises(ValueError):
            seed_everything(bad)


#% endhidden
@check("Timer measures a block", points=1)
def test_timer() -> None:
    """`with Timer() as timer` gives a timer whose seconds are the difference of two readings of its clock."""
    watch = Stopwatch([2.5, 0.25])
    with Timer(watch.clock) as timer:
        watch.work()
    assert timer.seconds == pytest.approx(2.5), f"the block took 2.5 s, timer.seconds is {timer.seconds}"
    with Timer() as real:
        pass
    assert 0.0 <= real.seconds < 60.0, f"an empty block took {real.seconds} s"


#% hidden
@check("Timer survives exceptions and second use", points=1, visibility=HIDDEN, needs=["test_timer"])
def test_timer_again() -> None:
    """A block that raises is timed and its exception goes on; a second block starts from zero."""
    came_out, seconds = setup_helpers.time_a_failure([10.0, 13.0, 20.0, 30.0])
    assert_same(came_out, "KeyError", what="what came out of a block that raised KeyError")
    assert seconds == pytest.approx(3.0), f"that block took 3 s, timer.seconds is {seconds}"
    watch = Stopwatch([4.0, 0.5])
    timer = Timer(watch.clock)
    assert timer.seconds == 0.0, "timer.seconds before any block"
    for duration in (4.0, 0.5):
        with timer:
            watch.work()
        assert timer.seconds == pytest.approx(duration), f"a block of {duration} s, timer.seconds is {timer.seconds}"


#% endhidden
@check("measure: median and spread, without the warm-up", points=1)
def test_measure() -> None:
    """Times 2, 1, 9, 3, 2 after a slow first run have median 2 and spread 1."""
    watch = Stopwatch([50, 2, 1, 9, 3, 2])
    result = measure(watch.work, repeats=5, warmup=1, clock=watch.clock)
    assert result.median == pytest.approx(2.0), f"median {result.median}"
    assert result.spread == pytest.approx(1.0), f"spread {result.spread}"
    assert_same(result.repeats, 5, what="repeats")
    assert watch.calls == 6, f"1 warm-up and 5 repeats are 6 calls, fn was called {watch.calls} times"


#% hidden
@check("measure: even counts, no warm-up, bad input", points=1, visibility=HIDDEN, needs=["test_measure"])
def test_measure_details(rng: np.random.Generator) -> None:
    """An even number of runs, a single run, several warm-ups or none, and a ValueError for repeats below 1."""
    for repeats, warmup in ((4, 0), (1, 3), (11, 2), (30, 0)):
        durations = rng.exponential(size=warmup + repeats)
        watch = Stopwatch([float(d) for d in durations])
        result = measure(watch.work, repeats=repeats, warmup=warmup, clock=watch.clock)
        counted = np.sort(durations[warmup:])
        middle = (counted[(repeats - 1) // 2] + counted[repeats // 2]) / 2
        quarter = float(np.quantile(counted, 0.75) - np.quantile(counted, 0.25))
        assert result.median == pytest.approx(middle), f"median of {repeats} runs"
        assert result.spread == pytest.approx(quarter, abs=1e-9), f"spread of {repeats} runs"
        assert watch.calls == warmup + repeats, f"{warmup} warm-ups and {repeats} repeats gave {watch.calls} calls"
    for repeats in (0, -3):
        with tried(f"measure(fn, repeats={repeats})"), pytest.raises(ValueError):
            measure(Stopwatch([1.0] * 9).work, repeats=repeats)


#% endhidden
@check("Memory: predicted, then measured", points=1)
@pytest.mark.parametrize("shape", [(3,), (64, 784), (2, 3, 4)])
def test_memory(shape: tuple[int, ...]) -> None:
    """predict_memory foretells what memory_of counts."""
    assert_same(
        memory_of(np.zeros(shape, np.float32)), int(np.prod(shape)) * 4, what=f"memory_of float32 zeros {shape}"
    )
    assert_same(predict_memory(shape), int(np.prod(shape)) * 4, what=f"predict_memory({shape})")


#% hidden
@check("Memory: views, other dtypes, nothing at all, far too much", points=1, visibility=HIDDEN, needs=["test_memory"])
def test_memory_edges() -> None:
    """Every dtype, views and broadcast arrays, a 0-d and an empty shape, and a shape too large to make."""
    assert_same(
        setup_helpers.memory_of_views(1000), [8000, 4000, 8000, 8000], what="memory_of an array and three views"
    )
    for dtype, size in (("float64", 8), ("float16", 2), ("int8", 1), ("bool", 1), ("complex128", 16)):
        assert_same(predict_memory((5, 7), dtype), 35 * size, what=f"predict_memory((5, 7), {dtype!r})")
        assert_same(memory_of(np.zeros((5, 7), dtype)), 35 * size, what=f"memory_of {dtype} zeros (5, 7)")
    assert_same(predict_memory((5, 7), np.dtype("int64")), 280, what="predict_memory((5, 7), np.dtype('int64'))")
    assert_same(predict_memory(()), 4, what="predict_memory(())")
    assert_same(predict_memory((4, 0, 3)), 0, what="predict_memory((4, 0, 3))")
    assert_same(predict_memory((2**40, 2**30)), 2**72, what="predict_memory((2**40, 2**30))")


#% endhidden
@check("I can run, measure and reproduce", points=2, capability=True)
def test_capability() -> None:
    """An experiment repeated from its seed gives the same numbers, and its cost is known."""
    results, costs = [], []
    for _ in range(2):
        watch = Stopwatch([9.0, 1.0, 2.0, 6.0])
        seed_everything(42)
        data = generator().standard_normal((32, 8)).astype(np.float32)
        weights = generator().standard_normal((8, 4)).astype(np.float32)
        results.append(data @ weights)
        cost = measure(watch.work, repeats=3, clock=watch.clock)
        costs.append((cost.median, cost.spread))
    assert_close(results[1], results[0], rtol=0, atol=0, what="the second run of one experiment")
    assert costs[0] == costs[1] == pytest.approx((2.0, 2.5)), f"median and spread of runs of 1, 2 and 6 s: {costs}"
    assert_same(memory_of(results[0]), predict_memory((32, 4)), what="the bytes of the result, measured and predicted")
