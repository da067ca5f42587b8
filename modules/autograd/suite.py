"""Autograd: can I compute gradients automatically?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import autograd_helpers
import numpy as np
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_gradients, assert_same, check, shown, tried
from tinytorch import autograd
from tinytorch.activations import gelu, leaky_relu, log_softmax, relu, sigmoid, softmax, tanh
from tinytorch.autograd import (
    gradcheck,
    gradients,
    graph_bytes,
    initial_gradient,
    matmul_backward,
    matmul_backward_multiply_adds,
    no_grad,
    numeric_gradients,
    rules,
    topological_order,
    unbroadcast,
)
from tinytorch.layers import linear
from tinytorch.losses import cross_entropy, mse_loss
from tinytorch.tensor import (
    Tensor,
    absolute,
    add,
    apply,
    backend,
    cat,
    concatenate,
    div,
    exp,
    getitem,
    grad_mode,
    log,
    matmul,
    mul,
    permute,
    power,
    reduce_max,
    reduce_sum,
    sqrt,
    stack,
    sub,
)

F32, F64 = np.float32, np.float64

# seconds: each check takes well under one, and an endless loop need not cost the default of five

LARGE = 300  # a rule takes milliseconds for (LARGE, LARGE); whoever steps each of its numbers does not end in time


def f32(*numbers: Any) -> np.ndarray:
    """One list: an array of float32."""
    return np.array(numbers[0] if len(numbers) == 1 else numbers, dtype=F32)


def sizes(rng: np.random.Generator, count: int) -> list[int]:
    """Sizes of axes, drawn: all different, and none of them 1."""
    return [int(size) for size in rng.permutation(np.arange(2, 6))[:count]]


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random float64 numbers of both signs, none nearer to 0 than 0.3."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2.0, shape)


def wide(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random float64 numbers from 0.001 to 1000: beside the large ones a finite difference loses the small ones."""
    return 10.0 ** rng.uniform(-3, 3, shape)


def elementwise(fn: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], upstream: np.ndarray) -> list[np.ndarray]:
    """What the rule of an op that works number by number must answer; for arrays too large to take one number at a time."""
    found = []
    for number in range(len(arrays)):
        moved = [a + 1e-30j if which == number else a for which, a in enumerate(arrays)]
        found.append(fn(*moved).imag / 1e-30 * upstream)
    return found


def leaf(array: Any, dtype: Any = F64) -> Any:
    """A Tensor that wants a gradient."""
    return Tensor(array, requires_grad=True, dtype=dtype)


def assert_exact(got: Any, want: Any, what: str) -> None:
    """Check a float64 result to ten digits: a derived formula has about fifteen, a finite difference about nine."""
    __tracebackhide__ = True
    assert_close(got, np.asarray(want, dtype=F64), rtol=1e-10, atol=1e-12, what=what)


def assert_names(error: pytest.ExceptionInfo[Any], *shapes: tuple[int, ...]) -> None:
    """Check that the message of an exception names all these shapes."""
    __tracebackhide__ = True
    text = re.sub(r"\s", "", str(error.value))
    for shape in shapes:
        sizes = ",".join(str(size) for size in shape)
        named = any(spelling in text for spelling in (f"({sizes})", f"({sizes},)", f"[{sizes}]"))
        assert named, f"the message should name the shape {shape}; it says: {error.value}"


# The table of rules, with other rules in it


@contextmanager
def in_table(op: Any, rule: Callable[[np.ndarray, Any], Any]) -> Iterator[None]:
    """Put `rule` into the table for `op`, and the one that was there back at the end."""
    kept = rules[op]
    rules[op] = rule
    try:
        yield
    finally:
        rules[op] = kept


@contextmanager
def invented(op: Any, *factors: float) -> Iterator[list[np.ndarray]]:
    """Let the rule of `op` answer grad · factor for each input, whatever the derivative is.

    What follows from that is found by a walk that asks the table, and by nothing else. Yields the list of the gradients
    that the rule has been asked with.
    """
    asked: list[np.ndarray] = []

    def rule(grad: np.ndarray, saved: Any) -> tuple[Any, ...]:
        asked.append(np.array(grad))
        return tuple(grad * factor for factor in factors)

    with in_table(op, rule):
        yield asked


@contextmanager
def scaled(op: Any, factor: float) -> Iterator[list[Any]]:
    """Let the rule of `op` answer `factor` times what your rule for it answers. Yields what it has been asked: `saved`."""
    yours = rules[op]
    asked: list[Any] = []

    def rule(grad: np.ndarray, saved: Any) -> tuple[Any, ...]:
        asked.append(saved)
        return tuple(None if part is None else computed(part) * factor for part in yours(grad, saved))

    with in_table(op, rule):
        yield asked


def computed(part: Any) -> Any:
    """A gradient that a rule answered with: where it is a function, what that gives."""
    return part if part is None or isinstance(part, (np.ndarray, np.generic, float)) else part()


def drawn_factor(rng: np.random.Generator) -> float:
    """What to scale a rule by: never near 1."""
    return float(rng.uniform(2, 3))


def ask(name: str, grad: np.ndarray, saved: Any, silent: bool = False) -> tuple[Any, ...]:
    """Call the rule NAME_backward, also with read-only arrays, and make sure that it returns a tuple."""
    __tracebackhide__ = True
    with tried(f"{name}_backward, with arrays that cannot be written to"):
        autograd_helpers.rule(name, grad, saved, silent)
    with tried(f"{name}_backward"):
        found = getattr(autograd, f"{name}_backward")(grad, saved)
    assert isinstance(found, tuple), f"{name}_backward returns a tuple of gradients, got {type(found).__name__}"
    return tuple(computed(part) for part in found)


def check_rule(
    name: str, fn: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], upstream: np.ndarray, saved: Any
) -> None:
    """Compare a rule with the derivative of `fn`, which is NumPy's version of the op."""
    __tracebackhide__ = True
    assert_gradients(ask(name, upstream, saved), fn, arrays, upstream, what=f"{name}_backward")


# Broadcasting, backwards


@check("unbroadcast sums over repeated axes", points=1, seconds=2)
def test_unbroadcast(rng: np.random.Generator) -> None:
    """It sums over axes that were missing and over axes of size 1 that were stretched, and over no others."""
    grad = f32([[1, 2, 4], [8, 16, 32]])
    assert_close(unbroadcast(grad, (3,)), f32(9, 18, 36), what="grad of shape (2, 3) to (3,)")
    assert_close(unbroadcast(grad, (2, 1)), f32([[7], [56]]), what="grad of shape (2, 3) to (2, 1)")
    assert_close(unbroadcast(grad, (1, 3)), f32([[9, 18, 36]]), what="grad of shape (2, 3) to (1, 3)")
    assert_close(unbroadcast(grad, ()), f32(63), what="grad of shape (2, 3) to ()")
    assert_close(unbroadcast(grad, (2, 3)), grad, what="grad of shape (2, 3) to (2, 3)")
    m, n = sizes(rng, 2)
    drawn = rng.normal(size=(m, n))
    assert_exact(unbroadcast(drawn, (n,)), drawn.sum(axis=0), what=f"grad of shape ({m}, {n}) to ({n},)")
    assert_exact(unbroadcast(drawn, (m, 1)), drawn.sum(axis=1, keepdims=True), what=f"grad of shape ({m}, {n}) to ({m}, 1)")
    assert_exact(unbroadcast(drawn, ()), drawn.sum(), what=f"grad of shape ({m}, {n}) to ()")
    with tried(f"unbroadcast of ({m}, {n}) to ({m},)"), pytest.raises(ValueError) as error:
        unbroadcast(drawn, (m,))
    assert_names(error, (m, n), (m,))


@check("unbroadcast of missing and stretched axes at once", points=1, needs=["test_unbroadcast"], seconds=2)
def test_unbroadcast_both(rng: np.random.Generator) -> None:
    """A column added to a batch of matrices lacks one axis and is stretched along another. The shapes must be
    compatible, not only the sizes.
    """
    grad = f32([[[1, 2, 3], [4, 5, 6]], [[10, 20, 30], [40, 50, 60]]])
    assert_close(unbroadcast(grad, (2, 1)), f32([[66], [165]]), what="grad of shape (2, 2, 3) to (2, 1)")
    assert_close(unbroadcast(grad, (1, 3)), f32([[55, 77, 99]]), what="grad of shape (2, 2, 3) to (1, 3)")
    k, m, n = sizes(rng, 3)
    drawn = rng.normal(size=(k, m, n))
    for small, axes in (((m, 1), (0, 2)), ((1, n), (0, 1)), ((1, m, 1), (0, 2))):
        want = drawn.sum(axis=axes).reshape(small)
        assert_exact(unbroadcast(drawn, small), want, what=f"grad of shape ({k}, {m}, {n}) to {small}")
    with tried(f"unbroadcast of ({m}, {n}) to ({n}, {m})"), pytest.raises(ValueError) as error:
        unbroadcast(drawn[0], (n, m))
    assert_names(error, (m, n), (n, m))


#% hidden
def check_graph(
    rng: np.random.Generator,
    op: Any,
    build: Callable[..., Any],
    fn: Callable[..., np.ndarray],
    arrays: Sequence[np.ndarray],
    what: str,
) -> None:
    """Compare backward through build(*Tensors) with the derivative of fn(*arrays); the rule of `op` is scaled meanwhile."""
    __tracebackhide__ = True
    upstream = np.asarray(rng.normal(size=np.shape(fn(*arrays))))
    factor = drawn_factor(rng)
    tensors = [leaf(a) for a in arrays]
    with tried(f"{what}, with {factor:.6g} times its rule in the table"):
        with scaled(op, factor):
            build(*tensors).backward(upstream)
        found = [t.grad for t in tensors]
        assert_gradients(found, lambda *a: fn(*a) * factor, arrays, upstream, what=f"the .grad of a leaf of {what}")


