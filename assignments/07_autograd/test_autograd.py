"""Autograd: can I compute gradients automatically?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import autograd_helpers
import numpy as np
import pytest

from checks import assert_close, assert_gradients, assert_same, check, shown, tried
from tinytorch import autograd
from tinytorch.activations import relu
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
from tinytorch.tensor import Tensor, add, apply, backend, exp, grad_mode, matmul, mul, sub

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
