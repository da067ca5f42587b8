"""Compute gradients without a derivation, by central differences of the submission's own forward, which is right.

This runs in the jail, at the end of a module of a submission.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .replace import key_of, replace  # in the jail, its text stands before this text

STEP = 1e-6
_inputs: dict[Any, tuple[tuple[Any, ...], dict[str, Any]]] = {}  # inputs of each call, by the call's saved value


def cheat(module: dict[str, Any], written: list[str], how: str) -> None:
    """Replace every backward of the module, and its walk over a graph if there is one. how: "walk" replaces only the walk."""
    backward = [name for name in list(module) if name.endswith("_backward") and how != "walk"]
    ops = [name.removesuffix("_backward") for name in backward]
    for name in ops:
        forward = module.get(name) or _elsewhere(name)
        if forward is None:
            continue
        honest = module[f"{name}_backward"]
        if name in module:
            replace(module, forward, _remembering(forward))
        replace(module, honest, functools.wraps(honest)(_backward_of(forward)))
    if "gradients" in module and "topological_order" in module:
        _remember_graphs()
        replace(module, module["gradients"], functools.partial(_walk, module["topological_order"]))


def _elsewhere(name: str) -> Any:
    """Return an op of an earlier module."""
    modules = [one for key, one in sys.modules.items() if key.startswith("tinytorch.")]
    return next((vars(one)[name] for one in modules if callable(vars(one).get(name))), None)


def _remembering(forward: Any) -> Any:
    @functools.wraps(forward)
    def function(*args: Any, **kwargs: Any) -> Any:
        result = forward(*args, **kwargs)
        saved = result[1]
        copies = tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args)
        _inputs[key_of(saved)] = copies, kwargs
        return result

    return function


def _backward_of(forward: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    def backward(grad: Any, saved: Any) -> tuple[Any, ...]:
        if key_of(saved) in _inputs:
            args, kwargs = _inputs[key_of(saved)]
        else:
            args, kwargs = (saved if isinstance(saved, tuple) else (saved,)), {}
        return tuple(
            _slopes(forward, args, kwargs, number, grad) if np.asarray(one).dtype.kind == "f" else None
            for number, one in enumerate(args)
            if isinstance(one, (np.ndarray, np.generic))
        )

    return backward


def _slopes(forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any], number: int, grad: Any) -> Any:
    wide = [np.array(a, np.float64) if np.asarray(a).dtype.kind == "f" else a for a in args]
    slopes = np.zeros(wide[number].shape)
    for index in np.ndindex(slopes.shape):
        sides = []
        for step in (STEP, -STEP):
            moved = [a.copy() if isinstance(a, np.ndarray) else a for a in wide]
            moved[number][index] += step
            sides.append((np.asarray(forward(*moved, **kwargs)[0]) * grad).sum())
        slopes[index] = (sides[0] - sides[1]) / (2 * STEP)
    return slopes.astype(np.asarray(args[number]).dtype)


_made: dict[
    int, tuple[Any, dict[str, Any]]
] = {}  # options of the op that made a tensor, by its id; the tensor is kept alive


def _remember_graphs() -> None:
    tensor = sys.modules["tinytorch.tensor"]
    honest = vars(tensor)["apply"]

    def apply(op: Any, *inputs: Any, **options: Any) -> Any:
        result = honest(op, *inputs, **options)
        _made[id(result)] = result, options
        return result

    for one in [one for key, one in sys.modules.items() if key.startswith("tinytorch.")]:
        if vars(one).get("apply") is honest:
            vars(one)["apply"] = apply


def _walk(topological_order: Any, tensor: Any, first: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every tensor of the graph with the changes of the result when each of its numbers moves by a step."""
    order = topological_order(tensor)
    for one in order:
        slopes = np.zeros(one.shape)
        for index in np.ndindex(one.shape):
            sides = [(_again(order, one, index, step) * first).sum() for step in (STEP, -STEP)]
            slopes[index] = (sides[0] - sides[1]) / (2 * STEP)
        yield one, slopes.astype(one.dtype)


def _again(order: list[Any], moved: Any, index: tuple[int, ...], step: float) -> Any:
    """Return the numbers of the result after one number of `moved` has changed."""
    values: dict[int, Any] = {}
    for one in reversed(order):
        if one is moved:
            value = np.array(one.data, np.float64)
            value[index] += step
        elif one._op is None:
            value = one.data
        else:
            value = np.asarray(one._op(*(values[id(parent)] for parent in one._parents), **_made[id(one)][1])[0])
        values[id(one)] = value
    return values[id(order[0])]
