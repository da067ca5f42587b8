"""What the checks of Optimizers need done beside your code: writing into arrays that it has seen. No answers here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinytorch import optimizers
from tinytorch.activations import tanh, tanh_backward
from tinytorch.losses import binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_backward
from tinytorch.tensor import Tensor


def one_by_one(params: list[Tensor]) -> Iterator[Tensor]:
    """The parameters, each once: a generator."""
    yield from params


def given_twice(group: dict[str, Any], other: Tensor) -> tuple[dict[str, Any], list[Any]]:
    """Make an SGD of the group, and add the same dict to an SGD of `other`. Returns the dict and both optimizers."""
    first, second = optimizers.SGD([group]), optimizers.SGD([other])
    second.add_param_group(group)
    return group, [first, second]


class Kept:
    """A state dict that somebody keeps while the optimizer goes on."""

    def __init__(self, optimizer: Any) -> None:
        self.state = optimizer.state_dict()


def write_into(state_dict: dict[str, Any], number: float) -> dict[str, Any]:
    """Write `number` everywhere into all arrays of a state dict."""
    for kept in state_dict["state"].values():
        for value in kept.values():
            if isinstance(value, np.ndarray):
                value[...] = number
    return state_dict


def write_into_a_state_dict(optimizer: Any, number: float) -> dict[str, Any]:
    """Ask an optimizer for a state dict, and write `number` into its arrays."""
    return write_into(optimizer.state_dict(), number)


def load_then_write(optimizer: Any, state_dict: dict[str, Any], number: float) -> dict[str, Any]:
    """Load a copy of a state dict, and write `number` into the arrays of that copy."""
    copies = {
        n: {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in kept.items()}
        for n, kept in state_dict["state"].items()
    }
    copy = {**state_dict, "state": copies}
    optimizer.load_state_dict(copy)
    return write_into(copy, number)


def rule_leaves(
    name: str, data: np.ndarray, grad: np.ndarray, state: dict[str, Any], number: float, **settings: Any
) -> dict[str, Any]:
    """Run a rule on copies, then write `number` into the gradient. What do data, grad and state hold, and what came back?"""
    data, grad = data.copy(), grad.copy()
    state = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in state.items()}
    new, kept = getattr(optimizers, name)(data, grad, state, **settings)
    left = {"data": data.copy(), "grad": grad.copy(), "state": state}
    grad[...] = number
    return {**left, "new": new, "kept": kept, "written": grad}


def solve_xor(weights: list[np.ndarray], steps: int, **settings: Any) -> list[np.ndarray]:
    """Train x -> tanh(x w1ᵀ + b1) w2ᵀ + b2 on XOR with your SGD and your losses, gradients by hand; return the weights."""
    dtype = weights[0].dtype
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype)
    target = np.array([[0], [1], [1], [0]], dtype)
    params = [Tensor(array, requires_grad=True, dtype=dtype) for array in weights]
    optimizer = optimizers.SGD(params, **settings)
    for _ in range(steps):
        w1, b1, w2, b2 = (p.data for p in params)
        hidden, hidden_saved = tanh(x @ w1.T + b1)
        _, loss_saved = binary_cross_entropy_with_logits(hidden @ w2.T + b2, target)
        d_score, _ = binary_cross_entropy_with_logits_backward(np.array(1, dtype), loss_saved)
        (d_hidden,) = tanh_backward(d_score @ w2, hidden_saved)
        optimizer.zero_grad()
        gradients = (d_hidden.T @ x, d_hidden.sum(axis=0), d_score.T @ hidden, d_score.sum(axis=0))
        for p, gradient in zip(params, gradients, strict=True):
            p.grad = gradient
        optimizer.step()
    return [p.data for p in params]
