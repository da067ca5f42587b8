"""Test how messages show a value: as repr does if it is small, and always short."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

_FILE = Path(__file__).parents[2] / "starter" / "modules" / "checks" / "showing.py"
_SPEC = importlib.util.spec_from_file_location("showing", _FILE)  # `checks` is also the name of this folder
assert _SPEC is not None
assert _SPEC.loader is not None
showing: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(showing)

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=30)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=9)
    ),
    max_leaves=60,
)


@settings(deadline=None, max_examples=150)
@given(VALUES, st.integers(3, 500))
def test_a_value_is_shown_as_repr_or_its_beginning(value: object, limit: int) -> None:
    text, whole = showing.shown(value, limit), repr(value)
    assert len(text) <= limit
    assert text == whole or (len(whole) > limit and text.endswith("...") and len(text) == limit)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({3, 1, 2}, "{1, 2, 3}"),
        ({"b", "a", 2, frozenset({1})}, "{'a', 'b', 2, frozenset({1})}"),
        (set(), "set()"),
        (set(range(2000)), "<a set of 2,000 elements>"),
        (frozenset({1}), "frozenset({1})"),
        (slice(1, None), "slice(1, None, None)"),
        ([10**5000], "[<an integer of 16,610 bits>]"),
        (np.float32(0.5), "np.float32(0.5)"),
        (np.zeros((2, 0)), "an array of shape (2, 0), dtype float64: []"),
        (np.eye(2), "an array of shape (2, 2), dtype float64: [[1., 0.],\n [0., 1.]]"),
        (
            np.zeros((6,) * 8, np.int8),
            f"an array of shape {(6,) * 8}, dtype int8: [{'0, ' * 12}...] (the first 12 of 1,679,616 numbers)",
        ),
    ],
)
def test_other_values_are_described(value: object, text: str) -> None:
    assert showing.shown(value) == text


def test_an_integer_too_long_to_print_is_described() -> None:
    assert showing.shown(10**5000) == "<an integer of 16,610 bits>"


def test_the_text_of_a_list_that_contains_itself_ends() -> None:
    own: list[object] = []
    own.append(own)
    assert showing.shown(own) == "[" * 20 + "..." + "]" * 20


def test_an_object_whose_repr_fails_is_described() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no")

    assert showing.shown([Broken()]) == "[<Broken whose repr raised ValueError>]"


LARGE = {
    "text": "x" * 10**7,
    "list": [0] * 10**6,
    "set": set(range(10**6)),
    "dict": {n: n for n in range(10**6)},
    "integers": (10**5000,) * 10**5,
    "array": np.zeros((2,) * 22),
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_a_large_value_costs_little(value: object) -> None:
    began = time.process_time()
    for _ in range(50):
        assert len(showing.shown(value)) <= showing.LIMIT
    assert time.process_time() - began < 1.0
