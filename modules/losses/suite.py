"""Losses: can I say how wrong a network is?"""

from __future__ import annotations

import cmath
import re
from collections.abc import Iterator
from typing import Any

import losses_helpers
import numpy as np
import pytest

from checks import HIDDEN, assert_array, assert_close, assert_gradients, assert_same, check, exact_gradient, tried
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


# What the losses should give, worked out here and nowhere else, by Python's own arithmetic. All of it takes complex numbers
# as well: assert_gradients finds exact slopes with them. A difference of your own losses, (f(x + h) - f(x - h)) / 2h, has
# about 9 digits of the slope; a derived formula has about 15.


def logsumexp_of(scores: list[complex]) -> complex:
    """log Σ eˣ of one list of scores."""
    top = max(score.real for score in scores)
    return top + cmath.log(sum(cmath.exp(score - top) for score in scores))


def ce_row(scores: list[complex], target: int, smoothing: float = 0.0) -> complex:
    """Cross-entropy of one sample by its definition."""
    top = max(score.real for score in scores)
    total = logsumexp_of([score - top for score in scores])
    q = [(1 - smoothing) * (k == target) + smoothing / len(scores) for k in range(len(scores))]
    return -sum(one * (score - top - total) for one, score in zip(q, scores, strict=True) if one)


def bce_of(p: complex, t: complex) -> complex:
    """Binary cross-entropy of one probability that is neither 0 nor 1."""
    return -(t * cmath.log(p) + (1 - t) * cmath.log(1 - p))


def logits_of(x: complex, t: complex) -> complex:
    """Binary cross-entropy of one score: log(1 + e^x) - x·t, and for large x the same with e^x taken out."""
    return (x + cmath.log(1 + cmath.exp(-x)) if x.real > 0 else cmath.log(1 + cmath.exp(x))) - x * t


PAIR = {
    "mse_loss": lambda x, t: (x - t) * (x - t),
    "binary_cross_entropy": bce_of,
    "binary_cross_entropy_with_logits": logits_of,
}


def reduce_by(losses: np.ndarray, reduction: str) -> np.ndarray:
    """The oracle for `reduced`."""
    total = sum(losses.ravel().tolist())
    return {"mean": np.array(total / max(losses.size, 1)), "sum": np.array(total), "none": losses}[reduction]


def exact(name: str, x: np.ndarray, t: np.ndarray, reduction: str = "none", label_smoothing: float = 0.0) -> np.ndarray:
    """What a loss should give: float64, or complex if an input is."""
    if name == "cross_entropy":
        rows = zip(x.astype(np.complex128).tolist(), t.tolist(), strict=True)
        losses = np.array([ce_row(row, k, label_smoothing) for row, k in rows])
    else:
        pairs = zip(x.astype(np.complex128).ravel().tolist(), t.ravel().tolist(), strict=True)
        losses = np.array([PAIR[name](a, b) for a, b in pairs]).reshape(x.shape)
    out = reduce_by(losses, reduction)
    return out if np.iscomplexobj(x) or np.iscomplexobj(t) else out.real.copy()


def exact_logsumexp(x: np.ndarray, dim: int = -1) -> np.ndarray:
    """What logsumexp should give: float64, or complex for complex x."""
    out = np.apply_along_axis(lambda row: np.array(logsumexp_of(row.tolist())), dim, x.astype(np.complex128))
    return out if np.iscomplexobj(x) else out.real.copy()


def sizes(rng: np.random.Generator, axes: int) -> tuple[int, ...]:
    """A random shape, from 2 to 5 along each axis."""
    return tuple(int(size) for size in rng.integers(2, 6, axes))


def samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random scores, 3 to 5 classes for each of up to 5 samples, some samples far from 0; and a random class for each."""
    count, classes = sizes(rng, 2)
    far = rng.uniform(-300, 300, (count, 1))
    return far + rng.uniform(-2, 2, (count, classes + 1)), rng.integers(0, classes + 1, count)


def upstreams(rng: np.random.Generator, shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """Each reduction, with a random gradient of the shape that it gives for losses of `shape`."""
    for reduction in ("mean", "sum", "none"):
        yield reduction, rng.normal(size=shape if reduction == "none" else ())


TIMES = 3000  # so many copies of a few samples: a backward that runs its loss once for every number does not end in time


def check_backward(name: str, x: np.ndarray, t: np.ndarray, rng: np.random.Generator) -> None:
    """Compare NAME_backward with the exact derivative of what NAME should give, then once more on many copies of x and t."""
    for reduction, upstream in upstreams(rng, t.shape):
        what = f"{name}_backward, reduction {reduction!r}"
        _, saved = FORWARD[name](x.copy(), t.copy(), reduction)
        got = BACKWARD[name](upstream.copy(), saved)
        if name == "mse_loss":
            fn = lambda a, b, how=reduction: exact(name, a, b, how)  # noqa: E731
            assert_gradients(got, fn, [x, t], upstream, what=what)
        else:
            fn = lambda a, how=reduction: exact(name, a, t, how)  # noqa: E731
            assert_gradients([target_gradient_is_none(got, f"{name}_backward")], fn, [x], upstream, what=what)
    grad = rng.normal(size=t.shape)
    (want,) = exact_gradient(lambda a: exact(name, a, t), [x], grad)
    many = [np.concatenate([array] * TIMES) for array in (x, t, grad, want)]
    _, saved = FORWARD[name](many[0].copy(), many[1].copy(), "none")
    got = BACKWARD[name](many[2].copy(), saved)[0]
    assert_close(got, many[3], rtol=1e-10, atol=1e-12, what=f"{name}_backward of {TIMES} copies of the same {len(x)} samples")


# Many into one


@check("Reduce many losses to one number", points=1, seconds=2)
def test_reduced(rng: np.random.Generator) -> None:
    """The reduction gives the mean, the sum or all losses, and its backward distributes the gradient in the same way."""
    losses = f32([[1, 4, 2], [0.5, 8, 2.5]])
    for reduction, want in (("mean", f32(3)), ("sum", f32(18)), ("none", losses)):
        assert_close(reduced(losses.copy(), reduction), want, what=f"reduced(losses, {reduction!r})")
    assert_close(reduced(f32([1, 4])), f32(2.5), what="reduced([1, 4]): the mean is the default")
    losses = rng.normal(size=sizes(rng, 2))
    for reduction, grad in upstreams(rng, losses.shape):
        what = f"reduced(losses, {reduction!r}) of random losses of shape {losses.shape}"
        assert_close(reduced(losses.copy(), reduction), reduce_by(losses, reduction), what=what)
        want = grad * np.ones(losses.shape) / (losses.size if reduction == "mean" else 1)
        what = f"spread(grad, {losses.shape}, {reduction!r}) for a random grad of shape {grad.shape}"
        assert_close(spread(grad.copy(), losses.shape, reduction), want, what=what)


# Squared error


@check("Squared error", points=1, seconds=2)
def test_mse(rng: np.random.Generator) -> None:
    """Gives the mean, the sum or all of the squared differences, for any shape."""
    for reduction, want in (("mean", f32(2.5)), ("sum", f32(5)), ("none", f32([[1, 4]]))):
        loss, _ = mse_loss(f32([[3, 2]]), f32([[2, 4]]), reduction)
        assert_close(loss, want, what=f"mse_loss([[3, 2]], [[2, 4]], {reduction!r})")
    shape = sizes(rng, 3)
    x, t = rng.normal(size=shape), rng.normal(size=shape)
    loss, _ = mse_loss(x.copy(), t.copy())
    want = exact("mse_loss", x, t, "mean")
    assert_close(loss, want, what=f"mse_loss of random numbers of shape {shape}, default reduction")


@check("Backward of the squared error", points=2, needs=["test_mse"], seconds=2)
def test_mse_backward(rng: np.random.Generator) -> None:
    """Both inputs get a gradient, which is the derivative to full precision for every reduction."""
    _, saved = mse_loss(f32([[3, 2]]), f32([[2, 4]]))
    got = mse_loss_backward(ONE.copy(), saved)
    assert_close(got[0], f32([[1, -2]]), what="mse_loss_backward(1) after mse_loss([[3, 2]], [[2, 4]]), input")
    assert_close(got[1], f32([[-1, 2]]), what="mse_loss_backward(1) after mse_loss([[3, 2]], [[2, 4]]), target")
    shape = sizes(rng, 2)
    far = rng.uniform(1e5, 1e6)  # numbers far from 0 that differ by little
    check_backward("mse_loss", far + rng.normal(size=shape), far + rng.normal(size=shape), rng)


@check("Shapes must be equal", points=1, needs=["test_mse"], seconds=2)
@pytest.mark.parametrize("name", ["same_shape", "mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_shapes(name: str, rng: np.random.Generator) -> None:
    """Shapes that NumPy would broadcast are rejected, and the message names both shapes and the function."""
    op = {
        "same_shape": lambda a, b: same_shape("this_loss", a, b),
        "mse_loss": mse_loss,
        "binary_cross_entropy": binary_cross_entropy,
        "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    }[name]
    n, m = (int(size) for size in rng.choice(np.arange(2, 30), 2, replace=False))
    for first, second in (((n, 1), (n,)), ((n, m), (1, m)), ((n,), ()), ((n, m), (m, n))):
        with tried(f"{name} with input {first} and target {second}"), pytest.raises(ValueError) as error:
            op(np.full(first, 0.5, F32), np.full(second, 0.5, F32))
        assert_says(error, first, second, "this_loss" if name == "same_shape" else name)
    x, t = rng.uniform(0.1, 0.9, (2, n, 1))
    result = op(x.copy(), t.copy())
    if name == "same_shape":
        assert_same(result, None, what=f"same_shape of two arrays of shape {x.shape}")
    else:
        assert_close(result[0], exact(name, x, t, "mean"), what=f"{name} of two random arrays of shape {x.shape}")


# Cross-entropy


@check("log Σ eˣ, a smooth maximum", points=2, seconds=2)
def test_logsumexp(rng: np.random.Generator) -> None:
    """It has the values of its definition, also for scores of 1000, and its derivative is the softmax."""
    out, saved = logsumexp(np.array([2.5, 3.0]))
    assert_close(out, np.array(3.474077), what="logsumexp([2.5, 3])")
    (dx,) = logsumexp_backward(np.array(2.0), saved)
    assert_close(dx, np.array([0.755081, 1.244919]), what="logsumexp_backward(2) after logsumexp([2.5, 3])")
    out, _ = losses_helpers.quietly("logsumexp", np.array([1000.0, 1000.0]))
    assert_close(out, np.array(1000.693147), what="logsumexp([1000, 1000])")
    top = rng.uniform(800, 1000)
    out, _ = losses_helpers.quietly("logsumexp", np.array([top, top - 1, -top]))
    assert_close(out, exact_logsumexp(np.array([top, top - 1, -top])), what=f"logsumexp([{top}, {top - 1}, {-top}])")
    x = rng.uniform(-300, 300) + rng.normal(size=(int(rng.integers(2, 4)), int(rng.integers(4, 6))))
    for dim in (-1, 0):
        setting = "" if dim == -1 else f", dim={dim}"
        upstream = rng.normal(size=x.shape[1 + dim])
        out, saved = logsumexp(x.copy()) if dim == -1 else logsumexp(x.copy(), dim=dim)
        assert_close(out, exact_logsumexp(x, dim), what=f"logsumexp(x{setting}) for random x of shape {x.shape}")
        got = logsumexp_backward(upstream.copy(), saved)
        fn = lambda a, dim=dim: exact_logsumexp(a, dim)  # noqa: E731
        assert_gradients(got, fn, [x], upstream, what=f"logsumexp_backward after logsumexp(x{setting})")
    upstream = rng.normal(size=len(x))
    (want,) = exact_gradient(exact_logsumexp, [x], upstream)
    _, saved = logsumexp(np.concatenate([x] * TIMES))
    (dx,) = logsumexp_backward(np.concatenate([upstream] * TIMES), saved)
    want = np.concatenate([want] * TIMES)
    assert_close(dx, want, rtol=1e-10, atol=1e-12, what=f"logsumexp_backward of {TIMES} copies of the same {len(x)} rows")
    x, upstream = rng.normal(size=(100, 2000)), rng.normal(size=100)
    (dx,) = logsumexp_backward(upstream.copy(), logsumexp(x.copy())[1])
    want = upstream[:, np.newaxis] * np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    assert_close(dx, want, rtol=1e-8, atol=1e-12, what="logsumexp_backward for 100 rows of 2,000 scores")


@check("Cross-entropy of class indices", points=3, seconds=2)
def test_cross_entropy(rng: np.random.Generator) -> None:
    """The loss of each sample is minus the log of the probability of the right class, also if that probability is nearly 0."""
    loss, _ = cross_entropy(np.array([[2.5, 3.0]]), np.array([0]))
    assert_close(loss, np.array(0.974077), what="cross_entropy([[2.5, 3]], [0])")
    loss, _ = cross_entropy(np.array([[2.5, 3.0]]), np.array([1]))
    assert_close(loss, np.array(0.474077), what="cross_entropy([[2.5, 3]], [1])")
    x, t = samples(rng)
    for reduction in ("mean", "sum", "none"):
        loss, _ = cross_entropy(x.copy(), t.copy(), reduction)
        want = exact("cross_entropy", x, t, reduction)
        assert_close(loss, want, what=f"cross_entropy of random scores {x.shape}, classes {t.tolist()}, {reduction!r}")
    for far in (1000.0, float(rng.uniform(800, 1000))):
        with tried(f"cross_entropy([[{far}, 0]], [1]), NumPy's warnings as errors"):
            loss, _ = losses_helpers.quietly("cross_entropy", np.array([[far, 0.0]]), np.array([1]))
            assert_close(loss, np.array(far), what="the loss")


@check("Backward of cross-entropy", points=3, needs=["test_cross_entropy"], seconds=2)
def test_cross_entropy_backward(rng: np.random.Generator) -> None:
    """The gradient is softmax minus one-hot, distributed by the reduction. Class indices get no gradient."""
    _, saved = cross_entropy(np.array([[2.5, 3.0]]), np.array([0]))
    got = target_gradient_is_none(cross_entropy_backward(np.array(1.0), saved), "cross_entropy_backward")
    assert_close(got, np.array([[-0.622459, 0.622459]]), what="cross_entropy_backward(1) after ([[2.5, 3]], [0])")
    check_backward("cross_entropy", *samples(rng), rng)
    # 100 samples of 2,000 classes: a formula has them at once; what steps each class to see what happens does not end in time
    x, t, grad = rng.normal(size=(100, 2000)), rng.integers(0, 2000, 100), rng.normal(size=100)
    _, saved = cross_entropy(x.copy(), t.copy(), "none")
    want = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    want[np.arange(100), t] -= 1
    got = cross_entropy_backward(grad.copy(), saved)[0]
    what = "cross_entropy_backward for 100 samples of 2,000 classes"
    assert_close(got, grad[:, np.newaxis] * want, rtol=1e-8, atol=1e-12, what=what)


@check("Reject invalid class indices", points=1, needs=["test_cross_entropy"], seconds=2)
def test_classes_refused(rng: np.random.Generator) -> None:
    """Floats, indices out of range and shapes that do not match are rejected, and the message says what was given."""
    count, classes = int(rng.integers(3, 9)), int(rng.integers(11, 40))
    x, good = rng.normal(size=(count, classes)), rng.integers(0, classes, count)
    dtype = str(rng.choice(["float32", "float64"]))
    with tried(f"cross_entropy with a {dtype} target"), pytest.raises(TypeError) as error:
        cross_entropy(x.copy(), good.astype(dtype))
    assert_says(error, dtype)
    for wrong in (classes, classes + int(rng.integers(1, 60)), -1, -int(rng.integers(2, 10))):
        target = good.copy()
        target[rng.integers(count)] = wrong
        with tried(f"cross_entropy with class {wrong} of {classes}"), pytest.raises(IndexError) as error:
            cross_entropy(x.copy(), target)
        assert_says(error, wrong, classes)
    with tried(f"cross_entropy of {x.shape} scores with {count - 1} classes"), pytest.raises(ValueError) as error:
        cross_entropy(x.copy(), good[1:])
    assert_says(error, (count, classes), (count - 1,))
    loss, _ = cross_entropy(x.copy(), good.copy())
    assert_close(loss, exact("cross_entropy", x, good, "mean"), what="cross_entropy of the same scores and good classes")


@check("The loss of a network that knows nothing", points=1, needs=["test_cross_entropy"], seconds=2)
def test_chance(rng: np.random.Generator) -> None:
    """chance_loss gives the value of cross_entropy for equal scores."""
    for classes in (2, 10, int(rng.integers(11, 900)), int(rng.integers(11, 900))):
        guess, want = chance_loss(classes), np.log(np.float64(classes))
        assert type(guess) is float, f"chance_loss({classes}) is a Python float, got {type(guess).__name__}"
        assert_close(np.float64(guess), want, what=f"chance_loss({classes})")
        loss, _ = cross_entropy(np.full((2, classes), rng.normal()), rng.integers(0, classes, 2))
        assert_close(loss, want, what=f"cross_entropy of equal scores for {classes} classes")


#% hidden
def digits(dtype: str) -> dict[str, float]:
    """How near a gradient must be: in float64 a derived formula is right to many more digits than a difference."""
    return {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-10}


def slope_of(
    name: str, x: np.ndarray, t: np.ndarray, upstream: np.ndarray, reduction: str = "none", **settings: float
) -> np.ndarray:
    """The exact gradient by x, rounded to x's dtype."""
    fn = lambda a: exact(name, a, t, reduction, **settings)  # noqa: E731
    return exact_gradient(fn, [x.astype(np.float64)], upstream.astype(np.float64))[0].astype(x.dtype)


