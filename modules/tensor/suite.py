"""Tensor: can I create and manipulate the building blocks of ML?"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensor_helpers

from checks import HIDDEN, assert_array, assert_close, assert_same, check, tried
from tinytorch.tensor import (
    Tensor,
    add,
    arange,
    as_array,
    axes,
    broadcast_shapes,
    broadcast_to,
    cat,
    clip,
    concatenate,
    div,
    exp,
    matmul,
    matmul_bytes,
    matmul_loops,
    matmul_multiply_adds,
    matmul_rows,
    mul,
    permute,
    reduce_max,
    reduce_sum,
    reshape,
    stack,
    zeros,
)

F32 = np.float32
NO_SUCH_AXIS = (IndexError, ValueError)  # NumPy's own AxisError is both

# seconds=2 at every check: each takes well under one, and an endless loop need not cost the default of five


def f32(*numbers: Any) -> np.ndarray:
    """One list: an array of float32."""
    return np.array(numbers[0] if len(numbers) == 1 else numbers, dtype=F32)


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(F32)


def sizes(rng: np.random.Generator, count: int) -> list[int]:
    """Different sizes of axes, each 2 or more, so that no axis is taken for another."""
    return [int(n) for n in rng.permutation(range(2, max(8, count + 4)))[:count]]


def resized(rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """These shapes with other sizes; 0 and 1 stay, equal sizes stay equal.    (2, 1, 3), (3, 4) -> (6, 1, 5), (5, 2)"""
    old = sorted({size for shape in shapes for size in shape if size > 1})
    new = dict(zip(old, sizes(rng, len(old)), strict=True))
    return [tuple(new.get(size, size) for size in shape) for shape in shapes]


def stretchable(rng: np.random.Generator, shape: list[int]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`: some axes missing, some of size 1."""
    return tuple(1 if rng.random() < 0.4 else size for size in shape[int(rng.integers(len(shape) + 1)) :])


def run(op: Any, *arrays: np.ndarray, **options: Any) -> tuple[Any, Any]:
    """Call an op on arrays, and make sure that it returns a pair."""
    __tracebackhide__ = True
    result = op(*arrays, **options)
    assert isinstance(result, tuple), f"an op returns (array, saved), a tuple; got {type(result).__name__}"
    assert len(result) == 2, f"an op returns (array, saved), two things; got {len(result)}"
    return result


def assert_pair(saved: Any, *wanted: np.ndarray, what: str) -> None:
    """Check that `saved` holds these arrays, in this order."""
    __tracebackhide__ = True
    assert isinstance(saved, (tuple, list)), f"{what}: expected {len(wanted)} arrays, got {type(saved).__name__}"
    assert len(saved) == len(wanted), f"{what}: expected {len(wanted)} arrays, got {len(saved)}"
    for number, (got, want) in enumerate(zip(saved, wanted, strict=True)):
        assert_close(got, want, what=f"{what}, number {number}")


def assert_names(error: pytest.ExceptionInfo[Any], *shapes: tuple[int, ...]) -> None:
    """Check that the message of an exception names all these shapes."""
    __tracebackhide__ = True
    text = re.sub(r"\s", "", str(error.value))
    for shape in shapes:
        sizes = ",".join(str(size) for size in shape)
        named = any(spelling in text for spelling in (f"({sizes})", f"({sizes},)", f"[{sizes}]"))
        assert named, f"the message should name the shape {shape}; it says: {error.value}"


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product by its definition, in Python's own 64-bit floats."""
    rows, inner, columns = a.shape[0], a.shape[1], b.shape[1]
    sums = [[sum(float(a[i, p]) * float(b[p, j]) for p in range(inner)) for j in range(columns)] for i in range(rows)]
    return np.array(sums, dtype=np.float64).reshape(rows, columns).astype(F32)


# Numbers in


@check("Make tensors from numbers, lists and arrays", points=1, seconds=2)
def test_numbers_in(rng: np.random.Generator) -> None:
    """Numbers, nested lists and arrays become float32 arrays of the right shape."""
    assert_close(Tensor([[1, 2], [3, 4]]).data, f32([[1, 2], [3, 4]]), what="Tensor([[1, 2], [3, 4]]).data")
    assert_close(Tensor(2.5).data, f32(2.5), what="Tensor(2.5).data")
    assert_close(Tensor([]).data, f32([]), what="Tensor([]).data")
    assert_close(Tensor(np.array([0.5, 1.5])).data, f32([0.5, 1.5]), what="Tensor of a float64 array")
    assert_close(Tensor([7, 8], dtype=np.int64).data, np.array([7, 8]), what="Tensor([7, 8], dtype=np.int64).data")
    assert_array(as_array([1.5, 2]), shape=(2,), dtype=np.float64, what="as_array([1.5, 2]), no dtype asked for")
    numbers, whole = rng.normal(size=sizes(rng, 3)), rng.integers(-99, 99, size=sizes(rng, 2))
    assert_close(Tensor(numbers.tolist()).data, numbers.astype(F32), what=f"Tensor of nested lists, {numbers.shape}")
    assert_close(Tensor(numbers).data, numbers.astype(F32), what=f"Tensor of a float64 array, {numbers.shape}")
    assert_close(Tensor(whole, dtype=np.int64).data, whole, what=f"Tensor of an int64 array, {whole.shape}, as int64")
    assert_close(as_array(numbers.tolist()), numbers, rtol=0, atol=0, what="as_array of nested lists, no dtype asked for")


#% hidden
@check("Reject input that is not numeric", points=1, visibility=HIDDEN, needs=["test_numbers_in"], seconds=2)
def test_numbers_refused(rng: np.random.Generator) -> None:
    """Ragged lists, text, None, objects and complex numbers raise the errors that the docstring names."""
    rows, columns = sizes(rng, 2)
    table = rng.integers(0, 100, size=(rows, columns)).tolist()
    assert_close(as_array(table, np.float32), f32(table), what=f"as_array of {rows} lists of {columns}")
    i, j = int(rng.integers(rows)), int(rng.integers(columns))
    shorter = [row[1:] if number == i else row for number, row in enumerate(table)]
    for ragged in ([[1, 2], [3]], [1, [2, 3]], [[[1], [2]], [[3], [4, 5]]], shorter):
        with tried(f"as_array({ragged!r}, float32)"), pytest.raises(ValueError):
            as_array(ragged, np.float32)
    text = [str(number) for number in table[i]]
    hole, imaginary = ([*table[i][:j], other, *table[i][j + 1 :]] for other in (None, table[i][j] * 1j))
    for data in (["1", "2"], "3", None, [1.0, None], 1j, b"12", {"a": 1}, 2**70, text, hole, imaginary):
        with tried(f"as_array({data!r}, float32)"), pytest.raises(TypeError):
            as_array(data, np.float32)
    for dtype in ("complex128", "U8", "object"):
        with tried(f"as_array({table[i]}, {dtype!r})"), pytest.raises(TypeError):
            as_array(table[i], dtype)
    with tried(f"as_array(Tensor({table[i]}))"), pytest.raises(TypeError):
        as_array(Tensor(table[i]))


@check(
    "Results are copies and inputs do not change",
    points=1,
    visibility=HIDDEN,
    needs=[
        "test_numbers_in",
        "test_broadcast",
        "test_elementwise",
        "test_comparisons",
        "test_matmul_loops",
        "test_matmul",
        "test_sum_and_max",
        "test_shapes",
        "test_cat_and_stack",
    ],
    seconds=2,
)
def test_copies(rng: np.random.Generator) -> None:
    """A Tensor owns its data, no op writes to its input, and every result that should be a copy is a copy."""
    n = int(rng.integers(2, 5))
    a, b = normal(rng, n, n), normal(rng, n, n)
    results = {
        "add": a + b,
        "mul": a * b,
        "div": a / b,
        "exp": np.exp(a),
        "clip": np.clip(a, 0, 0.5),
        "compare": a < b,
        "matmul_loops": product(a, b),
        "matmul_rows": product(a, b),
        "matmul": product(a, b),
        "broadcast_to": np.stack([a] * 3),
        "reduce_sum": a.sum(0),
        "reduce_max": a.max(1),
        "reshape": a.reshape(n * n),
        "permute": a.T,
        "concatenate": np.concatenate([a, b], 1),
    }
    for name, (result, *operands) in tensor_helpers.operands_after(a, b).items():
        assert_close(result, results.pop(name), atol=1e-5, what=f"the result of {name}")
        for operand, before in zip(operands, (a, b), strict=True):
            assert_close(operand, before, rtol=0, atol=0, what=f"an operand after {name}, which should be as before")
    assert_same(list(results), [], what="ops whose operands were not looked at")
    for name, result in tensor_helpers.results_after_a_change(a).items():
        assert_close(result, a, rtol=0, atol=0, what=f"{name}, after the array was overwritten")


