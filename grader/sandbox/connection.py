"""Hold one test's conversation on the trusted side: send a request, answer callbacks in between, return data or raise.

All incoming bytes count as hostile until they are decoded. Lengths are checked before memory is taken, every wait has a deadline,
and an exception is a name looked up in a closed list.
"""

from __future__ import annotations

import math
import selectors
import socket
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from .faults import BrokeProtocol, Ended, KeptWaiting, RemoteError, TimedOut
from .handles import Handle, opaque
from .inside import wire
from .inside.exceptions import ALLOWED, nearest
from .scheduling import KeptFromRunning, Late, Reading, Timer

MAX_CALLBACK_DEPTH = 20
MAX_RECEIVED = 1 << 28  # bytes in one check; a suite may keep all of them in this process's memory
MAX_TEXT = 20_000
CALLBACK_FAILED = "raised by the test's function"


class Connection:
    """Send requests to one session.

    drain: called while waiting, so that a submission that prints does not block
    seconds: the time that the session may use, for all requests together, before TimedOut. It leaves out the time between
    requests, the time of the suite's own functions, and, by `reading`, the time that the machine kept from the session
    at_most: seconds by the clock, after which the session is given up with KeptWaiting. The same happens if the machine hardly
    runs the session
    transcript: where to keep each message that is sent, with its reply, without their lengths
    """

    def __init__(
        self,
        peer: socket.socket,
        *,
        seconds: float,
        output: int,
        drain: Callable[[], None],
        reading: Callable[[], Reading] = Reading,
        at_most: float = math.inf,
        transcript: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        self._peer = peer
        self._peer.setblocking(False)
        self._seconds = seconds
        self._timer = Timer(reading, seconds, at_most)
        self._drain = drain
        self._released: list[int] = []
        self._callbacks: dict[int, Callable[..., Any]] = {}
        self._callback_error: BaseException | None = None
        self._depth = 0
        self._received = 0
        self._transcript, self._said = transcript, b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(peer, selectors.EVENT_READ)
        self._selector.register(output, selectors.EVENT_READ)
        self.fault: BaseException | None = None

    def request(self, operation: str, *arguments: Any) -> Any:
        """Let the session do `operation` and return the result. Raise what the submission raised."""
        if self.fault is not None:
            raise self.fault
        released, self._released = self._released, []
        self._timer.go()
        try:
            self._send([operation, released, *arguments])
            while True:
                reply = self._receive()
                if reply[0] != "callback":
                    return self._outcome(reply)
                self._send(self._call_back(reply[1:]))
        except (Ended, TimedOut, KeptWaiting, BrokeProtocol) as fault:
            self.fault = fault
            raise
        finally:
            self._timer.stop()

    def give_up(self, fault: BaseException) -> None:
        """Refuse further requests with `fault`, unless an earlier fault has ended the conversation."""
        self.fault = self.fault or fault

    def release(self, number: int) -> None:
        """Tell the session, with the next request, that the suite no longer holds this handle."""
        self._released.append(number)

    def used(self) -> float:
        """Return the seconds that the session itself has used."""
        return self._timer.used()

    def close(self) -> None:
        self.fault = self.fault or Ended("the test has ended; an object of the submission was used after it")
        self._selector.close()
        self._peer.close()

    def _outcome(self, reply: list[Any]) -> Any:
        if len(reply) == 2 and reply[0] == "value":
            return reply[1]
        if len(reply) == 5 and reply[0] == "raised" and all(type(text) is str for text in reply[1:]):
            error, self._callback_error = self._callback_error, None
            if error is not None and reply[1:4] == [nearest(error), nearest(error), CALLBACK_FAILED]:
                raise error  # the suite's own function failed, and the submission let the exception through
            raise _remote(*reply[1:])
        raise BrokeProtocol("an answer has the wrong form")

    def _call_back(self, asked: list[Any]) -> list[Any]:
        number, args, kwargs = asked if len(asked) == 3 else (None, None, None)
        function = self._callbacks.get(number) if type(number) is int else None
        if (
            function is None
            or type(args) is not tuple
            or type(kwargs) is not dict
            or any(type(k) is not str for k in kwargs)
        ):
            raise BrokeProtocol("a callback was asked for that the test did not hand out")
        if self._depth >= MAX_CALLBACK_DEPTH:
            raise BrokeProtocol(f"callbacks are nested deeper than {MAX_CALLBACK_DEPTH}")
        self._depth += 1
        self._timer.stop()
        try:
            return ["value", function(*args, **kwargs)]
        except Exception as error:
            # The worker learns only the type, because the text of an assertion may hold an expected value.
            self._callback_error = error
            return ["raised", nearest(error), CALLBACK_FAILED]
        finally:
            self._depth -= 1
            self._timer.go()

    def _send(self, message: Any) -> None:
        self._said = wire.encode(message, self._outward)
        view = memoryview(self._said)
        while view:
            try:
                sent = self._peer.send(view)
            except BlockingIOError:
                self._wait(selectors.EVENT_WRITE)
                continue
            except OSError:
                raise Ended("the submission's process ended before the test did") from None
            view = view[sent:]

    def _receive(self) -> list[Any]:
        try:
            body = self._read(wire.body_length(self._read(4)))
            if self._transcript is not None:
                self._transcript.append((self._said[4:], body))
            message = wire.decode(body, self._inward)
        except wire.WireError as error:
            raise BrokeProtocol(str(error)) from None
        if type(message) is not list or not message or type(message[0]) is not str:
            raise BrokeProtocol("an answer has the wrong form")
        return message

    def _read(self, count: int) -> bytes:
        # The buffer grows with the bytes that have arrived. An announced length alone takes no memory.
        body = bytearray()
        while len(body) < count:
            try:
                chunk = self._peer.recv(min(count - len(body), 1 << 20))
            except BlockingIOError:
                self._wait(selectors.EVENT_READ)
                continue
            except OSError:
                chunk = b""
            if not chunk:
                raise Ended("the submission's process ended before it answered")
            body += chunk
            self._left()
        self._received += count
        if self._received > MAX_RECEIVED:
            raise BrokeProtocol(f"more than {MAX_RECEIVED >> 20} MiB came back in one check")
        return bytes(body)

    def _wait(self, event: int) -> None:
        self._selector.modify(self._peer, event)
        while True:
            ready = self._selector.select(self._left())
            for key, _ in ready:
                if key.fileobj is not self._peer:
                    self._drain()
            if any(key.fileobj is self._peer for key, _ in ready):
                return

    def _left(self) -> float:
        """Return the seconds until the time should be checked again."""
        try:
            return self._timer.look()
        except Late:
            raise TimedOut(f"no answer within {self._seconds:g} seconds, the limit of this check") from None
        except KeptFromRunning:
            raise KeptWaiting(
                f"no answer yet: the machine was too busy with others to run this step, whose limit is {self._seconds:g} seconds"
            ) from None

    def _outward(self, value: Any) -> wire.Opaque:
        named = opaque(value, self)
        if named is not None:
            return named
        # the submission chooses the arguments, so a function of NumPy's, say, must not be handed out
        if isinstance(value, (FunctionType, MethodType)):
            number = len(self._callbacks) + 1
            self._callbacks[number] = value
            return wire.Opaque(wire.Tag.CALLBACK, number)
        raise wire.WireError(f"{type(value).__name__} is neither plain data nor an object of the submission")

    def _inward(self, named: wire.Opaque) -> Any:
        if named.tag is not wire.Tag.HANDLE:
            raise wire.WireError("the submission's process may name its own objects only")
        number, kind = named.content
        return Handle(self, number, kind)


def _remote(base: str, kind: str, message: str, trace: str) -> Exception:
    """Make the exception to raise here for an exception raised there: a listed builtin, marked as the submission's."""
    parent = ALLOWED.get(base, Exception)
    text = message[:MAX_TEXT]
    error: Any = _remote_class(parent)(*_UNICODE.get(parent, ()), text)
    error.remote_type = kind[:80] if kind.isidentifier() else parent.__name__
    error.remote_traceback = trace[:MAX_TEXT]
    assert isinstance(error, Exception)
    return error


# the arguments that these two need before their message
_UNICODE: dict[type[Exception], tuple[Any, ...]] = {
    UnicodeDecodeError: ("utf-8", b"", 0, 0),
    UnicodeEncodeError: ("utf-8", "", 0, 0),
}
_CLASSES: dict[type[Exception], type[Exception]] = {}


def _remote_class(parent: type[Exception]) -> type[Exception]:
    if parent not in _CLASSES:
        namespace = {"__str__": lambda self: str(self.args[-1]), "__module__": "builtins"}
        _CLASSES[parent] = type(parent.__name__, (RemoteError, parent), namespace)
    return _CLASSES[parent]
