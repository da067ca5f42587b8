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
    errors  Each message names the function that was called, mse_loss for example.
    safe    No NaN and no NumPy warning for finite input, scores up to ±1000 included. NaN in the input comes out as NaN:
            a loss hides nothing. The optimizers refuse to step on it.
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
    if input.shape != target.shape:
        raise ValueError(f"{name}: input has shape {input.shape}, target {target.shape}; they must be equal")


def reduced(losses: Array, reduction: str = "mean") -> Array:
    """Many losses into one: their mean, their sum, or ("none") all of them as they are. The dtype stays.

    Raises ValueError that quotes `reduction` and lists REDUCTIONS if it is none of them.

        [1, 4] -> 2.5        "sum" -> 5        "none" -> [1, 4]        "average" -> ValueError
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction {reduction!r} is none of {REDUCTIONS}")
    return losses if reduction == "none" else getattr(losses, reduction)()


def spread(grad: Array, shape: tuple[int, ...], reduction: str) -> Array:
    """What `reduced` did, backwards: the gradient of every single loss, an array of `shape` in grad's dtype.

    grad has the shape that `reduced` gave: () for "mean" and "sum", `shape` for "none". Each of n losses counts 1/n in
    their mean, 1 in their sum.    (reduction is known to be good here)

        grad 6, shape (3,): "mean" -> [2, 2, 2]        "sum" -> [6, 6, 6]
    """
    return np.ones(shape, grad.dtype) * (grad / math.prod(shape) if reduction == "mean" else grad)


# Numbers against numbers: the squared error


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    """(input - target)², then `reduced`.  Both have the same shape, any shape; else ValueError naming both.

    [[3, 2]], [[2, 4]] -> (1 + 4) / 2 = 2.5        "sum" -> 5        "none" -> [[1, 4]]
    """
    same_shape("mse_loss", input, target)
    difference = input - target.astype(input.dtype, copy=False)
    return reduced(difference * difference, reduction), (difference, reduction)


def mse_loss_backward(grad: Array, saved: Any) -> tuple[Array, Array]:
    """2 · (input - target) · what `spread` gives each of them; for the target the same with the opposite sign.

    grad 1 after [[3, 2]], [[2, 4]] -> ([[1, -2]], [[-1, 2]])
    """
    d, how = saved
    g = 2 * spread(grad, d.shape, how)
    return g * d, -g * d


# Scores against classes: cross-entropy


def logsumexp(input: Array, dim: int = -1) -> tuple[Array, Any]:
    """log Σ eˣ along axis `dim`, which is gone from the result: a smooth maximum.

    e¹⁰⁰⁰ is no number. Take the largest m out first: log Σ eˣ = m + log Σ eˣ⁻ᵐ, and now no exponent is above 0 and the
    sum at least 1. A score of -inf adds nothing, as long as another one beside it is finite. At least one number
    along `dim`.

        [2.5, 3] -> 3.4741        [1000, 1000] -> 1000.6931        (2, 3, 4), dim=1 -> (2, 4)
    """
    m = input.max(dim, keepdims=True)
    out = np.log(np.exp(input - m).sum(dim)) + m.squeeze(dim)
    return out, (np.exp(input - np.expand_dims(out, dim)), dim)


def logsumexp_backward(grad: Array, saved: Any) -> tuple[Array]:
    """grad · softmax(input), where grad gets back the axis that the forward took away.

    grad 1 after [2.5, 3] -> ([0.3775, 0.6225],)        grad (2, 4) after (2, 3, 4), dim=1 -> ((2, 3, 4),)
    """
    probabilities, dim = saved
    return (np.expand_dims(grad, dim) * probabilities,)


def check_classes(input: Array, target: Array) -> None:
    """Refuse what cross_entropy cannot work with; each message says what came and what helps.

    ValueError   unless input is (N, C), N samples with a score for each of C classes, and target is (N,): names both shapes
    TypeError    unless target holds integers (bool is none either): names its dtype
    IndexError   unless 0 <= class < C for every target: names the class and C. NumPy would take -1 for the last class

    In this order. Scores of sequences, (batch, time, C), become (batch · time, C) by reshape before they come here.
    """
    if input.ndim != 2 or target.shape != input.shape[:1]:
        raise ValueError(
            f"cross_entropy: input has shape {input.shape}, target {target.shape}; it takes scores (N, C) and "
            "classes (N,): reshape what has more axes"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"cross_entropy: a target holds class indices, integers, and this one holds {target.dtype}; "
            "make it with Tensor(labels, dtype=np.int64)"
        )
    wrong = target[(target < 0) | (target >= input.shape[1])]
    if wrong.size:
        raise IndexError(
            f"cross_entropy: class {wrong[0]} is not one of {input.shape[1]} classes, 0 .. {input.shape[1] - 1}"
        )


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
    check_classes(input, target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing {label_smoothing}")
    x = input - input.max(axis=1, keepdims=True)
    s, (p, _) = logsumexp(x, dim=1)
    right = np.take_along_axis(x, target[:, None].astype(np.int64), axis=1)[:, 0]
    losses = s - right if label_smoothing == 0 else s - (1 - label_smoothing) * right - label_smoothing * x.mean(axis=1)
    return reduced(losses, reduction), (p, target, reduction, label_smoothing)


def cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    """(softmax(input) - q) · what `spread` gives each sample.  None for the target: an index has no derivative.

    grad 1 after [[2.5, 3]], [0] -> ([[-0.6225, 0.6225]], None): each row adds up to 0.
    """
    p, target, how, e = saved
    hot = target[:, None] == np.arange(p.shape[1])
    return (p - (1 - e) * hot.astype(p.dtype) - e / p.shape[1]) * spread(grad, target.shape, how)[:, None], None


def chance_loss(classes: int) -> float:
    """The cross-entropy of a network that gives all classes the same score, which is what an untrained one is near to.

    If the first loss that you see is far from this, something is wrong before training has begun. A Python float.

        2 -> 0.6931        10 -> 2.3026
    """
    return math.log(classes)


# Yes or no: binary cross-entropy, from a probability or, better, from a score


def check_unit(name: str, what: str, values: Array) -> None:
    """Refuse numbers that are no probabilities: ValueError with `name`, `what`, and the first one outside [0, 1].

    NaN is refused, too. An empty array is fine.    [0.5, 1.5] -> ValueError "...: target holds 1.5; ..."
    """
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise ValueError(f"{name}: {what} holds {wrong[0]}; it takes probabilities, from 0 to 1")


def binary_cross_entropy(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    """-(t · log p + (1 - t) · log(1 - p)), for every probability p in input, then `reduced`.

    input and target: the same shape, numbers from 0 to 1; else ValueError (same_shape, check_unit: target first).
    A logarithm below -100 counts as -100, as in PyTorch: a prediction that was sure and wrong costs 100, not infinity.
    If p comes out of a sigmoid, use binary_cross_entropy_with_logits: sigmoid(40) is 1 in float32, and 1 - p is lost.

        [0.8, 0.3], [1, 0] -> (0.2231 + 0.3567) / 2 = 0.2899        [0], [1] -> 100
    """
    same_shape("binary_cross_entropy", input, target)
    check_unit("binary_cross_entropy", "target", target)
    check_unit("binary_cross_entropy", "input", input)
    target = target.astype(input.dtype, copy=False)
    with np.errstate(divide="ignore"):
        yes, no = np.maximum(np.log(input), -100), np.maximum(np.log1p(-input), -100)
    return reduced(-(target * yes + (1 - target) * no), reduction), (input, target, reduction)


def binary_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    """(p - t) / (p · (1 - p)) · what `spread` gives each; the denominator is at least 1e-12, as in PyTorch.  None for t.

    grad 1 after [0.8, 0.3], [1, 0] -> ([-0.625, 0.7143], None)
    """
    p, t, how = saved
    return spread(grad, p.shape, how) * (p - t) / np.clip(p - p * p, 1e-12, None), None


def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Any]:
    """binary_cross_entropy of sigmoid(input), computed from the score x itself: max(x, 0) - x·t + log(1 + e^-|x|).

    input: any finite scores.  target: the same shape, numbers from 0 to 1; else ValueError (same_shape, check_unit).
    No probability is ever formed, so nothing is rounded to 0 or 1: at x = 1000 and t = 0 the loss is 1000.

        [0, 2], [1, 0] -> (0.6931 + 2.1269) / 2 = 1.4100
    """
    same_shape("binary_cross_entropy_with_logits", input, target)
    check_unit("binary_cross_entropy_with_logits", "target", target)
    t = target.astype(input.dtype)
    losses = np.logaddexp(np.zeros((), input.dtype), input) - t * input
    losses = np.where(t == 1, np.logaddexp(np.zeros((), input.dtype), -input), losses)
    return reduced(losses, reduction), (sigmoid(input)[0], t, reduction)


def binary_cross_entropy_with_logits_backward(grad: Array, saved: Any) -> tuple[Array, None]:
    """(sigmoid(input) - t) · what `spread` gives each.  None for t.

    grad 1 after [0, 2], [1, 0] -> ([-0.25, 0.4404], None)
    """
    p, target, reduction = saved
    return (p - target) * spread(grad, p.shape, reduction), None


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
        return apply(mse_loss, input, target, reduction=self.reduction)


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
        settings = {"reduction": self.reduction, "label_smoothing": self.label_smoothing}
        return apply(cross_entropy, input, class_indices(target), **settings)


class BCELoss(Loss):
    """BCELoss()(Tensor([0.8, 0.3]), [1, 0]) -> Tensor(0.2899).  Its input holds probabilities."""

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """binary_cross_entropy with this object's reduction."""
        return apply(binary_cross_entropy, input, target, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """BCEWithLogitsLoss()(Tensor([0, 2]), [1, 0]) -> Tensor(1.41).  Its input holds scores: no sigmoid before it."""

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """binary_cross_entropy_with_logits with this object's reduction."""
        return apply(binary_cross_entropy_with_logits, input, target, reduction=self.reduction)