#% endhidden
# Shapes


@check("Broadcast shapes", points=3, seconds=2)
def test_broadcast(rng: np.random.Generator) -> None:
    """Shapes are aligned at their right ends, and an axis that is missing or has size 1 is stretched."""
    assert_same(broadcast_shapes((2, 3), (3,)), (2, 3), what="broadcast_shapes((2, 3), (3,))")
    assert_same(broadcast_shapes((4, 1), (1, 5)), (4, 5), what="broadcast_shapes((4, 1), (1, 5))")
    assert_same(broadcast_shapes((), (2,)), (2,), what="broadcast_shapes((), (2,))")
    n, m = sizes(rng, 2)
    for shapes in (((2, 3), (2,)), ((n, m), (n,))):
        with tried(f"broadcast_shapes{shapes}"), pytest.raises(ValueError) as error:
            broadcast_shapes(*shapes)
        assert_names(error, *shapes)
    assert_close(broadcast_to(f32([[1], [2]]), (2, 3)), f32([[1, 1, 1], [2, 2, 2]]), what="a column to (2, 3)")
    assert_close(broadcast_to(f32([1, 2]), (3, 2)), f32([[1, 2], [1, 2], [1, 2]]), what="a row to (3, 2)")
    for ndim in (1, 2, 3, 4):
        shape = sizes(rng, ndim)
        one, other = stretchable(rng, shape), stretchable(rng, shape)
        with tried(f"broadcast_shapes({one}, {other})"):
            assert_same(broadcast_shapes(one, other), np.broadcast_shapes(one, other), what="the shape of both")
        array = normal(rng, *one)
        assert_close(broadcast_to(array, tuple(shape)), np.broadcast_to(array, shape), what=f"{one} to {tuple(shape)}")


#% hidden
@check(
    "Broadcast shapes: sizes 0 and 1, three shapes",
    points=3,
    visibility=HIDDEN,
    needs=["test_broadcast"],
    seconds=2,
)
def test_broadcast_edges(rng: np.random.Generator) -> None:
    """The rule holds for empty axes, for three shapes and for square arrays, and no axis larger than 1 ever shrinks."""
    for shapes, want in (
        (((0,), (1,)), (0,)),
        (((1,), (0,)), (0,)),
        ((), ()),
        (((2, 3),), (2, 3)),
        (((), ()), ()),
        (((5, 1, 1), (4, 1), (3,)), (5, 4, 3)),
        (((3, 1), (3,)), (3, 3)),
        (((1, 1, 1), (2,)), (1, 1, 2)),
        (((2, 0), (2, 1)), (2, 0)),
    ):
        *others, wanted = resized(rng, *shapes, want)
        for these, result in ((shapes, want), (tuple(others), wanted)):
            with tried(f"broadcast_shapes{these}"):
                assert_same(broadcast_shapes(*these), result, what=f"broadcast_shapes{these}")
    for shapes in (((0,), (2,)), ((2, 3), (3, 2)), ((4,), (1, 4), (5, 1, 3)), ((3, 0), (3, 3))):
        shapes = resized(rng, *shapes)
        with tried(f"broadcast_shapes of {shapes}"), pytest.raises(ValueError) as error:
            broadcast_shapes(*shapes)
        assert_names(error, *shapes)
    n, m, k, batch = sizes(rng, 4)
    square = normal(rng, n)
    assert_close(broadcast_to(square, (n, n)), np.stack([square] * n), what=f"a ({n},) array to ({n}, {n})")
    cube = rng.integers(0, 9, size=(m, 1, k))
    want = cube[None] + np.zeros((batch, 1, n, 1), np.int64)
    assert_close(broadcast_to(cube, (batch, m, n, k)), want, what=f"({m}, 1, {k}) to ({batch}, {m}, {n}, {k})")
    number = normal(rng)
    assert_close(broadcast_to(number, (n, m)), np.full((n, m), number, F32), what=f"a single number to ({n}, {m})")
    assert_close(broadcast_to(normal(rng, 1, n), (0, n)), np.zeros((0, n), F32), what=f"(1, {n}) to (0, {n})")
    for shapes in (((1, 2), (2,)), ((2,), (2, 1)), ((3,), (1,)), ((2, 2), (4,))):
        shape, target = resized(rng, *shapes)
        with tried(f"broadcast_to(array of shape {shape}, {target})"), pytest.raises(ValueError) as error:
            broadcast_to(np.zeros(shape, F32), target)
        assert_names(error, shape, target)


#% endhidden
@check("Count axes from either end", points=2, seconds=2)
def test_axes(rng: np.random.Generator) -> None:
    """axes() returns a tuple of axes counted from the front, in the order in which they were given."""
    assert_same(axes(-1, 3), (2,), what="axes(-1, 3)")
    assert_same(axes(0, 3), (0,), what="axes(0, 3)")
    assert_same(axes((0, -1), 3), (0, 2), what="axes((0, -1), 3)")
    assert_same(axes([2, 0, 1], 3), (2, 0, 1), what="axes([2, 0, 1], 3)")
    assert_same(axes(None, 2), (0, 1), what="axes(None, 2)")
    ndim = int(rng.integers(4, 9))
    wanted = [int(axis) for axis in rng.permutation(ndim)[: int(rng.integers(2, ndim))]]
    asked = [axis - ndim if rng.random() < 0.5 else axis for axis in wanted]
    assert_same(axes(asked, ndim), tuple(wanted), what=f"axes({asked}, {ndim})")
    assert_same(axes(asked[0], ndim), (wanted[0],), what=f"axes({asked[0]}, {ndim})")
    assert_same(axes(None, ndim), tuple(range(ndim)), what=f"axes(None, {ndim})")
    for dims, count in (((1, -1), 2), ((wanted[0], wanted[1], wanted[0] - ndim), ndim)):
        with tried(f"axes({dims}, {count})"), pytest.raises(ValueError):
            axes(dims, count)
    for dim, count in ((3, 3), (-4, 3), (ndim, ndim), (-ndim - int(rng.integers(1, 9)), ndim)):
        with tried(f"axes({dim}, {count})"), pytest.raises(NO_SUCH_AXIS) as error:
            axes(dim, count)
        for number in (dim, count):
            assert str(number) in str(error.value), (
                f"the message should name dim {dim} and ndim {count}; it says: {error.value}"
            )


# Element by element


