"""Losses: can I say how wrong a network is?"""

from __future__ import annotations

import math
import re
from typing import Any

import losses_helpers
import numpy as np
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_gradients, assert_same, check, tried
from tinytorch.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    MSELoss,
    binary_cross_entropy,
    binary_cross_entropy_backward,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    chance_loss,
    check_classes,
    check_unit,
    cross_entropy,
    cross_entropy_backward,
    logsumexp,
    logsumexp_backward,
    mse_loss,
    mse_loss_backward,
    reduced,
    same_shape,
    spread,
)
from tinytorch.tensor import Tensor

F32 = np.float32
ONE = np.array(1.0, F32)

# seconds=2 at every check: each takes well under one, and an endless loop need not cost the default of five


def f32(*numbers: Any) -> np.ndarray:
    """One list: an array of float32."""
    return np.array(numbers[0] if len(numbers) == 1 else numbers, dtype=F32)


def assert_says(error: pytest.ExceptionInfo[Any], *facts: Any) -> None:
    """Check that the message of an exception names all these facts; shapes in any spelling."""
    __tracebackhide__ = True
    text = re.sub(r"\s", "", str(error.value))
    for fact in facts:
        if isinstance(fact, tuple):
            sizes = ",".join(str(size) for size in fact)
            found = any(spelling in text for spelling in (f"({sizes})", f"({sizes},)", f"[{sizes}]"))
        else:
            found = re.search(rf"(?<![\w.]){re.escape(str(fact))}(?![\w]|\.\d)", str(error.value)) is not None
        assert found, f"the message should name {fact}; it says: {error.value}"


def target_gradient_is_none(got: Any, what: str) -> np.ndarray:
    """Check that a backward returned (gradient, None), and give back the gradient."""
    __tracebackhide__ = True
    assert type(got) is tuple, f"{what} returns a tuple, got {type(got).__name__}"
    assert len(got) == 2, f"{what} returns two things, got {len(got)}"
    assert got[1] is None, f"{what} gives None for the target, got {type(got[1]).__name__}"
    return got[0]


def ce_row(scores: list[float], target: int, smoothing: float = 0.0) -> float:
    """Cross-entropy of one sample by its definition, with Python's own floats."""
    total = math.fsum(math.exp(s - max(scores)) for s in scores)
    logs = [s - max(scores) - math.log(total) for s in scores]
    q = [(1 - smoothing) * (k == target) + smoothing / len(scores) for k in range(len(scores))]
    return -math.fsum(one * log for one, log in zip(q, logs, strict=True) if one)


def ce_rows(x: np.ndarray, t: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    """Cross-entropy of every sample, float64."""
    return np.array([ce_row(row, k, smoothing) for row, k in zip(x.tolist(), t.tolist(), strict=True)])


def bce_of(p: float, t: float) -> float:
    """Binary cross-entropy of one probability that is neither 0 nor 1."""
    return -(t * math.log(p) + (1 - t) * math.log(1 - p))


def reduce_by(losses: np.ndarray, reduction: str) -> np.ndarray:
    """The oracle for `reduced`, in Python's own floats."""
    numbers = losses.ravel().tolist()
    total = math.fsum(numbers)
    return {"mean": np.array(total / max(len(numbers), 1)), "sum": np.array(total), "none": losses}[reduction]


# Many into one


@check("Many losses into one", points=1, seconds=2)
def test_reduced() -> None:
    """Mean, sum or all of them; and the gradient of the one is handed to the many by the same rule."""
    losses = f32([[1, 4, 2], [0.5, 8, 2.5]])
    for reduction, want in (("mean", f32(3)), ("sum", f32(18)), ("none", losses)):
        assert_close(reduced(losses.copy(), reduction), want, what=f"reduced(losses, {reduction!r})")
    assert_close(reduced(f32([1, 4])), f32(2.5), what="reduced([1, 4]): the mean is the default")
    for grad, reduction, want in (
        (f32(6), "mean", np.full((2, 3), 1, F32)),
        (f32(6), "sum", np.full((2, 3), 6, F32)),
        (losses, "none", losses),
    ):
        assert_close(spread(grad.copy(), (2, 3), reduction), want, what=f"spread(grad, (2, 3), {reduction!r})")


# Squared error


@check("The squared error", points=1, seconds=2)
def test_mse(rng: np.random.Generator) -> None:
    """The mean, the sum or all of the squared differences, for any shape."""
    for reduction, want in (("mean", f32(2.5)), ("sum", f32(5)), ("none", f32([[1, 4]]))):
        loss, _ = mse_loss(f32([[3, 2]]), f32([[2, 4]]), reduction)
        assert_close(loss, want, what=f"mse_loss([[3, 2]], [[2, 4]], {reduction!r})")
    x, t = rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 3, 2))
    want = np.array([(a - b) ** 2 for a, b in zip(x.ravel().tolist(), t.ravel().tolist(), strict=True)])
    loss, _ = mse_loss(x.copy(), t.copy())
    assert_close(loss, reduce_by(want, "mean"), what="mse_loss of random numbers of shape (2, 3, 2), default reduction")


