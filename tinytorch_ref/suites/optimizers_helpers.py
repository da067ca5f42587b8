"""What the checks of Optimizers need done beside your code. It runs in the same process: no answers here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinytorch import optimizers
from tinytorch.activations import tanh, tanh_backward
from tinytorch.losses import binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_backward
from tinytorch.tensor import Tensor


def tensors(arrays: list[np.ndarray]) -> list[Tensor]:
    return [Tensor(array, requires_grad=True, dtype=array.dtype) for array in arrays]


def generator(params: list[Tensor]) -> Iterator[Tensor]:
    """The parameters one by one, and only once."""
    yield from params


def spoil(state_dict: dict[str, Any]) -> None:
    """Write nan into every array of a state dict."""
    for kept in state_dict["state"].values():
        for value in kept.values():
            if isinstance(value, np.ndarray):
                value[...] = np.nan


def stepped(
    name: str,
    arrays: list[np.ndarray],
    gradients: list[list[np.ndarray | None]],
    groups: list[dict[str, Any]] | None = None,
    scribble: bool = False,
    **settings: Any,
) -> dict[str, Any]:
    """Make parameters of `arrays` and take one step for each entry of `gradients`, which has one for each parameter.

    groups: dicts whose "params" are numbers of parameters. Returns what the parameters hold after each step, what
    another array that shares their memory holds at the end, and the state dict, as it is at the end and, taken after
    the first step, as it is at the end. scribble: after each step, write nan into all arrays of a state dict.
    """
    params = tensors(arrays)
    shared = [p.data for p in params]
    chosen = [{**group, "params": [params[n] for n in group["params"]]} for group in groups] if groups else params
    optimizer = getattr(optimizers, name)(chosen, **settings)
    after, early = [], None
    for step in gradients:
        for p, gradient in zip(params, step, strict=True):
            p.grad = None if gradient is None else gradient.copy()
        optimizer.step()
        after.append([p.data.copy() for p in params])
        early = early or optimizer.state_dict()
        if scribble:
            spoil(optimizer.state_dict())
    return {"after": after, "shared": shared, "state": optimizer.state_dict(), "early": early}


def interrupted(
    name: str, arrays: list[np.ndarray], gradients: list[list[np.ndarray]], at: int, **settings: Any
) -> list[np.ndarray]:
    """The same steps, but after `at` of them everything is made anew, with lr 123, and goes on from the state dict."""
    params = tensors(arrays)
    optimizer = getattr(optimizers, name)(params, **settings)
    for number, step in enumerate(gradients):
        if number == at:
            saved = optimizer.state_dict()
            params = tensors([p.data for p in params])
            optimizer = getattr(optimizers, name)(params, **{**settings, "lr": 123.0})
            optimizer.load_state_dict(saved)
            spoil(saved)  # the optimizer has copies of its own
        for p, gradient in zip(params, step, strict=True):
            p.grad = gradient.copy()
        optimizer.step()
    return [p.data for p in params]


def after_refusal(name: str, arrays: list[np.ndarray], gradients: list[np.ndarray], **settings: Any) -> dict[str, Any]:
    """What is there after a step that raised: the exception's type and text, the parameters, the state."""
    params = tensors(arrays)
    optimizer = getattr(optimizers, name)(params, **settings)
    for p, gradient in zip(params, gradients, strict=True):
        p.grad = gradient
    error: Exception | None = None
    try:
        optimizer.step()
    except (ValueError, FloatingPointError) as raised:
        error = raised
    return {
        "error": type(error).__name__,
        "text": str(error),
        "data": [p.data for p in params],
        "state": optimizer.state_dict()["state"],
    }


def keys_of_the_group(numbers: list[float], **settings: Any) -> list[str]:
    """The keys of a dict after an SGD was made of it, and after it was added to another one."""
    group = {"params": [Tensor(numbers, requires_grad=True)], **settings}
    optimizers.SGD([group])
    optimizers.SGD([Tensor(numbers, requires_grad=True)]).add_param_group(group)
    return sorted(group)


def after_loading(
    name: str, arrays: list[np.ndarray], state: dict[str, Any], first: dict[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """What is there after load_state_dict(state) on a new optimizer: the exception, and the state dict before and after.

    first: a state dict that is loaded before that.
    """
    optimizer = getattr(optimizers, name)(tensors(arrays), **settings)
    if first is not None:
        optimizer.load_state_dict(first)
    before, error = optimizer.state_dict(), None
    try:
        optimizer.load_state_dict(state)
    except ValueError as raised:
        error = raised
    return {"error": type(error).__name__, "text": str(error), "before": before, "after": optimizer.state_dict()}


def rule_leaves(
    name: str, data: np.ndarray, grad: np.ndarray, state: dict[str, Any], **settings: Any
) -> dict[str, Any]:
    """Run a rule on copies, then overwrite the gradient: what data, grad and state held, and what the rule returned."""
    data, grad = data.copy(), grad.copy()
    state = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in state.items()}
    new, kept = getattr(optimizers, name)(data, grad, state, **settings)
    left = {"data": data.copy(), "grad": grad.copy(), "state": state}
    grad[...] = np.nan
    return {**left, "new": new, "kept": kept}


def scheduled(name: str, lrs: list[float], epochs: int, **settings: Any) -> dict[str, Any]:
    """The rates that a schedule sets for groups with these rates, epoch by epoch, and after going on in a new one."""
    groups = [{"params": [Tensor([1.0], requires_grad=True)], "lr": lr} for lr in lrs]
    optimizer = optimizers.SGD(groups, lr=0.5)
    schedule = getattr(optimizers, name)(optimizer, **settings)
    rates = [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(epochs):
        schedule.step()
        rates.append([group["lr"] for group in optimizer.param_groups])
    saved = schedule.state_dict()
    again = getattr(optimizers, name)(optimizer, **settings)
    again.load_state_dict(saved)
    again.step()
    return {"rates": rates, "resumed": again.get_last_lr(), "last_epoch": again.last_epoch}


def solve_xor(weights: list[np.ndarray], steps: int, **settings: Any) -> list[np.ndarray]:
    """Train x -> tanh(x w1ᵀ + b1) w2ᵀ + b2 on XOR with your SGD and your losses, gradients by hand; return the weights."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    target = np.array([[0], [1], [1], [0]], np.float32)
    params = tensors(weights)
    optimizer = optimizers.SGD(params, **settings)
    for _ in range(steps):
        w1, b1, w2, b2 = (p.data for p in params)
        hidden, hidden_saved = tanh(x @ w1.T + b1)
        _, loss_saved = binary_cross_entropy_with_logits(hidden @ w2.T + b2, target)
        d_score, _ = binary_cross_entropy_with_logits_backward(np.array(1, np.float32), loss_saved)
        (d_hidden,) = tanh_backward(d_score @ w2, hidden_saved)
        optimizer.zero_grad()
        gradients = (d_hidden.T @ x, d_hidden.sum(axis=0), d_score.T @ hidden, d_score.sum(axis=0))
        for p, gradient in zip(params, gradients, strict=True):
            p.grad = gradient
        optimizer.step()
    return [p.data for p in params]
