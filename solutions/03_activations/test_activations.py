"""Activations: can I add nonlinearity?"""

from __future__ import annotations

import cmath
import itertools
import math
from typing import Any

import activations_helpers
import numpy as np
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_gradients, assert_same, check, exact_gradient, tried
from tinytorch.activations import (
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    gelu,
    gelu_backward,
    leaky_relu,
    leaky_relu_backward,
    log_softmax,
    log_softmax_backward,
    predict_saved,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)
from tinytorch.tensor import Tensor

ELEMENTWISE = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu")
ALL = (*ELEMENTWISE, "softmax", "log_softmax")
OP = {
    "relu": relu,
    "leaky_relu": leaky_relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "gelu": gelu,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
BACKWARD = {
    "relu": relu_backward,
    "leaky_relu": leaky_relu_backward,
    "sigmoid": sigmoid_backward,
    "tanh": tanh_backward,
    "gelu": gelu_backward,
    "softmax": softmax_backward,
    "log_softmax": log_softmax_backward,
}


# What the ops should give, worked out here and nowhere else. All of it takes complex numbers as well: assert_gradients
# finds exact slopes with them.


def softmax_row(scores: list[complex]) -> list[complex]:
    """Softmax of one list of scores, with Python's own numbers."""
    return [cmath.exp(log) for log in log_softmax_row(scores)]


def log_softmax_row(scores: list[complex]) -> list[complex]:
    """The logarithm of softmax of one list of scores."""
    top = max(score.real for score in scores)
    total = cmath.log(sum(cmath.exp(score - top) for score in scores))
    return [score - top - total for score in scores]


def sigmoid_of(z: complex) -> complex:
    """The sigmoid by another road: half a tanh."""
    return 0.5 + 0.5 * cmath.tanh(z / 2)


def gelu_of(z: complex) -> complex:
    """PyTorch's gelu(x, approximate="tanh") by another road: x · sigmoid(2u)."""
    return z * sigmoid_of(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z))


ONE = {
    "relu": lambda z: z if z.real > 0 else 0j,
    "leaky_relu": lambda z, negative_slope=0.01: z if z.real > 0 else negative_slope * z,
    "sigmoid": sigmoid_of,
    "tanh": cmath.tanh,
    "gelu": lambda z, approximate="tanh": gelu_of(z),
}
ROW = {"softmax": softmax_row, "log_softmax": log_softmax_row}


def exact(name: str, x: np.ndarray, dim: int = -1, **options: Any) -> np.ndarray:
    """What an op should give, by Python's own arithmetic, a number or a row at a time: float64, or complex for complex x."""
    z = x.astype(np.complex128)
    if name in ONE:
        out = np.array([ONE[name](number, **options) for number in z.ravel().tolist()]).reshape(z.shape)
    else:
        out = np.apply_along_axis(lambda row: np.array(ROW[name](row.tolist())), dim, z)
    return out if np.iscomplexobj(x) else out.real.copy()


def promised(name: str, x: np.ndarray, dim: int = -1, negative_slope: float = 0.01, **_: Any) -> Any:
    """What an op's docstring says that it saves for its backward."""
    if name in ("relu", "leaky_relu"):
        return x > 0 if name == "relu" else (x > 0, negative_slope)
    if name == "gelu":
        return x.copy()
    return (exact(name, x, dim), dim) if name in ROW else exact(name, x)


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random float64 numbers of both signs, none nearer to 0 than 0.1: no number is near a kink."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 3.0, shape)


def sizes(rng: np.random.Generator, axes: int) -> tuple[int, ...]:
    """A random shape, from 2 to 5 along each axis."""
    return tuple(int(size) for size in rng.integers(2, 6, axes))


def copies(few: np.ndarray) -> np.ndarray:
    """2000 times the same rows: a backward that runs its forward once for every number does not end in time."""
    return np.concatenate([few] * 2000)


