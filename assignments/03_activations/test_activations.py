"""Activations: can I add nonlinearity?"""

from __future__ import annotations

import math
from typing import Any

import activations_helpers
import numpy as np
import pytest

from checks import assert_array, assert_close, assert_gradients, assert_same, check, tried
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


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random float64 numbers of both signs, none nearer to 0 than 0.1: finite differences do not straddle a kink."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 3.0, shape)


def exact(name: str, x: np.ndarray, dim: int = -1, **options: Any) -> np.ndarray:
    """What an op should give for moderate float64 numbers, by Python's own arithmetic, a number or a row at a time."""
    if name in ONE:
        return np.vectorize(lambda number: float(ONE[name](number, **options)), otypes=[np.float64])(x)
    rows = np.apply_along_axis(lambda row: softmax_row(row.tolist()), dim, x)
    return rows if name == "softmax" else np.log(rows)


def check_gradient(name: str, x: np.ndarray, upstream: np.ndarray, **options: Any) -> None:
    """Compare NAME_backward with finite differences of what NAME should give."""
    _, saved = OP[name](x.copy(), **options)
    got = BACKWARD[name](upstream.copy(), saved)
    assert type(got) is tuple, f"{name}_backward returns a tuple of one gradient, got {type(got).__name__}"
    settings = "".join(f", {key}={value!r}" for key, value in options.items())
    what = f"{name}_backward after {name}(x{settings}) for x of shape {x.shape}"
    assert_gradients(got, lambda a: exact(name, a, **options), [x], upstream, what=what)


def softmax_row(scores: list[float]) -> list[float]:
    """Softmax of one list of scores, with Python's own floats."""
    powers = [math.exp(s - max(scores)) for s in scores]
    return [p / math.fsum(powers) for p in powers]


