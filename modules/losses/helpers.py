"""What the checks of Losses need done beside your code. It runs in the same process: no answers here."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinytorch import losses
from tinytorch.tensor import Tensor


def quietly(name: str, *args: Any, **options: Any) -> Any:
    """Call the function `name` of your module; a NumPy warning inside becomes an error."""
    with warnings.catch_warnings(), np.errstate(over="warn", divide="warn", invalid="warn"):
        warnings.simplefilter("error")
        return getattr(losses, name)(*args, **options)


def left_behind(name: str, arrays: list[np.ndarray], grad: np.ndarray, reduction: str) -> list[np.ndarray]:
    """Run an op forward and backward on copies: what the inputs and grad hold afterwards."""
    copies, grad = [array.copy() for array in arrays], grad.copy()
    _, saved = getattr(losses, name)(*copies, reduction=reduction)
    getattr(losses, f"{name}_backward")(grad, saved)
    return [*copies, grad]


def late_and_twice(name: str, arrays: list[np.ndarray], others: list[np.ndarray], grad: np.ndarray) -> list[np.ndarray]:
    """Run an op on some arrays, then on others, and only then go backward for the first; and then once more."""
    op, backward = getattr(losses, name), getattr(losses, f"{name}_backward")
    _, saved = op(*(array.copy() for array in arrays), reduction="none")
    op(*(array.copy() for array in others), reduction="none")
    first = backward(grad.copy(), saved)[0].copy()
    return [first, backward(grad.copy(), saved)[0].copy()]


def remembered(
    loss: str, settings: dict[str, Any], input: np.ndarray, target: np.ndarray, other: np.ndarray, grad: np.ndarray
) -> dict[str, Any]:
    """What the result of a loss on Tensors remembers, after the same object was called on another input.

    The gradient is what the backward of the remembered op gives for `grad`, with what the result remembers.
    """
    criterion = getattr(losses, loss)(**settings)
    x, t = Tensor(input, requires_grad=True, dtype=input.dtype), Tensor(target, dtype=target.dtype)
    result = criterion(x, t)
    criterion(Tensor(other, requires_grad=True, dtype=other.dtype), t)
    op = result._op
    return {
        "op": None if op is None else op.__name__,
        "parents": [[p is x, p is t] for p in result._parents],
        "gradient": getattr(losses, f"{op.__name__}_backward")(grad.copy(), result._saved)[0],
    }
