"""Nonlinearity: seven functions of one array, and their derivatives by hand.

Each activation comes as a pair on plain NumPy arrays, and as a class for Tensors:

    relu(x) -> (array, saved)               the op, as in tensor.py: the result, and what the derivative will need
    relu_backward(grad, saved) -> (dx,)     its derivative: one gradient for each input, and every op here has one input
    ReLU()(t) -> Tensor                     the same op on a Tensor, by way of `apply`

`grad` holds, for every number of the result, how much the final loss changes per unit of that number. The backward
function turns this into the same statement about the numbers of x. Module autograd will use your functions as they are.

What holds for all of them:

    in      x and grad hold finite float32 or float64 numbers, of any shape; settings are Python's own numbers. What
            NaN and infinities give is left open, except where a docstring says.
    out     Results and gradients have x's shape and dtype: float32 stays float32. For the shape () a NumPy scalar will
            do. Nothing writes into x, grad or saved.
    safe    No NaN and no NumPy warning for x up to ±1000. Rounding down to 0 (underflow) is no warning.
    fast    O(size of x).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .setup import predict_memory
from .tensor import Tensor, apply

Array = np.ndarray

# Straight pieces: relu, leaky_relu


def relu(x: Array) -> tuple[Array, Array]:
    """max(x, 0), element by element.  Saves the mask x > 0: bool, one byte an element.

    relu([-1, 0, 2]) -> [0, 0, 2], saved [False, False, True]
    """
    raise NotImplementedError("relu: not written yet. For a hint: make hint FUNCTION=relu")


def relu_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad where x > 0, else 0. At the kink, x = 0, the slope is 0 by convention, as in PyTorch.

    grad [5, 6, 7] after relu([-1, 0, 2]) -> ([0, 0, 7],)
    """
    raise NotImplementedError("relu_backward: not written yet. For a hint: make hint FUNCTION=relu_backward")


