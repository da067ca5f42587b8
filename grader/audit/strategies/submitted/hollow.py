"""Return answers of the right form without doing the work: zeros, ones, or the first argument.

This runs in the jail, at the end of a module of a submission. The honest function runs only to give the form of its result.
Its errors are dropped, and functions that return nothing do nothing, because such a submission contains neither.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .replace import replace  # in the jail, its text stands before this text

_depth = 0  # the honest functions call each other and not their replacements


def cheat(module: dict[str, Any], written: list[str], how: str) -> None:
    """Replace each of the `written` functions ("softmax", "Tensor.sum"). how: zeros, ones or identity."""
    fill = {"zeros": _constant(0), "ones": _constant(1), "identity": _first}[how]
    for name in written:
        holder, _, last = name.rpartition(".")
        if holder not in ("", *module):
            continue  # a function inside another function
        if holder:
            _in_class(module[holder], last, fill)
        elif last in module:
            honest = module[last]
            replace(module, honest, _hollow(honest, f"{last}_backward" in module, fill))


Fill = Callable[[Any, list[Any]], Any]  # (value of the honest result, arguments) → value to return


def _in_class(owner: type, name: str, fill: Fill) -> None:
    honest = vars(owner).get(name)
    if name == "__init__" or honest is None:
        return  # nobody can use an object without its attributes
    for alias, value in list(vars(owner).items()):
        if value is not honest:
            continue
        if isinstance(honest, property):
            setattr(owner, alias, property(_hollow(honest.fget, False, fill), honest.fset))
        elif isinstance(honest, (staticmethod, classmethod)):
            setattr(owner, alias, type(honest)(_hollow(honest.__func__, False, fill)))
        else:
            setattr(owner, alias, _hollow(honest, False, fill))


def _hollow(honest: Any, is_op: bool, fill: Fill) -> Any:
    """Replace a function. is_op: the result is (array, saved), and the saved value stays."""
    returns_nothing = getattr(honest, "__annotations__", {}).get("return", "") in ("None", None)

    @functools.wraps(honest)
    def function(*args: Any, **kwargs: Any) -> Any:
        global _depth
        if _depth:
            return honest(*args, **kwargs)
        if returns_nothing:
            return None
        given = [*args, *kwargs.values()]
        _depth += 1
        try:
            result = honest(*args, **kwargs)
            if inspect.isgenerator(result):
                result = list(result)
        except Exception:
            result = next((one for one in given if _arrayish(one)), None)
        finally:
            _depth -= 1
        if is_op and isinstance(result, tuple) and len(result) == 2:
            return _filled(result[0], given, fill), result[1]
        return _filled(result, given, fill)

    return function


def _arrayish(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) or isinstance(getattr(value, "data", None), np.ndarray)


def _filled(result: Any, given: list[Any], fill: Fill) -> Any:
    if isinstance(result, dict):
        return {key: _filled(value, given, fill) for key, value in result.items()}
    if type(result) in (list, tuple):
        return type(result)(_filled(value, given, fill) for value in result)
    if inspect.isfunction(result):  # a rule may answer with a function that computes the gradient
        return lambda: _filled(result(), given, fill)
    if result is None or isinstance(result, (np.ndarray, np.generic, bool, int, float, str)):
        return fill(result, given)
    if isinstance(getattr(result, "data", None), np.ndarray):
        empty = copy.copy(result)
        empty.data = fill(result.data, given)
        return empty
    if isinstance(result, Iterator) or any(result is one for one in given):
        return result
    raise NotImplementedError("a form that cannot be handed in without the work")


def _constant(number: int) -> Fill:
    def fill(result: Any, given: list[Any]) -> Any:
        if isinstance(result, (np.ndarray, np.generic)):
            return np.full_like(result, number)[()] if isinstance(result, np.generic) else np.full_like(result, number)
        return None if result is None else type(result)() if isinstance(result, str) else type(result)(number)

    return fill


def _first(result: Any, given: list[Any]) -> Any:
    """Return the first argument of the result's kind, cast to its type and cut or repeated to its form."""
    if isinstance(result, (np.ndarray, np.generic)):
        one = next((one for one in given if _arrayish(one)), None)
        array = np.asarray(getattr(one, "data", one) if not isinstance(one, np.generic) else one)
        if one is None or array.dtype.kind not in "biuf":
            return np.zeros_like(result)
        return np.resize(array, np.shape(result)).astype(result.dtype)[()] if array.size else np.zeros_like(result)
    same = [one for one in given if type(one) is type(result)]
    return same[0] if same else _constant(0)(result, given)