@check("unbroadcast: all patterns of broadcasting", points=1, visibility=HIDDEN, needs=["test_unbroadcast"], seconds=2)
def test_unbroadcast_patterns(rng: np.random.Generator) -> None:
    """Handles several axes at once, missing and stretched axes together, empty axes and square shapes, and rejects
    shapes that do not match.
    """
    k, m, n = sizes(rng, 3)
    for big, small in (
        ((k, m, n), (m, 1)),
        ((k, m, n), (1, 1, 1)),
        ((k, m, n), (k, 1, n)),
        ((k, m, n), (n,)),
        ((n, n), (n,)),
        ((n, n), (n, 1)),
        ((m, 1, n), (1, n)),
        ((k, 1), (1,)),
        ((1, 1), ()),
        ((), ()),
    ):
        grad = np.asarray(rng.normal(size=big))
        stretched = lambda a, big=big: np.broadcast_to(a, big) + 0j  # noqa: E731
        assert_gradients([unbroadcast(grad, small)], stretched, [np.zeros(small)], grad, what=f"float64, {big} to {small}")
        extra = len(big) - len(small)
        over = (*range(extra), *(extra + axis for axis, size in enumerate(small) if size == 1))
        single = grad.astype(F32)
        want = single.sum(axis=over, keepdims=True).reshape(small)
        assert_close(unbroadcast(single, small), want, atol=1e-5, what=f"float32, {big} to {small}")
    assert_close(unbroadcast(np.ones((0, n), F32), (1, n)), np.zeros((1, n), F32), what=f"grad of shape (0, {n}) to (1, {n})")
    assert_close(unbroadcast(np.ones((m, 0), F32), (0,)), np.zeros(0, F32), what=f"grad of shape ({m}, 0) to (0,)")
    for big, small in (((m,), (m, 1)), ((n,), (m,)), ((m, n), (n, m)), ((1, n), (m, n)), ((), (1,))):
        with tried(f"unbroadcast of {big} to {small}"), pytest.raises(ValueError) as error:
            unbroadcast(np.ones(big, F32), small)
        assert_names(error, big, small)


#% endhidden
# Rules


@check("Rules of products, quotients and powers", points=3, seconds=2)
def test_product_rules(rng: np.random.Generator) -> None:
    """With a random upstream gradient, mul_backward, div_backward and power_backward give the derivative to full precision."""
    assert_close(ask("mul", f32(10, 1), (f32(1, 2), f32(3, 4)))[0], f32(30, 4), what="mul_backward, for a")
    assert_close(ask("div", f32(1), (f32(6), f32(2)))[1], f32(-1.5), what="div_backward of 6 / 2, for b")
    shape = sizes(rng, 2)
    a, b, upstream = off_zero(rng, *shape), off_zero(rng, *shape), rng.normal(size=shape)
    check_rule("mul", lambda a, b: a * b, [a, b], upstream, (a.copy(), b.copy()))
    check_rule("div", lambda a, b: a / b, [a, b], upstream, (a.copy(), b.copy()))
    check_rule("power", lambda a, b: a**b, [abs(a), b], upstream, (abs(a), b.copy()))
    a, b, upstream = (wide(rng, LARGE, LARGE) for _ in range(3))
    for name, fn in (("mul", lambda a, b: a * b), ("div", lambda a, b: a / b)):
        for got, want in zip(ask(name, upstream, (a, b)), elementwise(fn, [a, b], upstream), strict=True):
            assert_exact(got, want, what=f"{name}_backward of ({LARGE}, {LARGE})")
    a, b = rng.uniform(0.5, 2, (2, LARGE, LARGE))
    for got, want in zip(ask("power", upstream, (a, b)), elementwise(lambda a, b: a**b, [a, b], upstream), strict=True):
        assert_exact(got, want, what=f"power_backward of ({LARGE}, {LARGE})")


#% hidden
@check(
    "Powers of 0 and of negative numbers, clip at infinity",
    points=2,
    visibility=HIDDEN,
    needs=["test_product_rules", "test_clip_rule"],
    seconds=2,
)
def test_power_edges(rng: np.random.Generator) -> None:
    """power_backward handles the special cases of its docstring without a warning, and clip_backward handles a gradient
    of NaN or infinity.
    """
    below, above, grad = -float(rng.uniform(2, 4)), float(rng.uniform(2, 4)), rng.uniform(1, 5, 7)
    order = rng.permutation(7)  # a case is known by its numbers, and not by its place
    a = np.array([0.0, 0.0, 0.0, 0.0, below, below, above])[order]
    b = np.array([0.0, 1.0, 2.0, 0.5, 2.0, 0.0, 0.0])[order]
    by_a, by_b = ask("power", grad, (a.copy(), b.copy()), silent=True)
    places = f"a {a.round(3).tolist()}, b {b.tolist()}, grad {grad.round(3).tolist()}"
    assert_exact(by_a, grad * np.array([0, 1, 0, np.inf, 2 * below, 0, 0])[order], what=f"power_backward by a, {places}")
    slopes = np.array([0, 0, 0, 0, np.nan, np.nan, math.log(above)])[order]
    assert_exact(by_b, grad * slopes, what=f"power_backward by b, {places}")
    numbers = np.array([below, 0.0, above])
    x = leaf(numbers)
    (x**2).backward(grad[:3])
    assert_exact(x.grad, 2 * numbers * grad[:3], what=f"the .grad of x after x ** 2, x = {numbers.round(3).tolist()}")
    order = rng.permutation(5)
    mask = np.array([True, False, False, True, True])[order]
    given = f32(np.inf, np.inf, np.nan, np.nan, above)[order]
    (got,) = ask("clip", given, mask, silent=True)
    want = f32(np.inf, 0, 0, np.nan, above)[order]
    assert_close(got, want, what=f"clip_backward of {given.tolist()}, within the bounds: {mask.tolist()}")


#% endhidden
@check("Rule of clip", points=1, seconds=2)
def test_clip_rule(rng: np.random.Generator) -> None:
    """The gradient passes where the number was within the bounds and is 0 elsewhere. float32 stays float32."""
    m, n = sizes(rng, 2)
    mask = rng.permutation([True, False] + [bool(one) for one in rng.integers(0, 2, m * n - 2)]).reshape(m, n)
    grad = off_zero(rng, m, n)
    want = [[float(g) if inside else 0.0 for g, inside in zip(*rows, strict=True)] for rows in zip(grad, mask, strict=True)]
    assert_exact(ask("clip", grad, mask)[0], want, what="clip_backward")
    assert_close(ask("clip", grad.astype(F32), mask)[0], f32(want), what="clip_backward of float32")


@check("Rule of the matrix product", points=2, seconds=2)
def test_matmul_rule(rng: np.random.Generator) -> None:
    """For the running example and for matrices of three sizes, it gives the derivative to full precision."""
    x, w = f32([[1, 2]]), f32([[0.5, -1], [1, 2]])
    dx, dw = ask("matmul", f32([[1, -2]]), (x, w))
    assert_close(dx, f32([[2.5, -3]]), what="matmul_backward of [[1, -2]] for x = [[1, 2]]")
    assert_close(dw, f32([[1, -2], [2, -4]]), what="matmul_backward of [[1, -2]] for W = [[0.5, -1], [1, 2]]")
    m, k, n = sizes(rng, 3)
    a, b, upstream = rng.normal(size=(m, k)), rng.normal(size=(k, n)), rng.normal(size=(m, n))
    check_rule("matmul", lambda a, b: a @ b, [a, b], upstream, (a.copy(), b.copy()))
    m, k, n = 110, 100, 90  # large enough that there is no time to step each number
    a, b, upstream = wide(rng, m, k), wide(rng, k, n), wide(rng, m, n)
    da, db = ask("matmul", upstream, (a, b))
    assert_exact(da, np.einsum("in,kn->ik", upstream, b), what=f"matmul_backward of ({m}, {k}) @ ({k}, {n}), for the left")
    assert_exact(db, np.einsum("ik,in->kn", a, upstream), what=f"matmul_backward of ({m}, {k}) @ ({k}, {n}), for the right")


@check("Rule of the matrix product: vectors and batches", points=1, needs=["test_matmul_rule"], seconds=2)
@pytest.mark.parametrize(("left", "right"), [((2, 3), (3,)), ((3,), (3, 4)), ((1, 3), (3,)), ((5, 2, 3), (5, 3, 4))])
def test_matmul_vectors(left: tuple[int, ...], right: tuple[int, ...], rng: np.random.Generator) -> None:
    """The extra axis of a vector is removed again, and no other axis is. In a batch, each matrix is transposed separately."""
    a, b = rng.normal(size=left), rng.normal(size=right)
    upstream = rng.normal(size=(a @ b).shape)
    with tried(f"matmul_backward of {left} @ {right}"):
        check_rule("matmul", lambda a, b: a @ b, [a, b], upstream, (a.copy(), b.copy()))


@check("Predict the cost of the matrix product's backward", points=1, needs=["test_matmul_rule"], seconds=2)
def test_matmul_cost(rng: np.random.Generator) -> None:
    """matmul_backward asks `run` for two products, and matmul_backward_multiply_adds predicts their cost as counted."""
    for _ in range(3):
        m, k, n = sizes(rng, 3)
        grad, a, b = rng.normal(size=(m, n)), rng.normal(size=(m, k)), rng.normal(size=(k, n))
        counted, factor = [], drawn_factor(rng)

        def faster(left: np.ndarray, right: np.ndarray, counted: list[int] = counted, factor: float = factor) -> Any:
            counted.append(left.size * right.shape[-1])
            return factor * (left @ right), (left, right)  # not the product: so it shows whether it was used

        backend[matmul] = faster
        try:
            found = [computed(part) for part in matmul_backward(grad, (a, b))]
        finally:
            del backend[matmul]
        for got, want in zip(found, (grad @ b.T, a.T @ grad), strict=True):
            assert_exact(got, factor * want, what=f"matmul_backward, with {factor:.6g} · a @ b as the backend's matmul")
        assert_same(sum(counted), 2 * m * k * n, what=f"multiply-adds that matmul_backward runs for ({m}, {k}) @ ({k}, {n})")
        predicted = matmul_backward_multiply_adds(m, k, n)
        assert_same(predicted, sum(counted), what=f"matmul_backward_multiply_adds({m}, {k}, {n})")


