"""Tensor: can I create and manipulate the building blocks of ML?"""

from __future__ import annotations

import itertools
import re
import time
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
    ones,
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


@check("Numbers go in", points=1, seconds=2)
def test_numbers_in() -> None:
    """Numbers, nested lists and arrays become float32 arrays of the right shape."""
    assert_close(Tensor([[1, 2], [3, 4]]).data, f32([[1, 2], [3, 4]]), what="Tensor([[1, 2], [3, 4]]).data")
    assert_close(Tensor(2.5).data, f32(2.5), what="Tensor(2.5).data")
    assert_close(Tensor([]).data, f32([]), what="Tensor([]).data")
    assert_close(Tensor(np.array([0.5, 1.5])).data, f32([0.5, 1.5]), what="Tensor of a float64 array")
    assert_close(Tensor([7, 8], dtype=np.int64).data, np.array([7, 8]), what="Tensor([7, 8], dtype=np.int64).data")
    assert_array(as_array([1.5, 2]), shape=(2,), dtype=np.float64, what="as_array([1.5, 2]), no dtype asked for")


#% hidden
@check("What is no number is refused", points=1, visibility=HIDDEN, needs=["test_numbers_in"], seconds=2)
def test_numbers_refused() -> None:
    """Ragged lists, text, None, objects and complex numbers raise the errors that the docstring names."""
    for ragged in ([[1, 2], [3]], [1, [2, 3]], [[[1], [2]], [[3], [4, 5]]]):
        with tried(f"as_array({ragged!r}, float32)"), pytest.raises(ValueError):
            as_array(ragged, np.float32)
    for data in (["1", "2"], "3", None, [1.0, None], 1j, b"12", {"a": 1}, 2**70):
        with tried(f"as_array({data!r}, float32)"), pytest.raises(TypeError):
            as_array(data, np.float32)
    for dtype in ("complex128", "U8", "object"):
        with tried(f"as_array([1, 2], {dtype!r})"), pytest.raises(TypeError):
            as_array([1, 2], dtype)
    with tried("as_array(Tensor([1, 2]))"), pytest.raises(TypeError):
        as_array(Tensor([1, 2]))