@check(
    "Cross-entropy: large scores, without a warning",
    points=3,
    visibility=HIDDEN,
    needs=["test_cross_entropy_backward"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_extremes(dtype: str, rng: np.random.Generator) -> None:
    """Scores of ±1000, rows of very different size, and masked classes give the right finite numbers without a warning."""
    a, b, c = rng.uniform(800, 1000, 3)
    x = np.array([[a, 0, -a], [-b, 1 - b, -b - 1], [0, c, c]], dtype)
    t, grad = np.array([2, rng.integers(3), 0]), rng.uniform(1, 3, 3).astype(dtype)
    with tried(f"cross_entropy({x.tolist()}, {t.tolist()}) in {dtype}, NumPy's warnings as errors"):
        for smoothing in (0.0, float(rng.uniform(0.1, 0.5))):
            loss, saved = losses_helpers.quietly("cross_entropy", x.copy(), t.copy(), "none", label_smoothing=smoothing)
            want = exact("cross_entropy", x, t, label_smoothing=smoothing).astype(dtype)
            assert_close(loss, want, atol=3e-4, what=f"the loss of each sample, label_smoothing {smoothing}")
            dx, _ = losses_helpers.quietly("cross_entropy_backward", grad.copy(), saved)
            want = slope_of("cross_entropy", x, t, grad, label_smoothing=smoothing)
            assert_close(dx, want, **digits(dtype), what=f"its gradient, label_smoothing {smoothing}")
    masked = rng.normal(size=(3, 4)).astype(dtype)
    t = rng.integers(0, 4, 3)
    masked[np.arange(3), (t + rng.integers(1, 4, 3)) % 4] = -np.inf
    with tried("cross_entropy of scores of which some are -inf, but not the target's"):
        loss, saved = losses_helpers.quietly("cross_entropy", masked.copy(), t.copy(), reduction="none")
        assert_close(loss, exact("cross_entropy", masked, t).astype(dtype), what="the loss of each sample")
        dx, _ = losses_helpers.quietly("cross_entropy_backward", grad.copy(), saved)
        assert_close(dx, slope_of("cross_entropy", masked, t, grad), **digits(dtype), what="its gradient")
    far = (rng.choice(np.arange(-2, 2.25, 0.25), (2, 3)) + np.array([[4096], [-4096]])).astype(dtype)
    t = rng.integers(0, 3, 2)
    for smoothing in (0.0, 0.3):
        loss, _ = cross_entropy(far.copy(), t.copy(), reduction="none", label_smoothing=smoothing)
        want = exact("cross_entropy", far, t, label_smoothing=smoothing).astype(dtype)
        assert_close(loss, want, rtol=1e-6, what=f"cross_entropy of scores round 4096 and -4096, label_smoothing {smoothing}")
    row = int(rng.integers(3))
    broken, t = rng.normal(size=(3, 4)).astype(dtype), rng.integers(0, 4, 3)
    broken[row, (t[row] + 1) % 4] = np.nan
    for smoothing in (0.0, 0.3):
        loss, _ = cross_entropy(broken.copy(), t.copy(), reduction="none", label_smoothing=smoothing)
        want = [sample == row for sample in range(3)]
        assert_same(np.isnan(loss).tolist(), want, what="which losses are nan if one row has a nan")
    scores = np.array([[a, -a], [-b, -b]], dtype)
    out, _ = losses_helpers.quietly("logsumexp", scores.copy())
    assert_close(out, exact_logsumexp(scores).astype(dtype), what="logsumexp of two rows that lie far apart")


@check("log Σ eˣ along any axis", points=1, visibility=HIDDEN, needs=["test_logsumexp"], seconds=2)
@pytest.mark.parametrize(("shape", "dim"), [((3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), -3), ((3, 3), 0), ((1, 2, 1), 1)])
def test_logsumexp_axes(shape: tuple[int, ...], dim: int, rng: np.random.Generator) -> None:
    """Only the given axis is removed from the result, and the gradient has that axis again."""
    x = rng.normal(size=shape)
    want = exact_logsumexp(x, dim)
    upstream = rng.normal(size=want.shape)
    with tried(f"logsumexp, shape {shape}, dim={dim}"):
        out, saved = logsumexp(x.copy(), dim=dim)
        assert_close(out, want, what="the result")
        got = logsumexp_backward(upstream.copy(), saved)
        assert_gradients(got, lambda a: exact_logsumexp(a, dim), [x], upstream, what="logsumexp_backward")


@check("Label smoothing", points=2, visibility=HIDDEN, needs=["test_cross_entropy_backward"], seconds=2)
def test_smoothing(rng: np.random.Generator) -> None:
    """Part of the target is spread evenly over all classes, in the loss and in its gradient. The smoothing must be
    between 0 and 1.
    """
    loss, _ = cross_entropy(np.array([[2.5, 3.0]]), np.array([0]), label_smoothing=0.1)
    assert_close(loss, np.array(0.949077), what="cross_entropy([[2.5, 3]], [0], label_smoothing=0.1)")
    x, t = samples(rng)
    some, more = float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.3, 0.9))
    for smoothing, reduction in ((some, "mean"), (more, "sum"), (some, "none"), (1.0, "mean"), (1, "none")):
        with tried(f"cross_entropy with label_smoothing={smoothing}, reduction {reduction!r}"):
            upstream = rng.normal(size=t.shape if reduction == "none" else ())
            loss, saved = cross_entropy(x.copy(), t.copy(), reduction, label_smoothing=smoothing)
            assert_close(loss, exact("cross_entropy", x, t, reduction, smoothing), what="the loss")
            got = cross_entropy_backward(upstream.copy(), saved)[0]
            fn = lambda a, how=reduction, s=smoothing: exact("cross_entropy", a, t, how, s)  # noqa: E731
            assert_gradients([got], fn, [x], upstream, what="the gradient")
    for bad in (-round(float(rng.uniform(0.01, 0.9)), 3), round(float(rng.uniform(1.01, 1.9)), 3)):
        with tried(f"cross_entropy with label_smoothing={bad}"), pytest.raises(ValueError) as error:
            cross_entropy(x.copy(), t.copy(), label_smoothing=bad)
        assert_says(error, bad)
    # 100 samples of 2,000 classes: what runs the loss once for every score does not end in time
    x, t, grad = rng.normal(size=(100, 2000)), rng.integers(0, 2000, 100), rng.normal(size=100)
    _, saved = cross_entropy(x.copy(), t.copy(), "none", label_smoothing=some)
    powers = np.exp(x)
    want = powers / powers.sum(axis=1, keepdims=True) - some / 2000
    want[np.arange(100), t] -= 1 - some
    got = cross_entropy_backward(grad.copy(), saved)[0]
    want = grad[:, np.newaxis] * want
    assert_close(got, want, rtol=1e-8, atol=1e-12, what="the gradient for 100 samples of 2,000 classes")