def slopes(name: str, x: np.ndarray, upstream: np.ndarray) -> np.ndarray:
    """The exact gradient of an op with its default settings, rounded to x's dtype."""
    wide = [x.astype(np.float64)], upstream.astype(np.float64)
    return exact_gradient(lambda a: exact(name, a), *wide)[0].astype(x.dtype)


def check_gradient(name: str, x: np.ndarray, rng: np.random.Generator, **options: Any) -> None:
    """Compare NAME_backward with the exact derivative of what NAME should give, for a random upstream gradient.

    It runs twice: with what your NAME saves for x, and with what its docstring says that it saves, for other numbers.
    All digits count: a difference such as (f(x + h) - f(x - h)) / 2h is right to about 9, a derived formula to about 15.
    """
    settings = "".join(f", {key}={value!r}" for key, value in options.items())
    call = f"{name}(x{settings}) for x of shape {x.shape}"
    other = rng.permuted(x)
    for numbers, saved, what in (
        (x, OP[name](x.copy(), **options)[1], f"{name}_backward after {call}"),
        (other, promised(name, other, **options), f"{name}_backward, given what the docstring says is saved by {call}"),
    ):
        upstream = rng.normal(size=x.shape)
        got = BACKWARD[name](upstream.copy(), saved)
        assert type(got) is tuple, f"{name}_backward returns a tuple of one gradient, got {type(got).__name__}"
        assert_gradients(got, lambda a: exact(name, a, **options), [numbers], upstream, what=what)


@check("relu and leaky_relu", points=1, seconds=2)
def test_straight_pieces(rng: np.random.Generator) -> None:
    """relu turns negative numbers into 0, leaky_relu scales them down, and both save the mask of positive numbers."""
    x = np.array([[-2.0, -0.5, 1.0], [3.0, 0.25, -1.0]], np.float32)
    out, saved = relu(x.copy())
    assert_close(out, [[0, 0, 1], [3, 0.25, 0]], what="relu(x)")
    assert_array(saved, shape=(2, 3), dtype=bool, what="what relu saves")
    assert_same(saved.tolist(), [[False, False, True], [True, True, False]], what="what relu saves")
    leaky, _ = leaky_relu(x.copy())
    assert_close(leaky, [[-0.02, -0.005, 1], [3, 0.25, -0.01]], what="leaky_relu(x), negative_slope 0.01 by default")
    x, slope = off_zero(rng, *sizes(rng, 2)), float(rng.uniform(0.1, 0.6))
    out, saved = relu(x.copy())
    assert_close(out, exact("relu", x), what=f"relu(x) for random x of shape {x.shape}")
    assert_same(saved.tolist(), (x > 0).tolist(), what="what relu saves, as a list")
    leaky, _ = leaky_relu(x.copy())
    assert_close(leaky, exact("leaky_relu", x), what=f"leaky_relu(x) for random x of shape {x.shape}")
    steeper, _ = leaky_relu(x.copy(), negative_slope=slope)
    want = exact("leaky_relu", x, negative_slope=slope)
    assert_close(steeper, want, what=f"leaky_relu(x, negative_slope={slope:.3f}) for random x")


@check("sigmoid and tanh", points=2, seconds=2)
def test_s_shapes(rng: np.random.Generator) -> None:
    """Both agree with Python's math module, number by number."""
    x = rng.uniform(-6, 6, sizes(rng, 2))
    out, _ = sigmoid(x.copy())
    want = np.array([[1 / (1 + math.exp(-v)) for v in row] for row in x.tolist()])
    assert_close(out, want, what=f"sigmoid(x) for random x of shape {x.shape}")
    out, _ = tanh(x.copy())
    want = np.array([[math.tanh(v) for v in row] for row in x.tolist()])
    assert_close(out, want, what=f"tanh(x) for random x of shape {x.shape}")


