"""Compare values in suites. The assertions never broadcast: shape and dtype are part of the value.

numpy.testing alone is not enough: `assert_allclose(0.0, np.zeros(5))` passes. A failure here says what was tried, what kind of
value was expected and what came back, because a student reads that text first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from .showing import numbers, shortened, shown

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_WHAT_LIMIT = 1_000  # characters of the text about what was tried
_ARRAY_LIMIT = 1_000  # characters; twelve numbers take a few hundred, with the brackets of a small array


def assert_array(got: Any, *, shape: tuple[int, ...], dtype: Any = np.float32, what: str = "the result") -> np.ndarray:
    """Check that `got` is an ndarray (not a list, not a Tensor) of this shape and dtype, and return it."""
    __tracebackhide__ = True
    if type(got) is not np.ndarray and not isinstance(got, np.generic):
        raise AssertionError(f"{what}\n  expected: a NumPy array of shape {shape}\n  got:      {_kind(got)}")
    array = np.asarray(got)
    if array.shape != shape or array.dtype != np.dtype(dtype):
        raise AssertionError(
            f"{what}\n  expected: shape {shape}, dtype {np.dtype(dtype)}\n  got:      shape {array.shape}, dtype {array.dtype}"
        )
    return array


def assert_close(
    got: Any, want: Any, *, rtol: float = 1e-5, atol: float = 1e-6, dtype: Any = None, what: str = "the result"
) -> None:
    """Check that array `got` equals `want` within atol + rtol·|want|, with the same shape and dtype.

    If `want` has no dtype of its own (a list, a Python float), it is taken as float32 unless `dtype` is given. NaN equals
    NaN, and an infinity equals only itself.
    """
    __tracebackhide__ = True
    expected = np.asarray(want)
    if dtype is not None:
        expected = expected.astype(dtype)
    elif not isinstance(want, (np.ndarray, np.generic)):
        expected = expected.astype(np.float32)
    array = assert_array(got, shape=expected.shape, dtype=expected.dtype, what=what)
    with np.errstate(all="ignore"):
        same = np.isclose(array, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not same.all():
        first = tuple(int(i) for i in np.argwhere(~np.atleast_1d(same))[0])
        position = first if array.ndim else ()
        raise AssertionError(
            f"{what}\n  expected: {_show(expected)}\n  got:      {_show(array)}\n"
            f"  {int((~same).sum())} of {same.size} numbers differ, the first at index {position}: "
            f"expected {expected[position]!s}, got {array[position]!s}"
        )


def assert_same(got: Any, want: Any, *, what: str = "the result") -> None:
    """Check that plain data (numbers, strings, tuples, lists, dicts, None) is equal, types included: 1 is not True."""
    __tracebackhide__ = True
    if not _same(got, want):
        raise AssertionError(f"{what}\n  expected: {_kind(want)}\n  got:      {_kind(got)}")


@contextmanager
def tried(what: str) -> Iterator[None]:
    """Put `what` before the message of any error inside: an assertion, or an exception of the student's."""
    __tracebackhide__ = True
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:  # pytest.raises raises the second, which is not an Exception
        error.add_note(f"tried: {shortened(what, _WHAT_LIMIT)}")
        raise


def _same(got: Any, want: Any) -> bool:
    if type(got) is not type(want):
        return False
    if isinstance(want, (list, tuple)):
        return len(got) == len(want) and all(_same(g, w) for g, w in zip(got, want, strict=True))
    if isinstance(want, dict):
        return got.keys() == want.keys() and all(_same(got[k], want[k]) for k in want)
    if isinstance(want, (*_PLAIN, set, frozenset, slice, np.dtype)):
        return bool(got == want)
    raise TypeError(f"assert_same compares plain data, not {type(want).__name__}; use assert_close for arrays")


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _indented(shown(value, _ARRAY_LIMIT))
    if isinstance(value, (*_PLAIN, list, tuple, dict, set, frozenset, np.generic)):
        return f"{type(value).__name__} {shown(value)}"
    return f"an object of type {type(value).__name__}: {shown(value, 200)}"


def _show(array: np.ndarray) -> str:
    return _indented(numbers(array))


def _indented(text: str) -> str:
    return text.replace("\n", "\n            ")
