"""Autograd: can I compute gradients automatically?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import autograd_helpers
import numpy as np
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_gradients, assert_same, check, numeric_gradient, tried
from tinytorch.autograd import (
    gradcheck,
    gradients,
    initial_gradient,
    matmul_backward_multiply_adds,
    no_grad,
    numeric_gradients,
    unbroadcast,
)
from tinytorch.tensor import Tensor, cat, stack

F32, F64 = np.float32, np.float64

# seconds: each check takes well under one, and an endless loop need not cost the default of five


def f32(*numbers: Any) -> np.ndarray:
    """One list: an array of float32."""
    return np.array(numbers[0] if len(numbers) == 1 else numbers, dtype=F32)


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random float64 numbers of both signs, none nearer to 0 than 0.3: finite differences stay on one side."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2.0, shape)


def leaf(array: Any, dtype: Any = F64) -> Any:
    """A Tensor that wants a gradient."""
    return Tensor(array, requires_grad=True, dtype=dtype)


def assert_names(error: pytest.ExceptionInfo[Any], *shapes: tuple[int, ...]) -> None:
    """Check that the message of an exception names all these shapes."""
    __tracebackhide__ = True
    text = re.sub(r"\s", "", str(error.value))
    for shape in shapes:
        sizes = ",".join(str(size) for size in shape)
        named = any(spelling in text for spelling in (f"({sizes})", f"({sizes},)", f"[{sizes}]"))
        assert named, f"the message should name the shape {shape}; it says: {error.value}"


def rule(name: str, grad: np.ndarray, saved: Any, silent: bool = False) -> tuple[Any, ...]:
    """Call a rule with read-only arrays, and make sure that it returns a tuple."""
    __tracebackhide__ = True
    with tried(f"{name}_backward, with arrays that cannot be written to"):
        found = autograd_helpers.rule(name, grad, saved, silent)
    assert isinstance(found, tuple), f"{name}_backward returns a tuple of gradients, got {type(found).__name__}"
    return found


def check_rule(
    name: str, fn: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], upstream: np.ndarray, saved: Any
) -> None:
    """Compare a rule with finite differences of `fn`, which is NumPy's version of the op."""
    __tracebackhide__ = True
    assert_gradients(rule(name, upstream, saved), fn, arrays, upstream, what=f"{name}_backward")


# Broadcasting, backwards


@check("unbroadcast adds up what was repeated", points=1, seconds=2)
def test_unbroadcast(rng: np.random.Generator) -> None:
    """Axes that were missing, and axes of size 1 that were stretched, are summed away; nothing else is."""
    grad = f32([[1, 2, 4], [8, 16, 32]])
    assert_close(unbroadcast(grad, (3,)), f32(9, 18, 36), what="grad of shape (2, 3) to (3,)")
    assert_close(unbroadcast(grad, (2, 1)), f32([[7], [56]]), what="grad of shape (2, 3) to (2, 1)")
    assert_close(unbroadcast(grad, (1, 3)), f32([[9, 18, 36]]), what="grad of shape (2, 3) to (1, 3)")
    assert_close(unbroadcast(grad, ()), f32(63), what="grad of shape (2, 3) to ()")
    assert_close(unbroadcast(grad, (2, 3)), grad, what="grad of shape (2, 3) to (2, 3)")
    with tried("unbroadcast of (2, 3) to (2,)"), pytest.raises(ValueError) as error:
        unbroadcast(grad, (2,))
    assert_names(error, (2, 3), (2,))


@check("unbroadcast of missing and stretched axes at once", points=1, needs=["test_unbroadcast"], seconds=2)
def test_unbroadcast_both() -> None:
    """A column beside a batch of matrices lacks an axis and is stretched along another; a shape must fit, not the size."""
    grad = f32([[[1, 2, 3], [4, 5, 6]], [[10, 20, 30], [40, 50, 60]]])
    assert_close(unbroadcast(grad, (2, 1)), f32([[66], [165]]), what="grad of shape (2, 2, 3) to (2, 1)")
    assert_close(unbroadcast(grad, (1, 3)), f32([[55, 77, 99]]), what="grad of shape (2, 2, 3) to (1, 3)")
    with tried("unbroadcast of (2, 3) to (3, 2)"), pytest.raises(ValueError) as error:
        unbroadcast(grad[0], (3, 2))
    assert_names(error, (2, 3), (3, 2))


def check_graph(
    build: Callable[..., Any], fn: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], upstream: np.ndarray, what: str
) -> None:
    """Compare backward through build(*Tensors) with finite differences of fn(*arrays)."""
    __tracebackhide__ = True
    tensors = [leaf(a) for a in arrays]
    with tried(what):
        build(*tensors).backward(upstream)
        assert_gradients([t.grad for t in tensors], fn, arrays, upstream, what=f"the .grad of a leaf of {what}")


@check("unbroadcast in every pattern", points=1, visibility=HIDDEN, needs=["test_unbroadcast"], seconds=2)
def test_unbroadcast_patterns(rng: np.random.Generator) -> None:
    """Several axes at once, missing and stretched ones together, empty axes, square shapes, and shapes that do not fit."""
    for big, small in (
        ((4, 2, 3), (2, 1)),
        ((4, 2, 3), (1, 1, 1)),
        ((4, 2, 3), (4, 1, 3)),
        ((4, 2, 3), (3,)),
        ((3, 3), (3,)),
        ((3, 3), (3, 1)),
        ((2, 1, 3), (1, 3)),
        ((5, 1), (1,)),
        ((1, 1), ()),
        ((), ()),
    ):
        grad = rng.normal(size=big)
        repeated = numeric_gradient(lambda a, big=big: np.broadcast_to(a, big), [np.zeros(small)], grad)[0]
        for dtype, loose in ((F32, 1e-5), (F64, 1e-7)):
            got = unbroadcast(grad.astype(dtype), small)
            assert_close(got, repeated.astype(dtype), rtol=loose, atol=loose, what=f"{np.dtype(dtype)}, {big} to {small}")
    assert_close(unbroadcast(np.ones((0, 3), F32), (1, 3)), f32([[0, 0, 0]]), what="grad of shape (0, 3) to (1, 3)")
    assert_close(unbroadcast(np.ones((2, 0), F32), (0,)), np.zeros(0, F32), what="grad of shape (2, 0) to (0,)")
    for big, small in (((2,), (2, 1)), ((3,), (2,)), ((2, 3), (3, 2)), ((1, 3), (2, 3)), ((), (1,))):
        with tried(f"unbroadcast of {big} to {small}"), pytest.raises(ValueError) as error:
            unbroadcast(np.ones(big, F32), small)
        assert_names(error, big, small)


