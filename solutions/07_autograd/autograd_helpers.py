"""What the suite of the module autograd must do right beside your code: what no number tells that crosses to the suite.

Nothing here knows what is right: it builds, writes and measures, and the suite judges by numbers that it draws.
"""

from __future__ import annotations

import gc
import threading
import tracemalloc
import warnings
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch import autograd
from tinytorch.tensor import Tensor


def frozen(value: Any) -> Any:
    """Arrays, also inside tuples, made read-only: who writes into one gets ValueError."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple):
        for part in value:
            frozen(part)
    return value


def rule(name: str, grad: np.ndarray, saved: Any, silent: bool = False) -> None:
    """Call one rule with arrays that cannot be written to, for what it raises; silent: NumPy's warnings become errors."""
    with warnings.catch_warnings():
        if silent:
            warnings.simplefilter("error")
        for part in getattr(autograd, f"{name}_backward")(frozen(grad), frozen(saved)):
            if callable(part):
                part()


def chain(x: Tensor, factors: Sequence[float], sums: Sequence[bool]) -> Tensor:
    """One op after the other: y + factor where `sums` says so, y * factor elsewhere. Thousands of them, in one request."""
    y = x
    for factor, is_sum in zip(factors, sums, strict=True):
        y = y + factor if is_sum else y * factor
    return y


def write(tensor: Tensor, name: str, numbers: np.ndarray) -> None:
    """Write numbers into the very array that is tensor.data or tensor.grad."""
    getattr(tensor, name)[...] = numbers


def watch(tensor: Tensor) -> Callable[[], Tensor | None]:
    """A reference that does not keep the Tensor alive."""
    return weakref.ref(tensor)


def left_of(watched: Callable[[], Tensor | None]) -> Tensor | None:
    """The Tensor that is watched, or None if it is gone."""
    gc.collect()
    return watched()


def peak_of_backward(result: Tensor, upstream: np.ndarray) -> int:
    """Run backward: the most bytes that were newly in use meanwhile."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        autograd.backward(result, upstream)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def in_another_thread(fn: Callable[[], Any]) -> None:
    """Call fn in a thread of its own, and wait for it."""
    thread = threading.Thread(target=fn)
    thread.start()
    thread.join()


def half(a: np.ndarray) -> tuple[np.ndarray, None]:
    """An op: the first half of a + 1, which is a view of the whole."""
    return (a + 1)[: len(a) // 2], None