@check("gelu is PyTorch's tanh variant", points=1, seconds=2)
def test_gelu(rng: np.random.Generator) -> None:
    """gelu has the values of PyTorch's gelu(x, approximate="tanh"), and rejects an unknown variant."""
    out, _ = gelu(np.array([-1.0, 0.0, 1.0, 2.0]))
    assert_close(out, np.array([-0.158808, 0.0, 0.841192, 1.954598]), what="gelu([-1, 0, 1, 2])")
    x = rng.uniform(-5, 5, 20)
    out, _ = gelu(x.copy())
    assert_close(out, exact("gelu", x), what="gelu(x) for 20 random numbers")
    with tried('gelu(x, approximate="none")'), pytest.raises(ValueError) as error:
        gelu(x, approximate="none")
    assert "none" in str(error.value), f"the message should quote 'none', got: {error.value}"


@check("softmax turns scores into probabilities", points=2, seconds=2)
def test_softmax(rng: np.random.Generator) -> None:
    """The numbers of each row are positive, add up to 1, and have the values of the definition."""
    out, _ = softmax(np.array([2.5, 3.0]))
    assert_close(out, np.array([0.377541, 0.622459]), what="softmax([2.5, 3])")
    x = rng.normal(size=sizes(rng, 2)) * 2
    out, _ = softmax(x.copy())
    assert_array(out, shape=x.shape, dtype=np.float64, what="softmax(x)")
    assert_close(out.sum(axis=-1), np.ones(len(x)), what="the sum of each row of softmax(x)")
    assert_close(out, exact("softmax", x), what=f"softmax(x) for random x of shape {x.shape}")


@check("log_softmax", points=2, seconds=2)
def test_log_softmax(rng: np.random.Generator) -> None:
    """It equals the logarithm of softmax, and stays finite where the logarithm of a computed softmax would be -inf."""
    x = rng.normal(size=sizes(rng, 2))
    out, _ = log_softmax(x.copy())
    assert_close(out, exact("log_softmax", x), what=f"log_softmax(x) for random x of shape {x.shape}")
    out, _ = activations_helpers.quietly("log_softmax", np.array([1000.0, 0.0]))
    assert_close(out, np.array([0.0, -1000.0]), what="log_softmax([1000, 0])")


@check("Large scores: sigmoid and softmax", points=1, needs=["test_s_shapes", "test_softmax"], seconds=2)
def test_large_scores(rng: np.random.Generator) -> None:
    """For scores near ±1000 both give the right numbers, and NumPy gives no warning."""
    scores = np.array([-1000.0, 0.0, 0.5, 1000.0, *rng.uniform(800, 1000, 2), *rng.uniform(-2, 2, 2)])
    with tried(f"sigmoid({scores.tolist()}), NumPy's warnings as errors"):
        out, _ = activations_helpers.quietly("sigmoid", scores.copy())
        assert_close(out, exact("sigmoid", scores), what="sigmoid(x)")
    for row in ([1002.5, 1003.0], rng.uniform(990, 1000, 4).tolist(), (-990 - 10 * rng.uniform(size=3)).tolist()):
        with tried(f"softmax({row}), NumPy's warnings as errors"):
            out, _ = activations_helpers.quietly("softmax", np.array(row))
            assert_close(out, exact("softmax", np.array(row)), what="softmax(x)")


def digits(dtype: str) -> dict[str, float]:
    """How near a gradient must be: in float64 a derived formula is right to many more digits than a difference."""
    return {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-10}


