"""Nonlinearity: seven functions of one array, and their derivatives by hand.

Each activation comes as a pair on plain NumPy arrays, and as a class for Tensors:

    relu(x) -> (array, saved)               the op, as in tensor.py: the result, and what the derivative will need
    relu_backward(grad, saved) -> (dx,)     its derivative: one gradient for each input, and every op here has one input
    ReLU()(t) -> Tensor                     the same op on a Tensor, by way of `apply`

`grad` holds, for every number of the result, how much the final loss changes per unit of that number. The backward
function turns this into the same statement about the numbers of x. Module autograd will use your functions as they are.

Everywhere: x holds floats, of any shape; results and gradients have its shape and its dtype (float32 stays float32);
nothing writes into x, grad or saved; no NumPy warning and no NaN for finite x up to ±1000. Time is O(size of x).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .setup import predict_memory
from .tensor import Tensor, apply

Array = np.ndarray

# Below, all but the straight pieces compute in 64 bits (or more, if x has more) and round once, at the end


def _wide(x: Array) -> Array:
    return np.asarray(x, dtype=np.promote_types(x.dtype, np.float64))


def _narrow(values: Array, like: Array) -> Array:
    """An array (NumPy makes scalars of what has no axes) in the dtype of `like`, the one rounding."""
    return np.asarray(values, dtype=like.dtype)


class _Logistic:
    """1 / (1 + e⁻ᵛ) and its slope. `small` is the part on the nearer side, at most 1/2; both have all their digits."""

    def __init__(self, v: Array) -> None:
        self.v = _wide(np.asarray(v))
        self.power = np.exp(-np.abs(self.v))  # between 0 and 1

    @property
    def value(self) -> Array:
        small = np.asarray(self.power / (1 + self.power))
        return np.where(self.v < 0, small, 1 - small)

    @property
    def slope(self) -> Array:
        return np.asarray(self.power / np.square(1 + self.power))


# Straight pieces: relu, leaky_relu


def _scaled_outside(mask: Array, numbers: Array, factor: float) -> Array:
    """The numbers as they are where mask, times `factor` elsewhere; nothing is computed that is not used."""
    out = np.array(numbers)
    np.multiply(numbers, float(factor), out=out, where=~mask)
    return out


def relu(x: Array) -> tuple[Array, Array]:
    """max(x, 0), element by element.  Saves the mask x > 0: bool, one byte an element.

    relu([-1, 0, 2]) -> [0, 0, 2], saved [False, False, True]
    """
    return np.asarray(np.clip(x, 0, None)), np.asarray(np.greater(x, 0))


def relu_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad where x > 0, else 0. At the kink, x = 0, the slope is 0 by convention, as in PyTorch.

    grad [5, 6, 7] after relu([-1, 0, 2]) -> ([0, 0, 7],)
    """
    dx = np.zeros(grad.shape, grad.dtype)
    np.copyto(dx, grad, where=saved)  # no product: an infinite grad times 0 would be NaN
    return (dx,)


