"""Test the codec: plain data comes back bit for bit, nothing else crosses, and any other bytes are refused."""

from __future__ import annotations

import datetime
import math
import struct
import time
import tracemalloc
from collections import OrderedDict, namedtuple
from fractions import Fraction
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.inside import wire

from .fuzz_wire import fuzz
from .seeds import VALUES, Thing, messages, outward

quick = settings(derandomize=True, deadline=None, max_examples=150, database=None)


def inward(named: wire.Opaque) -> Any:
    return named


def crossed(value: Any) -> Any:
    frame = wire.encode(value, outward)
    assert wire.body_length(frame[:4]) == len(frame) - 4
    return wire.decode(frame[4:], inward)


def went_outward(value: Any) -> bool:
    """Return whether the value stayed behind and only a name for it was sent."""
    back = crossed(value)
    return isinstance(back, wire.Opaque) and back.tag is wire.Tag.HANDLE and back.content[1] == type(value).__name__


def raw(content: Any) -> bytes:
    """Return the body of a message that our own encoder would not make."""
    return bytes(msgpack.packb(content, strict_types=False))


def refused(content: Any) -> bool:
    body = content if isinstance(content, bytes) else raw(content)
    try:
        wire.decode(body, inward)
    except wire.WireError:
        return True
    return False


def bits(value: Any) -> Any:
    """Replace floats and arrays by their bytes and name every type, so that only identical values are equal."""
    kind = type(value).__name__
    if isinstance(value, (float, complex)) and type(value) in (float, complex):
        parts = (value,) if type(value) is float else (value.real, value.imag)
        return kind, [struct.pack("<d", part) for part in parts]
    if isinstance(value, (np.ndarray, np.generic)):
        return kind, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (list, tuple)):
        return kind, [bits(item) for item in value]
    if isinstance(value, dict):
        return kind, [(bits(key), bits(item)) for key, item in value.items()]
    if isinstance(value, (set, frozenset)):
        return kind, sorted(repr(bits(item)) for item in value)
    if isinstance(value, slice):
        return kind, [bits(part) for part in (value.start, value.stop, value.step)]
    return kind, value


# ---- plain data comes back as it was

floats = st.floats() | st.integers(0, 2**64 - 1).map(lambda n: struct.unpack("<d", struct.pack("<Q", n))[0])
texts = st.text(st.characters(exclude_categories=())) | st.binary()
keys = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
scalars = keys | floats | st.complex_numbers() | st.integers(-(2**600), 2**600) | st.just(...)
dtypes = st.sampled_from(list(wire.DTYPES.values()))
shapes = st.lists(st.integers(0, 4), max_size=4)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    dtype, shape = draw(dtypes), draw(shapes)
    size = math.prod(shape) * dtype.itemsize
    content = draw(st.binary(min_size=size, max_size=size))
    if dtype == np.bool_:
        content = bytes(byte & 1 for byte in content)
    return np.frombuffer(content, dtype).reshape(shape)


def range_of(start: int, length: int, step: int) -> range:
    return range(start, start + length * step, step)


bounds = st.none() | st.integers(-(2**70), 2**70)
steps = st.integers(-9, 9).filter(bool)
indices = st.builds(slice, bounds, bounds, bounds) | st.builds(range_of, st.integers(), st.integers(0, 99), steps)
leaves = scalars | arrays() | arrays().filter(lambda a: a.size > 0).map(lambda a: a.reshape(-1)[0]) | dtypes | indices
data = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys | st.tuples(keys, keys), inner, max_size=4)
        | st.sets(keys, max_size=4)
        | st.frozensets(st.tuples(keys), max_size=4)
    ),
    max_leaves=12,
)


@quick
@given(data)
def test_plain_data_comes_back_bit_for_bit(value: Any) -> None:
    assert bits(crossed(value)) == bits(value)


@quick
@given(floats)
def test_floats_keep_every_bit_including_nan_payloads_and_subnormals(value: float) -> None:
    assert struct.pack("<d", crossed(value)) == struct.pack("<d", value)


@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_of_plain_data_comes_back(kind: str) -> None:
    assert bits(crossed(VALUES[kind])) == bits(VALUES[kind])


@pytest.mark.parametrize("name", ["transposed", "reversed", "strided", "fortran", "broadcast", "read-only"])
def test_an_array_comes_back_for_every_memory_layout(name: str) -> None:
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    frozen = base.copy()
    frozen.flags.writeable = False
    array = {
        "transposed": base.T,
        "reversed": base[::-1, ::-2],
        "strided": base[::2, 1::3],
        "fortran": np.asfortranarray(base),
        "broadcast": np.broadcast_to(base[0], (3, 6)),
        "read-only": frozen,
    }[name]
    back = crossed(array)
    assert bits(back) == bits(array)
    assert back.flags.writeable
    assert back.flags.c_contiguous