@check(
    "Stable at ±1000, without a warning",
    points=3,
    visibility=HIDDEN,
    needs=["test_straight_pieces", "test_s_shapes", "test_gelu", "test_softmax", "test_log_softmax"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ALL)
def test_extremes(name: str, dtype: str, rng: np.random.Generator) -> None:
    """For numbers from -1000 to 1000 every op and its backward give the right finite numbers without a warning."""
    numbers = [rng.uniform(-1000, -800), rng.uniform(-120, -95), rng.uniform(0.2, 1), rng.uniform(800, 1000)]
    x, grad = rng.permutation(numbers).astype(dtype), rng.normal(size=4).astype(dtype)
    with tried(f"{name}({x.tolist()}) in {dtype}, then backward, NumPy's warnings as errors"):
        out, saved = activations_helpers.quietly(name, x.copy())
        assert_close(out, exact(name, x).astype(dtype), what=f"{name}(x)")
        (dx,) = activations_helpers.quietly(f"{name}_backward", grad.copy(), saved)
        assert_close(dx, slopes(name, x, grad), **digits(dtype), what=f"{name}_backward({grad.tolist()})")


@check(
    "Accuracy for very small probabilities",
    points=2,
    visibility=HIDDEN,
    needs=["test_s_shapes", "test_softmax", "test_log_softmax"],
    seconds=2,
)
def test_far_out(rng: np.random.Generator) -> None:
    """Small probabilities keep their digits, adding a constant to all scores changes nothing, and a masked score gets 0."""
    x = np.array([*rng.uniform(-80, -17, 5), -20.0], np.float32)
    out, _ = activations_helpers.quietly("sigmoid", x.copy())
    assert_close(out, np.exp(x), rtol=1e-4, atol=0, what="sigmoid far on the left, where it is nearly e to the x")
    scores = rng.normal(size=(3, 6))
    for shift in (rng.uniform(400, 600), rng.uniform(-6000, -5000), 1e6):
        for name in ("softmax", "log_softmax"):
            far, _ = activations_helpers.quietly(name, scores + shift)
            want = exact(name, scores)
            assert_close(far, want, rtol=1e-6, atol=1e-8, what=f"{name} of scores that are all {shift:g} higher")
    rows = rng.permutation(rng.normal(size=(3, 3)) + np.array([[900.0], [0.0], [-900.0]]))
    out, _ = activations_helpers.quietly("softmax", rows.copy())
    assert_close(out, exact("softmax", rows), what="softmax of rows that lie far apart")
    masked = rng.normal(size=(2, 4))
    masked[[0, 1, 1], [int(rng.integers(4)), *rng.choice(4, 2, replace=False)]] = -np.inf
    out, _ = activations_helpers.quietly("softmax", masked.copy())
    assert_close(out, exact("softmax", masked), what="softmax of scores of which some are -inf")


@check("Backward of relu and leaky_relu", points=2, needs=["test_straight_pieces"], seconds=2)
def test_straight_backward(rng: np.random.Generator) -> None:
    """With a random upstream gradient, both give the derivative to full precision away from the kink."""
    x = off_zero(rng, *sizes(rng, 2))
    check_gradient("relu", x, rng)
    check_gradient("leaky_relu", x, rng)
    check_gradient("leaky_relu", x, rng, negative_slope=float(rng.uniform(0.1, 0.6)))


@check("Backward of sigmoid and tanh", points=1, needs=["test_s_shapes"], seconds=2)
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_s_backward(name: str, rng: np.random.Generator) -> None:
    """With a random upstream gradient, both give the derivative to full precision."""
    check_gradient(name, rng.normal(size=sizes(rng, 3)), rng)


@check("Backward of gelu", points=2, needs=["test_gelu"], seconds=2)
def test_gelu_backward(rng: np.random.Generator) -> None:
    """With a random upstream gradient, it gives the derivative to full precision on both sides of 0."""
    check_gradient("gelu", rng.uniform(-3, 3, sizes(rng, 2)), rng)
    few, grad = rng.uniform(-3, 3, 20), rng.normal(size=20)
    (dx,) = gelu_backward(copies(grad), gelu(copies(few))[1])
    want = copies(slopes("gelu", few, grad))
    assert_close(dx, want, rtol=1e-10, atol=1e-12, what="gelu_backward of 2000 copies of 20 random numbers")


@check("Backward of softmax", points=1, needs=["test_softmax"], seconds=2)
def test_softmax_backward(rng: np.random.Generator) -> None:
    """With a random upstream gradient, softmax along the last axis gives the derivative to full precision."""
    _, saved = softmax(np.array([2.5, 3.0]))
    (dx,) = softmax_backward(np.array([1.0, 0.0]), saved)
    assert_close(dx, np.array([0.235004, -0.235004]), what="softmax_backward([1, 0]) after softmax([2.5, 3])")
    check_gradient("softmax", rng.normal(size=sizes(rng, 2)), rng)
    # Rows of 2,000 numbers: a formula has them at once; what steps each number to see what happens does not end in time
    x, grad = rng.normal(size=(100, 2000)), rng.normal(size=(100, 2000))
    y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    want = y * (grad - (grad * y).sum(axis=1, keepdims=True))
    (dx,) = softmax_backward(grad.copy(), softmax(x.copy())[1])
    assert_close(dx, want, rtol=1e-8, atol=1e-12, what="softmax_backward for 100 rows of 2,000 numbers")


@check("softmax along the first axis", points=1, needs=["test_softmax_backward"], seconds=2)
def test_softmax_columns(rng: np.random.Generator) -> None:
    """With dim=0 each column adds up to 1, and the backward sums along the columns as well."""
    x = rng.normal(size=(2, int(rng.integers(3, 6))))
    out, _ = softmax(x.copy(), dim=0)
    assert_close(out, exact("softmax", x, dim=0), what=f"softmax(x, dim=0) for random x of shape {x.shape}")
    check_gradient("softmax", x, rng, dim=0)


@check(
    "The caller's arrays do not change",
    points=1,
    needs=["test_straight_pieces", "test_s_shapes", "test_gelu", "test_softmax", "test_log_softmax"],
    seconds=2,
)
@pytest.mark.parametrize("name", ALL)
def test_inputs_stay(name: str, rng: np.random.Generator) -> None:
    """Neither the forward nor the backward writes into x or grad."""
    shape = sizes(rng, 2)
    few, some = off_zero(rng, *shape), rng.normal(size=shape)
    x, grad = copies(few), copies(some)
    after, later, pushed, dx = activations_helpers.left_behind(name, x, grad)
    assert_close(after, x, rtol=0, atol=0, what=f"the caller's x after {name}(x)")
    assert_close(later, x, rtol=0, atol=0, what=f"the caller's x after {name}_backward")
    assert_close(pushed, grad, rtol=0, atol=0, what=f"the caller's grad after {name}_backward")
    want = copies(slopes(name, few, some))
    assert_close(dx, want, rtol=1e-10, atol=1e-12, what=f"{name}_backward of 2000 copies of the same {len(few)} rows")


@check("The slope at exactly 0", points=2, visibility=HIDDEN, needs=["test_straight_backward"], seconds=2)
def test_kink(rng: np.random.Generator) -> None:
    """At 0 and at -0 the gradient uses the slope of the left side, as in PyTorch."""
    x = rng.permutation(np.array([0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30], np.float32))
    grad = rng.uniform(1, 5, 6).astype(np.float32)
    slope = float(rng.choice([0.25, 0.5, 0.75]))
    _, saved = relu(x.copy())
    want = np.where(x > 0, grad, np.float32(0))
    assert_close(relu_backward(grad.copy(), saved)[0], want, what=f"relu_backward at and beside 0: x is {x.tolist()}")
    _, saved = leaky_relu(x.copy(), negative_slope=slope)
    want = np.where(x > 0, grad, grad * np.float32(slope))
    what = f"leaky_relu_backward at and beside 0, negative_slope {slope}: x is {x.tolist()}"
    assert_close(leaky_relu_backward(grad.copy(), saved)[0], want, what=what)


@check("Softmax along any axis", points=2, visibility=HIDDEN, needs=["test_softmax_backward", "test_log_softmax"], seconds=2)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("shape", "dim"), [((3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), -3), ((3, 3), 0), ((3, 3), -1)])
def test_any_axis(name: str, shape: tuple[int, ...], dim: int, rng: np.random.Generator) -> None:
    """Along every axis, counted from either end, forward and backward agree with the same computation along the last axis."""
    x = rng.normal(size=shape)
    with tried(f"{name}, shape {shape}, dim={dim}"):
        out, _ = OP[name](x.copy(), dim=dim)
        assert_close(out, exact(name, x, dim=dim), what="the result")
        check_gradient(name, x, rng, dim=dim)


