"""Losses: how wrong is a network, said in one number, and which way is less wrong.

Each loss comes as a pair on plain NumPy arrays, and as a class for Tensors:

    mse_loss(input, target) -> (loss, saved)                the op, as in tensor.py
    mse_loss_backward(grad, saved) -> (d_input, d_target)   its derivative: one gradient for each input
    MSELoss()(input, target) -> Tensor                      the same op on Tensors, by way of `apply`

`input` is what the network says, `target` what it should have said (PyTorch's names). `grad` holds how much the final
number changes per unit of this loss; it has the loss's shape. If the loss is the final number, grad is 1.

What holds for all of them:

    in      input holds float32 or float64 numbers. target is taken into input's dtype, except class indices, which are
            integers. Nothing is stretched: shapes that differ are an error, also where NumPy would broadcast them.
    out     Loss and gradients have input's dtype. reduction "mean" (the default) and "sum" give the shape (), for which a
            NumPy scalar will do; "none" gives every single loss. Of no samples at all the mean is left open.
            Nothing writes into input, target, grad or saved.
    errors  Each message names the loss that was called, mse_loss for example; check_classes, which cross_entropy alone
            calls, says cross_entropy. Only `reduced` knows no name: of a bad reduction it says what its docstring says.
    safe    No NaN and no NumPy warning for numbers up to ±1e9 (far beyond, float32 ends: the square of 1e30 is infinite).
            NaN in the input comes out as NaN, with a warning or without: a loss hides nothing, and the optimizers refuse
            to step on it. Only binary_cross_entropy refuses it at once: NaN is no probability.
    target  Only mse_loss has a derivative by its target; the others give None there, and their classes refuse a target
            that requires a gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .activations import sigmoid
from .tensor import Tensor, apply

Array = np.ndarray
REDUCTIONS = ("mean", "sum", "none")

# What all losses share: shapes, and many losses into one


def same_shape(name: str, input: Array, target: Array) -> None:
    """Refuse two arrays whose shapes differ: ValueError with `name`, which is the loss's, and both shapes.

    (3, 1) and (3,) would broadcast to (3, 3): nine differences, every prediction with every target, and no error.
    """
    raise NotImplementedError("same_shape: not written yet. For a hint: make hint FUNCTION=same_shape")


def reduced(losses: Array, reduction: str = "mean") -> Array:
    """Many losses into one: their mean, their sum, or ("none") all of them as they are. The dtype stays.

    Raises ValueError that quotes `reduction` and lists REDUCTIONS if it is none of them.

        [1, 4] -> 2.5        "sum" -> 5        "none" -> [1, 4]        "average" -> ValueError
    """
    raise NotImplementedError("reduced: not written yet. For a hint: make hint FUNCTION=reduced")


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    """What `reduced` did, backwards: the gradient of every single loss, an array of `shape` in grad's dtype.

    grad has the shape that `reduced` gave: () for "mean" and "sum", `shape` for "none". Each of n losses counts 1/n in
    their mean, 1 in their sum.    (reduction is known to be good here)

        grad 6, shape (3,): "mean" -> [2, 2, 2]        "sum" -> [6, 6, 6]
    """
    raise NotImplementedError("spread: not written yet. For a hint: make hint FUNCTION=spread")


# Numbers against numbers: the squared error


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    """(input - target)², then `reduced`.  Both have the same shape, any shape; else ValueError naming both.

    [[3, 2]], [[2, 4]] -> (1 + 4) / 2 = 2.5        "sum" -> 5        "none" -> [[1, 4]]
    """
    raise NotImplementedError("mse_loss: not written yet. For a hint: make hint FUNCTION=mse_loss")


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    """2 · (input - target) · what `spread` gives each of them; for the target the same with the opposite sign.

    grad 1 after [[3, 2]], [[2, 4]] -> ([[1, -2]], [[-1, 2]])
    """
    raise NotImplementedError("mse_loss_backward: not written yet. For a hint: make hint FUNCTION=mse_loss_backward")


# Scores against classes: cross-entropy


def logsumexp(input: Array, dim: int = -1) -> tuple[Array, Any]:
    """log Σ eˣ along axis `dim`, which is gone from the result: a smooth maximum.

    e¹⁰⁰⁰ is no number. Take the largest m out first: log Σ eˣ = m + log Σ eˣ⁻ᵐ, and now no exponent is above 0 and the
    sum at least 1. A score of -inf adds nothing, as long as another one beside it is finite. At least one number
    along `dim`.

        [2.5, 3] -> 3.4741        [1000, 1000] -> 1000.6931        (2, 3, 4), dim=1 -> (2, 4)
    """
    raise NotImplementedError("logsumexp: not written yet. For a hint: make hint FUNCTION=logsumexp")


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    """grad · softmax(input), where grad gets back the axis that the forward took away.

    grad 1 after [2.5, 3] -> ([0.3775, 0.6225],)        grad (2, 4) after (2, 3, 4), dim=1 -> ((2, 3, 4),)
    """
    raise NotImplementedError("logsumexp_backward: not written yet. For a hint: make hint FUNCTION=logsumexp_backward")


def check_classes(input: Array, target: Array) -> None:
    """Refuse what cross_entropy cannot work with; each message says what came and what helps.

    ValueError   unless input is (N, C), N samples with a score for each of C classes, and target is (N,): names both shapes
    TypeError    unless target holds integers (bool is none either): names its dtype
    IndexError   unless 0 <= class < C for every target: names the class and C. NumPy would take -1 for the last class

    In this order. Scores of sequences, (batch, time, C), become (batch · time, C) by reshape before they come here.
    """
    raise NotImplementedError("check_classes: not written yet. For a hint: make hint FUNCTION=check_classes")


def cross_entropy(
    input: Array, target: Array, reduction: str = "mean", label_smoothing: float = 0.0
) -> tuple[Array, Any]:
    """-Σ over classes k of q_k · log softmax(input)_k, for every sample, then `reduced`.

    input: (N, C) scores, any finite numbers.  target: (N,) class indices, 0 .. C - 1.  check_classes refuses all else.
    q is 1 for the target's class and 0 for the others. With label_smoothing s it is that, times 1 - s, plus s / C for
    every class: be sure, but not too sure. Raises ValueError naming s unless 0 <= s <= 1. Without smoothing, the score
    of a class that is not the target may be -inf. O(N · C).

    Take each sample's largest score out of its scores first: that changes no loss and keeps its digits. In float32
    log Σ eˣ is 5000.69 for two scores of 5000, give or take 0.0002; after the shift it is 0.6931472.

        [[2.5, 3]], [0] -> log(e^2.5 + e^3) - 2.5 = 0.9741        label_smoothing=0.1 -> 0.9491
    """
    raise NotImplementedError("cross_entropy: not written yet. For a hint: make hint FUNCTION=cross_entropy")


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    """(softmax(input) - q) · what `spread` gives each sample.  None for the target: an index has no derivative.

    grad 1 after [[2.5, 3]], [0] -> ([[-0.6225, 0.6225]], None): each row adds up to 0.
    """
    raise NotImplementedError("cross_entropy_backward: not written yet. For a hint: make hint FUNCTION=cross_entropy_backward")


def chance_loss(classes: int) -> float:
    """The cross-entropy of a network that gives all classes the same score, which is what an untrained one is near to.

    If the first loss that you see is far from this, something is wrong before training has begun. A Python float.

        2 -> 0.6931        10 -> 2.3026
    """
    raise NotImplementedError("chance_loss: not written yet. For a hint: make hint FUNCTION=chance_loss")


# Yes or no: binary cross-entropy, from a probability or, better, from a score


def check_unit(name: str, what: str, values: Array) -> None:
    """Refuse numbers that are no probabilities: ValueError with `name`, `what`, and the first one outside [0, 1].

    NaN is refused, too. An empty array is fine.    [0.5, 1.5] -> ValueError "...: target holds 1.5; ..."
    """
    raise NotImplementedError("check_unit: not written yet. For a hint: make hint FUNCTION=check_unit")


def binary_cross_entropy(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    """-(t · log p + (1 - t) · log(1 - p)), for every probability p in input, then `reduced`.

    input and target: the same shape, numbers from 0 to 1; else ValueError (same_shape, check_unit: target first).
    A logarithm below -100 counts as -100, as in PyTorch: a prediction that was sure and wrong costs 100, not infinity.
    If p comes out of a sigmoid, use binary_cross_entropy_with_logits: sigmoid(40) is 1 in float32, and 1 - p is lost.

        [0.8, 0.3], [1, 0] -> (0.2231 + 0.3567) / 2 = 0.2899        [0], [1] -> 100
    """
    raise NotImplementedError("binary_cross_entropy: not written yet. For a hint: make hint FUNCTION=binary_cross_entropy")


def binary_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    """(p - t) / (p · (1 - p)) · what `spread` gives each; the denominator is at least 1e-12, as in PyTorch.  None for t.

    grad 1 after [0.8, 0.3], [1, 0] -> ([-0.625, 0.7143], None)
    """
    raise NotImplementedError("binary_cross_entropy_backward: not written yet. For a hint: make hint FUNCTION=binary_cross_entropy_backward")


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    """binary_cross_entropy of sigmoid(input), computed from the score x itself: max(x, 0) - x·t + log(1 + e^-|x|).

    input: any finite scores.  target: the same shape, numbers from 0 to 1; else ValueError (same_shape, check_unit).
    No probability is ever formed, so nothing is rounded to 0 or 1: at x = 1000 and t = 0 the loss is 1000.

        [0, 2], [1, 0] -> (0.6931 + 2.1269) / 2 = 1.4100
    """
    raise NotImplementedError("binary_cross_entropy_with_logits: not written yet. For a hint: make hint FUNCTION=binary_cross_entropy_with_logits")


def binary_cross_entropy_with_logits_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    """(sigmoid(input) - t) · what `spread` gives each.  None for t.

    grad 1 after [0, 2], [1, 0] -> ([-0.25, 0.4404], None)
    """
    raise NotImplementedError("binary_cross_entropy_with_logits_backward: not written yet. For a hint: make hint FUNCTION=binary_cross_entropy_with_logits_backward")


# For Tensors. A loss object holds settings, never data: what a call saves belongs to that call's result


class Loss:
    """What all losses have in common: loss(input, target) is loss.forward(input, target), a Tensor that knows its way back.

    input: a Tensor of floats.  target: a Tensor, an array, a list or a number.  Raises ValueError for a reduction that
    is none, and for a target that requires a gradient where there is no derivative for it.
    """

    derivative_by_target = False

    def __init__(self, *, reduction: str = "mean") -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(f"{type(self).__name__}: reduction is one of {', '.join(REDUCTIONS)}; got {reduction!r}")
        self.reduction = reduction

    def __call__(self, input: Tensor, target: Any) -> Tensor:
        if isinstance(target, Tensor) and target.requires_grad and not self.derivative_by_target:
            raise ValueError(
                f"{type(self).__name__}: this target requires a gradient, and there is none for it here; "
                "input comes first, target second; target.detach() forgets where it came from"
            )
        return self.forward(input, target)

    def forward(self, input: Tensor, target: Any) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


class MSELoss(Loss):
    """MSELoss()(Tensor([[3, 2]]), [[2, 4]]) -> Tensor(2.5)"""

    derivative_by_target = True

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """mse_loss with this object's reduction. Through `apply`, so that the result remembers how it was made."""
        raise NotImplementedError("MSELoss.forward: not written yet. For a hint: make hint FUNCTION=MSELoss.forward")