#% hidden
@check(
    "Rule of the matrix product: any number of axes",
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
    """For vectors, batches and broadcast batches, gradients have the inputs' shapes and are the derivative to full precision."""
    a, b = rng.normal(size=left), rng.normal(size=right)
    check_graph(rng, matmul, lambda a, b: a @ b, lambda a, b: a @ b, [a, b], f"{left} @ {right}")
    if max(a.ndim, b.ndim) < 3:
        upstream = np.asarray(rng.normal(size=(a @ b).shape))
        for got, of in zip(ask("matmul", upstream, (a, b)), (a, b), strict=True):
            assert_array(got, shape=of.shape, dtype=F64, what=f"what matmul_backward itself answers, {left} @ {right}")


#% endhidden
@check("Rules of sum and max", points=2, seconds=2)
def test_reduction_rules(rng: np.random.Generator) -> None:
    """Every number gets the gradient of the sum that it went into. The maximum gets the gradient of the maximum, and
    ties share it.
    """
    (got,) = ask("reduce_sum", f32(5, 7), ((2, 3), (1,)))
    assert_close(got, f32([[5, 5, 5], [7, 7, 7]]), what="reduce_sum_backward of [5, 7], (2, 3) summed over axis 1")
    (got,) = ask("reduce_sum", f32([[5, 7, 9]]), ((2, 3), (0,)))
    assert_close(got, f32([[5, 7, 9], [5, 7, 9]]), what="reduce_sum_backward of [[5, 7, 9]], over axis 0, keepdim=True")
    mask = np.array([[False, True, True], [True, False, False]])
    (got,) = ask("reduce_max", f32(6, 5), (mask, (1,)))
    assert_close(got, f32([[0, 3, 3], [5, 0, 0]]), what="reduce_max_backward of [6, 5], over axis 1, with a tie")
    both = np.array([[True, False], [False, True]])
    (got,) = ask("reduce_max", f32(8), (both, (0, 1)))
    assert_close(got, f32([[4, 0], [0, 4]]), what="reduce_max_backward of 8, over both axes, with a tie")
    k, m, n = sizes(rng, 3)
    x, upstream = rng.permutation(k * m * n).reshape(k, m, n) * 0.1, wide(rng, k, n)
    check_rule("reduce_sum", lambda a: a.sum(axis=1), [x], upstream, ((k, m, n), (1,)))
    check_rule("reduce_max", lambda a: a.max(axis=1), [x], upstream, (x == x.max(axis=1, keepdims=True), (1,)))
    ties = np.stack([rng.permutation(np.arange(n) < count) for count in rng.integers(1, n + 1, m)])  # 1 to n in a row
    (got,) = ask("reduce_max", upstream[0, 0] * np.arange(1, m + 1), (ties, (1,)))
    shares = [[upstream[0, 0] * (row + 1) / ties[row].sum() * tie for tie in ties[row]] for row in range(m)]
    assert_exact(got, shares, what=f"reduce_max_backward over axis 1, the maxima at {ties.tolist()}")
    upstream, places = rng.normal(size=LARGE), rng.integers(0, LARGE, LARGE)
    (got,) = ask("reduce_sum", upstream, ((LARGE, LARGE), (1,)))
    assert_exact(got, np.outer(upstream, np.ones(LARGE)), what=f"reduce_sum_backward of ({LARGE}, {LARGE}) over axis 1")
    mask = places[:, np.newaxis] == np.arange(LARGE)
    (got,) = ask("reduce_max", upstream, (mask, (1,)))
    assert_exact(got, np.where(mask, upstream[:, np.newaxis], 0), what=f"reduce_max_backward of ({LARGE}, {LARGE}) over axis 1")


@check("Rules of reshape, permute, getitem and concatenate", points=2, seconds=2)
def test_moving_rules(rng: np.random.Generator) -> None:
    """Each gradient goes back to where its number came from, and a number that was taken twice gets both gradients."""
    k, m, n = sizes(rng, 3)
    x, upstream = rng.normal(size=(k, m, n)), wide(rng, n, k, m)
    check_rule("reshape", lambda a: a.reshape(n, k, m), [x], upstream, (k, m, n))
    check_rule("permute", lambda a: a.transpose(2, 0, 1), [x], upstream, (2, 0, 1))
    (got,) = ask("getitem", f32(1, 10, 100), ((4,), [2, 0, 2]))
    assert_close(got, f32(10, 0, 101, 0), what="getitem_backward of [1, 10, 100], index [2, 0, 2] of 4 numbers")
    (got,) = ask("getitem", f32(1, 10, 100), ((2, 2), ([0, 1, 0], [1, 0, 1])))
    assert_close(got, f32([[0, 101], [10, 0]]), what="getitem_backward of [1, 10, 100], index ([0, 1, 0], [1, 0, 1]) of (2, 2)")
    index = (slice(None), 1)
    check_rule("getitem", lambda a: a[index], [x], upstream[:, :, 0].T, ((k, m, n), index))
    taken = [int(one) for one in rng.permutation([0, 0, *rng.integers(0, k, 3)])]
    check_rule("getitem", lambda a: a[taken], [x[:, 0, 0]], upstream.ravel()[:5], ((k,), taken))
    parts = ask("concatenate", f32([[1, 2, 3], [4, 5, 6]]), (1, (1, 2)))
    assert_same(len(parts), 2, what="how many gradients concatenate_backward returns for two inputs")
    assert_close(parts[0], f32([[1], [4]]), what="concatenate_backward, for the first of sizes 1 and 2")
    assert_close(parts[1], f32([[2, 3], [5, 6]]), what="concatenate_backward, for the second of sizes 1 and 2")
    arrays = [rng.normal(size=(2, size)) for size in (k, m, n)]
    join = lambda *parts: np.concatenate(parts, axis=1)  # noqa: E731
    check_rule("concatenate", join, arrays, rng.normal(size=(2, k + m + n)), (1, (k, m, n)))
    numbers, size = rng.normal(size=LARGE * LARGE), (LARGE, LARGE)
    (got,) = ask("reshape", numbers.reshape(size), (LARGE * LARGE,))
    assert_exact(got, numbers, what=f"reshape_backward of {size}, which was one row")
    (got,) = ask("permute", numbers.reshape(size), (1, 0))
    assert_exact(got.T.ravel(), numbers, what=f"permute_backward of {size} by (1, 0), its columns one after the other")
    taken = rng.integers(0, LARGE, LARGE * LARGE)
    (got,) = ask("getitem", numbers, ((LARGE,), taken))
    assert_exact(got, np.bincount(taken, numbers, LARGE), what=f"getitem_backward of {LARGE * LARGE} numbers out of {LARGE}")
    got = np.hstack(ask("concatenate", numbers.reshape(size), (1, (LARGE - k, k))))
    assert_exact(got, numbers.reshape(size), what=f"the parts of concatenate_backward of {size}, side by side")


#% hidden
@check(
    "Reductions through the graph",
    points=1,
    visibility=HIDDEN,
    needs=["test_reduction_rules", "test_walk"],
    seconds=3,
)
def test_reductions_through_graph(rng: np.random.Generator) -> None:
    """Gradients are right for several axes in any order, no axes, keepdim, ties over two axes and a maximum that is
    NaN. float32 stays float32.
    """
    x = rng.permutation(24).reshape(2, 3, 4) * 0.1
    for dim in (None, 0, -1, (0, 2), (2, 0), (0, 1, 2), ()):
        for keepdim in (False, True):
            for name, op in (("sum", reduce_sum), ("max", reduce_max)):
                check_graph(
                    rng,
                    op,
                    lambda a, name=name, d=dim, k=keepdim: getattr(a, name)(d, k),
                    lambda a, name=name, d=dim, k=keepdim: getattr(a, name)(axis=d, keepdims=k),
                    [x],
                    f"{name}(dim={dim}, keepdim={keepdim}) of shape (2, 3, 4)",
                )
    tied = leaf([[[1, 2], [2, 0]], [[3, 3], [3, 3]], [[1, 4], [0, 1]]], F32)
    up = f32(rng.uniform(1, 9, 3))
    tied.max((1, 2)).backward(up)
    want = f32([[[0, up[0] / 2], [up[0] / 2, 0]], [[up[1] / 4] * 2] * 2, [[0, up[2]], [0, 0]]])
    assert_close(tied.grad, want, what="the .grad of a (3, 2, 2) leaf after max over the last two axes, with ties")
    (got,) = ask("reduce_max", f32(6), (np.array([True, True, False]), (0,)))
    assert_array(got, shape=(3,), dtype=F32, what="reduce_max_backward of float32")
    (got,) = ask("reduce_max", up[:2], (np.array([[False, False], [True, False]]), (1,)))
    assert_close(got[1], f32(up[1], 0), what="reduce_max_backward, the row beside one whose maximum was nan")


@check(
    "Indices, joins and permutations through the graph",
    points=2,
    visibility=HIDDEN,
    needs=["test_moving_rules", "test_walk"],
    seconds=3,
)
def test_moves_through_graph(rng: np.random.Generator) -> None:
    """Gradients are right for indices that are numbers, slices, lists with repeats and masks, for cat and stack, and
    for permutations of four axes.
    """
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
        check_graph(rng, getitem, lambda a, i=index: a[i], lambda a, i=index: a[i], [y], f"x[index], index: {name}")
    one, up = leaf([1, 2, 3], F32), f32(rng.uniform(1, 9, 3))
    one[[0, 0, 2]].backward(up)
    assert_close(one.grad, f32(up[0] + up[1], 0, up[2]), what="the .grad of a float32 leaf after x[[0, 0, 2]]")
    a, b, c = rng.normal(size=(2, 2)), rng.normal(size=(2, 1)), rng.normal(size=(2, 3))
    joined = lambda *parts: np.concatenate(parts, axis=1)  # noqa: E731
    what = "cat of sizes 2, 1, 3 along the last axis"
    check_graph(rng, concatenate, lambda *parts: cat(list(parts), dim=-1), joined, [a, b, c], what)
    stacked = lambda *parts: np.stack(parts, axis=1)  # noqa: E731
    check_graph(rng, concatenate, lambda *parts: stack(list(parts), dim=1), stacked, [a, a + 1], "stack along dim 1")
    turned = rng.normal(size=(2, 3, 2, 2))
    for dims in ((3, 0, 1, 2), (1, 2, 3, 0), (2, 3, 0, 1), (0, 1, 2, 3), (-1, 0, -2, 1)):
        forward = lambda a, d=dims: a.transpose(d)  # noqa: E731
        check_graph(rng, permute, lambda a, d=dims: a.permute(d), forward, [turned], f"permute by {dims}")


#% endhidden
# The walk

# Graphs to be put in order: for each Tensor, the earlier ones that it is made from
GRAPHS: dict[str, list[tuple[int, ...]]] = {
    "alone": [()],
    "chain": [(), (0,), (1,)],
    "diamond": [(), (0,), (1, 1), (1, 2)],
    "two inputs": [(), (), (0, 1), (1, 2)],
    "long way and short cut": [(), (0,), (1,), (2,), (3,), (1, 4), (5, 0)],
}


@check("Topological order", points=2, seconds=2)
@pytest.mark.parametrize("name", [*GRAPHS, "drawn"])
def test_topological_order(name: str, rng: np.random.Generator) -> None:
    """Every tensor comes once, and before all tensors that it was made from."""
    before = [tuple(int(one) for one in rng.integers(0, n, 2)) for n in range(1, int(rng.integers(12, 20)))]
    parents = GRAPHS.get(name, [(), *before])
    numbers = rng.normal(size=len(parents))
    tensors: list[Any] = []
    for number, mine in zip(numbers, parents, strict=True):
        made = lambda *arrays, number=number: (np.array(number), None)  # noqa: E731 - an op whose result tells which it is
        tensors.append(apply(made, *(tensors[parent] for parent in mine)) if mine else leaf(number))
    order = topological_order(tensors[-1])
    assert isinstance(order, list), f"topological_order returns a list, got {shown(order, 100)}"
    place = {float(number): which for which, number in enumerate(numbers)}
    called = [place.get(float(one.data)) for one in order]
    reached = {len(parents) - 1}
    for which in range(len(parents) - 1, -1, -1):
        reached |= set(parents[which]) if which in reached else set()
    graph = f"the graph {name!r}, in which tensor n is made from the n-th of {parents}"
    assert_same(sorted(called, key=str), sorted(reached, key=str), what=f"who is in the order of {graph}")
    for position, which in enumerate(called):
        late = [parent for parent in parents[which] if called.index(parent) < position]
        assert_same(late, [], what=f"inputs of tensor {which} that come before it, in the order {called} of {graph}")


@check("The gradient that backward starts with", points=2, seconds=2)
def test_initial_gradient(rng: np.random.Generator) -> None:
    """A single number starts with 1. Any other tensor needs a gradient of exactly its own shape."""
    assert_close(initial_gradient(leaf(3, F32)), f32(1), what="initial_gradient of a Tensor of shape ()")
    assert_close(initial_gradient(leaf([[3]], F32)), f32([[1]]), what="initial_gradient of a Tensor of shape (1, 1)")
    given = initial_gradient(leaf([1, 2], F32), [1, -2])
    assert_close(given, f32(1, -2), what="initial_gradient with [1, -2]")
    m, n = sizes(rng, 2)
    x, upstream = leaf(rng.normal(size=(m, n))), rng.normal(size=(m, n))
    assert_exact(initial_gradient(x, upstream), upstream, what=f"initial_gradient of shape ({m}, {n}), with a gradient")
    with tried(f"initial_gradient of shape ({m}, {n}), no gradient given"), pytest.raises(ValueError) as error:
        initial_gradient(x)
    assert_names(error, (m, n))
    with tried(f"initial_gradient of shape ({m}, {n}) with a gradient of shape ({n},)"), pytest.raises(ValueError) as error:
        initial_gradient(x, upstream[0])
    assert_names(error, (m, n), (n,))
    with tried("initial_gradient of a Tensor that requires none"), pytest.raises(ValueError):
        initial_gradient(Tensor(3))


@check("The running example, backwards", points=2, needs=["test_product_rules", "test_matmul_rule"], seconds=2)
def test_walk(rng: np.random.Generator) -> None:
    """backward uses the table of rules and finds the gradients of x, W and b that you derived by hand, and none for the
    target.
    """
    x, w, b, t = leaf([[1, 2]], F32), leaf([[0.5, -1], [1, 2]], F32), leaf([0.5, -1], F32), Tensor([[2, 4]])
    error = x @ w + b - t
    loss = (error * error).mean()
    loss.backward()
    assert_close(loss.data, f32(2.5), what="the loss")
    assert_close(w.grad, f32([[1, -2], [2, -4]]), what="W.grad")
    assert_close(b.grad, f32(1, -2), what="b.grad")
    assert_close(x.grad, f32([[2.5, -3]]), what="x.grad")
    assert_same(t.grad, None, what="t.grad")
    m, k, n = sizes(rng, 3)
    arrays, target = [rng.normal(size=shape) for shape in ((m, k), (k, n), (n,))], rng.normal(size=(m, n))
    square = lambda x, w, b: (x @ w + b - target) * (x @ w + b - target)  # noqa: E731
    x, w, b = (leaf(a) for a in arrays)
    error = x @ w + b - Tensor(target, dtype=F64)
    loss = (error * error).mean()
    loss.backward()
    found = [t.grad for t in (x, w, b)]
    upstream = np.full((m, n), 1 / (m * n))
    assert_gradients(found, square, arrays, upstream, what=f"the .grad of x, W and b for x ({m}, {k}), W ({k}, {n})")
    # the walk believes the table, also where the table says that the slopes of e · e are 2.1 and -2.7 instead of e and e
    x.grad = w.grad = b.grad = None
    p, q, factor = (drawn_factor(rng) for _ in range(3))
    with invented(mul, p, -q) as asked, scaled(matmul, factor) as saved:
        loss.backward()
    slope = (p - q) * upstream
    what = f"where the rule of * answers {p:.6g} · grad and {-q:.6g} · grad, and that of @ {factor:.6g} times what yours does"
    assert asked, "backward asks the table for the rule of *"
    assert saved, "backward asks the table for the rule of @"
    assert_exact(asked[0], upstream, what="the gradient that the rule of * was asked with")
    for name, got, want in zip("ab", saved[0], arrays, strict=False):
        assert_exact(got, want, what=f"{name}, saved by a @ b, as its rule was given it")
    assert_exact(b.grad, slope.sum(axis=0), what=f"b.grad, {what}")
    assert_exact(w.grad, factor * arrays[0].T @ slope, what=f"W.grad, {what}")
    assert_exact(x.grad, factor * slope @ arrays[1].T, what=f"x.grad, {what}")


@check("Tensors that are used several times", points=2, needs=["test_walk"], seconds=2)
def test_shared(rng: np.random.Generator) -> None:
    """The gradients of all uses are added up before they are passed on: with a = 3z, c = a + a·a has slope 39 at z = 2."""
    start, k = rng.uniform(1, 2, 2)
    for name, build, slope in (
        ("a + a * a", lambda a: a + a * a, lambda a: 1 + 2 * a),
        ("a * a + a", lambda a: a * a + a, lambda a: 2 * a + 1),
        ("a * (a + 1)", lambda a: a * (a + 1), lambda a: 2 * a + 1),
        ("(a + 1) * a", lambda a: (a + 1) * a, lambda a: 2 * a + 1),
    ):
        z = leaf(2, F32)
        build(z * 3).backward()
        assert_close(z.grad, f32(39), what=f"the slope of {name} with a = 3z, at z = 2")
        z = leaf(start)
        build(z * k).backward()
        assert_exact(z.grad, k * slope(k * start), what=f"the slope of {name} with a = {k:.6g} · z, at z = {start:.6g}")
    z = leaf(2, F32)
    (z + z + z).backward()
    assert_close(z.grad, f32(3), what="the slope of z + z + z")
    y = leaf([1, 2], F32)
    a = y * 3  # a + (a * 2 + y): the rule of + gives one array to both sides, and a and y get more later, in any order
    (a + (a * 2 + y)).backward([1, 10])
    assert_close(y.grad, f32(10, 100), what="the slope of a + (a * 2 + y) with a = 3y, times [1, 10]")
    numbers, other, upstream = rng.normal(size=(3, 2))
    a, one = leaf(numbers), leaf(other)
    pairs = [(t.data, g) for t, g in gradients(a * one + a, upstream)]
    assert_exact(pairs[0][1], upstream, what="the first gradient that `gradients` yields: that of the result")
    last = [g for data, g in pairs if data.tolist() == numbers.tolist()]
    assert_same(len(last), 1, what="how often `gradients` yields a, in a * b + a")
    assert_exact(last[0], upstream * (other + 1), what="a's gradient in a * b + a, as `gradients` yields it")
    # with another rule of + the slopes are others, and whole gradients arrive all the same
    p, q = drawn_factor(rng), drawn_factor(rng)
    z = leaf(numbers)
    with invented(add, p, q) as asked:
        a = z + z
        (a + (a + z)).backward(upstream)
    into_a = p + q * p
    what = f"where the rule of + answers {p:.6g} · grad and {q:.6g} · grad, in a + (a + z) with a = z + z"
    assert_same(len(asked), 3, what="how often backward asked the rule of +, for three sums")
    assert_exact(asked[-1], into_a * upstream, what=f"the gradient that the rule of a = z + z was asked with, {what}")
    assert_exact(z.grad, ((p + q) * into_a + q * q) * upstream, what=f"z.grad, {what}")


#% hidden
@check("Long chains and repeated doubling", points=2, visibility=HIDDEN, needs=["test_shared"], seconds=5)
def test_long(rng: np.random.Generator) -> None:
    """A chain of 10,000 ops works without recursion, and 18 doublings visit 19 tensors, not 262,144."""
    # 10,000 ops take about 0.3 s here; visiting every path of the doublings would take longer than the limit
    length = int(rng.integers(9_000, 11_000))
    factors, sums = rng.uniform(0.999, 1.001, length), rng.random(length) < 0.02
    x, (p, q) = leaf(1.0), (1 + rng.uniform(0.001, 0.002, 2)).tolist()
    with tried("backward through a chain of 10,000 ops"):
        y = autograd_helpers.chain(x, factors.tolist(), sums.tolist())
        with invented(add, p, q) as asked:
            y.backward(2.0)
    slopes = 2.0 * np.cumprod(np.where(sums, p, factors)[::-1])[::-1]  # of each op's input
    assert_same(len(asked), int(sums.sum()), what="how often the rule of + was asked, in a chain of so many sums")
    after = np.append(slopes, 2.0)[1:][sums][::-1]
    assert_exact(np.array(asked), after, what="the gradients that the rule of + was asked with, the last sum first")
    assert_exact(x.grad, slopes[0], what=f"the slope of a chain of products and {p:.6g} times that of sums")
    for times in (int(rng.integers(18, 25)), int(rng.integers(50, 70))):
        first = u = leaf(1.0)
        for _ in range(times):
            u = u + u
        with invented(add, p, q) as asked:
            u.backward(3.0)
        assert_same(len(asked), times, what=f"how often the rule of + was asked, for u = u + u, {times} times")
        what = f"the slope of u = u + u, {times} times, over {p + q:.6g} to the power of {times}"
        assert_exact(first.grad / (p + q) ** times, 3.0, what=what)
        order = len(topological_order(u))
        assert_same(order, times + 1, what=f"how many tensors are in the topological order of {times} doublings")
    steps, start = int(rng.integers(20, 40)), float(rng.uniform(1, 2))
    x = a = leaf(start)
    for _ in range(steps):
        a = a + x
        a = a * a / a
    a.backward()
    assert_exact(x.grad, steps + 1.0, what=f"the slope of {steps} times a = a + x; a = a * a / a")


@check("Random graphs", points=1, visibility=HIDDEN, needs=["test_shared"], seconds=5)
@pytest.mark.parametrize("number", range(4))
def test_random_graphs(number: int, rng: np.random.Generator) -> None:
    """On random graphs of a dozen nodes, backward gives the derivative, and it follows the table when the rules in it
    are replaced.
    """
    count = int(rng.integers(2, 5))
    leaves = [rng.uniform(0.5, 1.5, 2) for _ in range(count)]
    total = count + int(rng.integers(10, 15))
    # the ways in which node n is made from nodes i and j; a product has a leaf on its right, so that no number grows much
    choices = [
        (how, int(rng.integers(n)), int(rng.integers(count if how == 2 else n)))
        for n in range(count, total)
        for how in [int(rng.integers(4))]
    ]
    # and the sum of them all is the result
    choices += [(0, count if n == 1 else total + n - 2, count + n) for n in range(1, total - count)]

    def nodes(values: Sequence[Any]) -> list[Any]:
        found = list(values)
        for how, i, j in choices:
            a, b = found[i], found[j]
            found.append(a + b if how == 0 else a - b if how == 1 else a * b if how == 2 else a / (b * b + 1))
        return found

    upstream = rng.normal(size=2)
    tensors = [leaf(a) for a in leaves]
    result = nodes(tensors)[-1]
    result.backward(upstream)
    found = [np.zeros(2) if t.grad is None else t.grad for t in tensors]  # one that was not chosen has no way to the result
    assert_gradients(found, lambda *a: nodes(a)[-1], leaves, upstream, what="the .grad of a leaf of a random graph")
    for t in tensors:
        t.grad = None
    plus, minus, times = ((drawn_factor(rng) / 3, drawn_factor(rng) / 3) for _ in range(3))
    with invented(add, *plus) as sums, invented(sub, *minus) as differences, invented(mul, *times) as products:
        result.backward(upstream)
    grads: list[Any] = [np.zeros(2) for _ in leaves] + [np.zeros(2) for _ in choices]
    grads[-1] = upstream
    want: dict[int, list[np.ndarray]] = {0: [], 1: [], 2: []}
    values = nodes(leaves)
    for n in range(len(values) - 1, count - 1, -1):
        how, i, j = choices[n - count]
        if how < 3:
            want[how].append(grads[n])
            by_left, by_right = (plus, minus, times)[how]
            grads[i] = grads[i] + by_left * grads[n]
            grads[j] = grads[j] + by_right * grads[n]
            continue
        below = values[j] * values[j] + 1  # a / (b · b + 1): a quotient by its own rule, then the invented ones
        down = -grads[n] * values[i] / (below * below)
        want[0].append(down)
        want[2].append(plus[0] * down)
        grads[i] = grads[i] + grads[n] / below
        grads[j] = grads[j] + plus[0] * sum(times) * down
    by_size = lambda arrays: np.array(sorted(a.tolist() for a in arrays)).reshape(-1, 2)  # noqa: E731
    for name, asked, how in (("+", sums, 0), ("-", differences, 1), ("*", products, 2)):
        assert_exact(by_size(asked), by_size(want[how]), what=f"all gradients that the rule of {name} was asked with, sorted")
    for t, grad in zip(tensors, grads, strict=False):
        assert_exact(np.zeros(2) if t.grad is None else t.grad, grad, what="the .grad of a leaf, by the invented table")


# name, op, build, which is the same in NumPy: for every pattern of shapes that broadcast
BINARY = (
    ("a + b", add, lambda a, b: a + b),
    ("a - b", sub, lambda a, b: a - b),
    ("a * b", mul, lambda a, b: a * b),
    ("a / b", div, lambda a, b: a / b),
)


@check("Broadcasting of a row to very many rows", points=1, visibility=HIDDEN, needs=["test_unbroadcast", "test_walk"], seconds=4)
def test_many_rows(rng: np.random.Generator) -> None:
    """The gradient of a float32 row that was added to tens of thousands of rows keeps its digits."""
    rows, slope = int(rng.integers(60_000, 70_000)), float(rng.choice([0.1, 0.35, 0.45, 0.7, 0.85, 0.9]))
    grad = np.full((rows, 2), slope, F32)  # NumPy's own sum over these rows is wrong in the fourth digit
    want = grad.sum(axis=0, dtype=F64).astype(F32)
    what = f"float32, ({rows}, 2), all of them {slope}"
    assert_close(unbroadcast(grad, (2,)), want, rtol=1e-5, what=f"unbroadcast to (2,) of {what}")
    assert_close(unbroadcast(grad, (1, 1)), want.sum(keepdims=True)[None], rtol=1e-5, what=f"unbroadcast to (1, 1) of {what}")
    row = leaf(rng.normal(size=2), F32)
    (Tensor(np.zeros((rows, 2))) + row).backward(grad)
    assert_close(row.grad, want, rtol=1e-5, what=f".grad of a row that was added to {rows} rows")


@check("Gradients that nobody wants", points=1, visibility=HIDDEN, needs=["test_walk"], seconds=2)
def test_lazy(rng: np.random.Generator) -> None:
    """A rule may answer with functions. The walk calls those of inputs that require a gradient, once each, and no others."""
    a, b, upstream = rng.normal(size=(3, 2))
    first, second = drawn_factor(rng), drawn_factor(rng)
    for wanted in ((True, True), (True, False), (False, True)):
        called: list[str] = []

        def rule(grad: np.ndarray, saved: Any, called: list[str] = called) -> tuple[Any, ...]:
            def left() -> np.ndarray:
                called.append("left")
                return grad * first

            def right() -> np.ndarray:
                called.append("right")
                return grad * second

            return left, right

        x, y = (Tensor(data, requires_grad=want, dtype=F64) for data, want in zip((a, b), wanted, strict=True))
        what = f"where x {'wants' if wanted[0] else 'does not want'} a gradient and y {'does' if wanted[1] else 'does not'}"
        with in_table(mul, rule):
            (x * y).backward(upstream)
        names = [name for name, want in zip(("left", "right"), wanted, strict=True) if want]
        assert_same(sorted(called), names, what=f"the functions of the rule of x · y that were called, {what}")
        for name, tensor, factor, want in (("x", x, first, wanted[0]), ("y", y, second, wanted[1])):
            if want:
                assert_exact(tensor.grad, factor * upstream, what=f"{name}.grad, {what}")
            else:
                assert_same(tensor.grad, None, what=f"{name}.grad, {what}")


@check(
    "Broadcasting through the graph: all patterns",
    points=2,
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
    """For sums, differences, products, quotients and powers of shapes that broadcast, gradients have the inputs' shapes."""
    a, b = np.asarray(off_zero(rng, *left)), np.asarray(off_zero(rng, *right))
    for name, op, fn in BINARY:
        check_graph(rng, op, fn, fn, [a, b], f"{name} of {left} and {right}")
    check_graph(rng, power, lambda a, b: a**b, lambda a, b: a**b, [abs(a), b], f"a ** b of {left} and {right}")


#% endhidden
@check("Gradients add up, until you zero them", points=1, needs=["test_walk"], seconds=2)
def test_accumulation(rng: np.random.Generator) -> None:
    """A second backward adds the same gradient again, a second loss adds its own, and setting .grad to None starts
    again. Results of ops keep no gradient.
    """
    numbers, up, other = rng.normal(size=2), rng.normal(size=2), rng.normal(size=2)
    factor = drawn_factor(rng)
    x = leaf(numbers)
    y = x * x
    y.backward(up)
    once = 2 * numbers * up
    assert_same(y.grad, None, what=".grad of a result, without retain_grad(), after its backward")
    assert_exact(x.grad, once, what="x.grad after one backward of x * x")
    y.backward(up)
    assert_exact(x.grad, 2 * once, what="x.grad after backward twice")
    (x * 3).backward(other)
    assert_exact(x.grad, 2 * once + 3 * other, what="x.grad after a third backward, of x * 3")
    with scaled(mul, factor):
        y.backward(up)
    what = f"x.grad after a fourth, of x * x, where the rule of * answers {factor:.6g} times what yours does"
    assert_exact(x.grad, (2 + factor) * once + 3 * other, what=what)
    x.grad = None
    y.backward(other)
    assert_exact(x.grad, 2 * numbers * other, what="x.grad after x.grad = None and one more backward")


@check("Each tensor has its own .grad", points=1, needs=["test_accumulation"], seconds=2)
def test_own(rng: np.random.Generator) -> None:
    """No two leaves share a .grad, each .grad may be written to, and the result of an op keeps a .grad only after
    retain_grad().
    """
    x, y, upstream, numbers = leaf([1, 2]), leaf([3, 4]), rng.normal(size=2), rng.normal(size=2)
    (x + y).backward(upstream)
    autograd_helpers.write(x, "grad", numbers)
    assert_exact(x.grad, numbers, what="x.grad after numbers were written into it")
    assert_exact(y.grad, upstream, what="y.grad after x + y, where numbers were written into x.grad")
    whole = leaf(rng.normal(size=(2, 3)))
    whole.sum().backward()
    table = np.outer(numbers, [1, 2, 3])
    with tried("write into x.grad after x.sum().backward()"):
        autograd_helpers.write(whole, "grad", table)
    whole.sum().backward()
    assert_exact(whole.grad, table + 1, what="x.grad after numbers were written into it and one more backward")
    x = leaf(numbers)
    p, q = drawn_factor(rng), drawn_factor(rng)
    with invented(mul, p, q):
        middle = x * 2
        middle.retain_grad()
        (middle * middle).backward(upstream)
    what = f"middle * middle, middle = x * 2, where the rule of * answers {p:.6g} · grad and {q:.6g} · grad"
    assert_exact(middle.grad, (p + q) * upstream, what=f"middle.grad of {what}, after middle.retain_grad()")
    assert_exact(x.grad, p * (p + q) * upstream, what=f"x.grad of {what}")


#% hidden
@check(
    "Start backward from any gradient, stop at a missing rule",
    points=2,
    visibility=HIDDEN,
    needs=["test_accumulation", "test_initial_gradient"],
    seconds=2,
)
def test_starts(rng: np.random.Generator) -> None:
    """backward accepts a gradient in any form, and starts at leaves and retained results too. The error for a missing
    rule names it, and no .grad has changed.
    """
    whole = rng.integers(2, 100, (1, 2))
    for kind, given in (("a list", whole.tolist()), ("an int array", whole), ("a Tensor", Tensor(whole, dtype=F64))):
        first = initial_gradient(leaf([[0, 0]], F32), given)
        assert_close(first, f32(whole), what=f"initial_gradient of a float32 Tensor, the gradient {kind}")
    assert_close(initial_gradient(leaf([[3]])), np.array([[1.0]]), what="initial_gradient of a float64 Tensor")
    seven = int(rng.integers(2, 100))
    assert_close(initial_gradient(leaf(3, F32), seven), f32(seven), what=f"initial_gradient of shape () with the number {seven}")
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
    numbers, up, more = rng.normal(size=2), rng.normal(size=2), rng.normal(size=2)
    x = leaf(numbers)
    x.backward(up)
    x.backward(more)
    assert_exact(x.grad, up + more, what="x.grad after x.backward twice, x a leaf")
    y = leaf(numbers)
    middle, other = y * 2, y * 3
    middle.retain_grad()
    ((middle + other) * middle).backward(up)
    assert_exact(middle.grad, 7 * numbers * up, what="middle.grad after retain_grad()")
    assert_same(other.grad, None, what=".grad of a result that was not asked to retain it")
    assert_exact(y.grad, 20 * numbers * up, what="y.grad")
    factor = drawn_factor(rng)
    first, second, third = leaf(numbers), leaf(numbers), leaf(numbers)
    with in_table(sub, lambda grad, saved: (factor * grad, None)):
        ((first - second) + (first - third * 2)).backward(up)
    assert_exact(first.grad, 2 * factor * up, what=".grad of the first input of an op whose rule says None for the second")
    assert_same([second.grad, third.grad], [None, None], what=".grad of the second input, and of what it was made from")
    name, op, forward = [
        ("sqrt", sqrt, lambda x: x.sqrt()),
        ("log", log, lambda x: x.log()),
        ("absolute", absolute, lambda x: x.abs()),
    ][int(rng.integers(3))]
    near, far = leaf(numbers), leaf(abs(numbers))
    result = near * 2 + forward(far * 3)
    result.retain_grad()
    yours = rules[op]
    del rules[op]
    try:
        with tried(f"backward through the op {name}, its rule taken out of the table"), pytest.raises(LookupError) as missing:
            result.backward(up)
    finally:
        rules[op] = yours
    assert_same(missing.type.__name__, "LookupError", what="backward through an op that has no rule")
    assert re.search(rf"\b{name}", str(missing.value)), f"the message should name the op, {name}; it says: {missing.value}"
    touched = [one.grad is not None for one in (near, far, result)]
    assert_same(touched, [False, False, False], what="leaves and retained results with a .grad after backward raised")
    result.backward(up)
    assert_exact(near.grad, 2 * up, what=".grad of a leaf beside that op, when the rule is back")


@check("No .grad shares memory", points=2, visibility=HIDDEN, needs=["test_accumulation"], seconds=2)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ownership(dtype: str, rng: np.random.Generator) -> None:
    """No .grad shares memory with another .grad, with the given gradient or with saved arrays, and each .grad may be
    written to.
    """
    draw = lambda: rng.normal(size=3).astype(dtype)  # noqa: E731
    up, p = draw(), drawn_factor(rng)
    x, y, given = leaf(draw(), dtype), leaf(draw(), dtype), Tensor(up, dtype=dtype)
    middle = x + y
    middle.retain_grad()
    with invented(add, p, p):
        middle.backward(given)
    autograd_helpers.write(given, "data", draw())
    everyone = (("x", x, p), ("y", y, p), ("the retained result", middle, 1))
    for name, one, factor in everyone:
        assert_close(one.grad, factor * up, what=f"the .grad of {name}, the gradient given to backward overwritten afterwards")
    written = [draw() for _ in everyone]
    for numbers, (_, one, _) in zip(written, everyone, strict=True):
        autograd_helpers.write(one, "grad", numbers)
    for numbers, (name, one, _) in zip(written, everyone, strict=True):
        what = f"the .grad of {name}, after x + y, when each .grad was overwritten with numbers of its own"
        assert_close(one.grad, numbers, what=what)
    (x + y).backward(up)
    for numbers, (name, one, _) in zip(written[:2], everyone[:2], strict=True):
        assert_close(one.grad, numbers + up, what=f"the .grad of {name} after one more backward")
    w, given = leaf(draw(), dtype), Tensor(up, dtype=dtype)
    w.backward(given)
    autograd_helpers.write(given, "data", draw())
    assert_close(w.grad, up, what="w.grad, w a leaf, the gradient given to w.backward overwritten afterwards")
    start = draw()
    z = leaf(start, dtype)
    result = z.exp()
    result.backward(up)
    autograd_helpers.write(z, "grad", written[0])
    result.backward(up)
    want = written[0] + up * np.exp(start)
    assert_close(z.grad, want, what="z.grad after z.exp(): backward, other numbers written into z.grad, backward")
    one = leaf(start[0], dtype)
    square = one * one
    for times in (1, 2):
        square.backward()
        assert_same(type(one.grad).__name__, "ndarray", what=f"type of .grad of shape (), after backward {times} times")
        assert_close(one.grad, np.array(2 * times * start[0], dtype), what=f".grad of shape (), after backward {times} times")
    x, other = leaf(start, dtype), draw()
    passed = other.copy()
    y = x * 2
    y.backward(passed)
    passed[...] = 0
    y.backward(up)
    assert_close(x.grad, 2 * (other + up), what="x.grad after two backwards, the given gradient overwritten between")


@check(
    "Dtypes of gradients",
    points=2,
    visibility=HIDDEN,
    needs=["test_walk", "test_reduction_rules", "test_moving_rules"],
    seconds=2,
)
def test_dtypes(rng: np.random.Generator) -> None:
    """A gradient has its tensor's dtype, also if float32 and float64 are mixed. Integers and bools get None."""
    numbers, upstream = np.array([[1, 2], [3, 5]]) + rng.uniform(0, 0.5, (2, 2)), rng.uniform(1, 2, 2)

    def largest(a: np.ndarray) -> np.ndarray:
        return np.where(a[:, 0].real > a[:, 1].real, a[:, 0], a[:, 1])

    def plain(a: np.ndarray) -> np.ndarray:
        power = np.exp(a * 2 + a / 3 - a * a)
        first = np.where(power.real < 0.1, 0.1, power).sum(axis=0) + largest(a) + a[[0, 0], [1, 1]] + a.sum() / 4
        logs = np.log(np.sqrt(a.T @ a))
        distance = logs - logs.sum(axis=0) / 2
        return first + (distance * distance).sum(axis=0)

    for dtype in (F64, F32):
        x = leaf(numbers, dtype)
        y = (x * 2 + x / 3 - x**2).exp().clip(0.1).sum(0) + x.max(1) + x[[0, 0], [1, 1]] + x.mean()
        (y + (x.T @ x).sqrt().abs().log().var(0)).backward(upstream)
        assert_array(x.grad, shape=(2, 2), dtype=dtype, what=f"x.grad of a {np.dtype(dtype)} leaf")
        if dtype == F64:
            assert_gradients([x.grad], plain, [numbers], upstream, what="x.grad of a float64 leaf, through fifteen ops")
            exact = x.grad
        else:
            assert_close(x.grad, exact.astype(F32), rtol=1e-3, atol=1e-3, what="the same of a float32 leaf")
    a, b, up = rng.integers(1, 9, (3, 2)).astype(F64)
    single, double = leaf(a, F32), leaf(b, F64)
    third, factor = int(rng.integers(2, 9)), drawn_factor(rng)
    whole, yes = Tensor([third, 6], dtype=np.int64), Tensor([True, False], dtype=np.bool_)
    middle = single * 2
    middle.retain_grad()
    with scaled(mul, factor):  # four products lie on the way to `single`, three on the way to `double`
        (middle * double * whole * yes).backward(up)
    assert_close(single.grad, f32(factor**4 * 2 * b[0] * third * up[0], 0), what=".grad of a float32 leaf that met a float64 one")
    assert_exact(double.grad, [factor**3 * 2 * a[0] * third * up[0], 0], what=".grad of the float64 leaf")
    assert_array(middle.grad, shape=(2,), dtype=F32, what=".grad of a float32 result that met a float64 leaf")
    assert_same([whole.grad, yes.grad], [None, None], what=".grad of an int64 and a bool Tensor")
    lost = leaf([np.nan, 1, a[0]], F32)
    (lost * lost).backward([1, np.nan, up[0]])
    assert_close(lost.grad, f32(np.nan, np.nan, 2 * a[0] * up[0]), what="x.grad of x * x where x or the gradient is nan")


@check(
    "Leaves that change between forward and backward",
    points=1,
    visibility=HIDDEN,
    needs=["test_walk"],
    seconds=2,
)
def test_replaced(rng: np.random.Generator) -> None:
    """New data in a leaf between forward and backward does not change the gradient of a result that was computed before."""
    a, b, up = rng.normal(size=(3, 2))
    x, w = leaf(a), leaf(b)
    y = x * w * w
    w.data = rng.normal(size=2)
    y.backward(up)
    assert_exact(w.grad, 2 * a * b * up, what="w.grad of x · w², where w got new data after the forward")
    assert_exact(x.grad, b * b * up, what="x.grad of x · w², where w got new data after the forward")
    x, w = leaf(a), leaf(b)
    product = x * w
    x.requires_grad = False
    product.backward(up)
    assert_same(x.grad, None, what="a.grad, where a.requires_grad was set to False after the forward")
    assert_exact(w.grad, a * up, what="b.grad beside it")


@check("Rules of the modules activations, layers and losses", points=2, visibility=HIDDEN, needs=["test_walk"], seconds=3)
def test_earlier_modules(rng: np.random.Generator) -> None:
    """The backward functions that you wrote in these modules work as rules without a change."""
    x, other = off_zero(rng, 3, 4), rng.normal(size=(3, 4))
    slope = float(rng.uniform(0.1, 0.4))

    def shares(a: np.ndarray, dim: int) -> np.ndarray:
        return np.exp(a) / np.exp(a).sum(axis=dim, keepdims=True)

    for name, op, fn, options in (
        ("relu", relu, lambda a: np.where(a.real > 0, a, 0 * a), {}),
        ("leaky_relu", leaky_relu, lambda a: np.where(a.real > 0, a, slope * a), {"negative_slope": slope}),
        ("sigmoid", sigmoid, lambda a: 1 / (1 + np.exp(-a)), {}),
        ("tanh", tanh, np.tanh, {}),
        ("gelu", gelu, lambda a: 0.5 * a * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a * a * a))), {}),
        ("softmax", softmax, lambda a: shares(a, 0), {"dim": 0}),
        ("log_softmax", log_softmax, lambda a: np.log(shares(a, 1)), {"dim": 1}),
    ):
        check_graph(rng, op, lambda a, op=op, options=options: apply(op, a, **options), fn, [x], name)
    weight, bias = rng.normal(size=(2, 4)), rng.normal(size=2)
    line = lambda x, w, b: x @ w.T + b  # noqa: E731
    check_graph(rng, linear, lambda *tensors: apply(linear, *tensors), line, [x, weight, bias], "linear")
    squares = lambda a, b: np.asarray(((a - b) * (a - b)).sum() / 12)  # noqa: E731
    check_graph(rng, mse_loss, lambda a, b: apply(mse_loss, a, b), squares, [x, other], "mse_loss")
    classes = rng.integers(0, 4, 3)
    indices = Tensor(classes, dtype=np.int64)
    picked = lambda a: np.asarray(-np.log(shares(a, 1))[np.arange(3), classes].sum() / 3)  # noqa: E731
    check_graph(rng, cross_entropy, lambda a: apply(cross_entropy, a, indices), picked, [x], "cross_entropy")
    assert_same(indices.grad, None, what="the .grad of the class indices")