@check(
    "Backward of log_softmax, and invariance of softmax",
    points=2,
    visibility=HIDDEN,
    needs=["test_softmax_backward"],
    seconds=2,
)
def test_invariance(rng: np.random.Generator) -> None:
    """log_softmax_backward has full precision, the gradient of softmax is 0 if the upstream gradient is constant in a
    row, and long rows are fast.
    """
    shape = sizes(rng, 2)
    check_gradient("log_softmax", rng.normal(size=shape) * 3, rng)
    x = rng.normal(size=shape)
    push = np.repeat(rng.normal(size=(len(x), 1)), shape[1], axis=1)
    _, saved = softmax(x.copy())
    assert_close(softmax_backward(push, saved)[0], np.zeros(shape), what="softmax_backward of rows of equal numbers")
    # a row of 30,000: what runs the forward once a number, or makes a square matrix, does not end in time
    x, grad = rng.normal(size=(2, 30_000)), rng.normal(size=(2, 30_000))
    logs = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    y = np.exp(logs)
    for name, want in (
        ("softmax", y * (grad - (y * grad).sum(axis=1, keepdims=True))),
        ("log_softmax", grad - y * grad.sum(axis=1, keepdims=True)),
    ):
        with tried(f"{name} of two rows of 30,000 numbers, and its backward"):
            out, saved = OP[name](x.copy())
            assert_close(out, y if name == "softmax" else logs, rtol=1e-10, atol=1e-12, what="the result")
            (dx,) = BACKWARD[name](grad.copy(), saved)
            assert_close(dx, want, rtol=1e-10, atol=1e-12, what="the gradient")
            assert_close(dx.sum(axis=-1), np.zeros(2), atol=1e-8, what="the sum of each row of the gradient")