@check(
    "New arrays are new, and operands stay as they were",
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
    """Tensors own their data, no op writes to its input, and what should be a copy is one."""
    a, b = normal(rng, 2, 2), normal(rng, 2, 2)
    for name, operands in tensor_helpers.operands_after(a, b).items():
        for operand, before in zip(operands, (a, b), strict=True):
            assert_close(operand, before, rtol=0, atol=0, what=f"an operand after {name}, which should be as before")
    for name, result in tensor_helpers.results_after_a_change(a).items():
        assert_close(result, a, rtol=0, atol=0, what=f"{name}, after the array was overwritten")


#% endhidden
# Shapes


@check("Broadcasting by hand", points=3, seconds=2)
def test_broadcast() -> None:
    """Shapes align at their right ends, and size 1 or a missing axis stretches."""
    assert_same(broadcast_shapes((2, 3), (3,)), (2, 3), what="broadcast_shapes((2, 3), (3,))")
    assert_same(broadcast_shapes((4, 1), (1, 5)), (4, 5), what="broadcast_shapes((4, 1), (1, 5))")
    assert_same(broadcast_shapes((), (2,)), (2,), what="broadcast_shapes((), (2,))")
    with tried("broadcast_shapes((2, 3), (2,))"), pytest.raises(ValueError) as error:
        broadcast_shapes((2, 3), (2,))
    assert_names(error, (2, 3), (2,))
    assert_close(broadcast_to(f32([[1], [2]]), (2, 3)), f32([[1, 1, 1], [2, 2, 2]]), what="a column to (2, 3)")
    assert_close(broadcast_to(f32([1, 2]), (3, 2)), f32([[1, 2], [1, 2], [1, 2]]), what="a row to (3, 2)")


#% hidden
@check(
    "Broadcasting: sizes 0 and 1, several shapes, no shrinking",
    points=3,
    visibility=HIDDEN,
    needs=["test_broadcast"],
    seconds=2,
)
def test_broadcast_edges(rng: np.random.Generator) -> None:
    """The rule holds for empty axes, for three shapes and for square arrays, and nothing ever shrinks."""
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
        with tried(f"broadcast_shapes{shapes}"):
            assert_same(broadcast_shapes(*shapes), want, what=f"broadcast_shapes{shapes}")
    for shapes in (((0,), (2,)), ((2, 3), (3, 2)), ((4,), (1, 4), (5, 1, 3)), ((3, 0), (3, 3))):
        with tried(f"broadcast_shapes{shapes}"), pytest.raises(ValueError) as error:
            broadcast_shapes(*shapes)
        assert_names(error, *shapes)
    square = normal(rng, 3)
    assert_close(broadcast_to(square, (3, 3)), np.stack([square] * 3), what="a (3,) array to (3, 3)")
    cube = rng.integers(0, 9, size=(2, 1, 4))
    assert_close(
        broadcast_to(cube, (3, 2, 5, 4)), cube[None] + np.zeros((3, 1, 5, 1), np.int64), what="(2, 1, 4) to (3, 2, 5, 4)"
    )
    assert_close(broadcast_to(f32(7), (2, 2)), f32([[7, 7], [7, 7]]), what="a single number to (2, 2)")
    assert_close(broadcast_to(normal(rng, 1, 3), (0, 3)), np.zeros((0, 3), F32), what="(1, 3) to (0, 3)")
    for shape, target in (((1, 2), (2,)), ((2,), (2, 1)), ((3,), (1,)), ((2, 2), (4,))):
        with tried(f"broadcast_to(array of shape {shape}, {target})"), pytest.raises(ValueError) as error:
            broadcast_to(np.zeros(shape, F32), target)
        assert_names(error, shape, target)


#% endhidden
@check("Axes, counted from either end", points=2, seconds=2)
def test_axes() -> None:
    """axes() gives a tuple of axes counted from the front, in the order asked for."""
    assert_same(axes(-1, 3), (2,), what="axes(-1, 3)")
    assert_same(axes(0, 3), (0,), what="axes(0, 3)")
    assert_same(axes((0, -1), 3), (0, 2), what="axes((0, -1), 3)")
    assert_same(axes([2, 0, 1], 3), (2, 0, 1), what="axes([2, 0, 1], 3)")
    assert_same(axes(None, 2), (0, 1), what="axes(None, 2)")
    with tried("axes((1, -1), 2)"), pytest.raises(ValueError):
        axes((1, -1), 2)
    for dim in (3, -4):
        with tried(f"axes({dim}, 3)"), pytest.raises(NO_SUCH_AXIS) as error:
            axes(dim, 3)
        for number in (dim, 3):
            assert str(number) in str(error.value), f"the message should name dim {dim} and ndim 3; it says: {error.value}"


# Element by element


@check("Element by element", points=3, seconds=2)
def test_elementwise() -> None:
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


@check("Comparisons", points=1, needs=["test_numbers_in"], seconds=2)
def test_comparisons(rng: np.random.Generator) -> None:
    """Two tensors, or a tensor and a number, are compared element by element into bools."""
    a, column = rng.integers(0, 3, size=(4, 5)).astype(F32), rng.integers(0, 3, size=(4, 1)).astype(F32)
    for other in (column, 1.0):
        wants = {"<": a < other, "<=": a <= other, ">": a > other, ">=": a >= other, "==": a == other, "!=": a != other}
        for sign, result in tensor_helpers.compared(a, other).items():
            kind = "a number" if isinstance(other, float) else "a column"
            assert_close(result, wants[sign], what=f"a (4, 5) Tensor {sign} {kind}")


#% hidden
@check("Element by element: other numbers, other bounds", points=1, visibility=HIDDEN, needs=["test_elementwise"], seconds=2)
def test_elementwise_edges(rng: np.random.Generator) -> None:
    """Random numbers of broadcast shapes, infinities and NaN, two bounds, an upper bound alone, and none at all."""
    a, b = normal(rng, 3, 1), normal(rng, 4)
    wide, tall = a.astype(np.float64), b.astype(np.float64)
    for name, op, want in (("add", add, wide + tall), ("mul", mul, wide * tall), ("div", div, wide / tall)):
        assert_close(run(op, a, b)[0], want.astype(F32), what=f"{name} of (3, 1) and (4,)")
    _, saved = run(mul, a, b)
    assert_pair(saved, a, b, what="what mul of (3, 1) and (4,) saves")
    for name, op in (("mul", mul), ("div", div)):
        _, saved = run(op, a, tall)
        assert_pair(saved, a.astype(np.float64), tall, what=f"what {name} of float32 and float64 saves, in one dtype")
    powers, saved = run(exp, a)
    assert_close(powers, np.exp(wide).astype(F32), what="exp")
    assert_close(saved, powers, what="what exp saves")
    assert_close(run(exp, f32(-np.inf, np.inf, np.nan))[0], f32(0, np.inf, np.nan), what="exp of -inf, inf and nan")
    x = f32(-2, -1, 0.5, 1, 3)
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
def test_dtypes() -> None:
    """Python numbers, NumPy numbers and integers never widen a float; integers divide and average as floats."""
    x, i, d = Tensor([1.0, 2.0]), Tensor([3, 4], dtype=np.int64), Tensor([1.0, 2.0], dtype=np.float64)
    for what, result, dtype, numbers in (
        ("float32 + 1.5", x + 1.5, F32, [2.5, 3.5]),
        ("2 * float32", 2 * x, F32, [2, 4]),
        ("float32 * np.float64(0.5)", x * np.float64(0.5), F32, [0.5, 1]),
        ("float32 / float64 array", x / np.array([2.0, 4.0]), F32, [0.5, 0.5]),
        ("float32 + int64 Tensor", x + i, F32, [4, 6]),
        ("int64 Tensor * float32", i * x, F32, [3, 8]),
        ("int64 + int64", i + i, np.int64, [6, 8]),
        ("int64 / int64", i / Tensor([2, 8], dtype=np.int64), F32, [1.5, 0.5]),
        ("int64 * 0.5", i * 0.5, F32, [1.5, 2]),
        ("float64 + float32", d + x, np.float64, [2, 4]),
        ("float32 @ int64", x @ i, F32, 11),
        ("int64 @ float32", i @ x, F32, 11),
        ("float64 @ float64", d @ d, np.float64, 5),
        ("int64 @ int64", i @ i, np.int64, 25),
        ("float64 mean", d.mean(), np.float64, 1.5),
        ("float64 exp", Tensor([0.0], dtype=np.float64).exp(), np.float64, [1]),
        ("int64 exp", Tensor([0], dtype=np.int64).exp(), F32, [1]),
        ("int64 mean", i.mean(), F32, 3.5),
        ("float32 var", x.var(), F32, 0.5),
        ("float32 sum", x.sum(), F32, 3),
        ("float32 max", x.max(), F32, 2),
        ("float32 clip with a NumPy bound", x.clip(max=np.float64(1.5)), F32, [1, 1.5]),
        ("uint8 sum beyond 255", Tensor([200, 100], dtype=np.uint8).sum() * 1.0, F32, 300),
        ("uint8 mean beyond 255", Tensor([200, 100], dtype=np.uint8).mean(), F32, 150),
        ("bools are counted", Tensor([True, True, False], dtype=np.bool_).sum(), np.int64, 2),
    ):
        assert_close(result.data, np.array(numbers, dtype=dtype), what=what)


#% endhidden
# Matrix multiplication


@check("Predict the cost of a matrix product", points=1, seconds=2)
def test_predictions() -> None:
    """Multiply-adds and bytes from the three sizes alone."""
    assert_same(matmul_multiply_adds(2, 3, 4), 24, what="matmul_multiply_adds(2, 3, 4)")
    assert_same(matmul_multiply_adds(64, 784, 10), 501_760, what="matmul_multiply_adds(64, 784, 10)")
    assert_same(matmul_bytes(2, 3, 4), 104, what="matmul_bytes(2, 3, 4)")
    assert_same(matmul_bytes(2, 3, 4, itemsize=8), 208, what="matmul_bytes(2, 3, 4, itemsize=8)")


@check("A matrix product in three loops", points=2, seconds=2)
def test_matmul_loops(rng: np.random.Generator) -> None:
    """matmul_loops follows the definition, and the dtype of its inputs."""
    assert_close(matmul_loops(f32([[1, 2]]), f32([[0.5, -1], [1, 2]])), f32([[2.5, 3]]), what="[[1, 2]] @ W")
    a, b = normal(rng, 4, 3), normal(rng, 3, 5)
    assert_close(matmul_loops(a, b), product(a, b), atol=1e-5, what="(4, 3) @ (3, 5)")
    assert_close(matmul_loops(np.eye(2), np.ones((2, 2))), np.ones((2, 2)), what="float64 @ float64")
    assert_close(matmul_loops(np.array([[2, 3]]), np.array([[4], [5]])), np.array([[23]]), what="int64 @ int64")


@check("A matrix product row by row", points=2, seconds=2)
def test_matmul_rows(rng: np.random.Generator) -> None:
    """matmul_rows gives the same numbers as the loops."""
    assert_close(matmul_rows(f32([[1, 2]]), f32([[0.5, -1], [1, 2]])), f32([[2.5, 3]]), what="[[1, 2]] @ W")
    a, b = normal(rng, 7, 6), normal(rng, 6, 5)
    assert_close(matmul_rows(a, b), product(a, b), atol=1e-5, what="(7, 6) @ (6, 5)")
    square = normal(rng, 4, 4)
    assert_close(matmul_rows(square, square.T), product(square, square.T), atol=1e-5, what="a square matrix @ its .T")


#% hidden
@check(
    "The prediction is what the loops do",
    points=2,
    visibility=HIDDEN,
    needs=["test_predictions", "test_matmul_loops", "test_matmul"],
    seconds=2,
)
def test_counted(rng: np.random.Generator) -> None:
    """The products that matmul_loops computes, counted one by one, and the bytes of real matrices, are as predicted."""
    for m, k, n in ((2, 3, 4), (5, 1, 3), (1, 6, 1), (2, 0, 3), (int(rng.integers(3, 6)), 4, 2)):
        count, numbers = tensor_helpers.counted_loops(m, k, n)
        assert_same(count, m * k * n, what=f"products computed by matmul_loops, ({m}, {k}) @ ({k}, {n})")
        assert_same(matmul_multiply_adds(m, k, n), count, what=f"matmul_multiply_adds({m}, {k}, {n})")
        a, b = (np.arange(rows * columns, dtype=np.float64).reshape(rows, columns) for rows, columns in ((m, k), (k, n)))
        assert_close(np.array(numbers, dtype=np.float64), product(a, b).astype(np.float64), what="the result of counting numbers")
        out, _ = run(matmul, a, b)
        measured = a.nbytes + b.nbytes + assert_array(out, shape=(m, n), dtype=np.float64).nbytes
        assert_same(matmul_bytes(m, k, n, 8), measured, what=f"matmul_bytes({m}, {k}, {n}, 8)")


READY_MADE = ("matmul", "matvec", "vecmat", "vecdot", "dot", "vdot", "inner", "outer", "einsum", "tensordot", "multi_dot")


@check("Products are written, not called", points=1, visibility=HIDDEN, needs=["test_matmul_loops", "test_matmul"], seconds=2)
def test_written(rng: np.random.Generator) -> None:
    """matmul_loops, matmul_rows and matmul multiply and add by themselves: no @, np.matmul, np.dot, np.einsum, ..."""
    a, b = normal(rng, 3, 4), normal(rng, 4, 2)
    for name in ("matmul_loops", "matmul_rows", "matmul"):
        called = tensor_helpers.functions_called(name, a, b)
        assert_same([f for f in called if f in READY_MADE], [], what=f"ready-made products that {name} calls")


@check(
    "Rows are quicker than loops",
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
    a, b = normal(rng, *left), normal(rng, *right)
    want = np.matmul(a.astype(np.float64), b.astype(np.float64)).astype(F32)
    with tried(f"{left} @ {right}, which has shape {shape}"):
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
    """Vectors lend an axis and get it dropped again, batch axes broadcast, and empty sums are 0."""
    a, b = normal(rng, *left), normal(rng, *right)
    want = np.asarray(np.matmul(a.astype(np.float64), b.astype(np.float64))).astype(F32)
    with tried(f"{left} @ {right}"):
        out, saved = run(matmul, a, b)
        assert_close(out, want, atol=1e-5, what="matmul")
        assert_pair(saved, a, b, what="what matmul saves")


@check("Products of views, and products that do not fit", points=3, visibility=HIDDEN, needs=["test_matmul"], seconds=2)
def test_matmul_misfits(rng: np.random.Generator) -> None:
    """Transposed and sliced matrices multiply like any other; a misfit raises ValueError naming both shapes."""
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
        with tried(f"{left} @ {right}"), pytest.raises(ValueError) as error:
            matmul(np.ones(left, F32), np.ones(right, F32))
        assert_names(error, left, right)
    with tried("(5, 2, 3) @ (4, 3, 2)"), pytest.raises(ValueError):
        matmul(np.ones((5, 2, 3), F32), np.ones((4, 3, 2), F32))


#% endhidden
# Over axes


@check("Sums and maxima over axes", points=3, needs=["test_axes"], seconds=2)
def test_sum_and_max() -> None:
    """reduce_sum and reduce_max take one axis, several or all, and can leave the axis there with size 1."""
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


@check("Mean and variance", points=2, needs=["test_numbers_in", "test_elementwise", "test_sum_and_max"], seconds=2)
def test_mean_and_var() -> None:
    """mean and var over axes; the variance of a sample unless told otherwise."""
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


#% hidden
@check("Reductions: odd axes, empty axes, ties", points=3, visibility=HIDDEN, needs=["test_sum_and_max"], seconds=2)
def test_reduction_edges(rng: np.random.Generator) -> None:
    """Several axes in any order, no axes, empty axes, axes that are not there, and maxima that come more than once."""
    a = normal(rng, 2, 3, 4)
    wide = a.astype(np.float64)
    total, saved = run(reduce_sum, a, dim=(2, 0))
    assert_close(total, wide.sum(0).sum(1).astype(F32), atol=1e-5, what="sum over (2, 0)")
    assert_same(saved, ((2, 3, 4), (2, 0)), what="what a sum over (2, 0) saves")
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


@check(
    "Variance of large, square and many-axed data",
    points=2,
    visibility=HIDDEN,
    needs=["test_mean_and_var"],
    seconds=2,
)
def test_var_traps(rng: np.random.Generator) -> None:
    """Numbers near 10,000 keep their variance, square data uses the right axis, and several axes count all elements."""
    far = Tensor([10000, 10001, 10002, 10003])
    assert_close(far.var().data, f32(5 / 3), rtol=1e-4, what="var of 10000 ... 10003")
    assert_close(far.var(correction=0).data, f32(1.25), rtol=1e-4, what="var of 10000 ... 10003, correction=0")
    for shape, dim in (((3, 3), 1), ((3, 3), 0), ((2, 3, 4), (0, 2)), ((2, 3, 4), -2), ((2, 3), None)):
        data = normal(rng, *shape)
        want = data.astype(np.float64).var(axis=dim, ddof=1)
        with tried(f"shape {shape}, dim={dim}"):
            assert_close(Tensor(data).var(dim).data, np.asarray(want, F32), rtol=1e-4, what="var")
    data = normal(rng, 2, 5)
    kept = Tensor(data).var(1, 0, True)
    assert_close(kept.data, data.astype(np.float64).var(1, keepdims=True).astype(F32), rtol=1e-4, what="var(1, 0, True)")
    assert_close(Tensor([7]).var().data, f32(np.nan), what="var of a single number")
    assert_close(zeros(0, 2).mean(0).data, f32(np.nan, np.nan), what="mean over an empty axis")


#% endhidden
# The same numbers in another shape


@check("Other shapes for the same numbers", points=2, needs=["test_numbers_in", "test_axes"], seconds=2)
def test_shapes() -> None:
    """reshape, permute, transpose, squeeze and unsqueeze move axes and keep every number."""
    a = np.arange(6, dtype=F32).reshape(2, 3)
    out, saved = run(reshape, a, shape=(3, -1))
    assert_close(out, f32([[0, 1], [2, 3], [4, 5]]), what="reshape to (3, -1)")
    assert_same(saved, (2, 3), what="what reshape saves")
    cube = np.arange(24, dtype=F32).reshape(2, 3, 4)
    out, saved = run(permute, cube, dims=(2, 0, 1))
    assert_array(out, shape=(4, 2, 3), what="permute by (2, 0, 1)")
    assert_same(float(out[3, 1, 2]), float(cube[1, 2, 3]), what="element [3, 1, 2] after permute by (2, 0, 1)")
    assert_same(saved, (2, 0, 1), what="what permute saves")
    assert_close(Tensor(a).transpose(0, 1).data, f32([[0, 3], [1, 4], [2, 5]]), what="transpose(0, 1)")
    assert_same(zeros(2, 3, 4).transpose(0, -1).shape, (4, 3, 2), what="shape after transpose(0, -1)")
    with tried("(2, 3).transpose(1, 1)"):
        assert_close(Tensor(a).transpose(1, 1).data, a, what="transpose(1, 1)")
    assert_same(zeros(1, 3, 1).squeeze().shape, (3,), what="(1, 3, 1) after squeeze()")
    assert_same(zeros(1, 3, 1).squeeze(0).shape, (3, 1), what="(1, 3, 1) after squeeze(0)")
    assert_same(zeros(2, 3).unsqueeze(0).shape, (1, 2, 3), what="(2, 3) after unsqueeze(0)")
    assert_same(zeros(2, 3).unsqueeze(-1).shape, (2, 3, 1), what="(2, 3) after unsqueeze(-1)")


@check("Several tensors into one", points=2, needs=["test_shapes"], seconds=2)
def test_cat_and_stack() -> None:
    """cat joins along an axis that is there, stack along a new one."""
    a, b = f32([[1, 2]]), f32([[3, 4], [5, 6]])
    out, saved = run(concatenate, a, b, dim=-2)
    assert_close(out, f32([[1, 2], [3, 4], [5, 6]]), what="concatenate along dim -2")
    assert_same(saved, (0, (1, 2)), what="what concatenate saves")
    assert_close(cat([Tensor(a), Tensor(a)], dim=1).data, f32([[1, 2, 1, 2]]), what="cat along dim 1")
    x, y = Tensor([1, 2, 3]), Tensor([4, 5, 6])
    assert_close(stack([x, y]).data, f32([[1, 2, 3], [4, 5, 6]]), what="stack")
    assert_close(stack([x, y], dim=-1).data, f32([[1, 4], [2, 5], [3, 6]]), what="stack with dim=-1")


#% hidden
@check("Shapes at the border", points=2, visibility=HIDDEN, needs=["test_shapes"], seconds=2)
def test_shape_edges() -> None:
    """Views, negative dims, axes of size 1 that must stay, and dims that do not fit."""
    a = np.arange(6, dtype=F32).reshape(2, 3)
    x = Tensor(a)
    assert_close(x.transpose(0, 1).reshape(6).data, f32(0, 3, 1, 4, 2, 5), what="transpose, then reshape")
    assert_close(x.transpose(-1, -1).data, a, what="transpose(-1, -1)")
    _, saved = run(permute, np.zeros((2, 3, 4), F32), dims=(-1, 0, -2))
    assert_same(saved, (2, 0, 1), what="what permute by (-1, 0, -2) saves")
    assert_same(zeros(2, 1, 3).squeeze(0).shape, (2, 1, 3), what="(2, 1, 3) after squeeze(0)")
    assert_same(zeros(1, 2, 1, 3, 1).squeeze((0, -1)).shape, (2, 1, 3), what="(1, 2, 1, 3, 1) after squeeze((0, -1))")
    assert_same(Tensor(3).unsqueeze(0).shape, (1,), what="a single number after unsqueeze(0)")
    assert_same(zeros(2, 3).unsqueeze(2).shape, (2, 3, 1), what="(2, 3) after unsqueeze(2)")
    assert_same(zeros(2, 3).unsqueeze(-3).shape, (1, 2, 3), what="(2, 3) after unsqueeze(-3)")
    assert_same(zeros(2, 0).reshape(0, 5).shape, (0, 5), what="(2, 0) reshaped to (0, 5)")
    assert_close(run(reshape, f32([7]), shape=())[0], f32(7), what="one number reshaped to ()")
    for shape in ((4,), (4, -1), (7, 1), (-1, -1), (-2, 3)):
        with tried(f"(2, 3) reshaped to {shape}"), pytest.raises(ValueError) as error:
            reshape(a, shape=shape)
        assert_names(error, (2, 3), shape)
    with tried("(2, 0) reshaped to (0, -1)"), pytest.raises(ValueError) as error:
        reshape(np.zeros((2, 0), F32), shape=(0, -1))
    assert_names(error, (2, 0), (0, -1))
    for dims in ((0, 0), (1, -1), (0, 5)):
        with tried(f"a matrix permuted by {dims}"), pytest.raises(NO_SUCH_AXIS):
            permute(a, dims=dims)
    with tried("a matrix permuted by (0,)"), pytest.raises(ValueError) as error:
        permute(a, dims=(0,))
    assert_names(error, (2, 3))
    with tried("(2, 3).unsqueeze(3)"), pytest.raises(NO_SUCH_AXIS):
        zeros(2, 3).unsqueeze(3)
    with tried("(2, 3).transpose(0, 2)"), pytest.raises(NO_SUCH_AXIS):
        zeros(2, 3).transpose(0, 2)


@check("Tensors that do not join", points=1, visibility=HIDDEN, needs=["test_cat_and_stack"], seconds=2)
def test_join_errors() -> None:
    """cat and stack name the shapes that do not fit, dtypes mix as in add, and middle axes work like the outer ones."""
    assert_same(stack([zeros(2, 3), ones(2, 3)], dim=1).shape, (2, 2, 3), what="shape of stack with dim=1")
    assert_close(
        cat([zeros(1, 2, 1), ones(1, 1, 1)], dim=1).data, f32([[[0], [0], [1]]]), what="cat along the middle axis"
    )
    with tried("cat of (2, 3) and (2, 4) along 0"), pytest.raises(ValueError) as error:
        cat([zeros(2, 3), zeros(2, 4)])
    assert_names(error, (2, 3), (2, 4))
    with tried("cat of (2, 3) and (3,) along 0"), pytest.raises(ValueError) as error:
        cat([zeros(2, 3), zeros(3)])
    assert_names(error, (2, 3), (3,))
    with tried("stack of (2, 3) and (1, 3)"), pytest.raises(ValueError) as error:
        stack([zeros(2, 3), zeros(1, 3)])
    assert_names(error, (2, 3), (1, 3))
    with tried("concatenate of nothing"), pytest.raises(ValueError):
        concatenate()
    whole = np.array([[1, 2]])
    assert_close(run(concatenate, whole, f32([[0.5, 1]]))[0], f32([[1, 2], [0.5, 1]]), what="cat of int64 and float32")
    assert_close(run(concatenate, whole, whole)[0], np.array([[1, 2], [1, 2]]), what="cat of int64 and int64")


#% endhidden
# Conveniences, memory, and all of it together


@check("Out again: item, repr, arange", points=2, needs=["test_numbers_in"], seconds=2)
def test_conveniences(rng: np.random.Generator) -> None:
    """One number comes out as a Python number, printing shows what is not the default, ranges stop before the end."""
    assert_same(Tensor([[2.5]]).item(), 2.5, what="Tensor([[2.5]]).item()")
    assert_same(Tensor(3, dtype=np.int64).item(), 3, what="item() of an int64")
    with tried("Tensor([1, 2]).item()"), pytest.raises(ValueError) as error:
        Tensor([1, 2]).item()
    assert_names(error, (2,))
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
    with tried("arange(1, 2, 0)"), pytest.raises(ValueError):
        arange(1, 2, 0)


#% hidden
# What the compositions of tensor_helpers should give, in NumPy
RESULTS = {
    "x + 1": lambda x: x + 1,
    "2 * x": lambda x: 2 * x,
    "x / 2": lambda x: x / 2,
    "x.exp()": np.exp,
    "x.clip(0)": lambda x: np.maximum(x, 0),
    "x @ x": lambda x: product(x, x),
    "x.sum(0)": lambda x: x.sum(0),
    "x.max()": lambda x: x.max(),
    "x.mean(1)": lambda x: x.mean(1),
    "x.var()": lambda x: x.var(ddof=1),
    "x.reshape(4)": lambda x: x.reshape(4),
    "x.permute(1, 0)": lambda x: x.T,
    "x.transpose(0, 1)": lambda x: x.T,
    "x.unsqueeze(0)": lambda x: x[None],
    "x.unsqueeze(0).squeeze()": lambda x: x,
    "stack([x, x])": lambda x: np.stack([x, x]),
    "cat([x, x])": lambda x: np.concatenate([x, x]),
}


@check(
    "Results remember how they were made",
    points=2,
    visibility=HIDDEN,
    needs=["test_elementwise", "test_matmul", "test_mean_and_var", "test_shapes", "test_cat_and_stack"],
    seconds=2,
)
def test_memory(rng: np.random.Generator) -> None:
    """Every method leads back to its input when a gradient is wanted, and keeps nothing when none is."""
    first, second = normal(rng, 2, 2), normal(rng, 2, 2)
    for name, want in RESULTS.items():
        constants = []
        for data in (first, second):
            nodes = tensor_helpers.history(name, data, True)
            result, leaves = nodes[0], [node for node in nodes if node["op"] is None]
            assert_close(result["data"], np.asarray(want(data), F32), rtol=1e-4, atol=1e-5, what=name)
            assert_same(result["requires_grad"], True, what=f"requires_grad of {name}, when x wants a gradient")
            assert any(node["is x"] for node in leaves), f"{name} has lost its way back to x: follow _parents, and see"
            constants.append([node["data"].tolist() for node in leaves if not node["is x"]])
        assert_same(constants[1], constants[0], what=f"{name}: inputs that are not made from x, but change with x")
        nodes = tensor_helpers.history(name, first, False)
        assert_same(len(nodes), 1, what=f"how many tensors {name} keeps, itself included, when no gradient is wanted")
        assert_same(nodes[0]["requires_grad"], False, what=f"requires_grad of {name}, when x wants no gradient")
    with tried("Tensor([1, 2], requires_grad=True, dtype=np.int64)"), pytest.raises(TypeError):
        Tensor([1, 2], requires_grad=True, dtype=np.int64)


#% endhidden
@check(
    "A whole network, forward",
    points=3, capability=True,
    needs=["test_elementwise", "test_matmul", "test_mean_and_var"],
    seconds=2,
)
def test_network(rng: np.random.Generator) -> None:
    """Data is standardised, goes through two layers, and comes out as probabilities, as in plain NumPy."""
    x, w, b, v = normal(rng, 5, 4) * 3 + 1, normal(rng, 4, 6), normal(rng, 6), normal(rng, 6, 3)

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
    assert_close(probabilities.sum(1).data, np.ones(5, F32), rtol=1e-5, what="their sums")
