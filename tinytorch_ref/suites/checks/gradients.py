"""Finite differences: the oracle for gradients that knows nothing of the code it judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .assertions import assert_array


def numeric_gradient(
    fn: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], upstream: np.ndarray, *, step: float = 1e-6
) -> list[np.ndarray]:
    """Central differences of sum(fn(*arrays) · upstream) with respect to every element of every array.

    arrays: float64, any shapes; upstream: float64, the shape of fn's result. Error is O(step²) plus rounding/step, so
    about 1e-9 here for functions of size 1. Calls fn twice an element: keep the arrays small. Where fn is the code that is
    judged, this shows only that forward and backward fit each other: pass a function of the suite's own for more.
    """
    inputs = [np.array(a, dtype=np.float64) for a in arrays]
    gradients = [np.zeros_like(a) for a in inputs]
    for array, gradient in zip(inputs, gradients, strict=True):
        for index in np.ndindex(array.shape):
            here = array[index]
            array[index] = here + step
            above = _result(fn, inputs, upstream)
            array[index] = here - step
            below = _result(fn, inputs, upstream)
            array[index] = here
            gradient[index] = float(((above - below) * upstream).sum()) / (2 * step)
    return gradients


def _result(fn: Callable[..., np.ndarray], inputs: Sequence[np.ndarray], upstream: np.ndarray) -> np.ndarray:
    """What fn gives, of upstream's shape: one that broadcasts, or an empty one, would have a gradient of its own choice."""
    result = fn(*(a.copy() for a in inputs))
    return assert_array(result, shape=upstream.shape, dtype=np.float64, what="the forward, for finite differences")


def assert_gradients(
    got: Sequence[Any],
    fn: Callable[..., np.ndarray],
    arrays: Sequence[np.ndarray],
    upstream: np.ndarray,
    *,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    what: str = "the gradient",
) -> None:
    """Check gradients computed in float64 against central differences of `fn`, one for each of `arrays`."""
    __tracebackhide__ = True
    if len(got) != len(arrays):
        raise AssertionError(f"{what}\n  expected: {len(arrays)} gradients, one for each input\n  got:      {len(got)}")
    for number, (mine, numeric) in enumerate(zip(got, numeric_gradient(fn, arrays, upstream), strict=True)):
        label = f"{what} with respect to input {number}" if len(arrays) > 1 else what
        array = assert_array(mine, shape=numeric.shape, dtype=np.float64, what=label)
        wrong = ~np.isclose(array, numeric, rtol=rtol, atol=atol)
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(np.atleast_1d(wrong))[0]) if array.ndim else ()
            raise AssertionError(
                f"{label} disagrees with finite differences at {int(wrong.sum())} of {wrong.size} places\n"
                f"  expected: {numeric[index]:.6g} at index {index}\n  got:      {array[index]:.6g}"
            )