# Rules


@check("Rules of products, quotients and powers", points=3, seconds=2)
def test_product_rules(rng: np.random.Generator) -> None:
    """With a random upstream gradient, mul_backward, div_backward and power_backward agree with finite differences."""
    assert_close(rule("mul", f32(10, 1), (f32(1, 2), f32(3, 4)))[0], f32(30, 4), what="mul_backward, for a")
    assert_close(rule("div", f32(1), (f32(6), f32(2)))[1], f32(-1.5), what="div_backward of 6 / 2, for b")
    a, b, upstream = off_zero(rng, 2, 3), off_zero(rng, 2, 3), rng.normal(size=(2, 3))
    check_rule("mul", lambda a, b: a * b, [a, b], upstream, (a.copy(), b.copy()))
    check_rule("div", lambda a, b: a / b, [a, b], upstream, (a.copy(), b.copy()))
    check_rule("power", lambda a, b: a**b, [abs(a), b], upstream, (abs(a), b.copy()))


@check(
    "Powers at 0 and of negative numbers; bounds and infinity",
    points=2,
    visibility=HIDDEN,
    needs=["test_product_rules", "test_clip_rule"],
    seconds=2,
)
def test_power_edges() -> None:
    """The exceptions that power_backward's docstring names, in silence, and clip_backward where grad is no number."""
    a = np.array([0.0, 0.0, 0.0, 0.0, -3.0, -3.0, 2.0])
    b = np.array([0.0, 1.0, 2.0, 0.5, 2.0, 0.0, 0.0])
    grad = np.array([5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0])
    by_a, by_b = rule("power", grad, (a.copy(), b.copy()), silent=True)
    places = "a [0, 0, 0, 0, -3, -3, 2], b [0, 1, 2, 0.5, 2, 0, 0], grad 5"
    assert_close(by_a, np.array([0, 5, 0, np.inf, -30, 0, 0]), what=f"power_backward by a, {places}")
    want = np.array([0, 0, 0, 0, np.nan, np.nan, 5 * math.log(2)])
    assert_close(by_b, want, what=f"power_backward by b, {places}")
    x = leaf([-2, 0, 3], F32)
    (x**2).backward(f32(1, 2, 3))
    assert_close(x.grad, f32(-4, 0, 18), what="the .grad of x after x ** 2, x = [-2, 0, 3]")
    mask = np.array([True, False, False, True])
    (got,) = rule("clip", f32(np.inf, np.inf, np.nan, np.nan), mask, silent=True)
    assert_close(got, f32(np.inf, 0, 0, np.nan), what="clip_backward of [inf, inf, nan, nan], the two in the middle clipped")


@check("Rule of clip", points=1, seconds=2)
def test_clip_rule(rng: np.random.Generator) -> None:
    """The gradient passes where the number was within the bounds, and is 0 elsewhere; float32 stays float32."""
    mask = np.array([[True, False, True], [False, True, True]])
    grad = off_zero(rng, 2, 3).astype(F32)
    want = [[float(g) if m else 0.0 for g, m in zip(*rows, strict=True)] for rows in zip(grad, mask, strict=True)]
    assert_close(rule("clip", grad, mask)[0], f32(want), what="clip_backward")


@check("Rule of the matrix product", points=2, seconds=2)
def test_matmul_rule(rng: np.random.Generator) -> None:
    """The running example, then matrices of three sizes against finite differences."""
    x, w = f32([[1, 2]]), f32([[0.5, -1], [1, 2]])
    dx, dw = rule("matmul", f32([[1, -2]]), (x, w))
    assert_close(dx, f32([[2.5, -3]]), what="matmul_backward of [[1, -2]] for x = [[1, 2]]")
    assert_close(dw, f32([[1, -2], [2, -4]]), what="matmul_backward of [[1, -2]] for W = [[0.5, -1], [1, 2]]")
    a, b, upstream = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    check_rule("matmul", lambda a, b: a @ b, [a, b], upstream, (a.copy(), b.copy()))


@check("The matrix product of vectors and of batches", points=1, needs=["test_matmul_rule"], seconds=2)
@pytest.mark.parametrize(("left", "right"), [((2, 3), (3,)), ((3,), (3, 4)), ((1, 3), (3,)), ((5, 2, 3), (5, 3, 4))])
def test_matmul_vectors(left: tuple[int, ...], right: tuple[int, ...], rng: np.random.Generator) -> None:
    """The axis that a vector was lent goes again, and no other; of a batch each matrix is transposed by itself."""
    a, b = rng.normal(size=left), rng.normal(size=right)
    upstream = rng.normal(size=(a @ b).shape)
    with tried(f"matmul_backward of {left} @ {right}"):
        check_rule("matmul", lambda a, b: a @ b, [a, b], upstream, (a.copy(), b.copy()))


@check("Predict: the cost of going back through a matrix product", points=1, needs=["test_matmul_rule"], seconds=2)
def test_matmul_cost() -> None:
    """matmul_backward_multiply_adds says what matmul_backward asks of `matmul`, by way of run, counted."""
    for m, k, n in ((2, 3, 4), (5, 1, 2), (1, 6, 3)):
        grad, a, b = np.ones((m, n), F32), np.ones((m, k), F32), np.ones((k, n), F32)
        counted = autograd_helpers.multiply_adds_of_rule(grad, a, b)
        assert_same(counted, 2 * m * k * n, what=f"multiply-adds that matmul_backward runs for ({m}, {k}) @ ({k}, {n})")
        predicted = matmul_backward_multiply_adds(m, k, n)
        assert_same(predicted, counted, what=f"matmul_backward_multiply_adds({m}, {k}, {n})")


