"""Provide real messages, one of each kind, for tests of the codec and as first inputs of the fuzzer."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.sandbox.inside import wire

VALUES: dict[str, Any] = {
    "scalars": [None, True, False, 0, -1, 2**63, -(2**63), 2**64 - 1, -(2**200), 1.5, -0.0, float("inf"), float("nan")],
    "text": ["", "ascii", "é漢😀", "\ud800", b"", b"\x00\xff", "a\x00b"],
    "complex": [1j, complex(-0.0, float("nan"))],
    "containers": [(), (1, (2, [3])), {}, {"a": {1: (2,)}, (1, "x"): None, None: 0}, {1, 2}, frozenset({"a"}), [[[]]]],
    "indices": [slice(None), slice(1, -2, 3), Ellipsis, range(5), range(9, -1, -3), (0, slice(None), None, Ellipsis)],
    "types": [int, float, bool, complex, str, bytes, list, tuple, dict, set, np.float32, np.int64, np.bool_],
    "dtypes": list(wire.DTYPES.values()),
    "arrays": [np.arange(6).astype(dtype).reshape(2, 3) for dtype in wire.DTYPES.values()],
    "odd arrays": [np.float32(0).reshape(()), np.zeros((0, 3)), np.zeros((2, 0, 5), np.int8), np.ones((1,) * 32)],
    "numpy scalars": [dtype.type(1) for dtype in wire.DTYPES.values()],
}


class Thing:
    """Be something other than plain data."""


def outward(value: Any) -> wire.Opaque:
    """Name every object outside the format by its type."""
    return wire.Opaque(wire.Tag.HANDLE, [7, type(value).__name__])


def messages() -> dict[str, bytes]:
    """Return bodies of real messages, by their content."""
    bodies = {name: wire.encode(["value", value], outward)[4:] for name, value in VALUES.items()}
    bodies["request"] = wire.encode(["call", [1, 2], Thing(), (1.0, np.ones(3)), {"dim": 0}], outward)[4:]
    bodies["raised"] = wire.encode(["raised", "ValueError", "Odd", "a message", "a trace"], outward)[4:]
    symbol = lambda value: wire.Opaque(wire.Tag.SYMBOL, ["tinytorch.tensor", "Tensor"])  # noqa: E731
    bodies["symbol"] = wire.encode(["get", [], Thing(), "shape"], symbol)[4:]
    callback = lambda value: wire.Opaque(wire.Tag.CALLBACK, 3)  # noqa: E731
    bodies["callback"] = wire.encode(["callback", 3, (Thing(),), {}], callback)[4:]
    return bodies