def gelu_of(x: float) -> float:
    """PyTorch's gelu(x, approximate="tanh") of one number, by another road: x · sigmoid(2u)."""
    return x / (1 + math.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ONE = {
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x, negative_slope=0.01: max(x, 0.0) + negative_slope * min(x, 0.0),
    "sigmoid": lambda x: 0.5 + 0.5 * math.tanh(x / 2),
    "tanh": math.tanh,
    "gelu": lambda x, approximate="tanh": gelu_of(x),
}


@check("relu and leaky_relu", points=1, seconds=2)
def test_straight_pieces() -> None:
    """Negative numbers become 0, or a small part of themselves; the mask of the positive ones is saved."""
    x = np.array([[-2.0, -0.5, 1.0], [3.0, 0.25, -1.0]], np.float32)
    out, saved = relu(x.copy())
    assert_close(out, [[0, 0, 1], [3, 0.25, 0]], what="relu(x)")
    assert_array(saved, shape=(2, 3), dtype=bool, what="what relu saves")
    assert_same(saved.tolist(), [[False, False, True], [True, True, False]], what="what relu saves")
    leaky, _ = leaky_relu(x.copy())
    assert_close(leaky, [[-0.02, -0.005, 1], [3, 0.25, -0.01]], what="leaky_relu(x), negative_slope 0.01 by default")
    steeper, _ = leaky_relu(x.copy(), negative_slope=0.5)
    assert_close(steeper, [[-1, -0.25, 1], [3, 0.25, -0.5]], what="leaky_relu(x, negative_slope=0.5)")


@check("sigmoid and tanh", points=2, seconds=2)
def test_s_shapes(rng: np.random.Generator) -> None:
    """Both agree with Python's math module, number by number."""
    x = rng.uniform(-6, 6, (3, 4))
    out, _ = sigmoid(x.copy())
    assert_close(out, np.array([[1 / (1 + math.exp(-v)) for v in row] for row in x.tolist()]), what="sigmoid(x)")
    out, _ = tanh(x.copy())
    assert_close(out, np.array([[math.tanh(v) for v in row] for row in x.tolist()]), what="tanh(x)")


@check("gelu is PyTorch's tanh variant", points=1, seconds=2)
def test_gelu(rng: np.random.Generator) -> None:
    """gelu has the values of PyTorch's gelu(x, approximate="tanh"), and refuses a variant that is not there."""
    out, _ = gelu(np.array([-1.0, 0.0, 1.0, 2.0]))
    assert_close(out, np.array([-0.158808, 0.0, 0.841192, 1.954598]), what="gelu([-1, 0, 1, 2])")
    x = rng.uniform(-5, 5, 20)
    out, _ = gelu(x.copy())
    assert_close(out, np.array([gelu_of(v) for v in x.tolist()]), what="gelu(x)")
    with tried('gelu(x, approximate="none")'), pytest.raises(ValueError) as error:
        gelu(x, approximate="none")
    assert "none" in str(error.value), f"the message should quote 'none', got: {error.value}"


@check("softmax turns scores into probabilities", points=2, seconds=2)
def test_softmax(rng: np.random.Generator) -> None:
    """Each row is positive, adds up to 1, and has the values of the definition."""
    out, _ = softmax(np.array([2.5, 3.0]))
    assert_close(out, np.array([0.377541, 0.622459]), what="softmax([2.5, 3])")
    x = rng.normal(size=(4, 5)) * 2
    out, _ = softmax(x.copy())
    assert_close(out.sum(axis=-1), np.ones(4), what="the sum of each row of softmax(x)")
    assert_close(out, np.array([softmax_row(row) for row in x.tolist()]), what="softmax(x)")


@check("log_softmax", points=2, seconds=2)
def test_log_softmax(rng: np.random.Generator) -> None:
    """It is the logarithm of softmax, and has numbers where that logarithm would be -inf."""
    x = rng.normal(size=(4, 5))
    out, _ = log_softmax(x.copy())
    assert_close(out, np.log(np.array([softmax_row(row) for row in x.tolist()])), what="log_softmax(x)")
    out, _ = activations_helpers.quietly("log_softmax", np.array([1000.0, 0.0]))
    assert_close(out, np.array([0.0, -1000.0]), what="log_softmax([1000, 0])")


@check("Large scores: sigmoid and softmax", points=1, needs=["test_s_shapes", "test_softmax"], seconds=2)
def test_large_scores(rng: np.random.Generator) -> None:
    """At scores near ±1000 both give the right numbers, and NumPy has nothing to warn of."""
    scores = np.array([-1000.0, 0.0, 0.5, 1000.0])
    with tried(f"sigmoid({scores.tolist()}), NumPy's warnings as errors"):
        out, _ = activations_helpers.quietly("sigmoid", scores)
        assert_close(out, np.array([0.0, 0.5, 0.622459, 1.0]), what="sigmoid(x)")
    for row in ([1002.5, 1003.0], rng.uniform(900, 1000, 4).tolist(), [-1000.0, -1002.0, -999.0]):
        with tried(f"softmax({row}), NumPy's warnings as errors"):
            out, _ = activations_helpers.quietly("softmax", np.array(row))
            assert_close(out, np.array(softmax_row(row)), what="softmax(x)")


@check("Backward of relu and leaky_relu", points=2, needs=["test_straight_pieces"], seconds=2)
def test_straight_backward(rng: np.random.Generator) -> None:
    """With a random upstream gradient, both agree with finite differences away from the kink."""
    x, upstream = off_zero(rng, 3, 4), rng.normal(size=(3, 4))
    check_gradient("relu", x, upstream)
    check_gradient("leaky_relu", x, upstream)
    check_gradient("leaky_relu", x, upstream, negative_slope=0.3)


@check("Backward of sigmoid and tanh", points=1, needs=["test_s_shapes"], seconds=2)
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_s_backward(name: str, rng: np.random.Generator) -> None:
    """With a random upstream gradient, both agree with finite differences."""
    check_gradient(name, rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 3, 2)))


@check("Backward of gelu", points=2, needs=["test_gelu"], seconds=2)
def test_gelu_backward(rng: np.random.Generator) -> None:
    """With a random upstream gradient, it agrees with finite differences on both sides of 0."""
    check_gradient("gelu", rng.uniform(-3, 3, (4, 5)), rng.normal(size=(4, 5)))


@check("Backward of softmax", points=1, needs=["test_softmax"], seconds=2)
def test_softmax_backward(rng: np.random.Generator) -> None:
    """With a random upstream gradient, softmax along the last axis agrees with finite differences."""
    _, saved = softmax(np.array([2.5, 3.0]))
    (dx,) = softmax_backward(np.array([1.0, 0.0]), saved)
    assert_close(dx, np.array([0.235004, -0.235004]), what="softmax_backward([1, 0]) after softmax([2.5, 3])")
    check_gradient("softmax", rng.normal(size=(3, 4)), rng.normal(size=(3, 4)))


@check("softmax along the first axis", points=1, needs=["test_softmax_backward"], seconds=2)
def test_softmax_columns(rng: np.random.Generator) -> None:
    """With dim=0 each column adds up to 1, and the backward sums along the columns as well."""
    x = rng.normal(size=(2, 3))
    out, _ = softmax(x.copy(), dim=0)
    want = np.array([softmax_row(column) for column in x.T.tolist()]).T
    assert_close(out, want, what="softmax(x, dim=0) of shape (2, 3)")
    check_gradient("softmax", x, rng.normal(size=(2, 3)), dim=0)