@check(
    "The matrix product with any number of axes",
    points=2,
    visibility=HIDDEN,
    needs=["test_matmul_rule", "test_walk"],
    seconds=2,
)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((1, 3), (3,)),
        ((3,), (3, 1)),
        ((1,), (1,)),
        ((3,), (5, 3, 2)),
        ((5, 2, 3), (3,)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 2)),
        ((4, 1, 2, 3), (2, 3, 2)),
        ((3, 3), (3, 3)),
        ((2, 1), (1, 2)),
        ((2, 0), (0, 3)),
        ((0, 2), (2, 3)),
    ],
)
def test_matmul_axes(left: tuple[int, ...], right: tuple[int, ...], rng: np.random.Generator) -> None:
    """Vectors, batches and broadcast batches: gradients have the inputs' shapes and agree with finite differences."""
    a, b = rng.normal(size=left), rng.normal(size=right)
    upstream = np.asarray(rng.normal(size=(a @ b).shape))
    check_graph(lambda a, b: a @ b, lambda a, b: a @ b, [a, b], upstream, f"{left} @ {right}")
    if max(a.ndim, b.ndim) < 3:
        for got, of in zip(rule("matmul", upstream, (a, b)), (a, b), strict=True):
            assert_array(got, shape=of.shape, dtype=F64, what=f"what matmul_backward itself answers, {left} @ {right}")


@check("Rules of sum and max", points=2, seconds=2)
def test_reduction_rules(rng: np.random.Generator) -> None:
    """Every number gets the gradient of the sum it went into; the maximum alone gets that of the maximum; ties share."""
    (got,) = rule("reduce_sum", f32(5, 7), ((2, 3), (1,)))
    assert_close(got, f32([[5, 5, 5], [7, 7, 7]]), what="reduce_sum_backward of [5, 7], (2, 3) summed over axis 1")
    (got,) = rule("reduce_sum", f32([[5, 7, 9]]), ((2, 3), (0,)))
    assert_close(got, f32([[5, 7, 9], [5, 7, 9]]), what="reduce_sum_backward of [[5, 7, 9]], over axis 0, keepdim=True")
    mask = np.array([[False, True, True], [True, False, False]])
    (got,) = rule("reduce_max", f32(6, 5), (mask, (1,)))
    assert_close(got, f32([[0, 3, 3], [5, 0, 0]]), what="reduce_max_backward of [6, 5], over axis 1, with a tie")
    both = np.array([[True, False], [False, True]])
    (got,) = rule("reduce_max", f32(8), (both, (0, 1)))
    assert_close(got, f32([[4, 0], [0, 4]]), what="reduce_max_backward of 8, over both axes, with a tie")
    x, upstream = rng.permutation(24).reshape(2, 3, 4) * 0.1, rng.normal(size=(2, 4))
    check_rule("reduce_sum", lambda a: a.sum(axis=1), [x], upstream, ((2, 3, 4), (1,)))
    check_rule("reduce_max", lambda a: a.max(axis=1), [x], upstream, (x == x.max(axis=1, keepdims=True), (1,)))


@check("Rules of reshape, permute, getitem and concatenate", points=2, seconds=2)
def test_moving_rules(rng: np.random.Generator) -> None:
    """Each gradient goes back to where its number came from, and a number taken twice gets both."""
    x, upstream = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 2, 3))
    check_rule("reshape", lambda a: a.reshape(4, 2, 3), [x], upstream, (2, 3, 4))
    check_rule("permute", lambda a: a.transpose(2, 0, 1), [x], upstream, (2, 0, 1))
    (got,) = rule("getitem", f32(1, 10, 100), ((4,), [2, 0, 2]))
    assert_close(got, f32(10, 0, 101, 0), what="getitem_backward of [1, 10, 100], index [2, 0, 2] of 4 numbers")
    (got,) = rule("getitem", f32(1, 10, 100), ((2, 2), ([0, 1, 0], [1, 0, 1])))
    assert_close(got, f32([[0, 101], [10, 0]]), what="getitem_backward of [1, 10, 100], index ([0, 1, 0], [1, 0, 1]) of (2, 2)")
    index = (slice(None), 1)
    check_rule("getitem", lambda a: a[index], [x], upstream[0, :, :1] * np.ones((2, 4)), ((2, 3, 4), index))
    parts = rule("concatenate", f32([[1, 2, 3], [4, 5, 6]]), (1, (1, 2)))
    assert_same(len(parts), 2, what="how many gradients concatenate_backward returns for two inputs")
    assert_close(parts[0], f32([[1], [4]]), what="concatenate_backward, for the first of sizes 1 and 2")
    assert_close(parts[1], f32([[2, 3], [5, 6]]), what="concatenate_backward, for the second of sizes 1 and 2")


@check(
    "Reductions through the graph",
    points=1,
    visibility=HIDDEN,
    needs=["test_reduction_rules", "test_walk"],
    seconds=3,
)
def test_reductions_through_graph(rng: np.random.Generator) -> None:
    """Several axes in any order, none, keepdim; ties over two axes; beside a maximum that is nan; float32 stays float32."""
    x = rng.permutation(24).reshape(2, 3, 4) * 0.1
    for dim in (None, 0, -1, (0, 2), (2, 0), (0, 1, 2), ()):
        for keepdim in (False, True):
            up = rng.normal(size=x.sum(axis=dim, keepdims=keepdim).shape)
            what = f"(dim={dim}, keepdim={keepdim}) of shape (2, 3, 4)"
            check_graph(
                lambda a, d=dim, k=keepdim: a.sum(d, k),
                lambda a, d=dim, k=keepdim: a.sum(axis=d, keepdims=k),
                [x],
                up,
                f"sum{what}",
            )
            check_graph(
                lambda a, d=dim, k=keepdim: a.max(d, k),
                lambda a, d=dim, k=keepdim: a.max(axis=d, keepdims=k),
                [x],
                up,
                f"max{what}",
            )
    tied = leaf([[[1, 2], [2, 0]], [[3, 3], [3, 3]], [[1, 4], [0, 1]]], F32)
    tied.max((1, 2)).backward(f32(6, 8, 5))
    want = f32([[[0, 3], [3, 0]], [[2, 2], [2, 2]], [[0, 5], [0, 0]]])
    assert_close(tied.grad, want, what="the .grad of a (3, 2, 2) leaf after max over the last two axes, with ties")
    (got,) = rule("reduce_max", f32(6), (np.array([True, True, False]), (0,)))
    assert_array(got, shape=(3,), dtype=F32, what="reduce_max_backward of float32")
    (got,) = rule("reduce_max", f32(6, 5), (np.array([[False, False], [True, False]]), (1,)))
    assert_close(got[1], f32(5, 0), what="reduce_max_backward, the row beside one whose maximum was nan")