@check(
    "float32 stays float32",
    points=2,
    visibility=HIDDEN,
    needs=["test_straight_pieces", "test_softmax"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ALL)
def test_dtype(name: str, dtype: str, rng: np.random.Generator) -> None:
    """Results and gradients have the dtype and the shape of x, also for an empty batch and for a single number."""
    few = off_zero(rng, *sizes(rng, 2)).astype(dtype)
    some = rng.normal(size=few.shape).astype(dtype)
    out, saved = OP[name](copies(few))
    (dx,) = BACKWARD[name](copies(some), saved)
    assert_close(out, copies(exact(name, few).astype(dtype)), what=f"{name} of 2000 copies of the same rows in {dtype}")
    assert_close(dx, copies(slopes(name, few, some)), **digits(dtype), what=f"{name}_backward of the same")
    for shape in ((2, 3, 4), (0, 5), *([()] if name in ELEMENTWISE else [])):
        x, grad = (np.asarray(rng.normal(size=shape), dtype) for _ in range(2))
        with tried(f"{name} of {dtype}, shape {shape}"):
            out, saved = OP[name](x)
            assert_array(out, shape=shape, dtype=dtype, what=f"the result of {name}")
            (dx,) = BACKWARD[name](grad, saved)
            assert_array(dx, shape=shape, dtype=dtype, what=f"the result of {name}_backward")


@check(
    "Calls do not disturb one another",
    points=1,
    visibility=HIDDEN,
    needs=["test_straight_pieces", "test_s_shapes", "test_gelu", "test_softmax", "test_log_softmax"],
    seconds=2,
)
@pytest.mark.parametrize("name", ALL)
def test_calls_are_separate(name: str, rng: np.random.Generator) -> None:
    """A later call does not change what an earlier call saved, and calling backward twice gives the same gradient."""
    shape = sizes(rng, 2)
    few, some = off_zero(rng, *shape), rng.normal(size=shape)
    x, grad, want = copies(few), copies(some), copies(slopes(name, few, some))
    first, second = activations_helpers.late_and_twice(name, x, off_zero(rng, *x.shape), grad)
    assert_close(first, want, rtol=1e-10, atol=1e-12, what=f"{name}_backward, after a call on other numbers")
    what = f"{name}_backward, for the second time with the same saved"
    assert_close(second, want, rtol=1e-10, atol=1e-12, what=what)


@check("The classes work on Tensors", points=2, seconds=2)
def test_classes(rng: np.random.Generator) -> None:
    """Each class applies its op with its settings, and its result requires a gradient if its input does."""
    values = off_zero(rng, *sizes(rng, 3)).astype(np.float32)
    slope, dim = float(rng.uniform(0.1, 0.6)), int(rng.integers(2))
    for act, name, options in (
        (ReLU(), "relu", {}),
        (LeakyReLU(), "leaky_relu", {}),
        (LeakyReLU(slope), "leaky_relu", {"negative_slope": slope}),
        (Sigmoid(), "sigmoid", {}),
        (Tanh(), "tanh", {}),
        (GELU(), "gelu", {}),
        (Softmax(), "softmax", {}),
        (Softmax(dim=dim), "softmax", {"dim": dim}),
        (LogSoftmax(), "log_softmax", {}),
        (LogSoftmax(dim=dim), "log_softmax", {"dim": dim}),
    ):
        with tried(f"the class of {name} with {options or 'default settings'}, on random numbers of shape {values.shape}"):
            out = act(Tensor(values, requires_grad=True))
            want = exact(name, values.astype(np.float64), **options).astype(np.float32)
            assert_close(out.data, want, what=f"the result's data, beside what {name} should give")
            assert_same(out.requires_grad, True, what="requires_grad of the result")
            assert_same(act(Tensor(values)).requires_grad, False, what="requires_grad if the input wants no gradient")
    with tried('GELU(approximate="none") on a Tensor'), pytest.raises(ValueError):
        GELU(approximate="none")(Tensor(values))


@check(
    "One object can be called many times",
    points=2,
    visibility=HIDDEN,
    needs=[
        "test_straight_pieces",
        "test_s_shapes",
        "test_gelu",
        "test_softmax",
        "test_log_softmax",
        "test_classes",
    ],
    seconds=2,
)
@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("ReLU", "relu"),
        ("LeakyReLU", "leaky_relu"),
        ("Sigmoid", "sigmoid"),
        ("Tanh", "tanh"),
        ("GELU", "gelu"),
        ("Softmax", "softmax"),
        ("LogSoftmax", "log_softmax"),
    ],
)
def test_one_object(layer: str, name: str, rng: np.random.Generator) -> None:
    """Two calls of the same object stay separate: each result keeps what its own backward needs."""
    shape = sizes(rng, 2)
    x, other, grad = off_zero(rng, *shape), off_zero(rng, *shape), rng.normal(size=shape)
    settings: dict[str, Any] = {
        "leaky_relu": {"negative_slope": round(float(rng.uniform(0.1, 0.6)), 3)},
        "gelu": {"approximate": "tanh"},
        "softmax": {"dim": int(rng.integers(2))},
        "log_softmax": {"dim": int(rng.integers(2))},
    }.get(name, {})
    dx, shown = activations_helpers.gradient_through(layer, f"{name}_backward", x, other, grad, settings)
    assert_gradients([dx], lambda a: exact(name, a, **settings), [x], grad, what=f"the gradient through {layer}")
    want = f"{layer}({', '.join(f'{key}={value!r}' for key, value in settings.items())})"
    assert_same(shown, want, what="repr after the calls: the settings, and nothing else that the object holds")