@check("Class indices: integer types, more errors", points=2, visibility=HIDDEN, needs=["test_classes_refused"], seconds=2)
def test_class_kinds(rng: np.random.Generator) -> None:
    """All integer types are accepted, bools and almost matching shapes are rejected, and each error says what was given."""
    x, t = rng.normal(size=(3, 3)), rng.permutation(3)
    want = exact("cross_entropy", x, t, "mean")
    for dtype in ("int8", "uint8", "int32", "int64", "uint64"):
        target = t.astype(dtype)
        check_classes(x, target)
        assert_close(cross_entropy(x.copy(), target)[0], want, what=f"cross_entropy with {dtype} indices")
    with tried("cross_entropy with a bool target"), pytest.raises(TypeError) as error:
        cross_entropy(x, t > 0)
    assert_says(error, "bool")
    for wrong in (int(rng.integers(4, 90)), 3):
        target = t.copy()
        target[rng.integers(3)] = wrong
        with tried(f"check_classes with class {wrong} of 3"), pytest.raises(IndexError) as error:
            check_classes(x, target)
        assert_says(error, wrong, 3)
    n, m = (int(size) for size in rng.choice(np.arange(2, 20), 2, replace=False))
    for shape, classes in (((n, n), (n, 1)), ((n, m), (1, n)), ((n, m), ()), ((n,), ()), ((n,), (n,)), ((n, m, 2), (n,))):
        with tried(f"check_classes with scores {shape} and classes {classes}"), pytest.raises(ValueError) as error:
            check_classes(np.zeros(shape), np.zeros(classes, np.int64))
        assert_says(error, shape, classes)
    with tried("check_classes with float classes of the wrong shape"), pytest.raises(ValueError) as error:
        check_classes(np.zeros((n, m)), np.zeros(n + 1))
    assert_says(error, (n, m), (n + 1,))
    with tried("check_classes with float classes out of range"), pytest.raises(TypeError) as error:
        check_classes(np.zeros((n, m)), np.full(n, 70.0))
    assert_says(error, "float64")


