"""Tensor: can I create and manipulate the building blocks of ML?"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import tensor_helpers

from checks import assert_array, assert_close, assert_same, check, tried
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