@check(
    "Indices, joins and permutations through the graph",
    points=2,
    visibility=HIDDEN,
    needs=["test_moving_rules", "test_walk"],
    seconds=3,
)
def test_moves_through_graph(rng: np.random.Generator) -> None:
    """Numbers, slices, lists with repeats, masks; cat and stack of several; four axes in other orders."""
    y = rng.normal(size=(3, 4))
    for name, index in (
        ("a number", 1),
        ("from the end", -1),
        ("one element", (2, -4)),
        ("a slice with a step", (slice(None, None, 2), slice(3, 0, -2))),
        ("a list with repeats", [0, 2, 0, 0]),
        ("pairs with repeats", ([0, 0, 2], [1, 1, 3])),
        ("a mask", y > 0),
        ("a new axis", (slice(None), None, 1)),
        ("all", ...),
        ("nothing", slice(0, 0)),
    ):
        up = rng.normal(size=y[index].shape)
        check_graph(lambda a, i=index: a[i], lambda a, i=index: a[i], [y], up, f"x[index], index: {name}")
    one = leaf([1, 2, 3], F32)
    one[[0, 0, 2]].backward(f32(1, 2, 4))
    assert_close(one.grad, f32(3, 0, 4), what="the .grad of a float32 leaf after x[[0, 0, 2]]")
    a, b, c = rng.normal(size=(2, 2)), rng.normal(size=(2, 1)), rng.normal(size=(2, 3))
    up = rng.normal(size=(2, 6))
    joined = lambda *parts: np.concatenate(parts, axis=1)  # noqa: E731
    check_graph(lambda *parts: cat(list(parts), dim=-1), joined, [a, b, c], up, "cat of sizes 2, 1, 3 along the last axis")
    up = rng.normal(size=(2, 2, 2))
    stacked = lambda *parts: np.stack(parts, axis=1)  # noqa: E731
    check_graph(lambda *parts: stack(list(parts), dim=1), stacked, [a, a + 1], up, "stack along dim 1")
    turned = rng.normal(size=(2, 3, 2, 2))
    for dims in ((3, 0, 1, 2), (1, 2, 3, 0), (2, 3, 0, 1), (0, 1, 2, 3), (-1, 0, -2, 1)):
        up = rng.normal(size=turned.transpose(dims).shape)
        check_graph(lambda a, d=dims: a.permute(d), lambda a, d=dims: a.transpose(d), [turned], up, f"permute by {dims}")


# The walk


@check("Topological order", points=2, seconds=2)
@pytest.mark.parametrize("name", ["alone", "chain", "diamond", "two inputs", "long way and short cut"])
def test_topological_order(name: str) -> None:
    """Every tensor comes once, and before everything that it was made from."""
    called, parents, kind = autograd_helpers.order_of(name)
    assert_same(kind, "list", what="what topological_order returns")
    everyone = {"alone": "z", "chain": "a b z", "diamond": "a b c z", "two inputs": "a b y z"}
    want = everyone.get(name, "a b c d e e.0 z").split()
    assert_same(sorted(called), want, what=f"who is in the order of the graph {name!r}, sorted")
    for place, mine in enumerate(parents):
        late = [parent for parent in mine if called.index(parent) < place]
        assert_same(late, [], what=f"inputs of {called[place]} that come before it, in the order {called}")


@check("What the walk starts with", points=2, seconds=2)
def test_initial_gradient() -> None:
    """A single number starts with 1; anything else needs a gradient, of exactly its shape."""
    assert_close(initial_gradient(leaf(3, F32)), f32(1), what="initial_gradient of a Tensor of shape ()")
    assert_close(initial_gradient(leaf([[3]], F32)), f32([[1]]), what="initial_gradient of a Tensor of shape (1, 1)")
    given = initial_gradient(leaf([1, 2], F32), [1, -2])
    assert_close(given, f32(1, -2), what="initial_gradient with [1, -2]")
    with tried("initial_gradient of shape (2, 3), no gradient given"), pytest.raises(ValueError) as error:
        initial_gradient(leaf(np.ones((2, 3))))
    assert_names(error, (2, 3))
    with tried("initial_gradient of shape (2, 3) with a gradient of shape (3,)"), pytest.raises(ValueError) as error:
        initial_gradient(leaf(np.ones((2, 3))), np.ones(3))
    assert_names(error, (2, 3), (3,))
    with tried("initial_gradient of a Tensor that requires none"), pytest.raises(ValueError):
        initial_gradient(Tensor(3))


@check("The running example, backwards", points=2, needs=["test_product_rules", "test_matmul_rule"], seconds=2)
def test_walk() -> None:
    """backward finds what you derived by hand: gradients of x, W and b, and none for the target."""
    x, w, b, t = leaf([[1, 2]], F32), leaf([[0.5, -1], [1, 2]], F32), leaf([0.5, -1], F32), Tensor([[2, 4]])
    error = x @ w + b - t
    loss = (error * error).mean()
    loss.backward()
    assert_close(loss.data, f32(2.5), what="the loss")
    assert_close(w.grad, f32([[1, -2], [2, -4]]), what="W.grad")
    assert_close(b.grad, f32(1, -2), what="b.grad")
    assert_close(x.grad, f32([[2.5, -3]]), what="x.grad")
    assert_same(t.grad, None, what="t.grad")


@check("What is used several times", points=2, needs=["test_walk"], seconds=2)
def test_shared() -> None:
    """Gradients of all ways are added up before anything is passed on: a = 3z, c = a + a·a has slope 39 at z = 2."""
    for name, build in (
        ("a + a * a", lambda a: a + a * a),
        ("a * a + a", lambda a: a * a + a),
        ("a * (a + 1)", lambda a: a * (a + 1)),
        ("(a + 1) * a", lambda a: (a + 1) * a),
    ):
        z = leaf(2, F32)
        build(z * 3).backward()
        assert_close(z.grad, f32(39), what=f"the slope of {name} with a = 3z, at z = 2")
    z = leaf(2, F32)
    (z + z + z).backward()
    assert_close(z.grad, f32(3), what="the slope of z + z + z")
    y = leaf([1, 2], F32)
    a = y * 3  # a + (a * 2 + y): the rule of + gives one array to both sides, and a and y get more later, in any order
    (a + (a * 2 + y)).backward([1, 10])
    assert_close(y.grad, f32(10, 100), what="the slope of a + (a * 2 + y) with a = 3y, times [1, 10]")
    a, one = leaf([1, 2], F32), leaf([3, 4], F32)
    pairs = [(t.data, g) for t, g in gradients(a * one + a, f32(10, 1))]
    assert_close(pairs[0][1], f32(10, 1), what="the first gradient that `gradients` yields: that of the result")
    last = [g for data, g in pairs if data.tolist() == [1, 2]]
    assert_same(len(last), 1, what="how often `gradients` yields a, in a * b + a")
    assert_close(last[0], f32(40, 5), what="a's gradient in a * b + a, as `gradients` yields it")


