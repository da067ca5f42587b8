"""Hold one test's conversation on the untrusted side: look up, call, get, set; answer with data or with a handle.

Objects that are not plain data stay in `_objects` under a number. The other side releases numbers that it no longer uses.
"""

from __future__ import annotations

import builtins
import importlib
import itertools
import operator
import os
import socket
import traceback
from collections.abc import Callable
from typing import Any

from grader.sandbox.inside import exceptions, wire
from grader.sandbox.inside.operators import OPERATORS

MAX_TEXT = 20_000
_END = object()
# Frames of these files say nothing to a student: ours, and Python's own on the way to the student's module.
_NOT_SHOWN = (os.path.dirname(__file__), "<frozen importlib", importlib.__file__)


class Session:
    """Serve requests of the form [operation, released handles, *arguments] until the socket closes."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._objects: dict[int, Any] = {}
        self._numbers = itertools.count(1)
        self._operations: dict[str, Callable[..., Any]] = {
            "call": lambda target, args, kwargs: target(*args, **kwargs),
            "get": getattr,
            "set": setattr,
            "delete": delattr,
            "operate": lambda name, *operands: OPERATORS[name](*operands),
            "index": operator.getitem,
            "set_index": operator.setitem,
            "delete_index": operator.delitem,
            "length": len,
            "iterate": lambda target: _Iterator(iter(target)),
            "next": lambda iterator: iterator.step(),
            "enter": lambda target: type(target).__enter__(target),
            "exit": self._exit,
            "isinstance": isinstance,
            "issubclass": issubclass,
        }

    def serve(self) -> None:
        while (request := self._next()) is not None:
            self._answer(request)

    def _answer(self, request: list[Any]) -> None:
        operation, released, *arguments = request
        for number in released:
            self._objects.pop(number, None)
        try:
            reply = wire.encode(["value", self._operations[operation](*arguments)], self._outward)
        except BaseException as error:
            reply = self._raised(error)
        self._peer.sendall(reply)

    def _raised(self, error: BaseException) -> bytes:
        return wire.encode(["raised", *_describe(error)], self._outward)

    def _next(self) -> list[Any] | None:
        """Return the next message, or None when the test has ended. A name that cannot be looked up is answered here."""
        while True:
            header = self._read(4)
            body = None if header is None else self._read(wire.body_length(header))
            if body is None:
                return None
            try:
                message: list[Any] = wire.decode(body, self._inward)
            except BaseException as error:
                # Looking up a name runs the student's import. Anything that it raises is an answer and must not end this
                # process.
                self._peer.sendall(self._raised(error))
                continue
            return message

    def _read(self, count: int) -> bytes | None:
        buffer = bytearray(count)
        view, got = memoryview(buffer), 0
        while got < count:
            received = self._peer.recv_into(view[got:])
            if not received:
                return None
            got += received
        return bytes(buffer)

    def _outward(self, value: Any) -> wire.Opaque:
        number = next(self._numbers)
        self._objects[number] = value
        return wire.Opaque(wire.Tag.HANDLE, [number, type(value).__name__])

    def _inward(self, opaque: wire.Opaque) -> Any:
        if opaque.tag is wire.Tag.HANDLE:
            return self._objects[opaque.content[0]]
        if opaque.tag is wire.Tag.SYMBOL:
            return _look_up(*opaque.content)
        return self._callback(opaque.content)

    def _callback(self, number: int) -> Callable[..., Any]:
        def call_the_suite(*args: Any, **kwargs: Any) -> Any:
            self._peer.sendall(wire.encode(["callback", number, args, kwargs], self._outward))
            while (message := self._next()) is not None:
                if message[0] == "value":
                    return message[1]
                if message[0] == "raised":
                    raise exceptions.ALLOWED[message[1]](message[2])
                self._answer(message)  # while we wait, the suite's function uses objects of this session
            raise EOFError("the test has ended")

        return call_the_suite

    @staticmethod
    def _exit(target: Any, kind: str | None, message: str) -> bool:
        error = None if kind is None else exceptions.ALLOWED[kind](message)
        swallowed = type(target).__exit__(target, None if error is None else type(error), error, None)
        return swallowed is True


class _Iterator:
    """Step an iterator without letting StopIteration out."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    def step(self) -> tuple[bool, Any]:
        item = next(self._iterator, _END)
        return (False, None) if item is _END else (True, item)


def _look_up(module: str, path: str) -> Any:
    found = importlib.import_module(module)
    for part in path.split(".") if path else ():
        try:
            found = getattr(found, part)
        except AttributeError:
            raise AttributeError(f"{module} has no {path}") from None
    return found


def _describe(error: BaseException) -> list[str]:
    """Return four texts, all controlled by the student: the type to raise it as, type name, message, traceback."""
    try:
        message = builtins.str(error)
        if isinstance(error, KeyError) and error.args:
            message = builtins.str(error.args[0])
        frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(_NOT_SHOWN)]
        text = "".join(traceback.format_list(frames))
        if isinstance(
            error, SyntaxError
        ):  # no frame was in the file: only the error knows its line, and shows it with a caret
            text += "".join(traceback.format_exception_only(error))
    except BaseException:
        # The exception's own __str__ failed: say so instead of guessing.
        message, text = "(an exception whose text could not be made)", ""
    return [exceptions.nearest(error), type(error).__name__[:80], message[:MAX_TEXT], text[-MAX_TEXT:]]
