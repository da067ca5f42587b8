"""Define the proxies that a suite holds for a submission's objects.

A `Handle` stands for one object of one session. A `Symbol` stands for a name (`tinytorch.tensor.Tensor`) that each session
looks up again, so that a suite can import names once and use them in every test. Arithmetic, attributes, calls, indexing and
iteration become requests. Comparison, truth, hashing and conversion to numbers or arrays raise: a test compares data that it
holds, so an object that claims to equal everything gains nothing.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator
from typing import Any, Literal, NoReturn, Protocol

from .faults import BoundaryError, Ended, RemoteError, Swallowed
from .inside import exceptions, wire
from .inside.operators import BINARY, IN_PLACE, UNARY


class Conversation(Protocol):
    """Describe what a proxy needs from the session of its object. `Connection` provides it."""

    def request(self, operation: str, *arguments: Any) -> Any:
        """Let the session do `operation`, and return the result."""

    def release(self, number: int) -> None:
        """Tell the session that the suite no longer holds this handle."""


_current: Conversation | None = None


def use(connection: Conversation | None) -> None:
    """Set the session in which symbols are looked up, or None between tests."""
    global _current
    _current = connection


def current() -> Conversation:
    if _current is None:
        raise Ended("a name of the submission was used outside a test: fetch it inside the test")
    return _current


def in_test() -> bool:
    return _current is not None


class Remote:
    """Share between Handle and Symbol every operation that crosses, and every operation that must not."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy then leaves `array + handle` to us
    __array_priority__ = 1000

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in _CROSSING:
            raise AttributeError(name)
        return _connection(self).request("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _connection(self).request("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        _connection(self).request("delete", self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _connection(self).request("call", self, args, kwargs)

    def __getitem__(self, key: Any) -> Any:
        return _connection(self).request("index", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _connection(self).request("set_index", self, key, value)

    def __delitem__(self, key: Any) -> None:
        _connection(self).request("delete_index", self, key)

    def __len__(self) -> int:
        length = _connection(self).request("length", self)
        if type(length) is not int or length < 0:
            raise BoundaryError("len() of an object of the submission did not come back as a whole number")
        return length

    def __iter__(self) -> Iterator[Any]:
        connection = _connection(self)
        iterator = connection.request("iterate", self)
        while True:
            step = connection.request("next", iterator)
            if type(step) is not tuple or len(step) != 2 or type(step[0]) is not bool:
                raise BoundaryError("iterating over an object of the submission gave something malformed")
            if not step[0]:
                return
            yield step[1]

    def __enter__(self) -> Any:
        return _connection(self).request("enter", self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> Literal[False]:
        if error is None:
            _connection(self).request("exit", self, None, "")
            return False
        if not isinstance(error, Exception):
            return False  # a fault of the boundary: the session cannot be told any more
        # The text of the suite's own errors stays here, because it may hold an expected value.
        text = str(error) if isinstance(error, RemoteError) else ""
        if _connection(self).request("exit", self, exceptions.nearest(error), text) is True:
            raise Swallowed(f"__exit__ of {self!r} returned True and kept an exception from going on") from error
        return False

    def __instancecheck__(self, value: Any) -> bool:
        return _connection(self).request("isinstance", value, self) is True

    def __subclasscheck__(self, value: Any) -> bool:
        return _connection(self).request("issubclass", value, self) is True

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise BoundaryError(
            f"{self!r} stays in the submission's process: it cannot be compared, hashed or turned into a number, a truth "
            "value or an array here. Compare data it gives, such as `.data`, `.item()` or `.shape`"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _refuse
    __hash__ = __int__ = __float__ = __complex__ = __index__ = __round__ = _refuse
    __array__ = __array_function__ = __reduce_ex__ = __copy__ = __deepcopy__ = _refuse


def _connection(remote: Any) -> Conversation:
    return current() if type(remote) is Symbol else object.__getattribute__(remote, "_connection_")


class Handle(Remote):
    """Stand for one object of one session. When a handle is dropped, the next request tells the session."""

    __slots__ = ("_connection_", "_kind_", "_number_")

    def __init__(self, connection: Conversation, number: int, kind: str) -> None:
        for name, value in (("_connection_", connection), ("_number_", number), ("_kind_", kind)):
            object.__setattr__(self, name, value)

    def __del__(self) -> None:
        self._connection_.release(self._number_)

    def __repr__(self) -> str:
        return f"<{_clean(self._kind_)} of the submission>"


class Symbol(Remote):
    """Stand for a dotted name in a module of the submission, looked up in the session of the test that uses it."""

    __slots__ = ("_module_", "_path_")

    def __init__(self, module: str, path: str) -> None:
        object.__setattr__(self, "_module_", module)
        object.__setattr__(self, "_path_", path)

    def __getattr__(self, name: str) -> Any:
        """Fetch the attribute from the session during a test.

        Before the test (in a list of parameters, say), return a longer symbol.
        """
        if in_test():
            return super().__getattr__(name)
        if name == "__name__":
            return self._path_.rpartition(".")[2] or self._module_
        if name.startswith("__"):
            raise AttributeError(name)
        return Symbol(self._module_, f"{self._path_}.{name}")

    def __repr__(self) -> str:
        return f"<{self._module_}.{self._path_} of the submission>"


def opaque(value: Any, connection: Conversation) -> wire.Opaque | None:
    """Return how a proxy is named on the wire, or None for a value that is not a proxy.

    Refuse a handle of an earlier test.
    """
    if type(value) is Symbol:
        return wire.Opaque(wire.Tag.SYMBOL, [value._module_, value._path_])
    if type(value) is not Handle:
        return None
    if value._connection_ is not connection:
        raise Ended("an object of the submission was kept from an earlier test")
    return wire.Opaque(wire.Tag.HANDLE, [value._number_, ""])


def _clean(kind: str) -> str:
    return reprlib.repr(kind)[1:-1] if kind.isidentifier() else "an object"


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def cross(self: Any, other: Any) -> Any:
        return _connection(self).request("operate", name, self, other)

    return cross


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    def cross(self: Any, other: Any) -> Any:
        return _connection(self).request("operate", name, other, self)

    return cross


def _unary(name: str) -> Callable[[Any], Any]:
    def cross(self: Any) -> Any:
        return _connection(self).request("operate", name, self)

    return cross


for _name in BINARY:
    setattr(Remote, f"__{_name}__", _binary(_name))
    setattr(Remote, f"__r{_name}__", _reflected(_name))
for _name in IN_PLACE:
    setattr(Remote, f"__i{_name}__", _binary(f"i{_name}"))
for _name in UNARY:
    setattr(Remote, f"__{_name}__", _unary(_name))

# the names with two underscores that suites may read from a submission's objects; all others are answered here by Python
# itself
_CROSSING = frozenset({"__name__", "__qualname__", "__version__"})