def test_an_array_that_came_back_shares_no_memory_with_the_message() -> None:
    first, second = crossed([np.zeros(3), np.zeros(3)])
    first[0] = 1
    assert second[0] == 0


# ---- what is not plain data does not cross as if it were

Point = namedtuple("Point", "x y")
SUBCLASSES = [
    type("Float", (float,), {})(1.0),
    type("Int", (int,), {})(1),
    type("Text", (str,), {})("x"),
    type("Bytes", (bytes,), {})(b"x"),
    type("List", (list,), {})([1]),
    type("Dict", (dict,), {})(),
    type("Set", (set,), {})(),
    type("Complex", (complex,), {})(1),
    OrderedDict(a=1),
    Point(1, 2),
    np.zeros(2).view(type("Array", (np.ndarray,), {})),
    np.ma.masked_array([1.0], [True]),
    np.zeros(2).view(np.recarray),
]


@pytest.mark.parametrize("value", SUBCLASSES, ids=lambda value: type(value).__name__)
def test_an_instance_of_a_subclass_is_not_plain_data(value: Any) -> None:
    assert went_outward(value)


OTHERS = {
    "an object": Thing(),
    "a function": len,
    "a class": Thing,
    "a fraction": Fraction(1, 2),
    "a bytearray": bytearray(b"x"),
    "a memoryview": memoryview(b"x"),
    "a generator": (n for n in ()),
    "an exception": ValueError("x"),
    "a date": datetime.date(2027, 1, 1),
    "a module": math,
    "NotImplemented": NotImplemented,
    "the class object": object,
    "the class ndarray": np.ndarray,
    "a datetime scalar": np.datetime64("2027-01-01"),
    "a long double": np.longdouble(1),
    "a structured dtype": np.dtype([("a", "<f4")]),
    "a big-endian dtype": np.dtype(">f8"),
    "an object dtype": np.dtype(object),
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_object_stays_behind_under_a_name(name: str) -> None:
    assert went_outward(OTHERS[name])
    assert went_outward_inside(OTHERS[name])


def went_outward_inside(value: Any) -> bool:
    back = crossed({"a": [value]})["a"][0]
    return isinstance(back, wire.Opaque)


ARRAYS = ["O", ">f4", ">i8", "M8[s]", "m8[s]", "S3", "U3", "V4", "longdouble", [("a", "<f4"), ("b", "<i4")]]


@pytest.mark.parametrize("dtype", ARRAYS, ids=str)
def test_an_array_of_any_other_dtype_never_crosses_as_data(dtype: Any) -> None:
    assert went_outward(np.zeros(2, dtype=dtype))
    name = np.dtype(dtype).str
    assert refused({wire.Tag.ARRAY.value: [name, [2], bytes(2 * np.dtype(dtype).itemsize)]})
    assert refused({wire.Tag.SCALAR.value: [name, bytes(np.dtype(dtype).itemsize)]})
    assert refused({wire.Tag.DTYPE.value: name})


# ---- limits, at and over


def nested(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = [value]
    return value


def test_writer_and_reader_have_the_same_limit_of_depth() -> None:
    assert crossed(nested(wire.MAX_DEPTH)) == nested(wire.MAX_DEPTH)
    with pytest.raises(wire.WireError, match="nested deeper than 40"):
        wire.encode(nested(wire.MAX_DEPTH + 1), outward)
    assert not refused(nested(wire.MAX_DEPTH))
    assert refused(nested(wire.MAX_DEPTH + 1))


def test_writer_and_reader_have_the_same_limit_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = wire.encode(bytes(1000), outward)
    monkeypatch.setattr(wire, "MAX_MESSAGE", len(frame) - 4)
    assert wire.encode(bytes(1000), outward) == frame
    assert wire.body_length(frame[:4]) == len(frame) - 4
    with pytest.raises(wire.WireError, match="over the limit"):
        wire.encode(bytes(1001), outward)
    with pytest.raises(wire.WireError, match="announces"):
        wire.body_length(struct.pack(">I", len(frame) - 3))


def test_an_announced_length_of_four_gibibytes_is_refused_before_the_body_is_read() -> None:
    with pytest.raises(wire.WireError, match="announces 4294967295 bytes"):
        wire.body_length(b"\xff\xff\xff\xff")


def test_the_largest_promised_array_fits() -> None:
    assert wire.MAX_MESSAGE >= 4096 * 4096 * 4
    largest = np.zeros(wire.MAX_MESSAGE // 4, np.float32)
    with pytest.raises(wire.WireError, match="over the limit"):
        wire.encode(largest, outward)  # its own header makes it too long: the encoder raises and does not cut


def test_items_are_counted_over_the_whole_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ITEMS", 10)
    assert not refused([[1, 2, 3], [4, 5, 6], [7]])
    assert refused([[1, 2, 3], [4, 5, 6], [7, 8]])


def test_keys_whose_hashes_collide_are_limited_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_COLLIDING", 5)
    colliding = [{wire.Tag.BIG_INT.value: (n * (2**61 - 1)).to_bytes(10, "big")} for n in range(7)]
    for tag in (wire.Tag.SET, wire.Tag.FROZENSET):
        assert not refused({tag.value: colliding[:6]})
        assert refused({tag.value: colliding})
        assert not refused({tag.value: list(range(50_000))})
    assert refused({wire.Tag.DICT.value: [[key, None] for key in colliding]})


def test_dimensions_are_limited() -> None:
    assert crossed(np.zeros((1,) * wire.MAX_DIMENSIONS)).ndim == wire.MAX_DIMENSIONS
    assert refused({wire.Tag.ARRAY.value: ["<f4", [1] * (wire.MAX_DIMENSIONS + 1), bytes(4)]})


SAID_BUT_NOT_UNDERSTOOD = {
    "a dict 25 deep": lambda: deep_dict(25),
    "an integer of 5000 bytes": lambda: 1 << 40_000,
    "an array of 33 dimensions": lambda: np.zeros((1,) * 33),
    "a list of a million and one": lambda: [None] * (wire.MAX_ITEMS + 1),
}


def deep_dict(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = {0: value}
    return value


@pytest.mark.parametrize("name", SAID_BUT_NOT_UNDERSTOOD)
def test_the_reader_accepts_everything_that_the_writer_sends(name: str) -> None:
    """Over a limit the writer raises its own error, so the reader never has to refuse honest data."""
    try:
        frame = wire.encode(SAID_BUT_NOT_UNDERSTOOD[name](), outward)
    except wire.WireError:
        return
    wire.decode(frame[4:], inward)


# ---- whatever the bytes are

ARRAY, SCALAR = wire.Tag.ARRAY.value, wire.Tag.SCALAR.value
HOSTILE: dict[str, Any] = {
    "nothing": b"",
    "half a value": b"\xcb\x00",
    "two values": b"\xc0\xc0",
    "a list that announces four billion": b"\xdd\xff\xff\xff\xff",
    "a map that announces four billion": b"\xdf\xff\xff\xff\xff",
    "bytes that announce four billion": b"\xc6\xff\xff\xff\xff",
    "nesting ten thousand deep": b"\x91" * 10_000 + b"\xc0",
    "maps nested ten thousand deep": b"\x81\x01" * 10_000 + b"\xc0",
    "lists of a million in one another": b"\xdd\x00\x0f\x42\x40" * 500 + b"\xc0",
    "text that is not UTF-8": b"\xa2\xff\xfe",
    "an extension": b"\xd4\x07\x00",
    "a time stamp": b"\xd6\xff\x00\x00\x00\x00",
    "a time stamp out of range": b"\xc7\x0c\xff" + b"\xff" * 12,
    "a map with two keys": {1: [], 2: []},
    "an empty map": {},
    "an unknown tag": {18: []},
    "tag zero": {0: []},
    "a tag that is True": b"\x81\xc3\x90",
    "a tag that is a float": {1.0: []},
    "a tag that is text": {"1": []},
    "a tag that is a list": b"\x81\x91\x01\x90",
    "a tuple of no list": {1: 5},
    "a dict of no pairs": {2: [[1, 2, 3]]},
    "a dict of text for a pair": {2: ["ab"]},
    "a dict with a list for a key": {2: [[[], 1]]},
    "a set of lists": {3: [[1]]},
    "a set of dicts": {3: [{2: []}]},
    "a frozenset of arrays": {4: [{ARRAY: ["<f4", [1], bytes(4)]}]},
    "a dict with a slice that holds a list for a key": {2: [[{12: [[], 1, 1]}, 1]]},
    "complex of integers": {5: [1, 2]},
    "complex of one part": {5: [1.0]},
    "a big integer that is text": {6: "1"},
    "a big integer of 4097 bytes": {6: bytes(4097)},
    "an array of objects": {ARRAY: ["|O", [1], bytes(8)]},
    "an array with a dtype by name": {ARRAY: ["float32", [1], bytes(4)]},
    "an array with too few bytes": {ARRAY: ["<f4", [2], bytes(7)]},
    "an array with too many bytes": {ARRAY: ["<f4", [2], bytes(9)]},
    "an array of negative length": {ARRAY: ["<f4", [-1], bytes(4)]},
    "an array of two negative lengths": {ARRAY: ["<f4", [-1, -1], bytes(4)]},
    "an array of length True": {ARRAY: ["<f4", [True], bytes(4)]},
    "an array of length 1.0": {ARRAY: ["<f4", [1.0], bytes(4)]},
    "an array of enormous length": {ARRAY: ["<f4", [2**39], b""]},
    "an array of impossible lengths": {ARRAY: ["<f4", [0, 2**39, 2**39], b""]},
    "an array of a length beyond all integers": {ARRAY: ["<f4", [{6: b"\x7f" * 99}, 0], b""]},
    "an array whose bytes are a list": {ARRAY: ["<f4", [1], [0]]},
    "an array whose bytes are text": {ARRAY: ["<f4", [1], "abcd"]},
    "an array with four parts": {ARRAY: ["<f4", [1], bytes(4), None]},
    "booleans that are 2": {ARRAY: ["|b1", [3], b"\0\1\2"]},
    "booleans that are 255 in the middle": {ARRAY: ["|b1", [3], b"\0\xff\1"]},
    "a boolean that is 2": {SCALAR: ["|b1", b"\2"]},
    "a scalar of no bytes": {SCALAR: ["<f4", b""]},
    "a scalar of two": {SCALAR: ["<f4", bytes(8)]},
    "a dtype of objects": {9: "|O"},
    "a dtype that is a list": {9: [["a", "<f4"]]},
    "a numpy type outside the list": {10: "object_"},
    "a builtin outside the list": {11: "eval"},
    "a builtin that is a list": {11: ["int"]},
    "a slice of two": {12: [1, 2]},
    "a range of step zero": {14: [0, 1, 0]},
    "a range of floats": {14: [0.0, 1.0, 1.0]},
    "a handle without a name": {15: [1]},
    "a handle numbered by text": {15: ["1", "x"]},
    "a symbol of one part": {16: ["os"]},
    "a callback numbered by text": {17: "1"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_refused(name: str) -> None:
    start = time.process_time()
    assert refused(HOSTILE[name])
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("name", sorted(messages()))
def test_a_message_cut_at_any_byte_is_refused(name: str) -> None:
    body = messages()[name]
    assert not refused(body)
    assert all(refused(body[:cut]) for cut in range(len(body)))


@quick
@given(st.binary(max_size=300))
def test_any_bytes_give_data_or_are_refused(body: bytes) -> None:
    refused(body)  # any other exception fails here


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=9) | st.binary(max_size=16)
    | st.sampled_from([*wire.DTYPES, "int", "float32", b"", bytes(8), 2**39]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 18), inner, min_size=1, max_size=1),
    max_leaves=15,
)  # fmt: skip


@settings(quick, max_examples=300)
@given(anything)
def test_any_well_formed_msgpack_gives_data_or_is_refused(content: Any) -> None:
    refused(content)


def test_twenty_thousand_mutations_of_real_messages_give_data_or_are_refused() -> None:
    data, refused_ = fuzz(20_000, seed=1)
    assert data + refused_ == 20_000
    assert data > 500, "the mutations hardly reach beyond msgpack itself"
    assert refused_ > 500


# ---- what a small message may cost


def test_a_message_with_too_many_values_costs_no_more_than_one_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ITEMS", 100_000)
    count = 3 * wire.MAX_ITEMS
    body = b"\xdd" + struct.pack(">I", count) + b"\x90" * count
    tracemalloc.start()
    try:
        assert refused(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * wire.MAX_ITEMS


def test_a_raw_map_of_colliding_keys_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    honest = msgpack.Timestamp.__eq__

    def counted(self: Any, other: Any) -> bool:
        nonlocal compared
        compared += 1
        return bool(honest(self, other))

    monkeypatch.setattr(msgpack.Timestamp, "__eq__", counted)
    monkeypatch.setattr(msgpack.Timestamp, "__hash__", lambda self: 0)  # as values chosen to collide would
    body = b"\xde" + struct.pack(">H", 500)
    body += b"".join(b"\xc7\x0c\xff" + struct.pack(">Iq", n, 2**40) + b"\xc0" for n in range(500))
    assert refused(body)
    assert compared < 500


def test_colliding_keys_are_refused_before_they_cost_time() -> None:
    keys = [{wire.Tag.BIG_INT.value: (n * (2**61 - 1)).to_bytes(10, "big")} for n in range(8000)]
    body = raw({wire.Tag.SET.value: keys})
    start = time.process_time()
    refused(body)
    assert time.process_time() - start < 0.15


@pytest.mark.parametrize(
    "content",
    [{wire.Tag.RANGE.value: [0, 10**12, 1]}, {ARRAY: ["<f4", [2**39, 0], b""]}],
    ids=["a range", "an empty array"],
)
def test_no_decoded_value_is_longer_than_a_message(content: Any) -> None:
    assert refused(content)
