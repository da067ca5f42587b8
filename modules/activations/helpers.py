"""What the checks of Activations need done beside your code. It runs in the same process: no answers here."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinytorch import activations
from tinytorch.tensor import Tensor


def quietly(name: str, *args: Any, **options: Any) -> Any:
    """Call the function `name` of your module; a NumPy warning inside becomes an error."""
    with warnings.catch_warnings(), np.errstate(over="warn", divide="warn", invalid="warn"):
        warnings.simplefilter("error")
        return getattr(activations, name)(*args, **options)


def left_behind(name: str, x: np.ndarray, grad: np.ndarray) -> list[np.ndarray]:
    """Run an op forward, then backward: x after the one, x and grad after the other, and the gradient."""
    x, grad = x.copy(), grad.copy()
    _, saved = getattr(activations, name)(x)
    after = x.copy()
    (dx,) = getattr(activations, f"{name}_backward")(grad, saved)
    return [after, x, grad, dx]


def late_and_twice(name: str, x: np.ndarray, other: np.ndarray, grad: np.ndarray) -> list[np.ndarray]:
    """Run an op on x, then on another array, and only then go backward for x; and then once more."""
    op, backward = getattr(activations, name), getattr(activations, f"{name}_backward")
    _, saved = op(x.copy())
    op(other.copy())
    first = backward(grad, saved)[0].copy()
    return [first, backward(grad, saved)[0].copy()]


def gradient_through(
    layer: str, backward: str, x: np.ndarray, other: np.ndarray, grad: np.ndarray, settings: dict[str, Any]
) -> tuple[np.ndarray, str]:
    """Call one activation object on two Tensors; go backward for the first, with what its result remembers.

    Returns the gradient and the object's repr, which shows everything that it holds.
    """
    act = getattr(activations, layer)(**settings)
    result = act(Tensor(x, requires_grad=True, dtype=x.dtype))
    act(Tensor(other, requires_grad=True, dtype=x.dtype))
    return getattr(activations, backward)(grad, result._saved)[0], repr(act)