@check("When the memory of a graph is freed", points=2, visibility=HIDDEN, needs=["test_walk"], seconds=3)
def test_memory(rng: np.random.Generator) -> None:
    """The graph is freed when its result is no longer referenced, and backward frees each gradient as soon as it has
    been passed on.
    """
    numbers = rng.normal(size=2)
    x = leaf(numbers)
    middle = x * x
    loss = (middle + x).sum()
    loss.backward()
    watched = autograd_helpers.watch(middle)
    del middle, loss
    assert_exact(x.grad, 2 * numbers + 1, what="x.grad of (x * x + x).sum()")
    assert_same(autograd_helpers.left_of(watched), None, what="a result, when only the leaf is left")
    length, count = int(rng.integers(40, 60)), 20_000  # gradients of 80 kB; a walk needs two or three at a time
    upstream = rng.normal(size=count).astype(F32)
    x = leaf(np.ones(count), F32)
    chain = [x]
    for _ in range(length):
        chain.append(-chain[-1])
    peak = autograd_helpers.peak_of_backward(chain[-1], upstream)
    whole = length * count * 4
    assert_close(x.grad, upstream * (-1) ** length, what=f"x.grad after {length} negations")
    assert 0 < peak < whole / 4, f"backward had {peak} bytes more in use than before; all its gradients together are {whole}"
    assert_same([one.grad for one in chain[1:]], [None] * length, what="the .grad of each result after backward")