@check("Elementwise ops", points=3, seconds=2)
def test_elementwise(rng: np.random.Generator) -> None:
    """add, mul, div, exp and clip give the right numbers, and save what their docstrings say."""
    a, b = f32([[1, 2], [3, 4]]), f32([10, 20])
    wide = f32([[10, 20], [10, 20]])
    sums, saved = run(add, a, b)
    assert_close(sums, f32([[11, 22], [13, 24]]), what="add")
    assert_same(saved, None, what="what add saves")
    products, saved = run(mul, a, wide)
    assert_close(products, f32([[10, 40], [30, 80]]), what="mul")
    assert_pair(saved, a, wide, what="what mul saves")
    quotients, saved = run(div, wide, a)
    assert_close(quotients, f32([[10, 10], [10 / 3, 5]]), what="div")
    assert_pair(saved, wide, a, what="what div saves")
    powers, saved = run(exp, f32(0, 1, -2))
    assert_close(powers, f32(1, 2.7182818, 0.13533528), what="exp")
    assert_close(saved, powers, what="what exp saves")
    cut, saved = run(clip, f32(-2, 0, 3), min=0)
    assert_close(cut, f32(0, 0, 3), what="clip with min=0")
    assert_close(saved, np.array([False, True, True]), what="what clip saves")
    n, m = sizes(rng, 2)
    a, b = normal(rng, n, m), normal(rng, n, m)
    for name, op, want in (("add", add, a + b), ("mul", mul, a * b), ("div", div, a / b), ("exp", exp, np.exp(a))):
        arrays = (a,) if op is exp else (a, b)
        assert_close(run(op, *arrays)[0], want, what=f"{name} of drawn numbers, ({n}, {m})")
    for name, op in (("mul", mul), ("div", div)):
        assert_pair(run(op, a, b)[1], a, b, what=f"what {name} saves")
    cut, saved = run(clip, a, min=float(a[0, 0]))
    assert_close(cut, np.maximum(a, a[0, 0]), what=f"clip with min={a[0, 0]}")
    assert_close(saved, a >= a[0, 0], what=f"what clip with min={a[0, 0]} saves")


@check("Comparisons", points=1, needs=["test_numbers_in"], seconds=2)
def test_comparisons(rng: np.random.Generator) -> None:
    """Two tensors, or a tensor and a number, are compared element by element into bools."""
    n, m = sizes(rng, 2)
    a, column = rng.integers(0, 3, size=(n, m)).astype(F32), rng.integers(0, 3, size=(n, 1)).astype(F32)
    for other in (column, 1.0):
        wants = {"<": a < other, "<=": a <= other, ">": a > other, ">=": a >= other, "==": a == other, "!=": a != other}
        for sign, result in tensor_helpers.compared(a, other).items():
            kind = "a number" if isinstance(other, float) else "a column"
            assert_close(result, wants.pop(sign), what=f"a ({n}, {m}) Tensor {sign} {kind}")
        assert_same(list(wants), [], what="signs that were not tried")


#% hidden
@check("Elementwise ops: infinities, NaN and missing bounds", points=1, visibility=HIDDEN, needs=["test_elementwise"], seconds=2)
def test_elementwise_edges(rng: np.random.Generator) -> None:
    """The ops handle broadcast shapes, infinities and NaN, and clip works with two bounds, an upper bound alone, and no
    bounds.
    """
    n, m = sizes(rng, 2)
    a, b = normal(rng, n, 1), normal(rng, m)
    wide, tall = a.astype(np.float64), b.astype(np.float64)
    for name, op, want in (("add", add, wide + tall), ("mul", mul, wide * tall), ("div", div, wide / tall)):
        assert_close(run(op, a, b)[0], want.astype(F32), what=f"{name} of ({n}, 1) and ({m},)")
    _, saved = run(mul, a, b)
    assert_pair(saved, a, b, what=f"what mul of ({n}, 1) and ({m},) saves")
    for name, op in (("mul", mul), ("div", div)):
        _, saved = run(op, a, tall)
        assert_pair(saved, a.astype(np.float64), tall, what=f"what {name} of float32 and float64 saves, in one dtype")
    powers, saved = run(exp, a)
    assert_close(powers, np.exp(wide).astype(F32), what="exp")
    assert_close(saved, powers, what="what exp saves")
    assert_close(run(exp, f32(-np.inf, np.inf, np.nan))[0], f32(0, np.inf, np.nan), what="exp of -inf, inf and nan")
    x = f32(-2, -1, 0.5, 1, 3)
    low, high = sorted(int(n) / 4 for n in rng.permutation(range(-6, 7))[:2])
    quarters = rng.integers(-8, 9, size=40).astype(F32) / 4  # in steps of 1/4, so that some lie on a bound
    cut, saved = run(clip, quarters, min=low, max=high)
    assert_close(cut, np.minimum(np.maximum(quarters, F32(low)), F32(high)), what=f"clip with min={low}, max={high}")
    assert_close(saved, (quarters >= low) & (quarters <= high), what=f"what clip with min={low}, max={high} saves")
    for bounds, want, inside in (
        ({"max": 1}, [-2, -1, 0.5, 1, 1], [True, True, True, True, False]),
        ({"min": -1, "max": 1}, [-1, -1, 0.5, 1, 1], [False, True, True, True, False]),
        ({"min": 3, "max": 0.75}, [0.75] * 5, [False] * 5),
    ):
        cut, saved = run(clip, x, **bounds)
        assert_close(cut, f32(want), what=f"clip with {bounds}")
        assert_close(saved, np.array(inside), what=f"what clip with {bounds} saves")
    assert_close(run(clip, f32(np.nan, 2), max=1)[0], f32(np.nan, 1), what="clip of nan and 2 with max=1")
    assert_close(run(clip, np.array([1, 5]), max=3)[0], np.array([1, 3]), what="clip of int64 with max=3")
    with tried("clip without bounds"), pytest.raises(ValueError):
        clip(x)


@check(
    "float32 stays float32",
    points=3,
    visibility=HIDDEN,
    needs=["test_numbers_in", "test_elementwise", "test_matmul", "test_mean_and_var"],
    seconds=2,
)
def test_dtypes(rng: np.random.Generator) -> None:
    """Python numbers, NumPy numbers and integers never turn float32 into float64. Division and mean of integers give floats."""
    n, number = int(rng.integers(3, 8)), float(rng.integers(1, 20)) / 8
    xs, ds = rng.uniform(0.5, 4, size=n).astype(F32).astype(np.float64), rng.uniform(0.5, 4, size=n)
    ns, flags, octets = rng.integers(1, 9, size=n), rng.random(n) < 0.5, rng.integers(100, 256, size=n).astype(np.uint8)
    x, i, d = Tensor(xs), Tensor(ns, dtype=np.int64), Tensor(ds, dtype=np.float64)
    for what, result, dtype, numbers in (
        (f"float32 + {number}", x + number, F32, xs + number),
        ("2 * float32", 2 * x, F32, 2 * xs),
        (f"float32 * np.float64({number})", x * np.float64(number), F32, xs * number),
        ("float32 / float64 array", x / ds, F32, xs / ds),
        ("float32 + int64 Tensor", x + i, F32, xs + ns),
        ("int64 Tensor * float32", i * x, F32, ns * xs),
        ("int64 + int64", i + i, np.int64, ns + ns),
        ("int64 / int64", i / Tensor(ns[::-1], dtype=np.int64), F32, ns / ns[::-1]),
        (f"int64 * {number}", i * number, F32, ns * number),
        ("float64 + float32", d + x, np.float64, ds + xs),
        ("float32 @ int64", x @ i, F32, (xs * ns).sum()),
        ("int64 @ float32", i @ x, F32, (xs * ns).sum()),
        ("float64 @ float64", d @ d, np.float64, (ds * ds).sum()),
        ("int64 @ int64", i @ i, np.int64, (ns * ns).sum()),
        ("float64 mean", d.mean(), np.float64, ds.mean()),
        ("float64 exp", d.exp(), np.float64, np.exp(ds)),
        ("int64 exp", i.exp(), F32, np.exp(ns)),
        ("int64 mean", i.mean(), F32, ns.mean()),
        ("float32 var", x.var(), F32, xs.var(ddof=1)),
        ("float32 sum", x.sum(), F32, xs.sum()),
        ("float32 max", x.max(), F32, xs.max()),
        ("float32 clip with a NumPy bound", x.clip(max=np.float64(number)), F32, np.minimum(xs, number)),
        ("uint8 sum beyond 255", Tensor([200, 100], dtype=np.uint8).sum() * 1.0, F32, 300),
        (f"uint8 sum of {n} numbers", Tensor(octets, dtype=np.uint8).sum() * 1.0, F32, octets.sum(dtype=np.int64)),
        (f"uint8 mean of {n} numbers", Tensor(octets, dtype=np.uint8).mean(), F32, octets.mean(dtype=np.float64)),
        ("bools are counted", Tensor(flags, dtype=np.bool_).sum(), np.int64, flags.sum()),
    ):
        exactness = {"rtol": 1e-12, "atol": 0.0} if dtype is np.float64 else {"rtol": 1e-5, "atol": 1e-5}
        assert_close(result.data, np.array(numbers, dtype=dtype), what=what, **exactness)