def class_indices(target: Any) -> Tensor:
    """`target` as a Tensor that keeps its integers. `apply` alone would turn a list beside a float32 Tensor into float32.

    An empty list has no dtype of its own: no classes are integers, too.
    """
    return target if isinstance(target, Tensor) else Tensor(target, dtype=None if np.size(target) else np.int64)


class CrossEntropyLoss(Loss):
    """CrossEntropyLoss()(Tensor([[2.5, 3]]), [0]) -> Tensor(0.9741).  A target that is a Tensor must hold integers."""

    def __init__(self, *, reduction: str = "mean", label_smoothing: float = 0.0) -> None:
        super().__init__(reduction=reduction)
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """cross_entropy with this object's settings."""
        raise NotImplementedError("CrossEntropyLoss.forward: not written yet. For a hint: make hint FUNCTION=CrossEntropyLoss.forward")


class BCELoss(Loss):
    """BCELoss()(Tensor([0.8, 0.3]), [1, 0]) -> Tensor(0.2899).  Its input holds probabilities."""

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """binary_cross_entropy with this object's reduction."""
        raise NotImplementedError("BCELoss.forward: not written yet. For a hint: make hint FUNCTION=BCELoss.forward")


class BCEWithLogitsLoss(Loss):
    """BCEWithLogitsLoss()(Tensor([0, 2]), [1, 0]) -> Tensor(1.41).  Its input holds scores: no sigmoid before it."""

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """binary_cross_entropy_with_logits with this object's reduction."""
        raise NotImplementedError("BCEWithLogitsLoss.forward: not written yet. For a hint: make hint FUNCTION=BCEWithLogitsLoss.forward")
