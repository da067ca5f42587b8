"""Write values as short text for messages. The cost is bounded by the length of the text, whatever the size of the value.

`repr` and `array2string` are not bounded: they print an array of shape (6, 6, 6, 6, 6, 6, 6, 6), or a list of a million numbers,
in full. A submission chooses its answers, so messages about them are written with `shown`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

LIMIT = 400  # characters of one value
NUMBERS = 12  # of one array
_BITS = 1_000  # of an integer that is written in digits; Python refuses to write very long integers
_SORTED = 1_000  # elements of a set, which is sorted; a larger set is not written
_DEPTH = 20  # of lists in lists, because a list may contain itself
_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("frozenset({", "})")}
_SCALARS = (bool, float, complex, type(None), type(...), np.generic, np.dtype, type)


def shown(value: Any, limit: int = LIMIT) -> str:
    """Write `value` as repr does, in at most `limit` characters. An array is written as its shape, its dtype and twelve numbers.

    shown([1, 2]) -> "[1, 2]"    shown("ab") -> "'ab'"    shown(np.zeros((2, 9))) -> "an array of shape (2, 9), dtype float64: …"
    """
    text = _Text(limit)
    try:
        text.add(value)
    except _FullError:
        return "".join(text.parts)[: max(limit - 3, 0)] + "..."
    return "".join(text.parts)


def numbers(array: np.ndarray) -> str:
    """Write the first twelve numbers of `array`; a small array keeps its brackets."""
    if array.size <= NUMBERS and array.ndim <= NUMBERS:
        return np.array2string(array, precision=6, separator=", ", threshold=NUMBERS)
    first = np.array2string(array.flat[:NUMBERS], precision=6, separator=", ", threshold=NUMBERS)
    return f"{first[:-1]}, ...] (the first {NUMBERS} of {array.size:,} numbers)" if array.size > NUMBERS else first


def shortened(text: str, limit: int) -> str:
    """Return `text`, or its beginning and its end with a note between them: at most `limit` characters."""
    if len(text) <= limit:
        return text
    note = f"\n[... {len(text) - limit:,} more characters ...]\n"
    room = max(limit - len(note), 0)
    tail = room // 3
    return (text[: room - tail] + note + text[len(text) - tail :])[:limit]


class _FullError(Exception):
    """Report that no more text fits."""


class _Text:
    """Collect the parts of one text, and raise _FullError when they are longer than `room`."""

    def __init__(self, room: int) -> None:
        self.parts: list[str] = []
        self._room = room
        self._depth = 0

    def put(self, text: str) -> None:
        self.parts.append(text)
        self._room -= len(text)
        if self._room < 0:
            raise _FullError

    def add(self, value: Any) -> None:
        if self._depth >= _DEPTH:
            self.put("...")
            return
        self._depth += 1
        self._add_by_kind(type(value), value)
        self._depth -= 1

    def _add_by_kind(self, kind: type, value: Any) -> None:
        if kind in _BRACKETS:
            self._add_all(kind, value)
        elif kind is dict:
            self._add_dict(value)
        elif kind is str or kind is bytes:
            self.put(repr(value[: self._room + 1]))  # its quotation marks alone make it longer than the room
        elif kind is int:
            bits = value.bit_length()
            self.put(repr(value) if bits <= _BITS else f"<an integer of {bits:,} bits>")
        elif isinstance(value, np.ndarray):
            self.put(f"an array of shape {value.shape}, dtype {value.dtype}: {numbers(np.asarray(value))}")
        elif isinstance(value, _SCALARS):
            self.put(repr(value))
        elif kind is slice or kind is range:
            self.put(kind.__name__)
            self._add_all(tuple, (value.start, value.stop, value.step))
        else:
            self.put(_of_object(value)[: self._room + 1])

    def _add_all(self, kind: type, values: Collection[Any]) -> None:
        before, after = _BRACKETS[kind]
        if isinstance(values, (set, frozenset)) and not 0 < len(values) <= _SORTED:
            self.put(f"<a {kind.__name__} of {len(values):,} elements>" if values else f"{kind.__name__}()")
            return
        self.put(before)
        for number, item in enumerate(_in_order(values)):
            self.put(", " if number else "")
            self.add(item)
        self.put("," if kind is tuple and len(values) == 1 else "")
        self.put(after)

    def _add_dict(self, values: dict[Any, Any]) -> None:
        self.put("{")
        for number, (key, value) in enumerate(values.items()):
            self.put(", " if number else "")
            self.add(key)
            self.put(": ")
            self.add(value)
        self.put("}")


def _in_order(values: Collection[Any]) -> Iterable[Any]:
    """Return the elements. Elements of a set come in an order that is the same in every run."""
    if not isinstance(values, (set, frozenset)):
        return values
    kinds = {type(value) for value in values}
    return sorted(values) if kinds <= {bool, int, float} or kinds == {str} else sorted(values, key=shown)


def _of_object(value: Any) -> str:
    """Return the own text of an object of another type, which may fail and may be long."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