#% endhidden
@check("no_grad and detach", points=1, needs=["test_walk"], seconds=2)
def test_no_grad(rng: np.random.Generator) -> None:
    """Inside no_grad results record nothing, and afterwards they record again. A detached tensor is a constant."""
    numbers, upstream = rng.normal(size=2), rng.normal(size=2)
    x = leaf(numbers)
    try:
        with no_grad():
            inside = x * x
            with no_grad():
                pass
            later = x * x
        assert_same(inside.requires_grad, False, what="requires_grad of x * x inside no_grad")
        assert_same(later.requires_grad, False, what="requires_grad of x * x: inside no_grad, after an inner one")
        with tried("no_grad round an exception"), pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        outside = x * inside
        assert_same(outside.requires_grad, True, what="requires_grad of x * inside: after no_grad and after an exception in it")
    finally:
        grad_mode.enabled = True  # whatever has happened, for the checks that follow
    (outside + x * later).backward(upstream)
    assert_exact(x.grad, 2 * numbers * numbers * upstream, what="x.grad of x · c + x · c, where c = x · x, made inside no_grad")
    x.grad = None
    (x * x.detach()).backward(upstream)
    assert_exact(x.grad, numbers * upstream, what="x.grad of x * x.detach()")


#% hidden
@check(
    "no_grad as a decorator, in threads, nested, after an exception",
    points=1,
    visibility=HIDDEN,
    needs=["test_no_grad"],
    seconds=2,
)
def test_modes(rng: np.random.Generator) -> None:
    """After no_grad the earlier mode returns, whatever happened inside, and other threads are not affected."""
    numbers, upstream = rng.normal(size=2), rng.normal(size=2)
    x = leaf(numbers)
    made: list[tuple[str, bool, Any]] = []  # in which situation, whether a gradient is wanted, and x * x

    def square(situation: str, wanted: bool) -> Any:
        made.append((situation, wanted, x * x))
        return made[-1][2]

    try:
        square("before", True)
        with no_grad():
            square("inside", False)
        square("after", True)
        with no_grad():
            with no_grad():
                pass
            square("after an inner one", False)
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        square("after an exception", True)
        with no_grad():
            with pytest.raises(ZeroDivisionError), no_grad():
                raise ZeroDivisionError
            square("inside, after an exception in an inner one", False)
        grad_mode.enabled = True
        evaluate = no_grad()(lambda: square("in a decorated function", False))
        for _ in range(int(rng.integers(2, 5))):
            evaluate()
        square("after a decorated function", True)
        with no_grad():
            autograd_helpers.in_another_thread(lambda: square("in another thread, while this one is inside", True))
    finally:
        grad_mode.enabled = True
    for situation, wanted, result in made:
        assert_same(result.requires_grad, wanted, what=f"requires_grad of x * x: {situation}")
        assert_exact(result.data, numbers * numbers, what=f"x * x: {situation}")
        x.grad = None
        (x * result).backward(upstream)
        power = 3 if wanted else 1
        assert_exact(x.grad, power * numbers * numbers * upstream, what=f"x.grad of x * (x * x), the latter made: {situation}")


