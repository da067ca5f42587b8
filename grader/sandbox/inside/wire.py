"""Encode and decode messages for both sides: length-prefixed msgpack with a closed list of plain values.

Only the kinds listed in `Tag` can be sent. There is no pickle, no eval and no class name for the reader to look up.
Each side treats a message that it cannot read as the peer's fault (`WireError`). This file imports only NumPy,
msgpack and the standard library, because it runs on both sides.

A value is encoded as itself (None, bool, int, float, str, bytes, list) or as a msgpack map with one key, its tag.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import msgpack
import numpy as np

MAX_MESSAGE = 64 * 1024 * 1024  # bytes: a float32 array of 4096 × 4096
MAX_DEPTH = 40
MAX_ITEMS = 1_000_000
MAX_DIMENSIONS = 32
# keys of one set or dict that share a hash; hashes of numbers are predictable, and many equal hashes would stall the reader
MAX_COLLIDING = 100
MAX_BIG_INT = 4096  # bytes
DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
}
_SCALARS = {dtype.type.__name__: dtype.type for dtype in DTYPES.values()}
_BUILTINS: dict[str, type] = {t.__name__: t for t in (bool, int, float, complex, str, bytes, list, tuple, dict, set)}
_BUILTIN_TYPES = frozenset(_BUILTINS.values())
_SCALAR_TYPES = frozenset(_SCALARS.values())
_HEADER = struct.Struct(">I")
_SMALL = 1 << 63
_CONTAINERS = frozenset({list, tuple, dict, set, frozenset})


class Tag(IntEnum):
    TUPLE = 1
    DICT = 2
    SET = 3
    FROZENSET = 4
    COMPLEX = 5
    BIG_INT = 6
    ARRAY = 7
    SCALAR = 8
    DTYPE = 9
    SCALAR_TYPE = 10
    BUILTIN = 11
    SLICE = 12
    ELLIPSIS = 13
    RANGE = 14
    HANDLE = 15  # an object that stays in the worker: [id, type name]
    SYMBOL = 16  # a name the worker looks up: [module, attribute]
    CALLBACK = 17  # a function that stays in the trusted process: id


class WireError(Exception):
    """Report that the peer sent something outside the format, or that a value does not fit into it."""


class Opaque:
    """Hold a tag and its plain content, for HANDLE, SYMBOL and CALLBACK."""

    __slots__ = ("content", "tag")

    def __init__(self, tag: Tag, content: Any) -> None:
        self.tag = tag
        self.content = content


Outward = Callable[[Any], Opaque]  # names a value that is not plain data
Inward = Callable[[Opaque], Any]  # turns such a name into an object for the reader


def encode(value: Any, outward: Outward) -> bytes:
    """Return the frame of one message: four bytes of length, then msgpack. Raise WireError if it does not fit."""
    try:
        body: bytes = msgpack.packb(_lower(value, outward, 0), unicode_errors="surrogatepass")
    except (ValueError, OverflowError, TypeError) as error:
        raise WireError(f"a value cannot be sent: {error}") from None
    if len(body) > MAX_MESSAGE:
        raise WireError(f"a message of {len(body)} bytes is over the limit of {MAX_MESSAGE}")
    return _HEADER.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """Read the frame's header. Raise WireError if the body would be over the limit."""
    (length,) = _HEADER.unpack(header)
    if length > MAX_MESSAGE:
        raise WireError(f"a message announces {length} bytes; the limit is {MAX_MESSAGE}")
    return int(length)


def decode(body: bytes, inward: Inward) -> Any:
    """Read one message's body. Any bytes give plain data, objects made by `inward`, or WireError."""
    try:
        raw = msgpack.unpackb(
            body,
            strict_map_key=False,
            unicode_errors="surrogatepass",
            list_hook=_Count(),
            max_array_len=MAX_ITEMS,
            max_map_len=1,  # one key, the tag: a larger map could have colliding keys
            max_ext_len=0,
        )
    except (ValueError, TypeError, RecursionError, MemoryError, msgpack.UnpackException) as error:
        raise WireError(f"not msgpack: {type(error).__name__}") from None
    return _Reader(inward).lift(raw, 0)


class _Count:
    """Count the values of every list as msgpack builds it, innermost first, and refuse a message with too many values."""

    def __init__(self) -> None:
        self._values = 0

    def __call__(self, items: list[Any]) -> list[Any]:
        self._values += len(items)
        if self._values > MAX_ITEMS:
            raise WireError(f"a message holds more than {MAX_ITEMS} items")
        return items