@check(
    "The caller's arrays stay as they are",
    points=1,
    needs=["test_straight_pieces", "test_s_shapes", "test_gelu", "test_softmax", "test_log_softmax"],
    seconds=2,
)
@pytest.mark.parametrize("name", ALL)
def test_inputs_stay(name: str, rng: np.random.Generator) -> None:
    """Neither the forward nor the backward writes into x or grad."""
    x, grad = off_zero(rng, 3, 4), rng.normal(size=(3, 4))
    after, later, pushed, dx = activations_helpers.left_behind(name, x, grad)
    assert_close(after, x, rtol=0, atol=0, what=f"the caller's x after {name}(x)")
    assert_close(later, x, rtol=0, atol=0, what=f"the caller's x after {name}_backward")
    assert_close(pushed, grad, rtol=0, atol=0, what=f"the caller's grad after {name}_backward")
    assert_gradients([dx], lambda a: exact(name, a), [x], grad, what=f"{name}_backward")


@check("The classes work on Tensors", points=2, seconds=2)
def test_classes() -> None:
    """Each class gives what its op gives, with its settings, and its result wants a gradient if its input does."""
    values = np.array([[-1.0, 0.5, 2.0], [1.0, -2.0, 0.0]], np.float32)
    for act, name, options in (
        (ReLU(), "relu", {}),
        (LeakyReLU(), "leaky_relu", {}),
        (LeakyReLU(0.2), "leaky_relu", {"negative_slope": 0.2}),
        (Sigmoid(), "sigmoid", {}),
        (Tanh(), "tanh", {}),
        (GELU(), "gelu", {}),
        (Softmax(), "softmax", {}),
        (Softmax(dim=0), "softmax", {"dim": 0}),
        (LogSoftmax(dim=0), "log_softmax", {"dim": 0}),
    ):
        with tried(f"the class of {name} with {options or 'default settings'}"):
            out = act(Tensor(values, requires_grad=True))
            want, _ = OP[name](values.copy(), **options)
            assert_close(out.data, want, what=f"the result's data, beside what {name} gives")
            assert_same(out.requires_grad, True, what="requires_grad of the result")
            assert_same(act(Tensor(values)).requires_grad, False, what="requires_grad if the input wants no gradient")
    with tried('GELU(approximate="none") on a Tensor'), pytest.raises(ValueError):
        GELU(approximate="none")(Tensor(values))


def bytes_in(saved: Any) -> int:
    """The bytes of the arrays in what an op saved."""
    if isinstance(saved, np.ndarray):
        return saved.nbytes
    if isinstance(saved, dict):
        saved = list(saved.values())
    return sum(bytes_in(part) for part in saved) if isinstance(saved, (tuple, list)) else 0


@check("Memory kept for the backward: predicted, then counted", points=1, seconds=2)
@pytest.mark.parametrize("name", ALL)
def test_predict_saved(name: str) -> None:
    """A mask costs one byte an element, numbers four in float32: predict_saved says so, and your op keeps just that."""
    right = 40 * (1 if name in ("relu", "leaky_relu") else 4)
    assert_same(predict_saved(name, (5, 8)), right, what=f"predict_saved({name!r}, (5, 8))")
    _, saved = OP[name](np.ones((5, 8), np.float32))
    assert_same(bytes_in(saved), right, what=f"the bytes of the arrays in what {name} saves, for 5 × 8 float32 numbers")


@check(
    "I can add nonlinearity",
    points=3,
    capability=True,
    needs=["test_straight_pieces", "test_softmax", "test_classes"],
    seconds=2,
)
def test_capability() -> None:
    """Two matrices with ReLU between them compute XOR, which no single matrix can; Softmax makes it a decision."""
    x = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]], requires_grad=True)
    hidden = ReLU()(x @ Tensor([[1, 1], [1, 1]]) + Tensor([0, -1]))
    assert_close(hidden.data, [[0, 0], [1, 0], [1, 0], [2, 1]], what="the hidden layer")
    xor = hidden @ Tensor([[1], [-2]])
    assert_close(xor.data, [[0], [1], [1], [0]], what="XOR of the four inputs")
    decision = Softmax(dim=1)(hidden @ Tensor([[-20, 20], [40, -40]]) + Tensor([10, -10]))
    assert_close(decision.data, [[1, 0], [0, 1], [0, 1], [1, 0]], atol=1e-5, what="the probabilities of 'no' and 'yes'")
    assert_same(decision.requires_grad, True, what="requires_grad of the decision: the way back to x is remembered")