#% endhidden
# Trust, but check


@check("Finite differences", points=1, seconds=2)
def test_numeric_gradients(rng: np.random.Generator) -> None:
    """numeric_gradients computes central differences of the weighted sum for each number of each input."""
    x, up = leaf([3, 1]), np.array([1.0, 10.0])
    (got,) = numeric_gradients(lambda x: x * x, [x], up)
    assert_close(got, np.array([6.0, 20.0]), what="numeric_gradients of x * x at [3, 1], upstream [1, 10]")
    m, n = sizes(rng, 2)
    a, b, upstream = rng.normal(size=(m, n)), rng.normal(size=(n, 1)), rng.normal(size=(m, 1))
    got = numeric_gradients(lambda a, b: a @ b, [leaf(a), leaf(b)], upstream)
    assert_same(len(got), 2, what="how many arrays numeric_gradients returns for two inputs")
    assert_close(got[0], upstream @ b.T, what="numeric_gradients of a @ b, by a")
    assert_close(got[1], a.T @ upstream, what="numeric_gradients of a @ b, by b")
    (got,) = numeric_gradients(lambda x: x.reshape(n, 1), [leaf(b[:, 0])], b)
    assert_close(got, b[:, 0], what=f"numeric_gradients of x.reshape({n}, 1), which is a view of x")
    (got,) = numeric_gradients(lambda x: x * x * x, [leaf([2.0])], np.ones(1), 0.5)
    assert_close(got, np.array([12.25]), what="numeric_gradients of x³ at 2 with eps=0.5: (2.5³ - 1.5³) / 1")
    numbers, eps = rng.uniform(1, 2, n), float(rng.uniform(0.1, 0.5))
    asked: list[np.ndarray] = []

    def cube(x: Any) -> Any:
        asked.append(np.array(x.data))
        return x * x * x

    (got,) = numeric_gradients(cube, [leaf(numbers)], b[:, 0], eps)
    want = (3 * numbers * numbers + eps * eps) * b[:, 0]
    assert_exact(got, want, what=f"numeric_gradients of x³ at {numbers.round(3).tolist()}, eps={eps:.6g}")
    steps = np.array(sorted((point - numbers).tolist() for point in asked))
    want = sorted([*np.diag([eps] * n).tolist(), *np.diag([-eps] * n).tolist()])
    assert_exact(steps, want, what=f"the steps from x at which x³ was asked for, sorted, eps={eps:.6g}")


