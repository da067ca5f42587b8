"""Know the functions that keep their results, so that a test which gets a kept result counts as having read what it was made of.

To know them, this file replaces functools.lru_cache and functools.cached_property, before the repository's files are imported.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
import weakref
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

_lru_cache = functools.lru_cache
CODES: set[CodeType] = set()  # of functions whose results are kept
_CACHES: weakref.WeakSet[Any] = weakref.WeakSet()
_OTHERS = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


def _keep(cache: Any, function: Any) -> Any:
    if _note(function):
        _CACHES.add(cache)
    return cache


def _note(function: Any) -> bool:
    """Note a function that keeps its results, if it is none of a package's."""
    ours = isinstance(function, FunctionType) and not function.__code__.co_filename.startswith(_OTHERS)
    if ours:
        CODES.add(function.__code__)
    return ours


def _keeping(maxsize: Any = 128, typed: bool = False) -> Any:
    if callable(maxsize):
        return _keep(_lru_cache(maxsize), maxsize)
    decorate: Callable[[Any], Any] = _lru_cache(maxsize, typed)
    return lambda function: _keep(decorate(function), function)


class _Property(functools.cached_property):  # type: ignore[type-arg]
    def __init__(self, func: Any) -> None:
        super().__init__(func)
        _note(func)


def _watch() -> None:
    functools.lru_cache = _keeping  # type: ignore[assignment]  # functools.cache calls it, too
    functools.cached_property = _Property  # type: ignore[misc]
    _Property.__module__ = functools.__name__  # pydantic looks for this
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()):
            if isinstance(value, functools._lru_cache_wrapper):
                _keep(value, value.__wrapped__)


def forget() -> None:
    """Empty the caches, so that a file which an earlier test read is read, and noted, again."""
    for cache in list(_CACHES):
        cache.cache_clear()


_watch()