#% endhidden
# Matrix multiplication


@check("Predict the cost of a matrix product", points=1, seconds=2)
def test_predictions(rng: np.random.Generator) -> None:
    """Multiply-adds and bytes follow from the three sizes alone."""
    assert_same(matmul_multiply_adds(2, 3, 4), 24, what="matmul_multiply_adds(2, 3, 4)")
    assert_same(matmul_multiply_adds(64, 784, 10), 501_760, what="matmul_multiply_adds(64, 784, 10)")
    assert_same(matmul_bytes(2, 3, 4), 104, what="matmul_bytes(2, 3, 4)")
    assert_same(matmul_bytes(2, 3, 4, itemsize=8), 208, what="matmul_bytes(2, 3, 4, itemsize=8)")
    m, k, n, itemsize = (int(size) for size in rng.integers(2, 1000, size=4))
    assert_same(matmul_multiply_adds(m, k, n), m * k * n, what=f"matmul_multiply_adds({m}, {k}, {n})")
    numbers = m * k + k * n + m * n
    assert_same(matmul_bytes(m, k, n), 4 * numbers, what=f"matmul_bytes({m}, {k}, {n})")
    assert_same(matmul_bytes(m, k, n, itemsize), itemsize * numbers, what=f"matmul_bytes({m}, {k}, {n}, {itemsize})")


@check("A matrix product in three loops", points=2, seconds=2)
def test_matmul_loops(rng: np.random.Generator) -> None:
    """matmul_loops follows the definition, and its result has the dtype of its inputs."""
    assert_close(matmul_loops(f32([[1, 2]]), f32([[0.5, -1], [1, 2]])), f32([[2.5, 3]]), what="[[1, 2]] @ W")
    m, k, n = sizes(rng, 3)
    a, b = normal(rng, m, k), normal(rng, k, n)
    assert_close(matmul_loops(a, b), product(a, b), atol=1e-5, what=f"({m}, {k}) @ ({k}, {n})")
    a, b = rng.normal(size=(m, k)), rng.normal(size=(k, n))
    assert_close(matmul_loops(a, b), a @ b, rtol=1e-12, atol=1e-12, what="float64 @ float64")
    a, b = rng.integers(-9, 9, size=(m, k)), rng.integers(-9, 9, size=(k, n))
    assert_close(matmul_loops(a, b), a @ b, what="int64 @ int64")


@check("A matrix product row by row", points=2, seconds=2)
def test_matmul_rows(rng: np.random.Generator) -> None:
    """matmul_rows gives the same numbers as the loops."""
    assert_close(matmul_rows(f32([[1, 2]]), f32([[0.5, -1], [1, 2]])), f32([[2.5, 3]]), what="[[1, 2]] @ W")
    m, k, n = sizes(rng, 3)
    a, b = normal(rng, m, k), normal(rng, k, n)
    assert_close(matmul_rows(a, b), product(a, b), atol=1e-5, what=f"({m}, {k}) @ ({k}, {n})")
    square = normal(rng, m, m)
    assert_close(matmul_rows(square, square.T), product(square, square.T), atol=1e-5, what="a square matrix @ its .T")


#% hidden
@check(
    "The predicted cost equals the counted cost",
    points=2,
    visibility=HIDDEN,
    needs=["test_predictions", "test_matmul_loops", "test_matmul"],
    seconds=2,
)
def test_counted(rng: np.random.Generator) -> None:
    """The check counts the products that matmul_loops computes and the bytes of real matrices. Both must equal your
    prediction.
    """
    one, other = (int(size) for size in rng.integers(2, 7, size=2))
    for m, k, n in (sizes(rng, 3), (one, 1, other), (1, other, 1), (one, 0, other)):
        a, b = rng.normal(size=(m, k)), rng.normal(size=(k, n))
        asked: list[tuple[float, float]] = []

        def multiply(x: float, y: float, asked: list[tuple[float, float]] = asked) -> float:
            asked.append((min(x, y), max(x, y)))
            return x * y + 1  # which only those who ask can know

        numbers = tensor_helpers.loops_that_ask(a, b, multiply)
        pairs = [(x, y) for i, j in np.ndindex(m, n) for x, y in zip(a[i].tolist(), b[:, j].tolist(), strict=True)]
        assert_same(len(asked), len(pairs), what=f"products computed by matmul_loops, ({m}, {k}) @ ({k}, {n})")
        assert_same(sorted(asked), sorted((min(pair), max(pair)) for pair in pairs), what="the factors of the products")
        assert_close(np.array(numbers, np.float64), a @ b + k, rtol=1e-9, atol=1e-9, what="the sums of these products, each + 1")
        assert_same(matmul_multiply_adds(m, k, n), len(pairs), what=f"matmul_multiply_adds({m}, {k}, {n})")
        out, _ = run(matmul, a, b)
        assert_close(out, a @ b, rtol=1e-9, atol=1e-9, what=f"({m}, {k}) @ ({k}, {n})")
        measured = a.nbytes + b.nbytes + out.nbytes
        assert_same(matmul_bytes(m, k, n, 8), measured, what=f"matmul_bytes({m}, {k}, {n}, 8)")


READY_MADE = ("matmul", "matvec", "vecmat", "vecdot", "dot", "vdot", "inner", "outer", "einsum", "tensordot", "multi_dot")


@check("Write the matrix products yourself", points=1, visibility=HIDDEN, needs=["test_matmul_loops", "test_matmul"], seconds=2)
def test_written(rng: np.random.Generator) -> None:
    """matmul_loops, matmul_rows and matmul multiply and add without @, np.matmul, np.dot, np.einsum and the like."""
    m, k, n = sizes(rng, 3)
    a, b = normal(rng, m, k), normal(rng, k, n)
    for name in ("matmul_loops", "matmul_rows", "matmul"):
        called, result = tensor_helpers.functions_called(name, a, b)
        assert_same([f for f in called if f in READY_MADE], [], what=f"ready-made products that {name} calls")
        assert_close(result, product(a, b), atol=1e-5, what=f"the product by {name} while it was watched")


@check(
    "matmul_rows is faster than three loops",
    points=1,
    visibility=HIDDEN,
    needs=["test_matmul_loops", "test_matmul_rows"],
    seconds=2,
)
def test_rows_are_quicker(rng: np.random.Generator) -> None:
    """On 48×48 matrices matmul_rows takes less than a quarter of the time of three nested loops in Python."""
    a, b = normal(rng, 48, 48), normal(rng, 48, 48)

    def seconds(fn: Any) -> float:
        start = time.perf_counter()
        fn(a, b)
        return time.perf_counter() - start

    # 110,592 interpreted multiply-adds take 15 ms and more; 48 steps that leave the inner work to NumPy under 1 ms. On a
    # machine that does much else any single time may be long: the best of up to twenty counts. The loops are our own: those
    # of the submission could be slow on purpose.
    loops = rows = float("inf")
    for _ in range(20):
        loops, rows = min(loops, seconds(interpreted)), min(rows, seconds(matmul_rows))
        if rows < loops / 4:
            break
    assert rows < loops / 4, f"loops: {loops * 1e3:.1f} ms, rows: {rows * 1e3:.1f} ms"
    assert_close(matmul_rows(a, b), a @ b, rtol=1e-4, atol=1e-4, what="matmul_rows(a, b), a and b of 48×48")


