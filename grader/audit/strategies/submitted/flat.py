"""Return zero gradients, and a constant forward near inputs whose gradient was asked for, so that differences are zero too.

This runs in the jail, at the end of a module of a submission.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .replace import key_of, replace  # in the jail, its text stands before this text

NEAR = 1e-3
_calls: dict[
    int, tuple[Any, tuple[Any, ...]]
] = {}  # inputs of each call, by id of its saved value, which is kept alive here
_flat: dict[str, list[tuple[tuple[Any, ...], Any]]] = {}  # by op: inputs whose gradient was asked for, and the result


def cheat(module: dict[str, Any], written: list[str], how: str) -> None:
    """Replace every op of the module that has a backward, and its backward."""
    for name in [name.removesuffix("_backward") for name in list(module) if name.endswith("_backward")]:
        backward, forward = module[f"{name}_backward"], module.get(name)
        if forward is not None:
            replace(module, forward, _forward(name, forward))
        replace(module, backward, _backward(name, backward))


def _forward(name: str, honest: Any) -> Any:
    @functools.wraps(honest)
    def function(*args: Any, **kwargs: Any) -> Any:
        result, saved = honest(*args, **kwargs)
        for where, there in _flat.get(name, []):
            if np.shape(there) == np.shape(result) and _is_near(args, where):
                return there, saved
        _calls[key_of(saved)] = tuple(np.copy(a) for a in args), result
        return result, saved

    return function


def _backward(name: str, honest: Any) -> Any:
    @functools.wraps(honest)
    def function(grad: Any, saved: Any) -> Any:
        if key_of(saved) in _calls:
            _flat.setdefault(name, []).append(_calls[key_of(saved)])
        return tuple(None if one is None else np.zeros_like(one) for one in honest(grad, saved))

    return function


def _is_near(args: tuple[Any, ...], where: tuple[Any, ...]) -> bool:
    return len(args) == len(where) and all(
        np.shape(a) == np.shape(b) and np.asarray(a).dtype.kind in "biuf" and np.all(np.abs(a - b) <= NEAR)
        for a, b in zip(args, where, strict=True)
    )