def leaky_relu(x: Array, negative_slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    """x where x > 0, else negative_slope · x.  Saves (mask, negative_slope), the mask as in relu.

    leaky_relu([-1, 2], 0.1) -> [-0.1, 2], saved ([False, True], 0.1)
    """
    mask = np.asarray(np.greater(x, 0))
    return _scaled_outside(mask, x, negative_slope), (mask, negative_slope)


def leaky_relu_backward(grad: Array, saved: tuple[Array, float]) -> tuple[Array]:
    """grad where x > 0, else negative_slope · grad. At x = 0 the slope is negative_slope, as in PyTorch.

    grad [5, 7] after leaky_relu([-1, 2], 0.1) -> ([0.5, 7],)
    """
    mask, negative_slope = saved
    return (_scaled_outside(mask, grad, negative_slope),)


# S-shapes: sigmoid, tanh. Their derivatives need only the result.


def sigmoid(x: Array) -> tuple[Array, Array]:
    """1 / (1 + e⁻ˣ), element by element, between 0 and 1.  Saves the result.

    e¹⁰⁰⁰ is no number: never take exp of something large. For x < 0 use the equal form eˣ / (1 + eˣ). Both forms are
    written with e^(-|x|), which lies between 0 and 1. The left end keeps its digits: sigmoid(-20) is 2.06e-9, not 0.

    sigmoid([-1000, 0, 0.5]) -> [0, 0.5, 0.6225]
    """
    y = _narrow(_Logistic(x).value, x)
    return y, y


def sigmoid_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad · y · (1 - y), where y is the result of the forward.    At x = 0 the slope is 1/4, its largest."""
    y = _wide(saved)
    return (_narrow(grad * y * (1 - y), saved),)


def tanh(x: Array) -> tuple[Array, Array]:
    """Hyperbolic tangent, element by element, between -1 and 1.  Saves the result.    tanh([0, 1]) -> [0, 0.7616]"""
    fall = np.expm1(-2 * np.abs(_wide(x)))  # e^(-2|x|) - 1, between -1 and 0: exact near 0 too
    y = _narrow(np.copysign(fall / (2 + fall), x), x)
    return y, y


def tanh_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad · (1 - y²), where y is the result of the forward.    At x = 0 the slope is 1, its largest."""
    y = _wide(saved)
    return (_narrow(grad * (1 - y) * (1 + y), saved),)


# A smooth relu: gelu

_SQRT_2_OVER_PI = math.sqrt(2 / math.pi)  # a Python float: np.sqrt would give np.float64, which makes float32 float64
_CUBIC = 0.044715


def _inner(x: Array) -> Array:
    """u of the formulas below."""
    return _SQRT_2_OVER_PI * x * (1 + _CUBIC * x * x)


def gelu(x: Array, approximate: str = "tanh") -> tuple[Array, Array]:
    """0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 x³))), element by element.  Saves x.

    This is PyTorch's gelu(x, approximate="tanh"), the one in GPT-2. PyTorch's default is the exact x · Φ(x), at most
    0.0005 away; it needs erf, which NumPy does not have. Any other `approximate` raises ValueError, quoting it.

    gelu([-1, 0, 1]) -> [-0.1588, 0, 0.8412]
    """
    if approximate != "tanh":
        raise ValueError(f"gelu knows approximate='tanh' only, not {approximate!r}")
    wide = _wide(x)
    return _narrow(wide * _Logistic(2 * _inner(wide)).value, x), x  # (1 + tanh u) / 2 = sigmoid(2u)


def gelu_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad · (½(1 + t) + ½ x (1 - t²) u'), where t = tanh(u), u = √(2/π)(x + 0.044715 x³), u' = √(2/π)(1 + 0.134145 x²).

    Computes t again: it costs time, but an array of x's size need not be kept.    At x = 0 the slope is 1/2.
    """
    x = _wide(saved)
    gate = _Logistic(2 * _inner(x))
    steepness = _SQRT_2_OVER_PI * (1 + 3 * _CUBIC * x * x)
    return (_narrow(grad * (gate.value + 2 * x * gate.slope * steepness), saved),)


# Scores to probabilities: softmax, log_softmax. Here every result depends on all the numbers along one axis.


def _log_shares(x: Array, dim: int) -> Array:
    """log_softmax in 64 bits. logaddexp is log(eᵃ + eᵇ) without the powers; reduced, it gives the log of the whole sum."""
    wide = _wide(x)
    wide = wide - np.maximum.reduce(wide, axis=dim, keepdims=True, initial=-np.inf)
    return np.asarray(wide - np.logaddexp.reduce(wide, axis=dim, keepdims=True))


def softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    """eˣ divided by its sum along axis `dim`: positive numbers that add up to 1 there.  Saves (result, dim).

    Subtract the largest number along `dim` first: that changes nothing in the quotient, and no exponent is above 0.
    A score of -inf (something that is masked out) gets probability 0, as long as another score beside it is finite.

    softmax([2.5, 3]) -> [0.3775, 0.6225], and so is softmax([1002.5, 1003])
    x: (2, 3), dim=0 -> (2, 3), each of the 3 columns adds up to 1
    """
    y = _narrow(np.exp(_log_shares(x, dim)), x)
    return y, (y, dim)


def softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    """y · (grad - Σ grad · y), the sum along the forward's `dim`; y is the result of the forward.

    grad [1, 0] after softmax([2.5, 3]) -> ([0.2350, -0.2350],): what one gains the other loses.
    """
    y, dim = saved
    shares = np.asarray(grad * _wide(y))
    return (_narrow(shares - y * shares.sum(axis=dim, keepdims=True), y),)


def log_softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    """The logarithm of softmax, x - log Σ eˣ along `dim`, without ever taking the log of 0.  Saves (result, dim).

    log_softmax([1000, 0]) -> [0, -1000]; the log of softmax's [1, 0] would be -inf and a warning.
    """
    y = _narrow(_log_shares(x, dim), x)
    return y, (y, dim)


def log_softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    """grad - softmax · Σ grad, the sum along the forward's `dim`; softmax is e to the result of the forward.

    grad [1, 0] after log_softmax([2.5, 3]) -> ([0.6225, -0.6225],)
    """
    y, dim = saved
    total = np.add.reduce(_wide(grad), axis=dim, keepdims=True)
    return (_narrow(grad - np.exp(_wide(y)) * total, y),)


# What a network keeps alive

OPS = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softmax", "log_softmax")


def predict_saved(name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    """The bytes of the array that your op `name` keeps in `saved`, for x of this shape and dtype, without running it.

    During training each layer keeps this much until the backward pass has used it. Raises ValueError that lists OPS
    if `name` is none of them.

    predict_saved("relu", (64, 784)) -> 50176        predict_saved("sigmoid", (64, 784)) -> 200704
    """
    if name not in OPS:
        raise ValueError(f"{name!r} is none of {', '.join(OPS)}")
    return predict_memory(shape, np.bool_ if name in ("relu", "leaky_relu") else dtype)


# For Tensors. An activation object holds settings, never data: what a call saves belongs to that call's result.


class Activation:
    """What all activations have in common: act(x) is act.forward(x), and repr shows the settings."""

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def _run(self, op: Any, x: Tensor) -> Tensor:
        """What __init__ has set are the op's options, under the same names."""
        return apply(op, x, **vars(self))

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


class ReLU(Activation):
    """ReLU()(Tensor([-1, 2])) -> Tensor([0., 2.])"""

    def forward(self, x: Tensor) -> Tensor:
        """relu of every element. Through `apply`, so that the result remembers how it was made."""
        return self._run(relu, x)


class LeakyReLU(Activation):
    """LeakyReLU(0.1)(Tensor([-1, 2])) -> Tensor([-0.1, 2.])"""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """leaky_relu of every element."""
        return self._run(leaky_relu, x)


class Sigmoid(Activation):
    """Sigmoid()(Tensor([0])) -> Tensor([0.5])"""

    def forward(self, x: Tensor) -> Tensor:
        """sigmoid of every element."""
        return self._run(sigmoid, x)


class Tanh(Activation):
    """Tanh()(Tensor([1])) -> Tensor([0.7616])"""

    def forward(self, x: Tensor) -> Tensor:
        """tanh of every element."""
        return self._run(tanh, x)


class GELU(Activation):
    """GELU()(Tensor([1])) -> Tensor([0.8412]), the tanh variant: write GELU(approximate="tanh") to get it in PyTorch."""

    def __init__(self, approximate: str = "tanh") -> None:
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        """gelu of every element."""
        return self._run(gelu, x)


class Softmax(Activation):
    """Softmax(dim=-1)(Tensor([2.5, 3])) -> Tensor([0.3775, 0.6225])"""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """softmax along self.dim."""
        return self._run(softmax, x)


class LogSoftmax(Softmax):
    """LogSoftmax(dim=-1)(Tensor([1000, 0])) -> Tensor([0., -1000.])"""

    def forward(self, x: Tensor) -> Tensor:
        """log_softmax along self.dim."""
        return self._run(log_softmax, x)