def bytes_in(saved: Any) -> int:
    """The bytes of the arrays in what an op saved."""
    if isinstance(saved, np.ndarray):
        return saved.nbytes
    if isinstance(saved, dict):
        saved = list(saved.values())
    return sum(bytes_in(part) for part in saved) if isinstance(saved, (tuple, list)) else 0


@check("Memory kept for the backward: predicted, then counted", points=1, seconds=2)
@pytest.mark.parametrize("name", ALL)
def test_predict_saved(name: str, rng: np.random.Generator) -> None:
    """A mask costs one byte an element, and float32 numbers cost four. predict_saved gives exactly the bytes that your
    op keeps.
    """
    shape = (int(rng.integers(2, 100)), int(rng.integers(2, 100)))
    right = math.prod(shape) * (1 if name in ("relu", "leaky_relu") else 4)
    assert_same(predict_saved(name, shape), right, what=f"predict_saved({name!r}, {shape})")
    _, saved = OP[name](rng.normal(size=shape).astype(np.float32))
    what = f"the bytes of the arrays in what {name} saves, for float32 numbers of shape {shape}"
    assert_same(bytes_in(saved), right, what=what)


@check(
    "Memory: other dtypes and shapes, unknown names",
    points=1,
    visibility=HIDDEN,
    needs=["test_predict_saved"],
    seconds=2,
)
@pytest.mark.parametrize("name", ALL)
def test_predict_saved_more(name: str, rng: np.random.Generator) -> None:
    """Predictions hold for float64 and for any shape. The error for an unknown name lists the known names."""
    shape = tuple(int(n) for n in rng.integers(2, 20, 3))
    right = math.prod(shape) * (1 if name in ("relu", "leaky_relu") else 8)
    assert_same(predict_saved(name, shape, np.float64), right, what=f"predict_saved({name!r}, {shape}, np.float64)")
    _, saved = OP[name](rng.normal(size=shape))
    assert_same(bytes_in(saved), right, what=f"the bytes of what {name} saves, for float64 numbers of shape {shape}")
    with tried('predict_saved("relo", (2,))'), pytest.raises(ValueError) as error:
        predict_saved("relo", (2,))
    missing = [one for one in ALL if one not in str(error.value)]
    assert_same(missing, [], what="the ops that are missing in the message of the ValueError")