#% endhidden
# Yes or no


@check("Binary cross-entropy of scores", points=2, seconds=2)
def test_logits(rng: np.random.Generator) -> None:
    """Computed from the score, it has the values of the definition, and its gradient is sigmoid minus target."""
    loss, saved = binary_cross_entropy_with_logits(np.array([0.0, 2.0]), np.array([1.0, 0.0]))
    assert_close(loss, np.array(1.410038), what="binary_cross_entropy_with_logits([0, 2], [1, 0])")
    name = "binary_cross_entropy_with_logits_backward"
    got = target_gradient_is_none(binary_cross_entropy_with_logits_backward(np.array(1.0), saved), name)
    assert_close(got, np.array([-0.25, 0.440399]), what=f"{name}(1) after ([0, 2], [1, 0])")
    x = rng.normal(size=sizes(rng, 2)) * 2
    t = rng.uniform(size=x.shape)
    for reduction in ("mean", "sum", "none"):
        loss, _ = binary_cross_entropy_with_logits(x.copy(), t.copy(), reduction)
        want = exact("binary_cross_entropy_with_logits", x, t, reduction)
        assert_close(loss, want, what=f"binary_cross_entropy_with_logits of random scores, reduction {reduction!r}")
    check_backward("binary_cross_entropy_with_logits", x, t, rng)


@check("Binary cross-entropy of probabilities", points=2, seconds=2)
def test_bce(rng: np.random.Generator) -> None:
    """It has the values of the definition and the exact derivative, and the loss of a certain but wrong probability is 100."""
    loss, saved = binary_cross_entropy(np.array([0.8, 0.3]), np.array([1.0, 0.0]))
    assert_close(loss, np.array(0.289909), what="binary_cross_entropy([0.8, 0.3], [1, 0])")
    name = "binary_cross_entropy_backward"
    got = target_gradient_is_none(binary_cross_entropy_backward(np.array(1.0), saved), name)
    assert_close(got, np.array([-0.625, 0.714286]), what=f"{name}(1) after ([0.8, 0.3], [1, 0])")
    p = rng.uniform(0.1, 0.9, sizes(rng, 2))
    t = rng.uniform(size=p.shape)
    p[0] = 10 ** -rng.uniform(5, 8, p.shape[1])  # nearly sure of no
    for reduction in ("mean", "sum", "none"):
        loss, _ = binary_cross_entropy(p.copy(), t.copy(), reduction)
        want = exact("binary_cross_entropy", p, t, reduction)
        assert_close(loss, want, what=f"binary_cross_entropy of random probabilities, reduction {reduction!r}")
    check_backward("binary_cross_entropy", p, t, rng)
    loss, _ = losses_helpers.quietly("binary_cross_entropy", f32([0, 1, 1]), f32([1, 0, 1]), reduction="none")
    assert_close(loss, f32([100, 100, 0]), what="binary_cross_entropy([0, 1, 1], [1, 0, 1]): sure and wrong, sure and right")