@check("gradcheck", points=1, needs=["test_numeric_gradients", "test_shared"], seconds=2)
def test_gradcheck(rng: np.random.Generator) -> None:
    """It returns True for right rules, raises AssertionError for wrong rules, and rejects float32."""
    factor = drawn_factor(rng)
    cases = [
        ("your rule of mul", True, scaled(mul, 1.0)),
        ("your rule of sub", True, scaled(sub, 1.0)),
        ("your rule of exp", True, scaled(exp, 1.0)),
        ("mul with swapped factors", False, in_table(mul, lambda grad, saved: (grad * saved[0], grad * saved[1]))),
        ("sub without the minus", False, invented(sub, 1.0, 1.0)),
        (f"{factor:.6g} times your rule of exp", False, scaled(exp, factor)),
    ]
    for number in rng.permutation(len(cases)):
        name, right, table = cases[number]
        inputs = [leaf(off_zero(rng, 2, 3)), leaf(off_zero(rng, 3))]
        with tried(f"gradcheck of a.exp() * b - a with {name} in the table"), table:
            if right:
                assert_same(gradcheck(lambda a, b: a.exp() * b - a, inputs), True, what="gradcheck with right rules")
            else:
                with pytest.raises(AssertionError):
                    gradcheck(lambda a, b: a.exp() * b - a, inputs)
    with tried("gradcheck of a float32 Tensor"), pytest.raises(TypeError):
        gradcheck(lambda x: x * x, leaf([1, 2], F32))