@check(
    "I can add nonlinearity",
    points=3,
    capability=True,
    needs=["test_straight_backward", "test_softmax_backward"],
    seconds=2,
)
def test_capability(rng: np.random.Generator) -> None:
    """Two matrices with ReLU between them compute a random truth table, and backward gives the gradient of its inputs.

    A single matrix cannot: among the 8 rows of three bits are 4 whose answers are those of XOR.
    """
    bits = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    one, two, third = rng.permutation(3)
    xor = bits[:, one] != bits[:, two]
    answer = np.where(bits[:, third] == 0, xor, rng.integers(0, 2, 8) == 1)
    # One hidden neuron for each row whose answer is yes: 0.5 · size at that row, below 0 at all others, by 0.5 and more
    rows = bits[answer]
    size, sure = rng.uniform(1, 3, len(rows)), float(rng.uniform(3, 5))
    w1, b1 = size * (2 * rows.T - 1), size * (0.5 - rows.sum(axis=1))
    w2, b2 = np.stack([np.zeros_like(size), 4 * sure / size], axis=1), np.array([0.0, -sure])
    x, w, b, v, c = (Tensor(array, dtype=np.float64) for array in (bits, w1, b1, w2, b2))
    hidden = ReLU()(x @ w + b)
    want = np.where((bits[:, None, :] == rows).all(axis=2), 0.5 * size, 0.0)
    assert_close(hidden.data, want, what="the hidden layer: each neuron knows one row")
    decision = Softmax(dim=1)(hidden @ v + c)
    yes = 1 / (1 + np.exp(np.where(answer, -sure, sure)))
    assert_close(decision.data, np.stack([1 - yes, yes], axis=1), what="the probabilities of no and yes for the 8 rows")

    def network(a: np.ndarray) -> np.ndarray:
        return exact("softmax", exact("relu", a @ w1 + b1) @ w2 + b2)

    bits, upstream = bits + rng.uniform(-0.1, 0.1, bits.shape), rng.normal(size=(8, 2))
    kept, mask = softmax(exact("relu", bits @ w1 + b1) @ w2 + b2)[1], relu(bits @ w1 + b1)[1]
    (d_scores,) = softmax_backward(upstream.copy(), kept)
    (d_hidden,) = relu_backward(d_scores @ w2.T, mask)
    assert_gradients([d_hidden @ w1.T], network, [bits], upstream, what="the way back: the gradient of the three bits")
