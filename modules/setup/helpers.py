"""What the checks of Setup need done beside your code. It runs in the same process as your code: no answers here."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import random
import sys
from email.message import Message
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.setup import environment, memory_of


class _Shelf(importlib.metadata.DistributionFinder):
    """Makes Python believe that a package of some version was installed by pip, without installing anything."""

    def __init__(self, package: str, version: str) -> None:
        self.package = package
        self.version = version

    def find_spec(self, *_: Any) -> None:
        return None

    def find_distributions(self, context: Any = importlib.metadata.DistributionFinder.Context()) -> Any:  # noqa: B008
        return [_Made(self.package, self.version)] if context.name in (None, self.package) else []


class _Made(importlib.metadata.Distribution):
    def __init__(self, package: str, version: str) -> None:
        self._metadata = Message()
        self._metadata["Name"] = package
        self._metadata["Version"] = version

    @property
    def metadata(self) -> Any:
        return self._metadata

    def read_text(self, filename: str) -> str | None:
        return str(self._metadata) if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        return Path(path)


def install(package: str, version: str) -> None:
    """Pretend that pip has installed `package` in `version`."""
    remove(package)
    sys.meta_path.insert(0, _Shelf(package, version))


def remove(package: str) -> None:
    """Undo `install`."""
    sys.meta_path[:] = [f for f in sys.meta_path if not (isinstance(f, _Shelf) and f.package == package)]


def draws_of_others(count: int) -> list[list[float]]:
    """What others' code draws now, `count` times: a number of Python's random and one of NumPy's old global state."""
    return [[random.random(), float(np.random.rand())] for _ in range(count)]


def environment_of(system: str, machine: str, cores: int, pages: int) -> dict[str, str | int]:
    """environment() while Python says these things of the machine. pages: of memory, 4096 bytes each; not on Windows."""
    said: list[tuple[Any, str, Any]] = [
        (platform, "_uname_cache", platform.uname_result(system, "", "", "", machine)),
    ]
    if sys.platform == "linux":
        said.append((os, "sched_getaffinity", lambda process: set(range(cores))))
    else:
        said.append((os, "cpu_count", lambda: cores))
    if sys.platform != "win32":
        said.append((os, "sysconf", lambda name: pages if name == "SC_PHYS_PAGES" else 4096))
    true = [(place, name, getattr(place, name)) for place, name, _ in said]
    try:
        for place, name, value in said:
            setattr(place, name, value)
        return environment()
    finally:
        for place, name, value in true:
            setattr(place, name, value)


def memory_of_views(count: int) -> list[int]:
    """memory_of a float64 array of `count` numbers, of every second one, of its reverse, and of one number as a row."""
    x = np.zeros(count)
    return [memory_of(x), memory_of(x[::2]), memory_of(x[::-1]), memory_of(np.broadcast_to(x[:1], (count,)))]