def _lower(value: Any, outward: Outward, depth: int) -> Any:
    """Turn plain data into msgpack's own types. Types are compared exactly: a subclass of float is not plain data."""
    if depth > MAX_DEPTH:
        raise WireError(f"a value is nested deeper than {MAX_DEPTH}")
    kind = type(value)
    if value is None or kind is bool or kind is float or kind is str or kind is bytes:
        return value
    if kind is int:
        if -_SMALL <= value < _SMALL:
            return value
        size = value.bit_length() // 8 + 1
        if size > MAX_BIG_INT:
            raise WireError(f"an integer of {size} bytes is over the limit of {MAX_BIG_INT}")
        return {Tag.BIG_INT.value: value.to_bytes(size, "big", signed=True)}
    if kind is np.ndarray:
        if value.dtype.str not in DTYPES or value.ndim > MAX_DIMENSIONS:
            return _named(outward(value), outward, depth)
        return {Tag.ARRAY.value: [value.dtype.str, list(value.shape), value.tobytes()]}
    if kind in _SCALAR_TYPES:
        return {Tag.SCALAR.value: [value.dtype.str, value.tobytes()]}
    if kind in _CONTAINERS and len(value) > MAX_ITEMS:
        raise WireError(f"a {kind.__name__} of {len(value)} items is over the limit of {MAX_ITEMS}")
    if kind is list:
        return [_lower(item, outward, depth + 1) for item in value]
    if kind is tuple:
        return {Tag.TUPLE.value: [_lower(item, outward, depth + 1) for item in value]}
    if kind is dict:
        return {
            Tag.DICT.value: [[_lower(k, outward, depth + 2), _lower(v, outward, depth + 2)] for k, v in value.items()]
        }
    if kind is set or kind is frozenset:
        tag = Tag.SET if kind is set else Tag.FROZENSET
        return {tag.value: [_lower(item, outward, depth + 1) for item in value]}
    if kind is complex:
        return {Tag.COMPLEX.value: [value.real, value.imag]}
    if kind is slice:
        return {Tag.SLICE.value: [_lower(part, outward, depth + 1) for part in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {Tag.ELLIPSIS.value: None}
    if kind is range:
        return {Tag.RANGE.value: [_lower(part, outward, depth + 1) for part in (value.start, value.stop, value.step)]}
    if isinstance(value, np.dtype) and value.str in DTYPES:
        return {Tag.DTYPE.value: value.str}
    if kind is type and value in _BUILTIN_TYPES:
        return {Tag.BUILTIN.value: value.__name__}
    if kind is type and value in _SCALAR_TYPES:
        return {Tag.SCALAR_TYPE.value: value.__name__}
    return _named(outward(value), outward, depth)


def _named(opaque: Opaque, outward: Outward, depth: int) -> Any:
    return {opaque.tag.value: _lower(opaque.content, outward, depth + 1)}


class _Reader:
    """Rebuild one message, and count the values in it."""

    def __init__(self, inward: Inward) -> None:
        self._inward = inward
        self._items = 0

    def lift(self, raw: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"a message is nested deeper than {MAX_DEPTH}")
        kind = type(raw)
        if raw is None or kind in (bool, int, float, str, bytes):
            return raw
        if kind is list:
            return self._all(raw, depth)
        if kind is not dict or len(raw) != 1:
            raise WireError("a message holds something that is neither plain data nor a tag")
        ((number, content),) = raw.items()
        if type(number) is not int or number not in _LIFT:
            raise WireError("a message holds an unknown tag")
        return _LIFT[number](self, content, depth)

    def _all(self, raw: Any, depth: int) -> list[Any]:
        if type(raw) is not list:
            raise WireError("a container's content is not a list")
        self._items += len(raw)
        if self._items > MAX_ITEMS:
            raise WireError(f"a message holds more than {MAX_ITEMS} items")
        return [self.lift(item, depth + 1) for item in raw]

    def _exactly(self, raw: Any, depth: int, *kinds: Any) -> list[Any]:
        items = self._all(raw, depth)
        if len(items) != len(kinds) or any(type(i) not in k for i, k in zip(items, kinds, strict=True)):
            raise WireError("a tag's content has the wrong form")
        return items

    def _tuple(self, raw: Any, depth: int) -> Any:
        return tuple(self._all(raw, depth))

    def _hashed(self, make: Callable[[list[Any]], Any], items: list[Any], keys: list[Any]) -> Any:
        try:
            if len(keys) - len(set(map(hash, keys))) > MAX_COLLIDING:
                raise WireError(f"a set or dict has more than {MAX_COLLIDING} keys whose hashes collide")
            return make(items)
        except TypeError:
            raise WireError("a set or dict holds something that cannot be a key") from None

    def _dict(self, raw: Any, depth: int) -> Any:
        pairs = self._all(raw, depth)
        if any(type(pair) is not list or len(pair) != 2 for pair in pairs):
            raise WireError("a dict's content is not pairs")
        return self._hashed(dict, pairs, [key for key, _ in pairs])

    def _set(self, raw: Any, depth: int) -> Any:
        items = self._all(raw, depth)
        return self._hashed(set, items, items)

    def _frozenset(self, raw: Any, depth: int) -> Any:
        items = self._all(raw, depth)
        return self._hashed(frozenset, items, items)

    def _complex(self, raw: Any, depth: int) -> Any:
        return complex(*self._exactly(raw, depth, (float,), (float,)))

    def _big_int(self, raw: Any, depth: int) -> Any:
        if type(raw) is not bytes or len(raw) > MAX_BIG_INT:
            raise WireError("a big integer has the wrong form")
        return int.from_bytes(raw, "big", signed=True)

    def _array(self, raw: Any, depth: int) -> Any:
        name, shape, data = self._exactly(raw, depth, (str,), (list,), (bytes,))
        dtype = DTYPES.get(name)
        if dtype is None:
            raise WireError("an array has a dtype outside the list")
        if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or not 0 <= n < 2**40 for n in shape):
            raise WireError("an array has an impossible shape")
        if math.prod(n or 1 for n in shape) > MAX_MESSAGE:
            # an empty array may claim this shape, and a loop over it would not end
            raise WireError("an array is longer than a message")
        if math.prod(shape) * dtype.itemsize != len(data):
            raise WireError("an array's shape does not fit its bytes")
        if dtype == np.bool_ and data.strip(b"\0\1"):
            raise WireError("a boolean array holds bytes other than 0 and 1")
        try:
            return np.frombuffer(data, dtype=dtype).reshape(shape).copy()
        except ValueError:
            raise WireError("an array has an impossible shape") from None

    def _scalar(self, raw: Any, depth: int) -> Any:
        name, data = self._exactly(raw, depth, (str,), (bytes,))
        return self._array([name, [], data], depth)[()]

    def _dtype(self, raw: Any, depth: int) -> Any:
        if type(raw) is not str or raw not in DTYPES:
            raise WireError("a dtype outside the list")
        return DTYPES[raw]

    def _scalar_type(self, raw: Any, depth: int) -> Any:
        return self._from(_SCALARS, raw)

    def _builtin(self, raw: Any, depth: int) -> Any:
        return self._from(_BUILTINS, raw)

    def _from(self, table: dict[str, Any], raw: Any) -> Any:
        if type(raw) is not str or raw not in table:
            raise WireError("a type outside the list")
        return table[raw]

    def _slice(self, raw: Any, depth: int) -> Any:
        items = self._all(raw, depth)
        if len(items) != 3:
            raise WireError("a slice has the wrong form")
        return slice(*items)

    def _ellipsis(self, raw: Any, depth: int) -> Any:
        return Ellipsis

    def _range(self, raw: Any, depth: int) -> Any:
        start, stop, step = self._exactly(raw, depth, (int,), (int,), (int,))
        if step == 0:
            raise WireError("a range has step 0")
        if (stop - start) // step > MAX_ITEMS:
            raise WireError(f"a range is longer than {MAX_ITEMS}")
        return range(start, stop, step)

    def _handle(self, raw: Any, depth: int) -> Any:
        return self._inward(Opaque(Tag.HANDLE, self._exactly(raw, depth, (int,), (str,))))

    def _symbol(self, raw: Any, depth: int) -> Any:
        return self._inward(Opaque(Tag.SYMBOL, self._exactly(raw, depth, (str,), (str,))))

    def _callback(self, raw: Any, depth: int) -> Any:
        if type(raw) is not int or not 0 < raw < 1 << 31:
            raise WireError("a callback has the wrong form")
        return self._inward(Opaque(Tag.CALLBACK, raw))


_LIFT: dict[int, Callable[[_Reader, Any, int], Any]] = {
    tag.value: getattr(_Reader, "_" + tag.name.lower()) for tag in Tag
}