@check("Long, wide and doubled", points=2, visibility=HIDDEN, needs=["test_shared"], seconds=5)
def test_long() -> None:
    """A chain of 10,000 ops needs no recursion, and 18 doublings visit 19 tensors, not 262,144."""
    # 10,000 ops take about 0.3 s here; visiting every path of the doublings would take longer than the limit
    with tried("backward through a chain of 10,000 ops"):
        slope, count = autograd_helpers.chain(10_000)
    assert_close(np.array(slope), np.array((1 + 1e-4) ** 5000), what="the slope of 10,000 ops in a chain")
    assert_same(count, 10_002.0, what="how many tensors are in the topological order of that chain")
    assert_same(autograd_helpers.doubled(18), 262144.0, what="the slope of u = u + u, 18 times")
    assert_close(np.array(autograd_helpers.doubled(60)), np.array(2.0**60), what="the slope of u = u + u, 60 times")
    assert_close(np.array(autograd_helpers.ladder(30)), np.array(31.0), what="the slope of 30 times a = a + x; a = a * a / a")


@check("Graphs at random", points=2, visibility=HIDDEN, needs=["test_shared"], seconds=5)
@pytest.mark.parametrize("number", range(4))
def test_random_graphs(number: int, rng: np.random.Generator) -> None:
    """Twelve nodes that use each other at random agree with finite differences, whatever the order of use."""
    leaves = [rng.uniform(0.5, 1.5, 2) for _ in range(3)]
    choices = [(int(rng.integers(4)), int(rng.integers(3 + n)), int(rng.integers(3 + n))) for n in range(12)]

    def plain(*arrays: np.ndarray) -> np.ndarray:
        nodes = list(arrays)
        for how, i, j in choices:
            a, b = (node / (node * node + 1) for node in (nodes[i], nodes[j]))
            nodes.append([a + b, a * b, a - b * b, a / (b * b + 1)][how])
        return sum(nodes[4:], start=nodes[3])

    upstream = rng.normal(size=2)
    got = autograd_helpers.random_graph(choices, leaves, upstream)
    for place, grad in enumerate(got):  # a leaf that was not chosen has no way to the result
        if grad is None:
            got[place] = np.zeros(2)
    assert_gradients(got, plain, leaves, upstream, what="the .grad of a leaf of a random graph")


# name, build, the same in NumPy: for every pattern of shapes that broadcast
BINARY = (
    ("a + b", lambda a, b: a + b),
    ("a - b", lambda a, b: a - b),
    ("a * b", lambda a, b: a * b),
    ("a / b", lambda a, b: a / b),
)


@check(
    "Broadcasting in every pattern, through the graph",
    points=3,
    visibility=HIDDEN,
    needs=["test_unbroadcast", "test_walk"],
    seconds=3,
)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((), ()),
        ((), (2, 3)),
        ((2, 3), ()),
        ((3,), (2, 3)),
        ((2, 3), (3,)),
        ((1,), (3,)),
        ((2, 1), (1, 3)),
        ((2, 1), (3,)),
        ((4, 1, 3), (2, 1)),
        ((1, 3), (2, 3)),
        ((3, 3), (3,)),
        ((3, 1), (3, 3)),
        ((0, 3), (1, 3)),
        ((2, 3), (2, 3)),
    ],
)
def test_broadcasting(left: tuple[int, ...], right: tuple[int, ...], rng: np.random.Generator) -> None:
    """Sums, differences, products, quotients and powers of shapes that broadcast: gradients have the inputs' shapes."""
    a, b = np.asarray(off_zero(rng, *left)), np.asarray(off_zero(rng, *right))
    upstream = np.asarray(rng.normal(size=(a + b).shape))
    for name, fn in BINARY:
        check_graph(fn, fn, [a, b], upstream, f"{name} of {left} and {right}")
    check_graph(lambda a, b: a**b, lambda a, b: a**b, [abs(a), b], upstream, f"a ** b of {left} and {right}")


@check("Gradients add up, until you zero them", points=1, needs=["test_walk"], seconds=2)
def test_accumulation() -> None:
    """A second backward adds the same again, a second loss adds its own, and None starts afresh; results keep none."""
    x = leaf([1, 2], F32)
    y = x * x
    y.backward([1, 10])
    assert_same(y.grad, None, what=".grad of a result, without retain_grad(), after its backward")
    assert_close(x.grad, f32(2, 40), what="x.grad after one backward of x * x")
    y.backward([1, 10])
    assert_close(x.grad, f32(4, 80), what="x.grad after backward twice")
    (x * 3).backward([1, 1])
    assert_close(x.grad, f32(7, 83), what="x.grad after a third backward, of x * 3")
    x.grad = None
    y.backward([1, 10])
    assert_close(x.grad, f32(2, 40), what="x.grad after x.grad = None and one more backward")


@check("A .grad belongs to its tensor", points=1, needs=["test_accumulation"], seconds=2)
def test_own() -> None:
    """No two leaves share a .grad, each may be written to, and a result keeps its own only after retain_grad()."""
    facts = autograd_helpers.sharing(f32(1, -2, 3))
    found = [name for name in ("x.grad and y.grad after x + y", "x.grad is read-only") if facts[name]]
    assert_same(found, [], what="what shares memory, or should not be so")
    x = leaf([1, 2], F32)
    middle = x * 2
    middle.retain_grad()
    (middle * middle).backward([1, 10])
    assert_close(middle.grad, f32(4, 80), what="middle.grad of middle * middle, after middle.retain_grad()")
    assert_close(x.grad, f32(8, 160), what="x.grad, where middle = x * 2")


