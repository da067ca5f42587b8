"""Autograd: can I compute gradients automatically?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import autograd_helpers
import numpy as np
import pytest

from checks import assert_close, assert_gradients, assert_same, check, tried
from tinytorch.autograd import (
    gradcheck,
    gradients,
    initial_gradient,
    matmul_backward_multiply_adds,
    no_grad,
    numeric_gradients,
    unbroadcast,
)
from tinytorch.tensor import Tensor

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