#% hidden
@check(
    "gradcheck finds small errors and changes nothing",
    points=2,
    visibility=HIDDEN,
    needs=["test_gradcheck"],
    seconds=3,
)
def test_gradcheck_more(rng: np.random.Generator) -> None:
    """It finds errors that are small or in a single element, rules that are right only for a gradient of ones, and
    bypassed ops. Inputs stay unchanged.
    """
    index = (int(rng.integers(2)), int(rng.integers(3)))
    weights = np.ones((2, 3))
    weights[index] = 1 + float(rng.uniform(0.1, 0.5))
    percent = 1 + float(rng.uniform(0.01, 0.03))
    arrays = off_zero(rng, 2, 3), off_zero(rng, 3)
    fn = lambda a, b: a.exp() * b - a  # noqa: E731
    for name, wrong in (
        ("exp one percent too steep, or up to three", lambda grad, saved: (grad * saved * percent,)),
        ("exp wrong at one place", lambda grad, saved: (grad * saved * weights,)),
    ):
        with tried(f"gradcheck with a wrong rule: {name}"):
            assert_same(gradcheck(fn, [leaf(a) for a in arrays]), True, what="gradcheck with the right rule")
            with in_table(exp, wrong):
                with pytest.raises(AssertionError) as error:
                    gradcheck(fn, [leaf(a) for a in arrays])
                found = gradcheck(fn, [leaf(a) for a in arrays], raise_exception=False)
                assert_same(found, False, what="gradcheck with raise_exception=False")
    text = str(error.value)
    assert str(index) in text, f"the message should name the index, {index}, of the one wrong number; it says: {text}"
    x = leaf(rng.uniform(0, 2, (1, 3)))
    with in_table(softmax, lambda grad, saved: (np.zeros_like(grad),)):
        found = gradcheck(lambda x: apply(softmax, x), x, raise_exception=False)
    assert_same(found, False, what="gradcheck of a rule of softmax that returns zeros")
    assert_same(gradcheck(lambda x: apply(softmax, x), x), True, what="gradcheck of softmax")
    numbers, others = rng.uniform(1, 2, (2, 3))
    x, b = leaf(numbers), leaf(others)
    found = gradcheck(lambda x: x * 2 + Tensor(x.data * x.data, dtype=F64), x, raise_exception=False)
    assert_same(found, False, what="gradcheck of a function that goes by .data")
    found = gradcheck(lambda x, b: x * b.detach(), (x, b), raise_exception=False)
    assert_same(found, False, what="gradcheck of x * b.detach(): backward does not reach b")
    found = gradcheck(lambda x: x.detach() * 2, x, raise_exception=False)
    assert_same(found, False, what="gradcheck of x.detach() * 2: the result requires no gradient")
    for raise_exception in (True, False):
        with tried(f"gradcheck of a float32 Tensor, raise_exception={raise_exception}"), pytest.raises(TypeError):
            gradcheck(lambda x: x * x, leaf(numbers, F32), raise_exception=raise_exception)
    m, n = sizes(rng, 2)
    turned = Tensor(rng.normal(size=(m, n)), dtype=F64).permute(1, 0)  # its numbers do not lie in its own order
    turned.requires_grad = True
    (got,) = numeric_gradients(lambda x: x * x, [turned], np.ones((n, m)))
    assert_close(got, 2 * turned.data, what="numeric_gradients of x * x, x made from a transposed array")
    found = gradcheck(lambda *_: x * x * b.detach(), x)
    assert_same(found, True, what="gradcheck of a weight that the function was not given")
    assert_same(gradcheck(lambda x, unused: x * x, [x, b]), True, what="gradcheck with an input that is not used")
    assert_same(gradcheck(lambda x, c: x * c, (x, Tensor(others))), True, what="gradcheck beside a float32 input that wants none")
    fourth = lambda x: x * x * x * x  # noqa: E731
    slack = gradcheck(fourth, x, eps=0.1, raise_exception=False)
    assert_same(slack, False, what="gradcheck of x⁴ with eps=0.1, whose differences are 0.04 · x off")
    assert_same(gradcheck(fourth, x, eps=0.1, atol=0.2), True, what="the same with atol=0.2")
    assert_same(gradcheck(fourth, x, eps=0.1, rtol=0.02), True, what="the same with rtol=0.02")
    with tried("gradcheck of Tensors that want no gradient"), pytest.raises(ValueError):
        gradcheck(lambda x: x * x, Tensor(numbers, dtype=F64))
    wanted: list[bool] = []

    def left(x: Any) -> Any:
        result = x * x * b
        wanted.append(result.requires_grad)
        if len(wanted) == stop:
            raise ZeroDivisionError
        return result

    for stop in (int(rng.integers(1, 7)), 0):  # raised in one of the six calls, then never
        wanted.clear()
        with tried(f"numeric_gradients of a function that raises in call {stop}; 0: in none"):
            try:
                numeric_gradients(left, [x], np.ones(3))
            except ZeroDivisionError:
                assert stop, "a function raised that should not"
            assert_same(len(wanted), stop or 6, what="how often the function of three numbers was called")
            assert_same(any(wanted), False, what="whether a result inside remembered how it was made")
            assert_same(x.data.tolist(), numbers.tolist(), what="the numbers of x afterwards, to the bit")
            assert_same((x * 1).requires_grad, True, what="requires_grad of x * 1 afterwards")
    x.grad = others
    assert_same(gradcheck(left, [x]), True, what="gradcheck of x * x * b, b no input")
    assert_exact(x.grad, others, what="the .grad of x, which was there before gradcheck")
    assert_same(b.grad, None, what="the .grad of a leaf beside it")
    assert_same(x.data.tolist(), numbers.tolist(), what="the numbers of x after gradcheck, to the bit")


#% endhidden
def hoard(a: np.ndarray) -> tuple[np.ndarray, Any]:
    """An op: a + 1; saves more than it needs, in a list in a dict."""
    return a + 1, {"what": "a copy", "kept": [a.copy(), 3]}


# name, build, and the numbers that are kept, n of them in x, m in x @ w; a mask has a quarter of the bytes of a number
KEPT = (
    ("x", lambda x, w: x, lambda n, m: 0),
    ("x @ w", lambda x, w: x @ w, lambda n, m: m),
    ("relu(x @ w)", lambda x, w: apply(relu, x @ w), lambda n, m: m + m + m // 4),
    ("(x @ w).exp()", lambda x, w: (x @ w).exp(), lambda n, m: m + m),
    ("(x @ w).reshape(2, -1).permute(1, 0)", lambda x, w: (x @ w).reshape(2, -1).permute(1, 0), lambda n, m: m),
    ("x.permute(1, 0)", lambda x, w: x.permute(1, 0), lambda n, m: 0),
    ("y * y, y = x @ w", lambda x, w: (lambda y: y * y)(x @ w), lambda n, m: m + m),
    ("x[1:]", lambda x, w: x[1:], lambda n, m: 0),
    ("(x @ w)[1:]", lambda x, w: (x @ w)[1:], lambda n, m: m),
    (
        "half of x + 1, an op whose result looks into a larger array of its own",
        lambda x, w: apply(autograd_helpers.half, x),
        lambda n, m: n,
    ),
    ("x * 2", lambda x, w: x * 2, lambda n, m: n),
    (
        "x + 1, an op that saves a copy of x in a list in a dict",
        lambda x, w: apply(hoard, x),
        lambda n, m: n + n,
    ),
)


@check("Predict the memory of a graph", points=1, needs=["test_topological_order"], seconds=2)
@pytest.mark.parametrize(("name", "build", "kept"), KEPT, ids=[name for name, _, _ in KEPT])
def test_graph_bytes(
    name: str, build: Callable[[Any, Any], Any], kept: Callable[[int, int], int], rng: np.random.Generator
) -> None:
    """The memory is that of all results and saved arrays, each buffer counted once, without the leaves."""
    rows, inner, columns = (int(size) for size in rng.integers(2, 9, 3) * 4)
    x, w = leaf(np.ones((rows, inner)), F32), leaf(np.ones((inner, columns)), F32)
    want = 4 * kept(rows * inner, rows * columns)
    assert_same(graph_bytes(build(x, w)), want, what=f"graph_bytes of {name}, x {x.shape}, w {w.shape}, float32")


@check(
    "Train XOR without gradients by hand",
    points=3,
    capability=True,
    needs=["test_shared", "test_unbroadcast", "test_accumulation"],
    seconds=5,
)
def test_capability(rng: np.random.Generator) -> None:
    """A network with two layers trains on XOR, and every step equals that of a network with gradients derived by hand."""
    # Each lr here converges. From 0.2 on, some draws diverge, and rounding decides where.
    hidden, steps, lr = int(rng.integers(4, 9)), int(rng.integers(25, 40)), float(rng.uniform(0.05, 0.15))
    x = rng.permutation([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    t = (x[:, :1] != x[:, 1:]).astype(F64)
    by_hand = [rng.normal(size=shape) * 0.8 for shape in ((2, hidden), (hidden,), (hidden, 1), (1,))]
    names = ("w1", "b1", "w2", "b2")
    trained = [leaf(a) for a in by_hand]
    inputs, targets = Tensor(x, dtype=F64), Tensor(t, dtype=F64)

    def forward() -> Any:
        w1, b1, w2, b2 = trained
        h = 1 - 2 / (((inputs @ w1 + b1) * 2).exp() + 1)  # tanh
        miss = h @ w2 + b2 - targets
        return (miss * miss).mean()

    def slopes(slope_of_exp: float | None = None, factor: float = 1.0) -> tuple[np.ndarray, list[np.ndarray]]:
        """The loss and the gradients of all weights by hand; by the true rules of exp and @, or by others."""
        w1, b1, w2, b2 = by_hand
        e = np.exp(2 * (x @ w1 + b1))
        h = 1 - 2 / (e + 1)
        error = h @ w2 + b2 - t
        dy = 2 * error / 4
        by_e = 2 / (e + 1) ** 2 * (e if slope_of_exp is None else slope_of_exp)
        du = factor * (dy @ w2.T) * by_e * 2
        found = [factor * (x.T @ du), du.sum(axis=0), factor * (h.T @ dy), dy.sum(axis=0)]
        return np.asarray((error * error).mean()), found

    for step in range(steps):
        loss = forward()
        for weight in trained:
            weight.grad = None
        loss.backward()
        want, gradients_by_hand = slopes()
        assert_exact(loss.data, want, what=f"the loss in step {step}")
        for name, weight, slope in zip(names, trained, gradients_by_hand, strict=True):
            assert_exact(weight.grad, slope, what=f"{name}.grad in step {step}")
        by_hand = [a - lr * slope for a, slope in zip(by_hand, gradients_by_hand, strict=True)]
        for weight, a in zip(trained, by_hand, strict=True):
            weight.data = a
    # the walk asks the table: with other rules in it, the gradients are others
    slope_of_exp, factor = drawn_factor(rng), drawn_factor(rng)
    for weight in trained:
        weight.grad = None
    loss = forward()
    with invented(exp, slope_of_exp) as exps, scaled(matmul, factor) as products:
        loss.backward()
    assert_same([len(exps), len(products)], [1, 2], what="how often backward asked the rules of exp and @, used once and twice")
    what = f"where the rule of exp answers {slope_of_exp:.6g} · grad, and that of @ {factor:.6g} times what yours does"
    for name, weight, slope in zip(names, trained, slopes(slope_of_exp, factor)[1], strict=True):
        assert_exact(weight.grad, slope, what=f"{name}.grad {what}")