@check(
    "What may start a walk, and what stops it",
    points=2,
    visibility=HIDDEN,
    needs=["test_accumulation", "test_initial_gradient"],
    seconds=2,
)
def test_starts() -> None:
    """Gradients given in any form, leaves and retained results; a missing rule is named, and then no .grad has changed."""
    for kind, given in (("a list", [[1, 2]]), ("an int array", np.array([[1, 2]])), ("a Tensor", Tensor([[1, 2]], dtype=F64))):
        first = initial_gradient(leaf([[0, 0]], F32), given)
        assert_close(first, f32([[1, 2]]), what=f"initial_gradient of a float32 Tensor, the gradient {kind}")
    assert_close(initial_gradient(leaf([[3]])), np.array([[1.0]]), what="initial_gradient of a float64 Tensor")
    assert_close(initial_gradient(leaf(3, F32), 7), f32(7), what="initial_gradient of shape () with the number 7")
    for shape, given in (((), (1,)), ((1,), ()), ((2, 3), (1, 3)), ((3,), (1, 3)), ((2, 3), (3, 2)), ((2,), ())):
        with tried(f"backward of shape {shape}, a gradient of shape {given}"), pytest.raises(ValueError) as error:
            (leaf(np.ones(shape)) * 2).backward(np.ones(given))
        assert_names(error, shape, given)
    for shape in ((2,), (0,), (1, 2)):
        with tried(f"backward of shape {shape}, no gradient given"), pytest.raises(ValueError) as error:
            (leaf(np.ones(shape)) * 2).backward()
        assert_names(error, shape)
    with tried("backward of a result of Tensors that require none"), pytest.raises(ValueError):
        (Tensor([1]) * 2).backward()
    x = leaf([1, 2], F32)
    x.backward([5, 6])
    x.backward([5, 7])
    assert_close(x.grad, f32(10, 13), what="x.grad after x.backward twice, x a leaf")
    y = leaf([1, 2], F32)
    middle, other = y * 2, y * 3
    middle.retain_grad()
    ((middle + other) * middle).backward([1, 10])
    assert_close(middle.grad, f32(7, 140), what="middle.grad after retain_grad()")
    assert_same(other.grad, None, what=".grad of a result that was not asked to retain it")
    assert_close(y.grad, f32(20, 400), what="y.grad")
    first, *others = autograd_helpers.answers_none()
    assert_close(first, f32(2, 20), what=".grad of the first input of an op whose rule says None for the second")
    assert_same(others, [None, None], what=".grad of the second input, and of what it was made from")
    kind, text, touched = autograd_helpers.without_a_rule()
    assert_same(kind, "LookupError", what="backward through an op that has no rule")
    assert "mystery" in text, f"the message should name the op, mystery; it says: {text}"
    assert_same(touched, [False, False, False], what="leaves and retained results with a .grad after backward raised")


@check("Every .grad is its own", points=2, visibility=HIDDEN, needs=["test_accumulation"], seconds=2)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ownership(dtype: str) -> None:
    """No .grad shares memory with another, with the gradient given or with what was saved; each may be written to."""
    facts = autograd_helpers.sharing(np.array([1, -2, 3], dtype))
    assert_same([name for name, true in facts.items() if true], [], what="what should not be so")
    assert_same(autograd_helpers.kinds(), ["ndarray", "ndarray"], what="type of .grad of shape (), after one backward and two")
    x = leaf([1, 2], dtype)
    given = np.array([1, 10], dtype)
    y = x * 2
    y.backward(given)
    given[...] = 0
    y.backward([1, 10])
    assert_close(x.grad, np.array([4, 40], dtype), what="x.grad after two backwards, the given gradient overwritten between")


@check(
    "dtypes of gradients",
    points=2,
    visibility=HIDDEN,
    needs=["test_walk", "test_reduction_rules", "test_moving_rules"],
    seconds=2,
)
def test_dtypes() -> None:
    """A gradient has its tensor's dtype, also where float32 meets float64; integers and bools get None."""
    for dtype in (F32, F64):
        x = leaf([[1, 2], [3, 5]], dtype)
        y = (x * 2 + x / 3 - x**2).exp().clip(0.1).sum(0) + x.max(1) + x[[0, 0], [1, 1]] + x.mean()
        (y + (x.T @ x).sqrt().abs().log().var(0)).backward([1, 2])
        assert_array(x.grad, shape=(2, 2), dtype=dtype, what=f"x.grad of a {np.dtype(dtype)} leaf")
    single, double = leaf([1, 2], F32), leaf([3, 4], F64)
    whole, yes = Tensor([5, 6], dtype=np.int64), Tensor([True, False], dtype=np.bool_)
    middle = single * 2
    middle.retain_grad()
    (middle * double * whole * yes).backward([1, 1])
    assert_close(single.grad, f32(30, 0), what=".grad of a float32 leaf that met a float64 one")
    assert_close(double.grad, np.array([10.0, 0.0]), what=".grad of the float64 leaf")
    assert_array(middle.grad, shape=(2,), dtype=F32, what=".grad of a float32 result that met a float64 leaf")
    assert_same([whole.grad, yes.grad], [None, None], what=".grad of an int64 and a bool Tensor")
    lost = leaf([np.nan, 1, 2], F32)
    (lost * lost).backward([1, np.nan, 3])
    assert_close(lost.grad, f32(np.nan, np.nan, 12), what="x.grad of x * x where x or the gradient is nan")


@check(
    "New numbers in a leaf, and leaves that change their mind",
    points=1,
    visibility=HIDDEN,
    needs=["test_walk"],
    seconds=2,
)
def test_replaced() -> None:
    """Giving a leaf new data between forward and backward does not change the gradient of what was computed before."""
    x, w = leaf([1, 2], F32), leaf([3, 4], F32)
    y = x * w * w
    w.data = f32(100, 100)
    y.backward([1, 1])
    assert_close(w.grad, f32(6, 16), what="w.grad of x · w², where w got new data after the forward")
    a, b = leaf([1, 2], F32), leaf([3, 4], F32)
    product = a * b
    a.requires_grad = False
    product.backward([1, 1])
    assert_same(a.grad, None, what="a.grad, where a.requires_grad was set to False after the forward")
    assert_close(b.grad, f32(1, 2), what="b.grad beside it")


