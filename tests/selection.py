"""Choose which of many similar cases `make test` checks; the others are marked thorough, for `make test-all`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def first_of_each(
    cases: Iterable[Any],
    ids: Callable[[Any], str] | Iterable[str] = str,
    *,
    kind: Callable[[Any], object] = lambda one: None,
) -> list[Any]:
    """Return the cases as parameters, of which the first of each kind always runs. Without `kind`, all are of one kind.

    A tuple is several arguments of the test.
    """
    cases = list(cases)
    names = [ids(one) for one in cases] if callable(ids) else list(ids)
    seen: set[object] = set()
    parameters = []
    for one, name in zip(cases, names, strict=True):
        marks = [pytest.mark.thorough] if kind(one) in seen else []
        seen.add(kind(one))
        parameters.append(pytest.param(*(one if isinstance(one, tuple) else (one,)), id=name, marks=marks))
    return parameters