@check("Backward of the squared error", points=2, needs=["test_mse"], seconds=2)
def test_mse_backward(rng: np.random.Generator) -> None:
    """Both inputs get a gradient, which agrees with finite differences for every reduction."""
    _, saved = mse_loss(f32([[3, 2]]), f32([[2, 4]]))
    got = mse_loss_backward(ONE.copy(), saved)
    assert_close(got[0], f32([[1, -2]]), what="mse_loss_backward(1) after mse_loss([[3, 2]], [[2, 4]]), input")
    assert_close(got[1], f32([[-1, 2]]), what="mse_loss_backward(1) after mse_loss([[3, 2]], [[2, 4]]), target")
    for reduction in ("mean", "sum", "none"):
        x, t = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
        upstream = rng.normal(size=(3, 2) if reduction == "none" else ())
        _, saved = mse_loss(x.copy(), t.copy(), reduction)
        assert_gradients(
            mse_loss_backward(upstream.copy(), saved),
            lambda a, b, how=reduction: mse_loss(a, b, how)[0],
            [x, t],
            upstream,
            what=f"mse_loss_backward, reduction {reduction!r}",
        )


@check("Shapes must be equal", points=1, needs=["test_mse"], seconds=2)
@pytest.mark.parametrize("name", ["same_shape", "mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_shapes(name: str) -> None:
    """What NumPy would stretch is refused, and the message names both shapes and the function."""
    op = {
        "same_shape": lambda a, b: same_shape("this_loss", a, b),
        "mse_loss": mse_loss,
        "binary_cross_entropy": binary_cross_entropy,
        "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    }[name]
    for first, second in (((3, 1), (3,)), ((2, 3), (1, 3)), ((2,), ()), ((2, 3), (3, 2))):
        with tried(f"{name} with input {first} and target {second}"), pytest.raises(ValueError) as error:
            op(np.full(first, 0.5, F32), np.full(second, 0.5, F32))
        assert_says(error, first, second, "this_loss" if name == "same_shape" else name)
    op(np.full((3, 1), 0.5, F32), np.full((3, 1), 0.5, F32))


# Cross-entropy


@check("log Σ eˣ, a smooth maximum", points=2, seconds=2)
def test_logsumexp(rng: np.random.Generator) -> None:
    """It has the values of its definition, at 1000 as well, and its derivative is the softmax."""
    out, saved = logsumexp(np.array([2.5, 3.0]))
    assert_close(out, np.array(3.474077), what="logsumexp([2.5, 3])")
    (dx,) = logsumexp_backward(np.array(2.0), saved)
    assert_close(dx, np.array([0.755081, 1.244919]), what="logsumexp_backward(2) after logsumexp([2.5, 3])")
    out, _ = losses_helpers.quietly("logsumexp", np.array([1000.0, 1000.0]))
    assert_close(out, np.array(1000.693147), what="logsumexp([1000, 1000])")
    x, upstream = rng.normal(size=(3, 4)), rng.normal(size=3)
    out, saved = logsumexp(x.copy())
    want = np.array([math.log(math.fsum(math.exp(v) for v in row)) for row in x.tolist()])
    assert_close(out, want, what="logsumexp(x) for x of shape (3, 4)")
    got = logsumexp_backward(upstream.copy(), saved)
    assert_gradients(got, lambda a: logsumexp(a)[0], [x], upstream, what="logsumexp_backward")
    upstream = rng.normal(size=4)
    out, saved = logsumexp(x.copy(), dim=0)
    want = np.array([math.log(math.fsum(math.exp(v) for v in column)) for column in x.T.tolist()])
    assert_close(out, want, what="logsumexp(x, dim=0) for x of shape (3, 4)")
    got = logsumexp_backward(upstream.copy(), saved)
    assert_gradients(got, lambda a: logsumexp(a, dim=0)[0], [x], upstream, what="logsumexp_backward after dim=0")


@check("Cross-entropy of class indices", points=3, seconds=2)
def test_cross_entropy(rng: np.random.Generator) -> None:
    """For every sample it is minus the log of the probability of the right class, also where that is nearly 0."""
    loss, _ = cross_entropy(np.array([[2.5, 3.0]]), np.array([0]))
    assert_close(loss, np.array(0.974077), what="cross_entropy([[2.5, 3]], [0])")
    loss, _ = cross_entropy(np.array([[2.5, 3.0]]), np.array([1]))
    assert_close(loss, np.array(0.474077), what="cross_entropy([[2.5, 3]], [1])")
    x, t = rng.normal(size=(4, 3)) * 2, np.array([2, 0, 2, 1])
    for reduction in ("mean", "sum", "none"):
        loss, _ = cross_entropy(x.copy(), t.copy(), reduction)
        want = reduce_by(ce_rows(x, t), reduction)
        assert_close(loss, want, what=f"cross_entropy of 4 samples and 3 classes, reduction {reduction!r}")
    with tried("cross_entropy([[1000, 0]], [1]), NumPy's warnings as errors"):
        loss, _ = losses_helpers.quietly("cross_entropy", np.array([[1000.0, 0.0]]), np.array([1]))
        assert_close(loss, np.array(1000.0), what="the loss")


@check("Backward of cross-entropy", points=3, needs=["test_cross_entropy"], seconds=2)
def test_cross_entropy_backward(rng: np.random.Generator) -> None:
    """softmax minus one-hot, shared out by the reduction; no gradient for an index."""
    _, saved = cross_entropy(np.array([[2.5, 3.0]]), np.array([0]))
    got = target_gradient_is_none(cross_entropy_backward(np.array(1.0), saved), "cross_entropy_backward")
    assert_close(got, np.array([[-0.622459, 0.622459]]), what="cross_entropy_backward(1) after ([[2.5, 3]], [0])")
    x, t = rng.normal(size=(4, 3)) * 2, np.array([2, 0, 2, 1])
    for reduction in ("mean", "sum", "none"):
        upstream = rng.normal(size=4 if reduction == "none" else ())
        _, saved = cross_entropy(x.copy(), t.copy(), reduction)
        got = target_gradient_is_none(cross_entropy_backward(upstream.copy(), saved), "cross_entropy_backward")
        assert_gradients(
            [got],
            lambda a, how=reduction: cross_entropy(a, t, how)[0],
            [x],
            upstream,
            what=f"cross_entropy_backward, reduction {reduction!r}",
        )


@check("Classes that are none", points=1, needs=["test_cross_entropy"], seconds=2)
def test_classes_refused() -> None:
    """Floats, indices out of range and misfitting shapes are refused, with what came in the message."""
    x = np.zeros((3, 4), F32)
    with tried("cross_entropy with a float32 target"), pytest.raises(TypeError) as error:
        cross_entropy(x, f32([0, 1, 2]))
    assert_says(error, "float32")
    for wrong in (4, 7):
        with tried(f"cross_entropy with class {wrong} of 4"), pytest.raises(IndexError) as error:
            cross_entropy(x, np.array([0, wrong, 1]))
        assert_says(error, wrong, 4)
    with tried("cross_entropy with class -1"), pytest.raises(IndexError) as error:
        cross_entropy(x, np.array([0, 1, -1]))
    assert_says(error, -1, 4)
    with tried("cross_entropy of (3, 4) scores with 2 classes"), pytest.raises(ValueError) as error:
        cross_entropy(x, np.array([0, 1]))
    assert_says(error, (3, 4), (2,))


@check("The loss of a network that knows nothing", points=1, needs=["test_cross_entropy"], seconds=2)
def test_chance() -> None:
    """chance_loss says what cross_entropy gives for equal scores."""
    for classes in (2, 10, 500):
        guess = chance_loss(classes)
        assert type(guess) is float, f"chance_loss({classes}) is a Python float, got {type(guess).__name__}"
        assert_close(np.float64(guess), np.log(np.float64(classes)), what=f"chance_loss({classes})")
        loss, _ = cross_entropy(np.full((2, classes), 0.25), np.array([0, classes - 1]))
        assert_close(loss, np.float64(guess), what=f"cross_entropy of equal scores for {classes} classes")


@check(
    "Cross-entropy: large scores, in silence",
    points=3,
    visibility=HIDDEN,
    needs=["test_cross_entropy_backward"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_extremes(dtype: str) -> None:
    """Scores of ±1000, rows that lie far apart, and masked classes give the right finite numbers, without a warning."""
    x = np.array([[1000, 0, -1000], [-1000, -999, -1001], [0, 1000, 1000]], dtype)
    t = np.array([2, 1, 0])
    with tried(f"cross_entropy({x.tolist()}, {t.tolist()}) in {dtype}, NumPy's warnings as errors"):
        loss, saved = losses_helpers.quietly("cross_entropy", x.copy(), t, reduction="none")
        assert_close(loss, np.array([2000, 0.407606, 1000.693147], dtype), atol=2e-4, what="the loss of each sample")
        grad = np.array([1, 2, -3], dtype)
        dx, _ = losses_helpers.quietly("cross_entropy_backward", grad, saved)
        want = np.array([[1, 0, -1], [0.489457, -0.669518, 0.180061], [3, -1.5, -1.5]], dtype)
        assert_close(dx, want, what="its gradient")
        loss, _ = losses_helpers.quietly("cross_entropy", x.copy(), t, reduction="none", label_smoothing=0.3)
        assert_close(loss, ce_rows(x, t, 0.3).astype(dtype), atol=3e-4, what="with label_smoothing 0.3")
    masked = np.array([[1.0, -np.inf, 2.0], [-np.inf, 0.5, -np.inf]], dtype)
    with tried("cross_entropy of scores of which some are -inf, but not the target's"):
        loss, saved = losses_helpers.quietly("cross_entropy", masked, np.array([2, 1]), reduction="none")
        assert_close(loss, np.array([0.313262, 0], dtype), what="the loss of each sample")
        dx, _ = losses_helpers.quietly("cross_entropy_backward", np.array([1, 1], dtype), saved)
        assert_close(dx, np.array([[0.268941, 0, -0.268941], [0, 0, 0]], dtype), what="its gradient")
    far = np.array([[0.5, 0, 2], [1, 1.25, -1]], dtype) + np.array([[4096], [-4096]], dtype)
    for smoothing in (0.0, 0.3):
        loss, _ = cross_entropy(far.copy(), np.array([0, 2]), reduction="none", label_smoothing=smoothing)
        want = ce_rows(far, np.array([0, 2]), smoothing).astype(dtype)
        assert_close(loss, want, rtol=1e-6, what=f"cross_entropy of scores round 4096 and -4096, label_smoothing {smoothing}")
    broken, classes = np.array([[0, np.nan, 2], [1, 1, 1]], dtype), np.array([0, 2])
    for smoothing in (0.0, 0.3):
        loss, _ = cross_entropy(broken.copy(), classes, reduction="none", label_smoothing=smoothing)
        assert_same(np.isnan(loss).tolist(), [True, False], what="whether the losses of a row with a nan and of another are nan")
    out, _ = losses_helpers.quietly("logsumexp", np.array([[1000, -1000], [-1000, -1000]], dtype))
    assert_close(out, np.array([1000, -999.306853], dtype), what="logsumexp of two rows that lie far apart")


@check("log Σ eˣ along any axis", points=1, visibility=HIDDEN, needs=["test_logsumexp"], seconds=2)
@pytest.mark.parametrize(("shape", "dim"), [((3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), -3), ((3, 3), 0), ((1, 2, 1), 1)])
def test_logsumexp_axes(shape: tuple[int, ...], dim: int, rng: np.random.Generator) -> None:
    """The axis that was asked for is gone from the result, and no other; the gradient gets it back."""
    x = rng.normal(size=shape)
    want = np.log(np.exp(x).sum(axis=dim))
    upstream = rng.normal(size=want.shape)
    with tried(f"logsumexp, shape {shape}, dim={dim}"):
        out, saved = logsumexp(x.copy(), dim=dim)
        assert_close(out, want, what="the result")
        got = logsumexp_backward(upstream.copy(), saved)
        assert_gradients(got, lambda a: logsumexp(a, dim=dim)[0], [x], upstream, what="logsumexp_backward")


@check("Label smoothing", points=2, visibility=HIDDEN, needs=["test_cross_entropy_backward"], seconds=2)
def test_smoothing(rng: np.random.Generator) -> None:
    """Part of the target is spread evenly over all classes, in the loss and in its gradient; only from 0 to 1."""
    loss, _ = cross_entropy(np.array([[2.5, 3.0]]), np.array([0]), label_smoothing=0.1)
    assert_close(loss, np.array(0.949077), what="cross_entropy([[2.5, 3]], [0], label_smoothing=0.1)")
    x, t = rng.normal(size=(4, 3)) * 2, np.array([2, 0, 2, 1])
    for smoothing, reduction in ((0.1, "mean"), (0.4, "sum"), (0.25, "none"), (1.0, "mean"), (1, "none")):
        with tried(f"cross_entropy with label_smoothing={smoothing}, reduction {reduction!r}"):
            upstream = rng.normal(size=4 if reduction == "none" else ())
            loss, saved = cross_entropy(x.copy(), t.copy(), reduction, label_smoothing=smoothing)
            assert_close(loss, reduce_by(ce_rows(x, t, smoothing), reduction), what="the loss")
            got = cross_entropy_backward(upstream.copy(), saved)[0]
            fn = lambda a, how=reduction, s=smoothing: cross_entropy(a, t, how, label_smoothing=s)[0]  # noqa: E731
            assert_gradients([got], fn, [x], upstream, what="the gradient")
    for bad in (-0.1, 1.5):
        with tried(f"cross_entropy with label_smoothing={bad}"), pytest.raises(ValueError) as error:
            cross_entropy(x, t, label_smoothing=bad)
        assert_says(error, bad)


@check("Class indices of every kind", points=2, visibility=HIDDEN, needs=["test_classes_refused"], seconds=2)
def test_class_kinds(rng: np.random.Generator) -> None:
    """All integer types are indices, bools and shapes that only look right are not, and each error names what came."""
    x = rng.normal(size=(3, 3))
    want = reduce_by(ce_rows(x, np.array([2, 0, 1])), "mean")
    for dtype in ("int8", "uint8", "int32", "int64", "uint64"):
        target = np.array([2, 0, 1], dtype)
        check_classes(x, target)
        assert_close(cross_entropy(x.copy(), target)[0], want, what=f"cross_entropy with {dtype} indices")
    with tried("cross_entropy with a bool target"), pytest.raises(TypeError) as error:
        cross_entropy(x, np.array([True, False, True]))
    assert_says(error, "bool")
    with tried("check_classes with class 7 of 3"), pytest.raises(IndexError) as error:
        check_classes(x, np.array([2, 7, 0]))
    assert_says(error, 7, 3)
    with tried("check_classes with class 3 of 3"), pytest.raises(IndexError) as error:
        check_classes(x, np.array([0, 1, 3]))
    assert_says(error, 3)
    for shape, classes in (((3, 3), (3, 1)), ((3, 3), (1, 3)), ((3, 3), ()), ((3,), ()), ((3,), (3,)), ((2, 3, 2), (2,))):
        with tried(f"check_classes with scores {shape} and classes {classes}"), pytest.raises(ValueError) as error:
            check_classes(np.zeros(shape), np.zeros(classes, np.int64))
        assert_says(error, shape, classes)
    with tried("check_classes with float classes of the wrong shape"), pytest.raises(ValueError):
        check_classes(x, np.zeros(2))
    with tried("check_classes with float classes out of range"), pytest.raises(TypeError):
        check_classes(x, np.array([7.0, 7.0, 7.0]))


# Yes or no


@check("Binary cross-entropy of scores", points=2, seconds=2)
def test_logits(rng: np.random.Generator) -> None:
    """From the score itself: the values of the definition, and sigmoid minus target as the gradient."""
    loss, saved = binary_cross_entropy_with_logits(np.array([0.0, 2.0]), np.array([1.0, 0.0]))
    assert_close(loss, np.array(1.410038), what="binary_cross_entropy_with_logits([0, 2], [1, 0])")
    name = "binary_cross_entropy_with_logits_backward"
    got = target_gradient_is_none(binary_cross_entropy_with_logits_backward(np.array(1.0), saved), name)
    assert_close(got, np.array([-0.25, 0.440399]), what=f"{name}(1) after ([0, 2], [1, 0])")
    x, t = rng.normal(size=(2, 3)) * 2, rng.uniform(size=(2, 3))
    rows = zip(x.ravel().tolist(), t.ravel().tolist(), strict=True)
    want = np.array([bce_of(1 / (1 + math.exp(-a)), b) for a, b in rows]).reshape(2, 3)
    for reduction in ("mean", "sum", "none"):
        with tried(f"binary_cross_entropy_with_logits, reduction {reduction!r}"):
            upstream = rng.normal(size=(2, 3) if reduction == "none" else ())
            loss, saved = binary_cross_entropy_with_logits(x.copy(), t.copy(), reduction)
            assert_close(loss, reduce_by(want, reduction), what="the loss")
            got = binary_cross_entropy_with_logits_backward(upstream.copy(), saved)[0]
            fn = lambda a, how=reduction: binary_cross_entropy_with_logits(a, t, how)[0]  # noqa: E731
            assert_gradients([got], fn, [x], upstream, what="the gradient")


@check("Binary cross-entropy of probabilities", points=2, seconds=2)
def test_bce(rng: np.random.Generator) -> None:
    """The values of the definition, a gradient that agrees with finite differences, and 100 for sure and wrong."""
    loss, saved = binary_cross_entropy(np.array([0.8, 0.3]), np.array([1.0, 0.0]))
    assert_close(loss, np.array(0.289909), what="binary_cross_entropy([0.8, 0.3], [1, 0])")
    name = "binary_cross_entropy_backward"
    got = target_gradient_is_none(binary_cross_entropy_backward(np.array(1.0), saved), name)
    assert_close(got, np.array([-0.625, 0.714286]), what=f"{name}(1) after ([0.8, 0.3], [1, 0])")
    p, t = rng.uniform(0.1, 0.9, (2, 3)), rng.uniform(size=(2, 3))
    want = np.array([bce_of(a, b) for a, b in zip(p.ravel().tolist(), t.ravel().tolist(), strict=True)]).reshape(2, 3)
    for reduction in ("mean", "sum", "none"):
        with tried(f"binary_cross_entropy, reduction {reduction!r}"):
            upstream = rng.normal(size=(2, 3) if reduction == "none" else ())
            loss, saved = binary_cross_entropy(p.copy(), t.copy(), reduction)
            assert_close(loss, reduce_by(want, reduction), what="the loss")
            got = binary_cross_entropy_backward(upstream.copy(), saved)[0]
            fn = lambda a, how=reduction: binary_cross_entropy(a, t, how)[0]  # noqa: E731
            assert_gradients([got], fn, [p], upstream, what="the gradient")
    loss, _ = losses_helpers.quietly("binary_cross_entropy", f32([0, 1, 1]), f32([1, 0, 1]), reduction="none")
    assert_close(loss, f32([100, 100, 0]), what="binary_cross_entropy([0, 1, 1], [1, 0, 1]): sure and wrong, sure and right")


@check(
    "Scores of ±1000 for yes and no",
    points=2,
    visibility=HIDDEN,
    needs=["test_logits"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_extremes(dtype: str) -> None:
    """At ±1000 loss and gradient are finite and right, and where the loss is nearly 0 it keeps its digits."""
    x, t = np.array([1000, -1000, 1000, -1000, 0], dtype), np.array([0, 1, 1, 0, 0.5], dtype)
    with tried(f"scores {x.tolist()}, targets {t.tolist()} in {dtype}, NumPy's warnings as errors"):
        loss, saved = losses_helpers.quietly("binary_cross_entropy_with_logits", x, t, reduction="none")
        assert_close(loss, np.array([1000, 1000, 0, 0, 0.693147], dtype), what="the loss")
        grad = np.array([1, 2, 3, 4, 5], dtype)
        dx, _ = losses_helpers.quietly("binary_cross_entropy_with_logits_backward", grad, saved)
        assert_close(dx, np.array([1, -2, 0, 0, 0], dtype), what="its gradient")
    x, t = np.array([20, -20, 30], dtype), np.array([1, 0, 1], dtype)
    loss, _ = losses_helpers.quietly("binary_cross_entropy_with_logits", x, t, reduction="none")
    want = np.exp(-np.abs(x.astype(np.float64))).astype(dtype)
    assert_close(loss, want, rtol=1e-4, atol=0, what=f"the loss at scores {x.tolist()} that are right, nearly e^-|x|")
    loss, _ = binary_cross_entropy_with_logits(np.array([np.nan, 1], dtype), np.array([0, 1], dtype), reduction="none")
    assert_same(np.isnan(loss).tolist(), [True, False], what="whether the losses of the scores nan and 1 are nan")


@check("No probability", points=2, visibility=HIDDEN, needs=["test_bce", "test_logits"], seconds=2)
def test_no_probability() -> None:
    """Numbers outside [0, 1], and NaN, are refused as targets of both, and as probabilities; the ends are fine."""
    ends, inside = np.array([0.0, 1.0, 0.5]), np.array([0.25, 0.5, 0.75])
    check_unit("this_loss", "target", ends)
    for bad in (1.5, -0.25, np.nan, np.inf):
        numbers = np.array([0.5, bad, 0.25])
        with tried(f"check_unit of {numbers.tolist()}"), pytest.raises(ValueError) as error:
            check_unit("this_loss", "that", numbers)
        assert_says(error, "this_loss", "that", bad)
        with tried(f"binary_cross_entropy with the target {numbers.tolist()}"), pytest.raises(ValueError) as error:
            binary_cross_entropy(inside.copy(), numbers)
        assert_says(error, "binary_cross_entropy", "target", bad)
        with tried(f"binary_cross_entropy with the input {numbers.tolist()}"), pytest.raises(ValueError) as error:
            binary_cross_entropy(numbers, inside.copy())
        assert_says(error, "binary_cross_entropy", "input", bad)
        with tried(f"binary_cross_entropy_with_logits, target {numbers.tolist()}"), pytest.raises(ValueError) as error:
            binary_cross_entropy_with_logits(np.array([5.0, -5.0, 3.0]), numbers)
        assert_says(error, "binary_cross_entropy_with_logits", "target", bad)
    with tried("binary_cross_entropy with both out of range: the target is looked at first"):
        with pytest.raises(ValueError) as error:
            binary_cross_entropy(inside + 2, inside + 7)
        assert_says(error, 7.25)


@check("Probabilities of exactly 0 and 1", points=1, visibility=HIDDEN, needs=["test_bce"], seconds=2)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bce_ends(dtype: str) -> None:
    """The gradient at the ends has PyTorch's finite denominator, and nothing warns."""
    p, t = np.array([0, 1, 0, 1, 0], dtype), np.array([1, 0, 0, 1, 0.5], dtype)
    loss, saved = losses_helpers.quietly("binary_cross_entropy", p, t, reduction="none")
    assert_close(loss, np.array([100, 100, 0, 0, 50], dtype), what="the loss")
    dx, _ = losses_helpers.quietly("binary_cross_entropy_backward", np.array([1, 1, 1, 1, 2], dtype), saved)
    assert_close(dx, np.array([-1e12, 1e12, 0, 0, -1e12], dtype), what="its gradient")
    tiny = np.array([1e-30, 1e-44 if dtype == "float64" else 1e-37], dtype)
    loss, _ = losses_helpers.quietly("binary_cross_entropy", tiny, np.ones(2, dtype), reduction="none")
    want = np.maximum(np.log(tiny.astype(np.float64)), -100).astype(dtype)
    assert_close(loss, -want, what=f"the loss at {tiny.tolist()}, which should have been 1")


def inputs_of(name: str, rng: np.random.Generator, dtype: Any = np.float64, n: int = 4) -> list[np.ndarray]:
    """Random (input, target) that the loss accepts."""
    if name == "cross_entropy":
        return [rng.normal(size=(n, 3)).astype(dtype), rng.integers(0, 3, n)]
    if name == "binary_cross_entropy":
        return [rng.uniform(0.1, 0.9, (n, 3)).astype(dtype), rng.uniform(size=(n, 3)).astype(dtype)]
    return [rng.normal(size=(n, 3)).astype(dtype), rng.uniform(size=(n, 3)).astype(dtype)]


FORWARD = {
    "mse_loss": mse_loss,
    "cross_entropy": cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
}
BACKWARD = {
    "mse_loss": mse_loss_backward,
    "cross_entropy": cross_entropy_backward,
    "binary_cross_entropy": binary_cross_entropy_backward,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits_backward,
}
FIRST = {name: f"test_{short}" for name, short in zip(FORWARD, ("mse", "cross_entropy", "bce", "logits"), strict=True)}


@check(
    "float32 stays float32",
    points=2,
    visibility=HIDDEN,
    needs=["test_mse_backward", "test_cross_entropy_backward", "test_bce", "test_logits"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", list(FORWARD))
def test_dtype(name: str, dtype: str, rng: np.random.Generator) -> None:
    """Losses and gradients have input's dtype, whatever the target's is; inputs of one sample and strided ones too."""
    other = "float64" if dtype == "float32" else "float32"
    for n in (1, 5):
        x, t = inputs_of(name, rng, dtype, n)
        for target in [t] if name == "cross_entropy" else [t, t.astype(other), np.round(t).astype(np.int64)]:
            for reduction in ("mean", "sum", "none"):
                with tried(f"{name} of {dtype} with a {target.dtype} target, reduction {reduction!r}"):
                    loss, saved = FORWARD[name](x, target, reduction)
                    shape = () if reduction != "none" else target.shape
                    assert_array(loss, shape=shape, dtype=dtype, what="the loss")
                    grads = BACKWARD[name](np.ones(shape, dtype), saved)
                    for grad in grads[: 2 if name == "mse_loss" else 1]:
                        assert_array(grad, shape=x.shape, dtype=dtype, what="the gradient")
    for array in (logsumexp(x)[0], reduced(x), spread(np.array(1, dtype), (2, 3), "mean")):
        assert_same(array.dtype, np.dtype(dtype), what="the dtype that logsumexp, reduced and spread give")
    (dx,) = logsumexp_backward(np.ones(5, dtype), logsumexp(x)[1])
    assert_array(dx, shape=x.shape, dtype=dtype, what="logsumexp_backward")


@check(
    "The caller's arrays stay, and calls stay apart",
    points=1,
    visibility=HIDDEN,
    needs=["test_mse_backward", "test_cross_entropy_backward", "test_bce", "test_logits"],
    seconds=2,
)
@pytest.mark.parametrize("name", list(FORWARD))
def test_calls_are_separate(name: str, rng: np.random.Generator) -> None:
    """Nothing writes into input, target, grad or what was saved: going backward late, and twice, gives the same."""
    arrays, others = inputs_of(name, rng), inputs_of(name, rng)
    for reduction in ("mean", "none"):
        grad = np.asarray(rng.normal(size=arrays[1].shape if reduction == "none" else ()))
        after = losses_helpers.left_behind(name, arrays, grad, reduction)
        for left, before in zip(after, [*arrays, grad], strict=True):
            what = f"the caller's array after {name} and its backward, reduction {reduction!r}"
            assert_close(left, before, rtol=0, atol=0, what=what)
    first, second = losses_helpers.late_and_twice(name, arrays, others, grad)
    assert_close(second, first, rtol=0, atol=0, what=f"{name}_backward, for the second time with the same saved")
    fn = lambda a: FORWARD[name](a, arrays[1], "none")[0]  # noqa: E731
    assert_gradients([first], fn, arrays[:1], grad, what=f"{name}_backward, after a call on other numbers")


@check("Reductions that are none", points=1, visibility=HIDDEN, needs=["test_reduced", "test_mse"], seconds=2)
def test_reduction_refused() -> None:
    """An unknown reduction is refused, quoted, and the ones that exist are listed."""
    for bad in ("average", "Mean", "", None):
        with tried(f"reduced(losses, {bad!r})"), pytest.raises(ValueError) as error:
            reduced(f32([1, 2]), bad)
        assert all(word in str(error.value) for word in ("mean", "sum", "none", repr(bad))), str(error.value)
    with tried("mse_loss(x, t, 'avg')"), pytest.raises(ValueError):
        mse_loss(f32([1, 2]), f32([1, 2]), "avg")


# Classes


@check("The classes work on Tensors", points=1, seconds=2)
def test_classes() -> None:
    """Each class gives what its op gives, with its settings and in input's dtype; lists of class indices stay integers."""
    x = Tensor([[0.2, 0.7, 0.4], [0.9, 0.5, 0.1]], requires_grad=True)
    t, k = [[1, 0, 1], [0, 0, 1]], [2, 0]
    for loss, target, want in (
        (MSELoss(), t, 0.56),
        (MSELoss(reduction="sum"), t, 3.36),
        (CrossEntropyLoss(), k, 0.952269),
        (CrossEntropyLoss(reduction="sum"), k, 1.904537),
        (CrossEntropyLoss(label_smoothing=0.5), k, 1.043935),
        (BCELoss(), t, 1.504670),
        (BCELoss(reduction="sum"), t, 9.028019),
        (BCEWithLogitsLoss(), t, 0.845661),
        (BCEWithLogitsLoss(reduction="sum"), t, 5.073968),
    ):
        with tried(f"a loss with the target {target}, expected {want}"):
            result = loss(x, target)
            assert_close(result.data, f32(want), what="the result's data")
            assert_same(result.requires_grad, True, what="requires_grad of the result")
    rows = CrossEntropyLoss(reduction="none")(x, Tensor(k, dtype=np.int64))
    assert_array(rows.data, shape=(2,), what='CrossEntropyLoss(reduction="none") of two samples')
    for name, loss in (("MSELoss", MSELoss()), ("BCELoss", BCELoss()), ("BCEWithLogitsLoss", BCEWithLogitsLoss())):
        result = loss(x, Tensor(t, dtype=np.float64)).data
        assert_array(result, shape=(), dtype=F32, what=f"{name} of float32, with a float64 target")
    scores, classes = f32([[2.5, 3]]), np.array([0])
    got = losses_helpers.remembered("CrossEntropyLoss", {"label_smoothing": 0.1}, scores, classes, scores)["gradient"]
    assert_close(got, f32([[-0.572459, 0.572459]]), what="the gradient through CrossEntropyLoss(label_smoothing=0.1)")
    none = CrossEntropyLoss(reduction="sum")(Tensor(np.zeros((0, 3))), [])
    assert_close(none.data, f32(0), what='CrossEntropyLoss(reduction="sum") of no samples, the target an empty list')
    with tried("CrossEntropyLoss with the float Tensor([2, 0]) as its target"), pytest.raises(TypeError):
        CrossEntropyLoss()(x, Tensor(k))


@check("One object, many calls", points=1, visibility=HIDDEN, needs=["test_classes"], seconds=2)
@pytest.mark.parametrize(
    ("loss", "name", "settings"),
    [
        ("MSELoss", "mse_loss", {}),
        ("MSELoss", "mse_loss", {"reduction": "none"}),
        ("CrossEntropyLoss", "cross_entropy", {"label_smoothing": 0.2}),
        ("CrossEntropyLoss", "cross_entropy", {"reduction": "none"}),
        ("BCELoss", "binary_cross_entropy", {"reduction": "none"}),
        ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", {"reduction": "none"}),
    ],
)
def test_one_object(loss: str, name: str, settings: dict[str, Any], rng: np.random.Generator) -> None:
    """The result remembers its op, its two inputs in order, and what its own backward needs, also after another call."""
    x, t = inputs_of(name, rng, F32)
    other, _ = inputs_of(name, rng, F32)
    got = losses_helpers.remembered(loss, settings, x, t, other)
    assert_same(got["op"], name, what=f"the op that made the result of {loss}")
    assert_same(got["parents"], [[True, False], [False, True]], what="the result's parents are input and target")
    wide = x.astype(np.float64)
    fn = lambda a: np.asarray(FORWARD[name](a, t, **settings)[0])  # noqa: E731
    _, saved = FORWARD[name](wide, t, **settings)
    want = BACKWARD[name](np.ones(t.shape if settings.get("reduction") == "none" else ()), saved)
    assert_gradients(want[:1], fn, [wide], np.ones(np.shape(fn(wide))), what=f"{name}_backward")
    assert_close(got["gradient"], want[0].astype(F32), rtol=1e-3, atol=1e-5, what=f"the gradient through {loss}")


@check(
    "I can say how wrong a network is",
    points=2,
    capability=True,
    needs=["test_mse_backward", "test_cross_entropy_backward"],
    seconds=2,
)
def test_capability() -> None:
    """A layer's error in one number, the gradient of its weights by hand, and a step that makes it less wrong."""
    x, w, b, t = f32([[1, 2]]), f32([[0.5, -1], [1, 2]]), f32([0.5, -1]), f32([[2, 4]])
    y = Tensor(x) @ Tensor(w) + Tensor(b)
    assert_close(MSELoss()(y, t).data, f32(2.5), what="the mean squared error of the running example")
    _, saved = mse_loss(y.data, t)
    dy, _ = mse_loss_backward(ONE.copy(), saved)
    assert_close(x.T @ dy, f32([[1, -2], [2, -4]]), what="the gradient of W, which is xᵀ times that of y")
    y = Tensor(x) @ Tensor(w - 0.1 * x.T @ dy) + Tensor(b - 0.1 * dy.sum(axis=0))
    assert_close(MSELoss()(y, t).data, f32(0.4), what="the loss after a step of 0.1 against the gradient")
    scores = f32([[2.5, 3, 0], [0, 1, -1], [3, 3, 3]])
    target = np.array([0, 1, 2])
    before, saved = cross_entropy(scores, target)
    dx, _ = cross_entropy_backward(ONE.copy(), saved)
    after, _ = cross_entropy(scores - dx, target)
    assert_close(before, f32(0.836938), what="the cross-entropy of three samples")
    assert_close(after, f32(0.669712), what="and after a step of 1 against its gradient")