def leaky_relu(x: Array, negative_slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    """x where x > 0, else negative_slope · x.  Saves (mask, negative_slope), the mask as in relu.

    leaky_relu([-1, 2], 0.1) -> [-0.1, 2], saved ([False, True], 0.1)
    """
    raise NotImplementedError("leaky_relu: not written yet. For a hint: make hint FUNCTION=leaky_relu")


def leaky_relu_backward(grad: Array, saved: tuple[Array, float]) -> tuple[Array]:
    """grad where x > 0, else negative_slope · grad. At x = 0 the slope is negative_slope, as in PyTorch.

    grad [5, 7] after leaky_relu([-1, 2], 0.1) -> ([0.5, 7],)
    """
    raise NotImplementedError("leaky_relu_backward: not written yet. For a hint: make hint FUNCTION=leaky_relu_backward")


# S-shapes: sigmoid, tanh. Their derivatives need only the result.


def sigmoid(x: Array) -> tuple[Array, Array]:
    """1 / (1 + e⁻ˣ), element by element, between 0 and 1.  Saves the result.

    e¹⁰⁰⁰ is no number: never take exp of something large. For x < 0 use the equal form eˣ / (1 + eˣ). Both forms are
    written with e^(-|x|), which lies between 0 and 1. The left end keeps its digits: sigmoid(-20) is 2.06e-9, not 0.

    sigmoid([-1000, 0, 0.5]) -> [0, 0.5, 0.6225]
    """
    raise NotImplementedError("sigmoid: not written yet. For a hint: make hint FUNCTION=sigmoid")


def sigmoid_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad · y · (1 - y), where y is the result of the forward.    At x = 0 the slope is 1/4, its largest."""
    raise NotImplementedError("sigmoid_backward: not written yet. For a hint: make hint FUNCTION=sigmoid_backward")


def tanh(x: Array) -> tuple[Array, Array]:
    """Hyperbolic tangent, element by element, between -1 and 1.  Saves the result.    tanh([0, 1]) -> [0, 0.7616]"""
    raise NotImplementedError("tanh: not written yet. For a hint: make hint FUNCTION=tanh")


def tanh_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad · (1 - y²), where y is the result of the forward.    At x = 0 the slope is 1, its largest."""
    raise NotImplementedError("tanh_backward: not written yet. For a hint: make hint FUNCTION=tanh_backward")


# A smooth relu: gelu

_SQRT_2_OVER_PI = math.sqrt(2 / math.pi)  # a Python float: np.sqrt would give np.float64, which makes float32 float64
_CUBIC = 0.044715


def gelu(x: Array, approximate: str = "tanh") -> tuple[Array, Array]:
    """0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 x³))), element by element.  Saves x.

    This is PyTorch's gelu(x, approximate="tanh"), the one in GPT-2. PyTorch's default is the exact x · Φ(x), at most
    0.0005 away; it needs erf, which NumPy does not have. Any other `approximate` raises ValueError, quoting it.

    Left of x = -5 the result is nearly 0, and 1 + tanh has lost its digits: to be within 1e-6 is enough there.

    gelu([-1, 0, 1]) -> [-0.1588, 0, 0.8412]
    """
    raise NotImplementedError("gelu: not written yet. For a hint: make hint FUNCTION=gelu")


def gelu_backward(grad: Array, saved: Array) -> tuple[Array]:
    """grad · (½(1 + t) + ½ x (1 - t²) u'), where t = tanh(u), u = √(2/π)(x + 0.044715 x³), u' = √(2/π)(1 + 0.134145 x²).

    Computes t again: it costs time, but an array of x's size need not be kept.    At x = 0 the slope is 1/2.
    """
    raise NotImplementedError("gelu_backward: not written yet. For a hint: make hint FUNCTION=gelu_backward")


# Scores to probabilities: softmax, log_softmax. Here every result depends on all the numbers along one axis.


def softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    """eˣ divided by its sum along axis `dim`: positive numbers that add up to 1 there.  Saves (result, dim).

    Subtract the largest number along `dim` first: that changes nothing in the quotient, and no exponent is above 0.
    A score of -inf (something that is masked out) gets probability 0, as long as another score beside it is finite.
    Along `dim` there is at least one number; the other axes may be empty.

    softmax([2.5, 3]) -> [0.3775, 0.6225], and so is softmax([1002.5, 1003])
    x: (2, 3), dim=0 -> (2, 3), each of the 3 columns adds up to 1
    """
    raise NotImplementedError("softmax: not written yet. For a hint: make hint FUNCTION=softmax")


def softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    """y · (grad - Σ grad · y), the sum along the forward's `dim`; y is the result of the forward.

    grad [1, 0] after softmax([2.5, 3]) -> ([0.2350, -0.2350],): what one gains the other loses.
    """
    raise NotImplementedError("softmax_backward: not written yet. For a hint: make hint FUNCTION=softmax_backward")


def log_softmax(x: Array, dim: int = -1) -> tuple[Array, tuple[Array, int]]:
    """The logarithm of softmax, x - log Σ eˣ along `dim`, without ever taking the log of 0.  Saves (result, dim).

    Along `dim` there is at least one number, as in softmax.

    log_softmax([1000, 0]) -> [0, -1000]; the log of softmax's [1, 0] would be -inf and a warning.
    """
    raise NotImplementedError("log_softmax: not written yet. For a hint: make hint FUNCTION=log_softmax")


def log_softmax_backward(grad: Array, saved: tuple[Array, int]) -> tuple[Array]:
    """grad - softmax · Σ grad, the sum along the forward's `dim`; softmax is e to the result of the forward.

    grad [1, 0] after log_softmax([2.5, 3]) -> ([0.6225, -0.6225],)
    """
    raise NotImplementedError("log_softmax_backward: not written yet. For a hint: make hint FUNCTION=log_softmax_backward")


# What a network keeps alive

OPS = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softmax", "log_softmax")


def predict_saved(name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> int:
    """The bytes of the array that your op `name` keeps in `saved`, for x of this shape and dtype, without running it.

    Settings that are kept beside the array (dim, negative_slope) do not count. During training each layer keeps this
    much until the backward pass has used it. Raises ValueError that lists OPS if `name` is none of them.

    predict_saved("relu", (64, 784)) -> 50176        predict_saved("sigmoid", (64, 784)) -> 200704
    """
    raise NotImplementedError("predict_saved: not written yet. For a hint: make hint FUNCTION=predict_saved")


# For Tensors. An activation object holds settings, never data: what a call saves belongs to that call's result.


class Activation:
    """What all activations have in common: act(x) is act.forward(x), and repr shows the settings.

    x is a Tensor of floats, and so is Tensor([-1, 2]): float32 unless one asks for another dtype.
    """

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


class ReLU(Activation):
    """ReLU()(Tensor([-1, 2])) -> Tensor([0., 2.])"""

    def forward(self, x: Tensor) -> Tensor:
        """relu of every element. Through `apply`, so that the result remembers how it was made."""
        raise NotImplementedError("ReLU.forward: not written yet. For a hint: make hint FUNCTION=ReLU.forward")


class LeakyReLU(Activation):
    """LeakyReLU(0.1)(Tensor([-1, 2])) -> Tensor([-0.1, 2.])"""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """leaky_relu of every element."""
        raise NotImplementedError("LeakyReLU.forward: not written yet. For a hint: make hint FUNCTION=LeakyReLU.forward")


class Sigmoid(Activation):
    """Sigmoid()(Tensor([0])) -> Tensor([0.5])"""

    def forward(self, x: Tensor) -> Tensor:
        """sigmoid of every element."""
        raise NotImplementedError("Sigmoid.forward: not written yet. For a hint: make hint FUNCTION=Sigmoid.forward")


class Tanh(Activation):
    """Tanh()(Tensor([1])) -> Tensor([0.7616])"""

    def forward(self, x: Tensor) -> Tensor:
        """tanh of every element."""
        raise NotImplementedError("Tanh.forward: not written yet. For a hint: make hint FUNCTION=Tanh.forward")


class GELU(Activation):
    """GELU()(Tensor([1])) -> Tensor([0.8412]), the tanh variant: write GELU(approximate="tanh") to get it in PyTorch."""

    def __init__(self, approximate: str = "tanh") -> None:
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        """gelu of every element."""
        raise NotImplementedError("GELU.forward: not written yet. For a hint: make hint FUNCTION=GELU.forward")


class Softmax(Activation):
    """Softmax(dim=-1)(Tensor([2.5, 3])) -> Tensor([0.3775, 0.6225])"""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """softmax along self.dim."""
        raise NotImplementedError("Softmax.forward: not written yet. For a hint: make hint FUNCTION=Softmax.forward")


class LogSoftmax(Softmax):
    """LogSoftmax(dim=-1)(Tensor([1000, 0])) -> Tensor([0., -1000.])"""

    def forward(self, x: Tensor) -> Tensor:
        """log_softmax along self.dim."""
        raise NotImplementedError("LogSoftmax.forward: not written yet. For a hint: make hint FUNCTION=LogSoftmax.forward")