@check("Rules of modules activations and losses", points=2, visibility=HIDDEN, needs=["test_walk"], seconds=3)
def test_earlier_modules(rng: np.random.Generator) -> None:
    """The backward functions that you wrote by hand serve as rules as they are."""
    x = off_zero(rng, 3, 4)
    other, upstream = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))

    def softmax(a: np.ndarray, dim: int) -> np.ndarray:
        return np.exp(a) / np.exp(a).sum(axis=dim, keepdims=True)

    for name, fn, options in (
        ("relu", lambda a: np.maximum(a, 0), {}),
        ("leaky_relu", lambda a: np.where(a > 0, a, 0.2 * a), {"negative_slope": 0.2}),
        ("sigmoid", lambda a: 1 / (1 + np.exp(-a)), {}),
        ("tanh", np.tanh, {}),
        ("gelu", lambda a: 0.5 * a * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))), {}),
        ("softmax", lambda a: softmax(a, 0), {"dim": 0}),
        ("log_softmax", lambda a: np.log(softmax(a, 1)), {"dim": 1}),
    ):
        _, got = autograd_helpers.through("activations", name, [x], options, upstream)
        assert_gradients([got], fn, [x], upstream, what=f"the .grad of x after {name}")
    squares = lambda a, b: np.asarray(((a - b) ** 2).mean())  # noqa: E731
    _, *got = autograd_helpers.through("losses", "mse_loss", [x, other], {}, np.array(2.0))
    assert_gradients(got, squares, [x, other], np.array(2.0), what="the .grad after mse_loss")
    classes = np.array([3, 0, 3])
    picked = lambda a: np.asarray(-np.log(softmax(a, 1))[np.arange(3), classes].mean())  # noqa: E731
    _, got, none = autograd_helpers.through("losses", "cross_entropy", [x, classes], {}, np.array(2.0))
    assert_gradients([got], picked, [x], np.array(2.0), what="the .grad of the scores after cross_entropy")
    assert_same(none, None, what="the .grad of the class indices")


@check("What a graph keeps, and when it lets go", points=2, visibility=HIDDEN, needs=["test_walk"], seconds=3)
def test_memory() -> None:
    """The graph goes with the last name of its result; backward lets each gradient go as soon as it has been passed on."""
    alive, has_gradient = autograd_helpers.still_alive()
    assert_same(has_gradient, True, what="whether the leaf has a .grad")
    assert_same(alive, False, what="whether a result is still in memory when only the leaf is left")
    length, numbers = 50, 20_000  # 50 gradients of 80 kB; a walk needs two or three at a time
    peak, kept = autograd_helpers.peak_of_backward(length, numbers)
    whole = length * numbers * 4
    assert peak < whole / 4, f"backward had {peak} bytes more in use than before; all its gradients together are {whole}"
    assert_same(any(kept), False, what="whether any result has a .grad after backward")


@check("no_grad and detach", points=1, needs=["test_walk"], seconds=2)
def test_no_grad() -> None:
    """Inside no_grad results remember nothing, afterwards all is as it was before; what is detached counts as a constant."""
    x = leaf([1, 2], F32)
    with no_grad():
        inside = (x * x).requires_grad
    assert_same(inside, False, what="requires_grad of x * x inside no_grad")
    assert_same((x * x).requires_grad, True, what="requires_grad of x * x after it")
    modes = autograd_helpers.modes()
    for name, want in (("after an inner one", False), ("after an exception", True)):
        assert_same(modes[name], [want], what=f"requires_grad of x * x: {name}")
    (x * x.detach()).backward([1, 10])
    assert_close(x.grad, f32(1, 20), what="x.grad of x * x.detach()")


@check(
    "no_grad: round a function, in threads, inside itself when something is raised",
    points=1,
    visibility=HIDDEN,
    needs=["test_no_grad"],
    seconds=2,
)
def test_modes() -> None:
    """Afterwards everything is as it was before, whatever happened inside; other threads notice nothing."""
    want = {
        "before": [True],
        "inside": [False],
        "after": [True],
        "after an inner one": [False],
        "after an exception": [True],
        "inside, after an exception in an inner one": [False],
        "a decorated function, twice, and after it": [False, False, True],
        "another thread, while this one is inside": [True],
    }
    for name, got in autograd_helpers.modes().items():
        assert_same(got, want[name], what=f"requires_grad of x * x: {name}")


# Trust, but check


@check("Finite differences", points=1, seconds=2)
def test_numeric_gradients(rng: np.random.Generator) -> None:
    """Central differences of the weighted sum, by each number of each input."""
    x, up = leaf([3, 1]), np.array([1.0, 10.0])
    (got,) = numeric_gradients(lambda x: x * x, [x], up)
    assert_close(got, np.array([6.0, 20.0]), what="numeric_gradients of x * x at [3, 1], upstream [1, 10]")
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 1))
    upstream = rng.normal(size=(2, 1))
    got = numeric_gradients(lambda a, b: a @ b, [leaf(a), leaf(b)], upstream)
    assert_same(len(got), 2, what="how many arrays numeric_gradients returns for two inputs")
    assert_close(got[0], upstream @ b.T, what="numeric_gradients of a @ b, by a")
    assert_close(got[1], a.T @ upstream, what="numeric_gradients of a @ b, by b")
    (got,) = numeric_gradients(lambda x: x.reshape(2, 1), [leaf([3, 1])], np.array([[1.0], [10.0]]))
    assert_close(got, np.array([1.0, 10.0]), what="numeric_gradients of x.reshape(2, 1), which is a view of x")
    (got,) = numeric_gradients(lambda x: x * x * x, [leaf([2.0])], np.ones(1), 0.5)
    assert_close(got, np.array([12.25]), what="numeric_gradients of x³ at 2 with eps=0.5: (2.5³ - 1.5³) / 1")


@check("gradcheck", points=1, needs=["test_numeric_gradients", "test_shared"], seconds=2)
def test_gradcheck() -> None:
    """It says True to right rules, raises AssertionError for wrong ones, and refuses float32."""
    assert_same(autograd_helpers.checked(None), True, what="gradcheck of a.exp() * b - a with your rules")
    for wrong in ("mul with swapped factors", "sub without the minus"):
        with tried(f"gradcheck with a wrong rule: {wrong}"):
            found = autograd_helpers.checked(wrong)
            assert isinstance(found, tuple), f"expected an AssertionError, got {found}"
    with tried("gradcheck of a float32 Tensor"), pytest.raises(TypeError):
        gradcheck(lambda x: x * x, leaf([1, 2], F32))


