"""Define fuzz targets at the trust boundary. Any bytes from the peer must give data or one of the boundary's own faults."""

from __future__ import annotations

import contextlib
import io
import socket
import struct
from typing import Any

import numpy as np

from grader.sandbox import handles
from grader.sandbox.connection import Connection
from grader.sandbox.faults import BoundaryError, BrokeProtocol, Ended, RemoteError, Swallowed, TimedOut
from grader.sandbox.inside import exceptions, wire
from grader.sandbox.inside.session import Session

EXPECTED = "an expected value of the suite"
SECONDS = 5.0
MAX_BYTES = 60_000  # all of it fits into a socket, so that one process can play both sides
_PLAIN = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    list,
    tuple,
    dict,
    set,
    frozenset,
    slice,
    range,
    type,
    np.dtype,
)
_NAMES = {"dict": dict, "list": list, "text": "text", "fails": lambda *_: 1 // 0, "same": lambda *args: args}


def decode(data: bytes) -> None:
    """Test the codec: bytes give data or WireError, and decoded data can be sent back and read again."""
    try:
        value = wire.decode(data, lambda named: named)
    except wire.WireError:
        return
    body = wire.encode(value, _same)[4:]
    again = wire.encode(wire.decode(body, lambda named: named), _same)[4:]
    assert again == body or _holds_a_set(value), "a value does not survive a round trip"


def connection(data: bytes) -> None:
    """Play a hostile worker: answers, callbacks and handles in any order, against every use of proxies in a suite."""
    ours, theirs = socket.socketpair()
    output, printed = socket.socketpair()
    link = Connection(ours, seconds=SECONDS, output=output.fileno(), drain=lambda: None)
    theirs.setblocking(False)
    with theirs, output, printed:
        theirs.sendall(_stream(data))
        theirs.shutdown(socket.SHUT_WR)
        handles.use(link)
        try:
            for use in _USES:
                with contextlib.suppress(RemoteError, BoundaryError, Swallowed):
                    _all_plain(use(link))
        except (Ended, BrokeProtocol):
            pass
        except TimedOut as error:
            raise AssertionError("all answers are there, and yet it waited") from error
        finally:
            handles.use(None)
            link.close()
        assert EXPECTED.encode() not in _received(theirs), "an expected value crossed the boundary"


def session(data: bytes) -> None:
    """Play the other side: the trusted side can read every answer of a session, whatever it is asked."""
    peer = _Peer(_stream(data))
    with contextlib.suppress(Exception):  # a malformed request ends the session, which the trusted side calls Ended
        _Tame(peer).serve()  # type: ignore[arg-type]
    answers = bytes(peer.said)
    while answers:
        length = wire.body_length(answers[:4])
        answer = wire.decode(answers[4 : 4 + length], lambda named: named)
        assert type(answer) is list
        assert answer[0] in ("value", "raised", "callback")
        assert answer[0] != "raised" or answer[1] in exceptions.ALLOWED
        answers = answers[4 + length :]


class _Peer:
    """Replace a session's socket and hold all of its input. A real socket would block when nobody reads the answers."""

    def __init__(self, heard: bytes) -> None:
        self._heard, self.said = io.BytesIO(heard), bytearray()

    def recv_into(self, buffer: memoryview) -> int:
        return self._heard.readinto(buffer)

    def sendall(self, answer: bytes) -> None:
        self.said += answer


class _Tame(Session):
    """Look names up in a short list, because the fuzzer has no jail."""

    def _inward(self, opaque: wire.Opaque) -> Any:
        return _NAMES[opaque.content[1]] if opaque.tag is wire.Tag.SYMBOL else super()._inward(opaque)


def _suite_function(*args: Any, **_: Any) -> Any:
    """Stand for a function of the suite: it uses its arguments, and fails with an expected value in its text."""
    if args and type(args[0]) is handles.Handle:
        return args[0].attribute
    raise AssertionError(EXPECTED)


class _OfTheSuite(ValueError):
    """Stand for an exception in a block of the suite.

    It must come out again, unless the peer is reported to have swallowed it.
    """


def _with(symbol: Any) -> None:
    with contextlib.suppress(_OfTheSuite), symbol:
        raise _OfTheSuite(EXPECTED)


_THING = handles.Symbol("tinytorch.tensor", "Thing")
_USES = (
    lambda link: _THING(1.0, shape=(2, 3)),
    lambda link: link.request("call", _THING, (_suite_function,), {}),
    lambda link: _THING.attribute,
    lambda link: _THING(_suite_function, [_suite_function]),
    lambda link: len(_THING),
    lambda link: [item for item, _ in zip(_THING, range(50), strict=False)],
    lambda link: isinstance(1, _THING),
    lambda link: _THING + np.ones(3),
    lambda link: _with(_THING),
    lambda link: repr(_THING[0]),
    lambda link: -_THING,
)


def _all_plain(value: Any) -> None:
    """Return whether the data holds nothing executable of the peer's."""
    if isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            _all_plain(item)
    elif isinstance(value, dict):
        for pair in value.items():
            _all_plain(pair)
    elif isinstance(value, np.ndarray):
        assert value.dtype.str in wire.DTYPES
        assert value.flags.owndata
    else:
        assert type(value) is handles.Handle or isinstance(value, (*_PLAIN, np.generic, type(Ellipsis))), type(value)


def _stream(data: bytes) -> bytes:
    """Split the input.

    After an even first byte it is taken as it is; after an odd one, messages get right lengths, with two bytes each.
    """
    kind, rest = data[:1], data[1:MAX_BYTES]
    if not kind or kind[0] % 2 == 0:
        return rest
    frames = bytearray()
    while len(rest) > 2 and len(frames) < MAX_BYTES:
        length = int.from_bytes(rest[:2], "big") % 4096
        body, rest = rest[2 : 2 + length], rest[2 + length :]
        frames += struct.pack(">I", len(body)) + body
    return bytes(frames)


def framed(*bodies: bytes) -> bytes:
    """Return the input that makes a peer send these messages."""
    return b"\1" + b"".join(len(body).to_bytes(2, "big") + body for body in bodies)


def _received(peer: socket.socket) -> bytes:
    found = bytearray()
    with contextlib.suppress(BlockingIOError, ConnectionResetError):
        while chunk := peer.recv(1 << 16):
            found += chunk
    return bytes(found)


def _same(value: Any) -> wire.Opaque:
    assert isinstance(value, wire.Opaque), type(value)
    return value


def _holds_a_set(value: Any) -> bool:
    """Return whether there is a set, whose order is not guaranteed."""
    if isinstance(value, (set, frozenset)):
        return True
    if isinstance(value, wire.Opaque):
        return False
    if isinstance(value, dict):
        return any(map(_holds_a_set, (*value.keys(), *value.values())))
    if isinstance(value, slice):
        return any(map(_holds_a_set, (value.start, value.stop, value.step)))
    return isinstance(value, (list, tuple)) and any(map(_holds_a_set, value))