#% hidden
@check(
    "Binary cross-entropy: scores of ±1000",
    points=2,
    visibility=HIDDEN,
    needs=["test_logits"],
    seconds=2,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_extremes(dtype: str, rng: np.random.Generator) -> None:
    """For scores of ±1000 the loss and the gradient are finite and right, and a loss near 0 keeps its digits."""
    order = rng.permutation(5)
    x = np.array([*(rng.uniform(800, 1000, 4) * [1, -1, 1, -1]), rng.normal()], dtype)[order]
    t = np.array([0, 1, 1, 0, rng.uniform()], dtype)[order]
    grad = rng.uniform(1, 3, 5).astype(dtype)
    with tried(f"scores {x.tolist()}, targets {t.tolist()} in {dtype}, NumPy's warnings as errors"):
        loss, saved = losses_helpers.quietly("binary_cross_entropy_with_logits", x.copy(), t.copy(), reduction="none")
        want = exact("binary_cross_entropy_with_logits", x, t).astype(dtype)
        assert_close(loss, want, what="the loss of scores near ±1000")
        dx, _ = losses_helpers.quietly("binary_cross_entropy_with_logits_backward", grad.copy(), saved)
        want = slope_of("binary_cross_entropy_with_logits", x, t, grad)
        assert_close(dx, want, **digits(dtype), what="its gradient")
    x, t = (rng.uniform(18, 30, 3) * [1, -1, 1]).astype(dtype), np.array([1, 0, 1], dtype)
    loss, _ = losses_helpers.quietly("binary_cross_entropy_with_logits", x.copy(), t.copy(), reduction="none")
    want = np.exp(-np.abs(x.astype(np.float64))).astype(dtype)
    assert_close(loss, want, rtol=1e-4, atol=0, what=f"the loss at scores {x.tolist()} that are right, nearly e^-|x|")
    scores, where = rng.normal(size=3).astype(dtype), int(rng.integers(3))
    scores[where] = np.nan
    loss, _ = binary_cross_entropy_with_logits(scores.copy(), np.array([0, 1, 0], dtype), reduction="none")
    want = [position == where for position in range(3)]
    assert_same(np.isnan(loss).tolist(), want, what="which losses are nan if one of the scores is nan")


@check("Reject numbers that are not probabilities", points=2, visibility=HIDDEN, needs=["test_bce", "test_logits"], seconds=2)
def test_no_probability(rng: np.random.Generator) -> None:
    """Both functions reject targets, and the second also probabilities, that are NaN or outside [0, 1]. Exactly 0 and 1
    are accepted.
    """
    check_unit("this_loss", "target", rng.permutation([0.0, 1.0, rng.uniform()]))
    inside = rng.uniform(0.1, 0.9, 3)
    above, below = round(float(rng.uniform(1.01, 1.9)), 3), -round(float(rng.uniform(0.01, 0.9)), 3)
    for bad in (above, below, np.nan, np.inf):
        numbers = rng.uniform(0.1, 0.9, 3)
        numbers[rng.integers(3)] = bad
        with tried(f"check_unit of three numbers with {bad} among them"), pytest.raises(ValueError) as error:
            check_unit("this_loss", "that", numbers)
        assert_says(error, "this_loss", "that", bad)
        with tried(f"binary_cross_entropy with the target {numbers.tolist()}"), pytest.raises(ValueError) as error:
            binary_cross_entropy(inside.copy(), numbers)
        assert_says(error, "binary_cross_entropy", "target", bad)
        with tried(f"binary_cross_entropy with the input {numbers.tolist()}"), pytest.raises(ValueError) as error:
            binary_cross_entropy(numbers, inside.copy())
        assert_says(error, "binary_cross_entropy", "input", bad)
        with tried(f"binary_cross_entropy_with_logits, target {numbers.tolist()}"), pytest.raises(ValueError) as error:
            binary_cross_entropy_with_logits(rng.normal(size=3) * 5, numbers)
        assert_says(error, "binary_cross_entropy_with_logits", "target", bad)
    with tried("binary_cross_entropy with both out of range: the target is looked at first"):
        with pytest.raises(ValueError) as error:
            binary_cross_entropy(np.full(3, above + 1), np.full(3, above))
        assert_says(error, above)
    loss, _ = binary_cross_entropy_with_logits(np.array([above, below]), inside[:2].copy())
    want = exact("binary_cross_entropy_with_logits", np.array([above, below]), inside[:2], "mean")
    assert_close(loss, want, what="binary_cross_entropy_with_logits of scores outside [0, 1], which are fine")


@check("Probabilities of exactly 0 and 1", points=1, visibility=HIDDEN, needs=["test_bce"], seconds=2)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bce_ends(dtype: str, rng: np.random.Generator) -> None:
    """The gradient has PyTorch's finite denominator, and there is no warning."""
    p = rng.permutation(np.array([0, 1, 0, 1, 0, 1], dtype))
    t, grad = np.array([1, 0, 0, 1, *rng.uniform(size=2)], dtype), rng.uniform(1, 3, 6).astype(dtype)
    loss, saved = losses_helpers.quietly("binary_cross_entropy", p.copy(), t.copy(), reduction="none")
    assert_close(loss, 100 * np.abs(p - t), what="the loss, 100 for whoever is sure and wrong")
    dx, _ = losses_helpers.quietly("binary_cross_entropy_backward", grad.copy(), saved)
    assert_close(dx, (grad.astype(np.float64) * (p.astype(np.float64) - t) * 1e12).astype(dtype), what="its gradient")
    low, high = (44, 60) if dtype == "float64" else (36, 37)  # below 1e-43.4 the logarithm counts as -100
    tiny = (10.0 ** -rng.uniform([20, low], [36, high])).astype(dtype)
    loss, _ = losses_helpers.quietly("binary_cross_entropy", tiny.copy(), np.ones(2, dtype), reduction="none")
    want = np.maximum(np.log(tiny.astype(np.float64)), -100).astype(dtype)
    assert_close(loss, -want, what=f"the loss at {tiny.tolist()}, which should have been 1")


def inputs_of(name: str, rng: np.random.Generator, dtype: Any = np.float64, n: int = 4) -> list[np.ndarray]:
    """Random (input, target) that the loss accepts."""
    if name == "cross_entropy":
        return [rng.normal(size=(n, 3)).astype(dtype), rng.integers(0, 3, n)]
    if name == "binary_cross_entropy":
        return [rng.uniform(0.1, 0.9, (n, 3)).astype(dtype), rng.uniform(size=(n, 3)).astype(dtype)]
    return [rng.normal(size=(n, 3)).astype(dtype), rng.uniform(size=(n, 3)).astype(dtype)]


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
    """Losses and gradients have the input's dtype, whatever the target's dtype is, also for a single sample and for
    strided arrays.
    """
    other = "float64" if dtype == "float32" else "float32"
    for n in (1, 5):
        x, t = inputs_of(name, rng, dtype, n)
        for target in [t] if name == "cross_entropy" else [t, t.astype(other), np.round(t).astype(np.int64)]:
            for reduction in ("mean", "sum", "none"):
                with tried(f"{name} of {dtype} with a {target.dtype} target, reduction {reduction!r}"):
                    upstream = rng.normal(size=target.shape if reduction == "none" else ()).astype(dtype)
                    loss, saved = FORWARD[name](x.copy(), target.copy(), reduction)
                    assert_array(loss, shape=upstream.shape, dtype=dtype, what="the loss")
                    want = exact(name, x, target, reduction).astype(dtype)
                    assert_close(loss, want, rtol=1e-4, atol=1e-5, what="the loss")
                    grads = BACKWARD[name](upstream.copy(), saved)
                    assert_array(grads[0], shape=x.shape, dtype=dtype, what="the gradient")
                    want = slope_of(name, x, target, upstream, reduction)
                    assert_close(grads[0], want, **digits(dtype), what="the gradient")
                    if name == "mse_loss":
                        assert_close(grads[1], -grads[0], what="the gradient by the target")
    for array in (logsumexp(x)[0], reduced(x), spread(np.array(1, dtype), (2, 3), "mean")):
        assert_same(array.dtype, np.dtype(dtype), what="the dtype that logsumexp, reduced and spread give")
    (dx,) = logsumexp_backward(np.ones(5, dtype), logsumexp(x)[1])
    assert_array(dx, shape=x.shape, dtype=dtype, what="logsumexp_backward")


@check(
    "The caller's arrays do not change, and calls are independent",
    points=1,
    visibility=HIDDEN,
    needs=["test_mse_backward", "test_cross_entropy_backward", "test_bce", "test_logits"],
    seconds=2,
)
@pytest.mark.parametrize("name", list(FORWARD))
def test_calls_are_separate(name: str, rng: np.random.Generator) -> None:
    """No function writes into input, target, grad or saved arrays, so calling backward later or twice gives the same gradient."""
    arrays, others = inputs_of(name, rng), inputs_of(name, rng)
    for reduction in ("mean", "none"):
        grad = np.asarray(rng.normal(size=arrays[1].shape if reduction == "none" else ()))
        after = losses_helpers.left_behind(name, arrays, grad, reduction)
        for left, before in zip(after, [*arrays, grad], strict=True):
            what = f"the caller's array after {name} and its backward, reduction {reduction!r}"
            assert_close(left, before, rtol=0, atol=0, what=what)
    first, second = losses_helpers.late_and_twice(name, arrays, others, grad)
    assert_close(second, first, rtol=0, atol=0, what=f"{name}_backward, for the second time with the same saved")
    fn = lambda a: exact(name, a, arrays[1])  # noqa: E731
    assert_gradients([first], fn, arrays[:1], grad, what=f"{name}_backward, after a call on other numbers")


@check("Unknown reductions", points=1, visibility=HIDDEN, needs=["test_reduced", "test_mse"], seconds=2)
def test_reduction_refused(rng: np.random.Generator) -> None:
    """The error for an unknown reduction quotes it and lists the known reductions."""
    drawn = "".join(rng.choice(list("abcdefgh"), 6).tolist())
    losses = rng.normal(size=4)
    for bad in ("average", "Mean", "", None, drawn):
        with tried(f"reduced(losses, {bad!r})"), pytest.raises(ValueError) as error:
            reduced(losses.copy(), bad)
        assert all(word in str(error.value) for word in ("mean", "sum", "none", repr(bad))), str(error.value)
    with tried("mse_loss(x, t, 'avg')"), pytest.raises(ValueError):
        mse_loss(f32([1, 2]), f32([1, 2]), "avg")
    assert_close(reduced(losses.copy(), "sum"), reduce_by(losses, "sum"), what="reduced(losses, 'sum') of the same losses")


#% endhidden
# Classes


@check("The classes work on Tensors", points=1, seconds=2)
def test_classes(rng: np.random.Generator) -> None:
    """Each class applies its op with its settings and keeps the input's dtype. Lists of class indices stay integers."""
    shape = (int(rng.integers(2, 5)), int(rng.integers(3, 6)))
    numbers, smoothing = rng.uniform(0.1, 0.9, shape).astype(F32), float(rng.uniform(0.1, 0.9))
    x = Tensor(numbers, requires_grad=True)
    t, k = rng.integers(0, 2, shape).tolist(), rng.integers(0, shape[1], shape[0]).tolist()
    for loss, name, target, settings in (
        (MSELoss(), "mse_loss", t, {}),
        (MSELoss(reduction="sum"), "mse_loss", t, {"reduction": "sum"}),
        (CrossEntropyLoss(), "cross_entropy", k, {}),
        (CrossEntropyLoss(reduction="sum"), "cross_entropy", k, {"reduction": "sum"}),
        (CrossEntropyLoss(label_smoothing=smoothing), "cross_entropy", k, {"label_smoothing": smoothing}),
        (BCELoss(), "binary_cross_entropy", t, {}),
        (BCELoss(reduction="sum"), "binary_cross_entropy", t, {"reduction": "sum"}),
        (BCEWithLogitsLoss(), "binary_cross_entropy_with_logits", t, {}),
        (BCEWithLogitsLoss(reduction="sum"), "binary_cross_entropy_with_logits", t, {"reduction": "sum"}),
    ):
        with tried(f"the class of {name} with {settings or 'default settings'} and the target {target}"):
            result = loss(x, target)
            want = exact(name, numbers, np.array(target), **{"reduction": "mean", **settings})
            assert_close(result.data, want.astype(F32), what="the result's data")
            assert_same(result.requires_grad, True, what="requires_grad of the result")
    rows = CrossEntropyLoss(reduction="none")(x, Tensor(k, dtype=np.int64))
    want = exact("cross_entropy", numbers, np.array(k)).astype(F32)
    assert_close(rows.data, want, what='CrossEntropyLoss(reduction="none"), the target a Tensor of integers')
    for name, loss in (("MSELoss", MSELoss()), ("BCELoss", BCELoss()), ("BCEWithLogitsLoss", BCEWithLogitsLoss())):
        result = loss(x, Tensor(t, dtype=np.float64)).data
        assert_array(result, shape=(), dtype=F32, what=f"{name} of float32, with a float64 target")
    settings = {"label_smoothing": 0.1}
    got = losses_helpers.remembered("CrossEntropyLoss", settings, numbers, np.array(k), numbers, F32(1))["gradient"]
    fn = lambda a: exact("cross_entropy", a, np.array(k), "mean", 0.1)  # noqa: E731
    (want,) = exact_gradient(fn, [numbers.astype(np.float64)], np.array(1.0))
    assert_close(got, want.astype(F32), what="the gradient through CrossEntropyLoss(label_smoothing=0.1)")
    none = CrossEntropyLoss(reduction="sum")(Tensor(np.zeros((0, 3))), [])
    assert_close(none.data, f32(0), what='CrossEntropyLoss(reduction="sum") of no samples, the target an empty list')
    with tried(f"CrossEntropyLoss with the float Tensor({k}) as its target"), pytest.raises(TypeError):
        CrossEntropyLoss()(x, Tensor(k))


#% hidden
@check("One object can be called many times", points=1, visibility=HIDDEN, needs=["test_classes"], seconds=2)
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
    """Each result records its op, its two inputs in order and what its own backward needs, also after another call."""
    x, t = inputs_of(name, rng)
    other, _ = inputs_of(name, rng)
    upstream = rng.normal(size=t.shape if settings.get("reduction") == "none" else ())
    got = losses_helpers.remembered(loss, settings, x, t, other, np.asarray(upstream))
    assert_same(got["op"], name, what=f"the op that made the result of {loss}")
    assert_same(got["parents"], [[True, False], [False, True]], what="the result's parents are input and target")
    fn = lambda a: exact(name, a, t, **{"reduction": "mean", **settings})  # noqa: E731
    assert_gradients([got["gradient"]], fn, [x], np.asarray(upstream), what=f"the gradient through {loss}")


#% endhidden
@check(
    "I can say how wrong a network is",
    points=2,
    capability=True,
    needs=["test_mse_backward", "test_cross_entropy_backward"],
    seconds=2,
)
def test_capability(rng: np.random.Generator) -> None:
    """Compute the loss of a layer, derive the gradient of its weights by hand, and take a step that makes the loss smaller."""
    x, w, b, t = f32([[1, 2]]), f32([[0.5, -1], [1, 2]]), f32([0.5, -1]), f32([[2, 4]])
    y = Tensor(x) @ Tensor(w) + Tensor(b)
    assert_close(MSELoss()(y, t).data, f32(2.5), what="the mean squared error of the running example")
    # The same with random numbers, first with the squared error, then with cross-entropy
    count, ins, outs = (int(size) for size in rng.integers(3, 6, 3))
    x, w, b = rng.normal(size=(count, ins)), rng.normal(size=(ins, outs)), rng.normal(size=outs)
    for name, criterion, target in (
        ("mse_loss", MSELoss(), rng.normal(size=(count, outs))),
        ("cross_entropy", CrossEntropyLoss(), rng.integers(0, outs, count)),
    ):
        fn = lambda v, c, name=name, target=target: exact(name, x @ v + c, target, "mean")  # noqa: E731
        y = x @ w + b
        _, saved = FORWARD[name](y.copy(), target.copy())
        dy = BACKWARD[name](np.array(1.0), saved)[0]
        assert_array(dy, shape=y.shape, dtype=np.float64, what=f"{name}_backward")
        dw, db = x.T @ dy, dy.sum(axis=0)
        assert_gradients([dw, db], fn, [w, b], np.array(1.0), what=f"the gradient of W (xᵀ times that of y) and b, {name}")
        step = rng.uniform(0.5, 1) / (1 + (x * x).sum() / count)  # small enough to lower these losses wherever they are
        losses = []
        for v, c in ((w, b), (w - step * dw, b - step * db)):
            y = Tensor(x, dtype=np.float64) @ Tensor(v, dtype=np.float64) + Tensor(c, dtype=np.float64)
            losses.append(criterion(y, Tensor(target, dtype=target.dtype)).data)
            what = f"the loss that the class of {name} gives, {('before', 'after')[len(losses) - 1]} a step against the gradient"
            assert_close(losses[-1], fn(v, c), what=what)
        assert float(losses[1]) < float(losses[0]), f"a step against the gradient lowers {name}; before and after: {losses}"
