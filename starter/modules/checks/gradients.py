"""Differentiate a suite's own functions. This is an oracle for gradients that does not depend on the code it judges.

`fn` is always a function of the suite, never of the submission. Differences of the submission's own forward would only show
that its forward and its backward agree with each other, and both may be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .assertions import assert_array

_STEP = 1e-30  # nothing is subtracted, so nothing cancels and the step may be this small
_NEAR = "It is near, but a derived formula gives all digits in float64: is it a difference, or computed in float32?"


def exact_gradient(fn: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], upstream: np.ndarray) -> list[np.ndarray]:
    """Differentiate sum(fn(*arrays) · upstream) with respect to every element of every array, to about 15 digits.

    Uses the complex step (Squire and Trapp, 1998): f'(x) = Im f(x + ih) / h for a tiny h, so fn gets complex arrays.
    fn may use + - * /, @, sums, exp, log of positive numbers, tanh, sqrt, maximum and indexing. Branches must test `.real`.
    `abs` and powers of negative numbers do not work: write them with np.where and products.
    arrays: float64, any shapes; upstream: float64, the shape of fn's result. Calls fn once for each element.
    """
    inputs = [np.array(a, dtype=np.complex128) for a in arrays]
    gradients = [np.zeros(a.shape) for a in inputs]
    for array, gradient in zip(inputs, gradients, strict=True):
        for index in np.ndindex(array.shape):
            here = array[index]
            array[index] = here + 1j * _STEP
            result = np.asarray(fn(*(a.copy() for a in inputs)))
            array[index] = here
            if result.shape != upstream.shape or result.dtype != np.complex128:
                raise TypeError(
                    f"fn must return complex128 of shape {upstream.shape} for complex arrays; it returned "
                    f"{result.dtype} of shape {result.shape}"
                )
            gradient[index] = float((result.imag * upstream).sum()) / _STEP
    return gradients


def numeric_gradient(
    fn: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], upstream: np.ndarray, *, step: float = 1e-6
) -> list[np.ndarray]:
    """Take central differences of sum(fn(*arrays) · upstream) with respect to every element of every array.

    Use this for functions that cannot take complex numbers. arrays: float64, any shapes; upstream: float64, the shape of
    fn's result. The error is O(step²) plus rounding/step, about 1e-9 for functions of size 1. Calls fn twice for each element.
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
    """Return fn's result, which must have upstream's shape.

    A result that broadcasts, or is empty, could have any gradient.
    """
    result = fn(*(a.copy() for a in inputs))
    return assert_array(result, shape=upstream.shape, dtype=np.float64, what="the function, for finite differences")


def assert_gradients(
    got: Sequence[Any],
    fn: Callable[..., np.ndarray],
    arrays: Sequence[np.ndarray],
    upstream: np.ndarray,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-12,
    what: str = "the gradient",
    gradient: Callable[..., list[np.ndarray]] = exact_gradient,
) -> None:
    """Check gradients computed in float64, one for each of `arrays`, against the gradients of the suite's own function `fn`.

    The tolerances distinguish a derived formula, right to about 15 digits, from central differences, right to about 9. With
    gradient=numeric_gradient pass wider tolerances, such as rtol=1e-4 and atol=1e-6.
    """
    __tracebackhide__ = True
    if len(got) != len(arrays):
        raise AssertionError(f"{what}\n  expected: {len(arrays)} gradients, one for each input\n  got:      {len(got)}")
    for number, (mine, want) in enumerate(zip(got, gradient(fn, arrays, upstream), strict=True)):
        label = f"{what} with respect to input {number}" if len(arrays) > 1 else what
        array = assert_array(mine, shape=want.shape, dtype=np.float64, what=label)
        with np.errstate(all="ignore"):
            wrong = ~np.isclose(array, want, rtol=rtol, atol=atol)
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(np.atleast_1d(wrong))[0]) if array.ndim else ()
            near = np.isclose(array, want, rtol=1e-5, atol=1e-7).all()
            hint = f"\n  {_NEAR}" if near else ""
            raise AssertionError(
                f"{label} disagrees with the derivative at {int(wrong.sum())} of {wrong.size} places\n"
                f"  expected: {want[index]:.12g} at index {index}\n  got:      {array[index]:.12g}{hint}"
            )