def interpreted(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two float32 matrices, one multiplication at a time."""
    total = np.zeros((len(a), b.shape[1]), F32)
    for i, j, k in itertools.product(range(len(a)), range(b.shape[1]), range(len(b))):
        total[i, j] += a[i, k] * b[k, j]
    return total


#% endhidden
@check(
    "Products of tensors with any number of axes",
    points=3,
    needs=["test_numbers_in", "test_broadcast", "test_matmul_rows"],
    seconds=2,
)
@pytest.mark.parametrize(
    ("left", "right", "shape"),
    [
        ((2, 3), (3, 4), (2, 4)),
        ((5, 2, 3), (3, 4), (5, 2, 4)),
        ((5, 2, 3), (5, 3, 4), (5, 2, 4)),
        ((3,), (3, 4), (4,)),
        ((2, 3), (3,), (2,)),
    ],
)
def test_matmul(
    left: tuple[int, ...], right: tuple[int, ...], shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    """a @ b multiplies matrices, vectors and batches of matrices."""
    for here, there, result in ((left, right, shape), resized(rng, left, right, shape)):
        a, b = normal(rng, *here), normal(rng, *there)
        want = np.matmul(a.astype(np.float64), b.astype(np.float64)).astype(F32)
        with tried(f"{here} @ {there}, which has shape {result}"):
            out, saved = run(matmul, a, b)
            assert_close(out, want, atol=1e-5, what="matmul")
            assert_pair(saved, a, b, what="what matmul saves")
            assert_close((Tensor(a) @ Tensor(b)).data, want, atol=1e-5, what="Tensor @ Tensor")


#% hidden
@check("Products of vectors and broadcast batches", points=2, visibility=HIDDEN, needs=["test_matmul"], seconds=2)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((3,), (5, 3, 2)),
        ((5, 2, 3), (3,)),
        ((3,), (3, 1)),
        ((1, 3), (3,)),
        ((2, 3), (5, 3, 4)),
        ((6, 1, 2, 3), (5, 3, 4)),
        ((1, 2, 3), (5, 3, 1)),
        ((2, 2, 2), (2, 2, 2)),
        ((0, 2, 3), (3, 4)),
        ((2, 0), (0, 3)),
        ((0, 3), (3, 2)),
        ((0,), (0,)),
    ],
)
def test_matmul_batches(left: tuple[int, ...], right: tuple[int, ...], rng: np.random.Generator) -> None:
    """A vector gets an extra axis, which the result drops again. Batch axes broadcast, and empty sums are 0."""
    for here, there in ((left, right), resized(rng, left, right)):
        a, b = normal(rng, *here), normal(rng, *there)
        want = np.asarray(np.matmul(a.astype(np.float64), b.astype(np.float64))).astype(F32)
        with tried(f"{here} @ {there}"):
            out, saved = run(matmul, a, b)
            assert_close(out, want, atol=1e-5, what="matmul")
            assert_pair(saved, a, b, what="what matmul saves")


@check("Products of views, and shapes that do not match", points=3, visibility=HIDDEN, needs=["test_matmul"], seconds=2)
def test_matmul_misfits(rng: np.random.Generator) -> None:
    """Transposed and sliced matrices multiply like any others. Shapes that do not match raise a ValueError that names
    both shapes.
    """
    base = normal(rng, 6, 8)
    x = Tensor(base)
    assert_close((x.transpose(0, 1) @ x).data, product(base.T, base), atol=1e-5, what="x.transpose(0, 1) @ x")
    assert_close(
        (x[::2, 1:7:3] @ x[:2, ::-1]).data, product(base[::2, 1:7:3], base[:2, ::-1]), atol=1e-5, what="slices"
    )
    array = normal(rng, 3, 6)
    assert_close((array @ x).data, product(array, base), atol=1e-5, what="NumPy array @ Tensor")
    for left, right in (
        ((2, 3), (2, 3)),
        ((2, 3), (4,)),
        ((3,), (2, 3)),
        ((1, 2), (1, 2)),
        ((), (2, 2)),
        ((2, 2), ()),
        ((2, 3), (1, 4)),
        ((3,), (1,)),
    ):
        for here, there in ((left, right), resized(rng, left, right)):
            with tried(f"{here} @ {there}"), pytest.raises(ValueError) as error:
                matmul(np.ones(here, F32), np.ones(there, F32))
            assert_names(error, here, there)
    for here, there in (((5, 2, 3), (4, 3, 2)), resized(rng, (5, 2, 3), (4, 3, 2))):
        with tried(f"{here} @ {there}"), pytest.raises(ValueError):
            matmul(np.ones(here, F32), np.ones(there, F32))


#% endhidden
# Over axes


@check("Sums and maxima over axes", points=3, needs=["test_axes"], seconds=2)
def test_sum_and_max(rng: np.random.Generator) -> None:
    """reduce_sum and reduce_max work over one axis, several or all, and can keep a reduced axis with size 1."""
    a = f32([[1, 5, 2], [4, 3, 6]])
    for options, sums, maxima, over in (
        ({}, 21, 6, (0, 1)),
        ({"dim": 0}, [5, 8, 8], [4, 5, 6], (0,)),
        ({"dim": -1}, [8, 13], [5, 6], (1,)),
        ({"dim": 1, "keepdim": True}, [[8], [13]], [[5], [6]], (1,)),
        ({"dim": (0, 1), "keepdim": True}, [[21]], [[6]], (0, 1)),
    ):
        with tried(f"options {options}"):
            total, saved = run(reduce_sum, a, **options)
            assert_close(total, f32(sums), what="reduce_sum")
            assert_same(saved, ((2, 3), over), what="what reduce_sum saves")
            largest, saved = run(reduce_max, a, **options)
            assert_close(largest, f32(maxima), what="reduce_max")
            assert_same(saved[1], over, what="the axes that reduce_max saves")
    _, (mask, _) = run(reduce_max, a, dim=1)
    assert_close(mask, np.array([[False, True, False], [False, False, True]]), what="the mask that reduce_max saves")
    cube = normal(rng, *sizes(rng, 3))
    first, second = (int(axis) for axis in rng.permutation(3)[:2])
    for dim, over in ((None, (0, 1, 2)), (first, (first,)), (first - 3, (first,)), ((first, second), (first, second))):
        for keepdim in (False, True):
            with tried(f"shape {cube.shape}, dim={dim}, keepdim={keepdim}"):
                total, saved = run(reduce_sum, cube, dim=dim, keepdim=keepdim)
                want = np.asarray(cube.astype(np.float64).sum(over, keepdims=keepdim))
                assert_close(total, want.astype(F32), atol=1e-4, what="reduce_sum")
                assert_same(saved, (cube.shape, over), what="what reduce_sum saves")
                largest, (mask, saved) = run(reduce_max, cube, dim=dim, keepdim=keepdim)
                assert_close(largest, np.asarray(cube.max(over, keepdims=keepdim)), what="reduce_max")
                assert_close(mask, cube == cube.max(over, keepdims=True), what="the mask that reduce_max saves")
                assert_same(saved, over, what="the axes that reduce_max saves")


@check("Mean and variance", points=2, needs=["test_numbers_in", "test_elementwise", "test_sum_and_max"], seconds=2)
def test_mean_and_var(rng: np.random.Generator) -> None:
    """mean and var work over axes. var divides by n - 1 unless told otherwise."""
    x = Tensor([[1, 2, 3, 4], [2, 4, 6, 8]])
    with tried("mean() of a (2, 4) Tensor"):
        assert_close(x.mean().data, f32(3.75), what="mean of all")
    with tried("mean(1)"):
        assert_close(x.mean(1).data, f32(2.5, 5), what="mean over dim 1")
    with tried("mean(0, keepdim=True)"):
        assert_close(x.mean(0, keepdim=True).data, f32([[1.5, 3, 4.5, 6]]), what="mean over dim 0, keepdim")
    with tried("var(1) of a (2, 4) Tensor"):
        assert_close(x.var(1).data, f32(5 / 3, 20 / 3), what="var over dim 1")
    with tried("var(1, correction=0)"):
        assert_close(x.var(1, correction=0).data, f32(1.25, 5), what="var over dim 1, correction=0")
    data = normal(rng, *sizes(rng, 3)) + 1
    wide, dim = data.astype(np.float64), int(rng.integers(3))
    with tried(f"shape {data.shape}"):
        assert_close(Tensor(data).mean().data, np.asarray(wide.mean(), F32), what="mean of all")
        for keepdim in (False, True):
            want = wide.mean(dim, keepdims=keepdim).astype(F32)
            assert_close(Tensor(data).mean(dim, keepdim).data, want, what=f"mean over dim {dim}, keepdim={keepdim}")
        for correction in (1, 0):
            want = wide.var(dim, ddof=correction).astype(F32)
            got = Tensor(data).var(dim, correction=correction).data
            assert_close(got, want, rtol=1e-4, what=f"var over dim {dim}, correction={correction}")


#% hidden
@check("Reductions: several axes, empty axes, ties", points=2, visibility=HIDDEN, needs=["test_sum_and_max"], seconds=2)
def test_reduction_edges(rng: np.random.Generator) -> None:
    """Handles several axes in any order, no axes, empty axes, axes that do not exist, and a maximum that occurs more
    than once.
    """
    a = normal(rng, *sizes(rng, 3))
    wide = a.astype(np.float64)
    total, saved = run(reduce_sum, a, dim=(2, 0))
    assert_close(total, wide.sum(0).sum(1).astype(F32), atol=1e-5, what="sum over (2, 0)")
    assert_same(saved, (a.shape, (2, 0)), what="what a sum over (2, 0) saves")
    total, _ = run(reduce_sum, a, dim=(-1, 1), keepdim=True)
    assert_close(total, wide.sum((1, 2)).astype(F32)[:, None, None], atol=1e-5, what="sum over (-1, 1), keepdim")
    assert_close(run(reduce_sum, f32(5))[0], f32(5), what="the sum of a single number")
    assert_close(run(reduce_sum, np.zeros((0, 3), F32), dim=0)[0], f32(0, 0, 0), what="the sum over an empty axis")
    assert_close(run(reduce_max, np.zeros((2, 0, 3), F32), dim=0)[0], np.zeros((0, 3), F32), what="max beside an empty axis")
    with tried("max of nothing"), pytest.raises(ValueError):
        reduce_max(np.zeros((0, 3), F32), dim=0)
    for dim in (2, -3, (0, 5)):
        with tried(f"sum of a matrix over dim {dim}"), pytest.raises(NO_SUCH_AXIS):
            reduce_sum(np.ones((2, 2), F32), dim=dim)
    with tried("sum over (0, 0)"), pytest.raises(ValueError):
        reduce_sum(np.ones((2, 2), F32), dim=(0, 0))
    ties = f32([[1, 3, 3], [2, 2, 2]])
    out, (mask, _) = run(reduce_max, ties, dim=1)
    assert_close(out, f32(3, 2), what="max with ties")
    assert_close(mask, np.array([[False, True, True], [True, True, True]]), what="the mask with ties, dim=1")
    _, (mask, _) = run(reduce_max, f32([[1, 4], [4, 4]]), dim=1)
    assert_close(mask, np.array([[False, True], [True, True]]), what="the mask of a square matrix, dim=1")
    assert_close(run(reduce_max, -ties)[0], f32(-1), what="the max of negative numbers")
    drawn = -rng.integers(1, 4, size=sizes(rng, 2)).astype(F32)
    for dim in (0, 1):
        out, (mask, _) = run(reduce_max, drawn, dim=dim)
        assert_close(out, drawn.max(dim), what=f"max of drawn numbers with ties, dim={dim}")
        assert_close(mask, drawn == drawn.max(dim, keepdims=True), what=f"the mask of drawn numbers with ties, dim={dim}")


@check("Sums over very many rows", points=1, visibility=HIDDEN, needs=["test_sum_and_max", "test_mean_and_var"], seconds=4)
def test_many_rows(rng: np.random.Generator) -> None:
    """float32 keeps its digits over tens of thousands of rows: in sums over one axis or several, in mean and in var."""
    rows, away = int(rng.integers(60_000, 70_000)), float(rng.choice([0.1, 0.35, 0.45, 0.7, 0.85, 0.9]))
    tall = np.full((rows, 2), away, F32)  # of these numbers NumPy's own sum over the rows is wrong in the fourth digit
    for what, array, dim in (
        ("sum over dim 0", tall, 0),
        ("sum over dim 1 of three", np.stack([tall, tall]), 1),
        ("sum over dims (0, 1) of three", tall[: rows // 250 * 250].reshape(250, -1, 2), (0, 1)),
    ):
        want = array.sum(axis=dim, dtype=np.float64).astype(F32)
        assert_close(run(reduce_sum, array, dim=dim)[0], want, rtol=1e-5, what=f"{what}: {array.shape}, all of them {away}")
    assert_close(Tensor(tall).mean(0).data, f32(away, away), rtol=1e-5, what=f"mean of {rows} rows of {away}")
    swings = np.where(np.arange(rows) % 2 == 0, 1000 + away, 1000 - away).astype(F32)[:, np.newaxis]
    want = swings.astype(np.float64).var(0, ddof=1).astype(F32)
    assert_close(Tensor(np.hstack([swings] * 2)).var(0).data, np.hstack([want] * 2), rtol=1e-4, what=f"var of 1000 ± {away}")


@check(
    "Variance of large numbers, square data and several axes",
    points=2,
    visibility=HIDDEN,
    needs=["test_mean_and_var"],
    seconds=2,
)
def test_var_traps(rng: np.random.Generator) -> None:
    """The variance of numbers near 10,000 is accurate, square data uses the right axis, and the count covers all reduced axes."""
    far = Tensor([10000, 10001, 10002, 10003])
    assert_close(far.var().data, f32(5 / 3), rtol=1e-4, what="var of 10000 ... 10003")
    assert_close(far.var(correction=0).data, f32(1.25), rtol=1e-4, what="var of 10000 ... 10003, correction=0")
    n, m, k = sizes(rng, 3)
    for shape, dim in (((n, n), 1), ((n, n), 0), ((n, m, k), (0, 2)), ((n, m, k), -2), ((n, m), None)):
        data = normal(rng, *shape)
        want = data.astype(np.float64).var(axis=dim, ddof=1)
        with tried(f"shape {shape}, dim={dim}"):
            assert_close(Tensor(data).var(dim).data, np.asarray(want, F32), rtol=1e-4, what="var")
    data = rng.integers(0, 64, size=(n, m)).astype(F32) / 64 + int(rng.integers(2000, 9000))  # exact in float32
    want = data.astype(np.float64).var(1, ddof=1).astype(F32)
    assert_close(Tensor(data).var(1).data, want, rtol=2e-2, atol=1e-4, what="var of numbers far from 0, over dim 1")
    data = normal(rng, n, m)
    kept = Tensor(data).var(1, 0, True)
    assert_close(kept.data, data.astype(np.float64).var(1, keepdims=True).astype(F32), rtol=1e-4, what="var(1, 0, True)")
    assert_close(Tensor([7]).var().data, f32(np.nan), what="var of a single number")
    assert_close(zeros(0, 2).mean(0).data, f32(np.nan, np.nan), what="mean over an empty axis")


#% endhidden
# The same numbers in another shape


@check("Change the shape, keep the numbers", points=2, needs=["test_numbers_in", "test_axes"], seconds=2)
def test_shapes(rng: np.random.Generator) -> None:
    """reshape, permute, transpose, squeeze and unsqueeze move axes and keep every number."""
    a = np.arange(6, dtype=F32).reshape(2, 3)
    out, saved = run(reshape, a, shape=(3, -1))
    assert_close(out, f32([[0, 1], [2, 3], [4, 5]]), what="reshape to (3, -1)")
    assert_same(saved, (2, 3), what="what reshape saves")
    assert_close(Tensor(a).transpose(0, 1).data, f32([[0, 3], [1, 4], [2, 5]]), what="transpose(0, 1)")
    with tried("(2, 3).transpose(1, 1)"):
        assert_close(Tensor(a).transpose(1, 1).data, a, what="transpose(1, 1)")
    cube = normal(rng, *sizes(rng, 3))
    shape, x = cube.shape, Tensor(cube)
    for new in ((shape[0], -1), (-1,), (shape[2], shape[0], shape[1])):
        out, saved = run(reshape, cube, shape=new)
        assert_close(out, cube.reshape(new), what=f"{shape} reshaped to {new}")
        assert_same(saved, shape, what="what reshape saves")
    for dims in ((2, 0, 1), tuple(int(axis) for axis in rng.permutation(3))):
        out, saved = run(permute, cube, dims=dims)
        assert_close(out, np.transpose(cube, dims), what=f"{shape} permuted by {dims}")
        assert_same(saved, dims, what=f"what permute by {dims} saves")
    for one, other in ((0, -1), (1, 2), (1, 1)):
        got = x.transpose(one, other).data
        assert_close(got, np.swapaxes(cube, one, other), what=f"{shape}.transpose({one}, {other})")
    for dim in (0, -1, 1):
        assert_close(x.unsqueeze(dim).data, np.expand_dims(cube, dim), what=f"{shape} after unsqueeze({dim})")
    thin = normal(rng, 1, shape[0], 1)
    with tried(f"a Tensor of shape {thin.shape}"):
        assert_close(Tensor(thin).squeeze().data, thin[0, :, 0], what="squeeze()")
        assert_close(Tensor(thin).squeeze(0).data, thin[0], what="squeeze(0)")


@check("Join tensors: cat and stack", points=2, needs=["test_shapes"], seconds=2)
def test_cat_and_stack(rng: np.random.Generator) -> None:
    """cat joins tensors along an existing axis, stack along a new axis."""
    a, b = f32([[1, 2]]), f32([[3, 4], [5, 6]])
    out, saved = run(concatenate, a, b, dim=-2)
    assert_close(out, f32([[1, 2], [3, 4], [5, 6]]), what="concatenate along dim -2")
    assert_same(saved, (0, (1, 2)), what="what concatenate saves")
    x, y = Tensor([1, 2, 3]), Tensor([4, 5, 6])
    assert_close(stack([x, y]).data, f32([[1, 2, 3], [4, 5, 6]]), what="stack")
    assert_close(stack([x, y], dim=-1).data, f32([[1, 4], [2, 5], [3, 6]]), what="stack with dim=-1")
    n, m, k, count = sizes(rng, 4)
    arrays = [normal(rng, n, size, k) for size in (m, count, 1)]
    out, saved = run(concatenate, *arrays, dim=-2)
    assert_close(out, np.concatenate(arrays, axis=1), what=f"concatenate of {[a.shape for a in arrays]} along dim -2")
    assert_same(saved, (1, (m, count, 1)), what="what concatenate saves")
    assert_close(cat([Tensor(a) for a in arrays], dim=1).data, np.concatenate(arrays, axis=1), what="cat along dim 1")
    arrays = [normal(rng, n, m) for _ in range(count)]
    for dim in (0, 1, -1):
        got = stack([Tensor(a) for a in arrays], dim=dim).data
        assert_close(got, np.stack(arrays, axis=dim), what=f"stack of {count} of ({n}, {m}) with dim={dim}")


#% hidden
@check("Shapes: views, negative axes, axes of size 1", points=2, visibility=HIDDEN, needs=["test_shapes"], seconds=2)
def test_shape_edges(rng: np.random.Generator) -> None:
    """Handles views, negative axes and axes of size 1 that must stay, and rejects axes that do not exist."""
    n, m, k = sizes(rng, 3)
    a, cube = normal(rng, n, m), normal(rng, n, 1, m)
    x = Tensor(a)
    assert_close(x.transpose(0, 1).reshape(n * m).data, a.T.reshape(n * m), what="transpose, then reshape")
    assert_close(x.transpose(-1, -1).data, a, what="transpose(-1, -1)")
    out, saved = run(permute, cube, dims=(-1, 0, -2))
    assert_close(out, np.transpose(cube, (2, 0, 1)), what="permute by (-1, 0, -2)")
    assert_same(saved, (2, 0, 1), what="what permute by (-1, 0, -2) saves")
    assert_close(Tensor(cube).squeeze(0).data, cube, what=f"{cube.shape} after squeeze(0)")
    thin = normal(rng, 1, n, 1, m, 1)
    assert_close(Tensor(thin).squeeze((0, -1)).data, thin[0, ..., 0], what=f"{thin.shape} after squeeze((0, -1))")
    number = float(F32(rng.normal()))
    assert_close(Tensor(number).unsqueeze(0).data, f32([number]), what="a single number after unsqueeze(0)")
    for dim in (2, -3):
        assert_close(x.unsqueeze(dim).data, np.expand_dims(a, dim), what=f"({n}, {m}) after unsqueeze({dim})")
    assert_same(zeros(n, 0).reshape(0, m).shape, (0, m), what=f"({n}, 0) reshaped to (0, {m})")
    assert_close(run(reshape, f32([number]), shape=())[0], f32(number), what="one number reshaped to ()")
    for shape in ((n * m - 1,), (n * m - 1, -1), (n * m + 1, 1), (-1, -1), (-2, m), (-n, m)):
        with tried(f"({n}, {m}) reshaped to {shape}"), pytest.raises(ValueError) as error:
            reshape(a, shape=shape)
        assert_names(error, (n, m), shape)
    with tried(f"({n}, 0) reshaped to (0, -1)"), pytest.raises(ValueError) as error:
        reshape(np.zeros((n, 0), F32), shape=(0, -1))
    assert_names(error, (n, 0), (0, -1))
    for dims in ((0, 0), (1, -1), (0, 1 + k)):
        with tried(f"a matrix permuted by {dims}"), pytest.raises(NO_SUCH_AXIS):
            permute(a, dims=dims)
    with tried("a matrix permuted by (0,)"), pytest.raises(ValueError) as error:
        permute(a, dims=(0,))
    assert_names(error, (n, m))
    with tried(f"({n}, {m}).unsqueeze({1 + k})"), pytest.raises(NO_SUCH_AXIS):
        x.unsqueeze(1 + k)
    with tried(f"({n}, {m}).transpose(0, {k})"), pytest.raises(NO_SUCH_AXIS):
        x.transpose(0, k)


@check("cat and stack: shapes that do not match", points=1, visibility=HIDDEN, needs=["test_cat_and_stack"], seconds=2)
def test_join_errors(rng: np.random.Generator) -> None:
    """The errors of cat and stack name the shapes that do not match. Dtypes combine as in add, and any axis works."""
    n, m, k = sizes(rng, 3)
    a, b, c = normal(rng, n, m), normal(rng, n, m), normal(rng, n, m, 1)
    assert_close(stack([Tensor(a), Tensor(b)], dim=1).data, np.stack([a, b], 1), what="stack with dim=1")
    joined = np.concatenate([c, c[:, ::-1]], 1)
    assert_close(cat([Tensor(c), Tensor(c[:, ::-1])], dim=1).data, joined, what="cat along the middle axis")
    for name, join, shapes in (
        ("cat", cat, ((n, m), (n, k))),
        ("cat", cat, ((n, m), (m,))),
        ("stack", stack, ((n, m), (1, m))),
    ):
        with tried(f"{name} of {shapes}"), pytest.raises(ValueError) as error:
            join([zeros(*shape) for shape in shapes])
        assert_names(error, *shapes)
    with tried("concatenate of nothing"), pytest.raises(ValueError):
        concatenate()
    whole = rng.integers(-9, 9, size=(k, m))
    assert_close(run(concatenate, whole, a)[0], np.concatenate([whole.astype(F32), a]), what="cat of int64 and float32")
    assert_close(run(concatenate, whole, whole)[0], np.concatenate([whole, whole]), what="cat of int64 and int64")


#% endhidden
# Conveniences, memory, and all of it together


@check("item, repr and arange", points=2, needs=["test_numbers_in"], seconds=2)
def test_conveniences(rng: np.random.Generator) -> None:
    """item() returns a Python number, repr shows what differs from the default, and arange stops before its end."""
    assert_same(Tensor([[2.5]]).item(), 2.5, what="Tensor([[2.5]]).item()")
    assert_same(Tensor(3, dtype=np.int64).item(), 3, what="item() of an int64")
    number, whole, size = float(F32(rng.normal())), int(rng.integers(10, 99)), int(rng.integers(2, 9))
    assert_same(Tensor([[number]]).item(), number, what=f"Tensor([[{number}]]).item()")
    assert_same(Tensor([whole], dtype=np.int64).item(), whole, what=f"item() of the int64 {whole}")
    for shape in ((2,), (size, 1)):
        with tried(f"zeros{shape}.item()"), pytest.raises(ValueError) as error:
            zeros(*shape).item()
        assert_names(error, shape)
    n, shown = int(rng.integers(10, 100)), tensor_helpers.shown
    for what, text, want in (
        (f"Tensor([1, {n}])", shown([1, n], False, "float32"), f"Tensor([1.,{n}.])"),
        (f"Tensor([[1], [{n}]], dtype=np.int64)", shown([[1], [n]], False, "int64"), f"Tensor([[1],[{n}]],dtype=int64)"),
        (f"Tensor({n}.5, requires_grad=True)", shown(n + 0.5, True, "float32"), f"Tensor({n}.5,requires_grad=True)"),
    ):
        assert_same(text, want, what=f"repr({what}), without its spaces")
    assert_close(arange(3).data, np.array([0, 1, 2]), what="arange(3)")
    assert_close(arange(2, 8, 3).data, np.array([2, 5]), what="arange(2, 8, 3)")
    assert_close(arange(1, 2, 0.25).data, f32(1, 1.25, 1.5, 1.75), what="arange(1, 2, 0.25)")
    assert_close(arange(3.0).data, f32(0, 1, 2), what="arange(3.0)")
    assert_close(arange(3, 0).data, np.zeros(0, np.int64), what="arange(3, 0)")
    assert_close(arange(3, 0, -1).data, np.array([3, 2, 1]), what="arange(3, 0, -1)")
    assert_close(arange(0, 2.5, 0.5, dtype=np.int64).data, np.array([0, 0, 1, 1, 2]), what="arange(0, 2.5, 0.5, dtype=int64)")
    start, step = int(rng.integers(-20, 20)), int(rng.integers(2, 5))
    end = start + int(rng.integers(9, 30))
    for arguments, dtype in (((end - start,), np.int64), ((start, end, step), np.int64), ((start / 4, end / 4, step / 4), F32)):
        want = np.arange(*arguments).astype(dtype)
        assert_close(arange(*arguments).data, want, what=f"arange{arguments}")
    for stop in (2, end):
        with tried(f"arange(1, {stop}, 0)"), pytest.raises(ValueError):
            arange(1, stop, 0)


#% hidden
# Everything that makes a Tensor of a square Tensor with code of this module's, and what it should give, in NumPy
MADE: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], Any]]] = {
    "x + 1": (lambda x: x + 1, lambda a: a + 1),
    "2 * x": (lambda x: 2 * x, lambda a: 2 * a),
    "x / 2": (lambda x: x / 2, lambda a: a / 2),
    "x.exp()": (lambda x: x.exp(), np.exp),
    "x.clip(0)": (lambda x: x.clip(0), lambda a: np.maximum(a, 0)),
    "x @ x": (lambda x: x @ x, lambda a: product(a, a)),
    "x.sum(0)": (lambda x: x.sum(0), lambda a: a.sum(0)),
    "x.max()": (lambda x: x.max(), lambda a: a.max()),
    "x.mean(1)": (lambda x: x.mean(1), lambda a: a.mean(1)),
    "x.var()": (lambda x: x.var(), lambda a: a.var(ddof=1)),
    "x.reshape(-1)": (lambda x: x.reshape(-1), lambda a: a.reshape(-1)),
    "x.permute(1, 0)": (lambda x: x.permute(1, 0), lambda a: a.T),
    "x.transpose(0, 1)": (lambda x: x.transpose(0, 1), lambda a: a.T),
    "x.unsqueeze(0)": (lambda x: x.unsqueeze(0), lambda a: a[None]),
    "x.unsqueeze(0).squeeze()": (lambda x: x.unsqueeze(0).squeeze(), lambda a: a),
    "stack([x, x])": (lambda x: stack([x, x]), lambda a: np.stack([a, a])),
    "cat([x, x])": (lambda x: cat([x, x]), lambda a: np.concatenate([a, a])),
}


def leaves(tensor: Any, label: np.ndarray) -> list[np.ndarray | None]:
    """The data of the tensors at the ends of all ways back along _parents; None for one whose grad holds `label`."""
    parents = tensor._parents
    if parents:
        return [leaf for parent in parents for leaf in leaves(parent, label)]
    grad = tensor.grad
    return [None if grad is not None and grad.tolist() == label.tolist() else tensor.data]


@check(
    "Results record how they were made",
    points=2,
    visibility=HIDDEN,
    needs=["test_elementwise", "test_matmul", "test_mean_and_var", "test_shapes", "test_cat_and_stack"],
    seconds=2,
)
def test_memory(rng: np.random.Generator) -> None:
    """The result of every method records its inputs if one of them requires a gradient, and records nothing otherwise."""
    n = int(rng.integers(2, 5))
    first, second, label = normal(rng, n, n), normal(rng, n, n), normal(rng, n, n)
    for name, (make, want) in MADE.items():
        constants = []
        for data in (first, second):
            x = Tensor(data, requires_grad=True)
            x.grad = label  # by which x is known again at the end of the way back
            result = make(x)
            assert_close(result.data, np.asarray(want(data), F32), rtol=1e-4, atol=1e-5, what=name)
            assert_same(result.requires_grad, True, what=f"requires_grad of {name}, when x wants a gradient")
            ends = leaves(result, label)
            assert any(end is None for end in ends), f"{name} has lost its way back to x: follow _parents, and see"
            constants.append([end.tolist() for end in ends if end is not None])
        assert_same(constants[1], constants[0], what=f"{name}: inputs that are not made from x, but change with x")
        result = make(Tensor(first))
        assert_close(result.data, np.asarray(want(first), F32), rtol=1e-4, atol=1e-5, what=f"{name}, when x wants no gradient")
        assert_same(len(result._parents), 0, what=f"how many inputs {name} keeps, when no gradient is wanted")
        assert_same(result.requires_grad, False, what=f"requires_grad of {name}, when x wants no gradient")
    with tried("Tensor([1, 2], requires_grad=True, dtype=np.int64)"), pytest.raises(TypeError):
        Tensor([1, 2], requires_grad=True, dtype=np.int64)


#% endhidden
@check(
    "Run a whole network forward",
    points=3, capability=True,
    needs=["test_elementwise", "test_matmul", "test_mean_and_var"],
    seconds=2,
)
def test_network(rng: np.random.Generator) -> None:
    """Data is standardized and goes through two layers. The probabilities equal those of plain NumPy."""
    rows, inputs, units, classes = sizes(rng, 4)
    x, w = normal(rng, rows, inputs) * 3 + 1, normal(rng, inputs, units)
    b, v = normal(rng, units), normal(rng, units, classes)

    t = Tensor(x)
    t = (t - t.mean(0)) / (t.var(0, correction=0) + 1e-5).sqrt()
    hidden = (t @ Tensor(w) + Tensor(b)).clip(min=0)
    scores = hidden @ v
    raised = (scores - scores.max(1, keepdim=True)).exp()
    probabilities = raised / raised.sum(-1, keepdim=True)

    d = x.astype(np.float64)
    d = (d - d.mean(0)) / np.sqrt(d.var(0) + 1e-5)
    e = np.exp(np.maximum(d @ w + b, 0) @ v)
    assert_close(probabilities.data, (e / e.sum(1, keepdims=True)).astype(F32), rtol=1e-3, atol=1e-5, what="probabilities")
    assert_close(probabilities.sum(1).data, np.ones(rows, F32), rtol=1e-5, what="their sums")