@check(
    "gradcheck finds what is wrong and leaves no trace",
    points=2,
    visibility=HIDDEN,
    needs=["test_gradcheck"],
    seconds=3,
)
def test_gradcheck_more() -> None:
    """Small and lonely errors, rules that are right for ones only, and detours are found; inputs stay as they were."""
    for wrong in ("exp one percent too steep", "exp wrong at one place"):
        with tried(f"gradcheck with a wrong rule: {wrong}"):
            kind, text = autograd_helpers.checked(wrong)
            assert_same(kind, "AssertionError", what="what gradcheck raises")
        assert_same(autograd_helpers.checked(wrong, False), False, what="gradcheck with raise_exception=False")
    assert "(1, 1)" in text, f"the message should name the index, (1, 1), of the one wrong number; it says: {text}"
    assert_same(autograd_helpers.blind_to_ones(), False, what="gradcheck of a rule of softmax that returns zeros")
    assert_same(autograd_helpers.detour(), False, what="gradcheck of a function that goes by .data")
    x, b = leaf([1, 2]), leaf([3.0])
    found = gradcheck(lambda x, b: x * b.detach(), (x, b), raise_exception=False)
    assert_same(found, False, what="gradcheck of x * b.detach(): backward does not reach b")
    found = gradcheck(lambda x: x.detach() * 2, x, raise_exception=False)
    assert_same(found, False, what="gradcheck of x.detach() * 2: the result requires no gradient")
    for raise_exception in (True, False):
        with tried(f"gradcheck of a float32 Tensor, raise_exception={raise_exception}"), pytest.raises(TypeError):
            gradcheck(lambda x: x * x, leaf([1, 2], F32), raise_exception=raise_exception)
    got = autograd_helpers.turned()
    want = np.array([[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]])
    assert_close(got, want, what="numeric_gradients of x * x, x made from a transposed array")
    assert_same(autograd_helpers.closed_over(), True, what="gradcheck of a weight that the function was not given")
    x, unused = leaf([1, 2]), leaf([3.0])
    assert_same(gradcheck(lambda x, unused: x * x, [x, unused]), True, what="gradcheck with an input that is not used")
    assert_same(gradcheck(lambda x, c: x * c, (x, Tensor([2, 3]))), True, what="gradcheck beside a float32 input that wants none")
    slack = gradcheck(lambda x: x * x * x * x, x, eps=0.1, raise_exception=False)
    assert_same(slack, False, what="gradcheck of x⁴ with eps=0.1, whose differences are 0.04 and 0.08 off")
    slack = gradcheck(lambda x: x * x * x * x, x, eps=0.1, atol=0.2)
    assert_same(slack, True, what="the same with atol=0.2")
    slack = gradcheck(lambda x: x * x * x * x, x, eps=0.1, rtol=0.02)
    assert_same(slack, True, what="the same with rtol=0.02")
    with tried("gradcheck of Tensors that want no gradient"), pytest.raises(ValueError):
        gradcheck(lambda x: x * x, Tensor([1, 2], dtype=F64))
    facts = autograd_helpers.left_by_check(False)
    want = {
        "raised": False,
        "numbers as they were": True,
        "grad mode is on": True,
        "a result inside remembered how it was made": False,
        "x.grad after gradcheck": [9.0, 9.0, 9.0],
        "a leaf beside it has a .grad": False,
        "numbers as they were after gradcheck": True,
    }
    assert_same(facts, want, what="after numeric_gradients and gradcheck")
    facts = autograd_helpers.left_by_check(True)
    want = {"raised": True, "numbers as they were": True, "grad mode is on": True}
    want["a result inside remembered how it was made"] = False
    assert_same(facts, want, what="after numeric_gradients of a function that raised")


@check("What a graph keeps in memory", points=1, needs=["test_topological_order"], seconds=2)
@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("x", 0),
        ("x @ w", 512),
        ("relu(x @ w)", 512 + 512 + 128),
        ("(x @ w).exp()", 512 + 512),
        ("(x @ w).reshape(2, 64).permute(1, 0)", 512),
        ("x.permute(1, 0)", 0),
        ("y * y, y = x @ w", 512 + 512),
        ("x[1:]", 0),
        ("(x @ w)[1:]", 512),
        ("half of x + 1, an op whose result looks into a larger array of its own", 128),
        ("x * 2", 128),
        ("x + 1, an op that saves a copy of x in a list in a dict", 128 + 128),
    ],
)
def test_graph_bytes(name: str, want: int) -> None:
    """Results and what ops saved, each buffer once, leaves not: predicted by hand for x of (8, 4) and w of (4, 16)."""
    assert_same(autograd_helpers.bytes_of(name), want, what=f"graph_bytes of {name}, x (8, 4), w (4, 16), float32")


@check(
    "XOR without a gradient by hand",
    points=3,
    capability=True,
    needs=["test_shared", "test_unbroadcast", "test_accumulation"],
    seconds=5,
)
def test_capability(rng: np.random.Generator) -> None:
    """A network with two layers trains on XOR, step for step like one whose gradients were derived by hand."""
    x, t = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    start, lr, steps = [rng.normal(size=shape) * 0.8 for shape in ((2, 6), (6,), (6, 1), (1,))], 0.1, 60
    trained = autograd_helpers.train(x, t, start, lr, steps)
    by_hand = start
    for step, (loss, *gradients_found) in enumerate(trained):
        w1, b1, w2, b2 = by_hand
        h = 1 - 2 / (np.exp(2 * (x @ w1 + b1)) + 1)  # tanh
        error = h @ w2 + b2 - t
        dy = 2 * error / 4
        dh = dy @ w2.T * (1 - h * h)
        slopes = [x.T @ dh, dh.sum(axis=0), h.T @ dy, dy.sum(axis=0)]
        assert_close(loss, np.array((error * error).mean()), what=f"the loss in step {step}")
        for name, got, slope in zip(("w1", "b1", "w2", "b2"), gradients_found, slopes, strict=True):
            assert_close(got, slope, what=f"{name}.grad in step {step}")
        by_hand = [a - lr * slope for a, slope in zip(by_hand, slopes, strict=True)]
    assert_same(len(trained), steps, what="steps of training")
