"""Test what a suite may do with a submission's objects, and what it may not. Each test uses a real jail."""

from __future__ import annotations

import copy
import gc
import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader.sandbox import handles
from grader.sandbox.faults import BoundaryError, BrokeProtocol, Ended, RemoteError, SubmissionFault
from grader.sandbox.handles import Handle, Symbol
from grader.sandbox.inside.exceptions import ALLOWED
from grader.sandbox.inside.operators import BINARY, IN_PLACE, UNARY
from grader.sandbox.remote_modules import RemoteFinder

from .jailed import MODULE, Session, Submission, submitted

SOURCE = '''
"""A module that answers in every way a submission can."""
import gc, operator, sys, weakref
import numpy as np

VERSION = "1.0"
counter = 0


class Spy:
    """Answers every operator with its name and the other operand."""

    __array_ufunc__ = None

    def __repr__(self):
        raise RuntimeError("repr() was asked of the submission")

    __str__ = __format__ = __repr__


for _name in (
    "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift divmod".split()
):
    setattr(Spy, f"__{_name}__", lambda self, other, n=_name: (n, other))
    setattr(Spy, f"__r{_name}__", lambda self, other, n=_name: ("r" + n, other))
    if _name != "divmod":
        setattr(Spy, f"__i{_name}__", lambda self, other, n=_name: ("i" + n, other))
for _name in "neg pos abs invert".split():
    setattr(Spy, f"__{_name}__", lambda self, n=_name: n)


class Box:
    """Holds things."""

    def __init__(self, value=None, *, name="box"):
        self.value, self.name, self._items = value, name, {}

    def __add__(self, other):
        return Box(self.value + (other.value if isinstance(other, Box) else other))

    __radd__ = __add__

    def __iadd__(self, other):
        self.value = self.value + other
        return self

    def __len__(self): return len(self.value)
    def __getitem__(self, key): return self.value[key]
    def __setitem__(self, key, value): self.value[key] = value
    def __delitem__(self, key): del self.value[key]
    def __iter__(self): return iter(self.value)
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __eq__
    def __hash__(self): return 0
    def __bool__(self): return True
    def __float__(self): return 1.0
    def __int__(self): return 1
    __index__ = __int__
    def __array__(self, *a, **k): return np.zeros(1)

    @property
    def double(self): return self.value * 2

    @double.setter
    def double(self, value): self.value = value / 2

    @property
    def twin(self): return Box(self.value)

    @classmethod
    def make(cls, value): return cls(value)

    def given(self, *args, **kwargs): return args, kwargs
    def same(self, other): return other is self


class Child(Box):
    pass


def boxes(n): return [Box(i) for i in range(n)], {"first": Box("a"), 2: (Box("b"),)}
def generate(n): yield from (Box(i) for i in range(n))
def echo(value): return value
def kind(value): return type(value).__name__
def mutate(value):
    value[0] = 99
    return value


kept = np.zeros(3)
def get_kept(): return kept


class Swallow:
    seen = "nothing"
    def __init__(self, swallow): self.swallow = swallow
    def __enter__(self): return "entered"
    def __exit__(self, kind, error, trace):
        Swallow.seen = "nothing" if kind is None else f"{kind.__name__}: {error}"
        return self.swallow


def seen(): return Swallow.seen


class Odd(ValueError): pass
class Alien(Exception): pass
class Worse(BaseException): pass


def throw(name, *args):
    found = globals().get(name) or getattr(__import__("builtins"), name, None) or getattr(np.exceptions, name)
    raise found(*args)


def throw_key(): return {}["missing"]
def throw_decode(): return b"\\xff".decode()
def throw_unprintable():
    class Unprintable(Exception):
        def __str__(self): raise SystemExit
    raise Unprintable
def throw_named():
    raise type("not an identifier\\n::error::", (ValueError,), {})("x")
def throw_long(): raise ValueError("x" * 1_000_000)
def throw_deep(): return throw_deep()


def call(function, *args, **kwargs): return function(*args, **kwargs)
def call_twice(function, value): return function(function(value))
def wrap(function):
    try: return function()
    except Exception as error: raise KeyError("wrapped") from error
def swallow(function):
    try: function()
    except Exception as error: return type(error).__name__, str(error)
def replace(function):
    try: function()
    except ValueError: raise ValueError("its own")
class Keeper:
    def keep(self, function): self.function = function
    def use(self, value): return self.function(value)
def dig(function, depth): return function(depth)


alive = weakref.WeakSet()
class Counted:
    def __init__(self): alive.add(self)
    def itself(self): return self
def living():
    gc.collect()
    return len(alive)


def count():
    global counter
    counter += 1
    return counter


def shout(n):
    print("x" * n)
    print("to the error stream", file=sys.stderr)


def stop_iterating():
    class Stops:
        def __iter__(self): return self
        def __next__(self): raise Odd("in the middle")
    return Stops()
class Long:
    def __len__(self): return 2 ** 40
class Liar:
    def __len__(self): return 3
    def __iter__(self):
        while True: yield 1
'''


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Submission]:
    with submitted(tmp_path_factory.mktemp("handles"), SOURCE) as submission:
        yield submission


@pytest.fixture
def trial(submission: Submission) -> Iterator[Session]:
    """Open one session, as each test of a suite gets one."""
    with submission.session() as session:
        yield session


# ---- arithmetic crosses

SYMBOLS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "pow": lambda a, b: a**b,
    "matmul": lambda a, b: a @ b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "lshift": lambda a, b: a << b,
    "rshift": lambda a, b: a >> b,
    "divmod": divmod,
}


def test_these_tests_cover_every_operator_of_python() -> None:
    assert set(BINARY) == set(SYMBOLS)
    assert {*IN_PLACE, "divmod"} == set(BINARY)


def test_arithmetic_reaches_the_object_with_its_operand(trial: Session) -> None:
    spy = trial.Spy()
    for name, operation in SYMBOLS.items():
        assert operation(spy, 3) == (name, 3)


def test_reflected_arithmetic_reaches_the_object_from_numbers_and_numpy_scalars(trial: Session) -> None:
    spy = trial.Spy()
    for name, operation in SYMBOLS.items():
        assert operation(3, spy) == ("r" + name, 3)
        assert operation(np.float32(3), spy) == ("r" + name, np.float32(3))


def test_a_numpy_array_on_the_left_leaves_the_operation_to_the_object(trial: Session) -> None:
    spy, array = trial.Spy(), np.arange(3.0)
    for name, operation in SYMBOLS.items():
        got = operation(array, spy)
        assert got[0] == "r" + name
        np.testing.assert_array_equal(got[1], array, strict=True)


def test_arithmetic_in_place_uses_the_objects_own_method(trial: Session) -> None:
    for name in IN_PLACE:
        spy = trial.Spy()
        namespace = {"spy": spy}
        sign = {
            "add": "+",
            "sub": "-",
            "mul": "*",
            "truediv": "/",
            "floordiv": "//",
            "mod": "%",
            "pow": "**",
            "matmul": "@",
        }
        sign |= {"and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}
        exec(f"spy {sign[name]}= 4", namespace)
        assert namespace["spy"] == ("i" + name, 4)


def test_arithmetic_in_place_keeps_the_same_object(trial: Session) -> None:
    box = before = trial.Box(1)
    box += 2
    assert box.value == 3
    assert before.same(box) is True


def test_an_array_is_not_changed_in_place_by_an_object(trial: Session) -> None:
    array = np.zeros(2)
    with pytest.raises(TypeError):
        array += trial.Spy()
    np.testing.assert_array_equal(array, np.zeros(2))


def test_unary_operators_reach_the_object(trial: Session) -> None:
    spy = trial.Spy()
    assert (-spy, +spy, abs(spy), ~spy) == ("neg", "pos", "abs", "invert")
    assert set(UNARY) == {"neg", "pos", "abs", "invert"}


def test_sum_adds_objects(trial: Session) -> None:
    assert sum([trial.Box(1), trial.Box(2)]).value == 3


# ---- attributes, items, iteration, calls


def test_attributes_are_read_written_and_deleted(trial: Session) -> None:
    box = trial.Box(1)
    box.value = 5
    box.extra = (1, "two")
    assert (box.value, box.extra) == (5, (1, "two"))
    del box.extra
    with pytest.raises(AttributeError, match="extra"):
        _ = box.extra
    assert hasattr(box, "value")
    assert not hasattr(box, "extra")
    assert getattr(box, "extra", "default") == "default"


def test_properties_methods_and_class_methods_work(trial: Session) -> None:
    box = trial.Box.make(4)
    assert box.double == 8
    box.double = 10
    assert box.value == 5
    assert box.twin.value == 5
    assert box.given(1, 2, c=3) == ((1, 2), {"c": 3})
    assert box.same(box) is True
    assert box.same(box.twin) is False


def test_a_suite_may_read_name_but_no_other_dunder_attributes(trial: Session) -> None:
    assert trial.Box.__name__ == "Box"
    assert trial.Box.__qualname__ == "Box"
    with pytest.raises(AttributeError):
        _ = trial.Box(1).__dict__


def test_items_are_read_written_and_deleted_with_every_kind_of_index(trial: Session) -> None:
    box = trial.Box(np.arange(12.0).reshape(3, 4))
    assert box[1, 2] == 6.0
    np.testing.assert_array_equal(box[:, ::2], np.arange(12.0).reshape(3, 4)[:, ::2])
    np.testing.assert_array_equal(box[..., None, -1], np.array([[3.0], [7.0], [11.0]]))
    np.testing.assert_array_equal(box[np.array([True, False, True])], np.arange(12.0).reshape(3, 4)[[0, 2]])
    box[0] = -1
    np.testing.assert_array_equal(box.value[0], [-1.0] * 4)
    listed = trial.Box([1, 2, 3])
    del listed[0]
    assert listed.value == [2, 3]
    with pytest.raises(IndexError):
        _ = listed[9]


def test_length_and_iteration_reach_the_object(trial: Session) -> None:
    assert len(trial.Box([1, 2, 3])) == 3
    assert list(trial.Box([1, 2, 3])) == [1, 2, 3]
    assert [box.value for box in trial.generate(3)] == [0, 1, 2]
    first, second = trial.generate(2)
    assert (first.value, second.value) == (0, 1)
    with pytest.raises(TypeError):
        iter(trial.Spy()).__next__()


def test_an_exception_of_an_iterator_is_raised_in_the_suite(trial: Session) -> None:
    with pytest.raises(ValueError, match="in the middle"):
        list(trial.stop_iterating())


def test_isinstance_and_issubclass_ask_the_submission(trial: Session) -> None:
    box, child = trial.Box(1), trial.Child(1)
    assert isinstance(child, trial.Box)
    assert isinstance(child, trial.Child)
    assert not isinstance(box, trial.Child)
    assert not isinstance(1, trial.Box)
    assert isinstance(box, (int, trial.Box))
    assert issubclass(trial.Child, trial.Box)
    assert not isinstance(box, np.ndarray)


def test_data_crosses_by_value_as_a_copy_in_both_directions(trial: Session) -> None:
    array = np.array([1, 2, 3])
    back = trial.mutate(array)
    assert array[0] == 1
    assert back[0] == 99
    got = trial.get_kept()
    got[:] = 7
    np.testing.assert_array_equal(trial.get_kept(), np.zeros(3))


def test_objects_inside_lists_tuples_and_dicts_are_handles_inside_data(trial: Session) -> None:
    listed, named = trial.boxes(3)
    assert type(listed) is list
    assert [type(box) for box in listed] == [Handle] * 3
    assert [box.value for box in listed] == [0, 1, 2]
    assert named["first"].value == "a"
    assert named[2][0].value == "b"


def test_a_handle_sent_back_is_the_same_object_in_the_jail(trial: Session) -> None:
    box = trial.Box(1)
    (args, kwargs) = box.given(box, [box, {"k": box}], last=(box,))
    assert box.same(args[0])
    assert box.same(args[1][0])
    assert box.same(args[1][1]["k"])
    assert box.same(kwargs["last"][0])
    assert trial.kind(box) == "Box"
    assert trial.kind(trial.Box) == "type"


def test_repr_and_formatting_send_no_request(trial: Session) -> None:
    spy = trial.Spy()
    assert repr(spy) == str(spy) == f"{spy}" == "<Spy of the submission>"
    assert repr(trial.Spy) == "<tinytorch.trial.Spy of the submission>"


# ---- what must not cross

FORBIDDEN = {
    "equal": lambda box: box == box,
    "equal to data": lambda box: box == 1,
    "data equal to it": lambda box: 1 == box,  # noqa: SIM300
    "an array equal to it": lambda box: np.zeros(1) == box,
    "unequal": lambda box: box != 1,
    "less": lambda box: box < 1,
    "less or equal": lambda box: box <= 1,
    "greater": lambda box: 1 > box,  # noqa: SIM300
    "greater or equal": lambda box: box >= 1,
    "in a list": lambda box: 1 in [box],
    "in it": lambda box: 1 in box,
    "truth": lambda box: bool(box),
    "if": lambda box: "yes" if box else "no",
    "not": lambda box: not box,
    "and": lambda box: box and 1,
    "float": float,
    "int": int,
    "complex": complex,
    "round": round,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "index": lambda box: [1, 2, 3][box],
    "range": range,
    "hash": hash,
    "a set": lambda box: {box},
    "a key": lambda box: {box: 1},
    "sorted": lambda box: sorted([box, box]),
    "max": lambda box: max(box, 1),
    "asarray": np.asarray,
    "array": np.array,
    "numpy sum": np.sum,
    "allclose": lambda box: np.allclose(box, 0),
    "assert_allclose": lambda box: np.testing.assert_allclose(box, 0),
    "assert_array_equal": lambda box: np.testing.assert_array_equal(box, 0),
    "concatenate": lambda box: np.concatenate([box, box]),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickle.dumps,
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_operations_raise_without_a_request(trial: Session, name: str) -> None:
    box = trial.Box(1)
    asked: list[Any] = []
    request = trial.connection.request
    trial.connection.request = lambda *a: asked.append(a) or request(*a)  # type: ignore[method-assign]
    with pytest.raises(BoundaryError, match="compare"):
        FORBIDDEN[name](box)
    with pytest.raises(BoundaryError):
        FORBIDDEN[name](Symbol(MODULE, "Box"))
    assert not asked


@pytest.mark.parametrize("ufunc", [np.add, np.equal, np.exp, np.isclose, np.matmul], ids=lambda f: f.__name__)
def test_numpys_functions_refuse_an_object(trial: Session, ufunc: Any) -> None:
    with pytest.raises(TypeError):  # NumPy's own error if it does not ask the object, BoundaryError if it does
        ufunc(trial.Box(1), *([np.ones(1)] if ufunc is not np.exp else []))


def test_a_length_that_is_not_a_whole_number_is_refused(trial: Session) -> None:
    assert len(trial.Long()) == 2**40
    with pytest.raises(TypeError):
        len(trial.Spy())


# ---- exceptions

LISTED = sorted(set(ALLOWED) - {"UnicodeDecodeError", "UnicodeEncodeError"})


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_exception_comes_back_by_type_and_message(trial: Session, name: str) -> None:
    with pytest.raises(ALLOWED[name], match=r"^the message$") as caught:
        trial.throw(name, "the message")
    assert isinstance(caught.value, RemoteError)
    assert caught.value.remote_type == name
    assert type(caught.value).__name__ == name
    assert "in throw" in caught.value.remote_traceback


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("Odd", ValueError),
        ("Alien", Exception),
        ("Worse", Exception),
        ("SystemExit", Exception),
        ("KeyboardInterrupt", Exception),
        ("GeneratorExit", Exception),
        ("StopIteration", Exception),
        ("StopAsyncIteration", Exception),
        ("ConnectionRefusedError", OSError),
        ("IndentationError", SyntaxError),
        ("DeprecationWarning", Warning),
        ("BlockingIOError", OSError),
    ],
)
def test_any_other_exception_comes_back_as_its_nearest_listed_base(
    trial: Session, name: str, base: type[Exception]
) -> None:
    with pytest.raises(base) as caught:
        trial.throw(name, "odd")
    error = caught.value
    assert isinstance(error, RemoteError)
    assert error.remote_type == name
    assert type(error).__mro__[2] is base
    assert not isinstance(error, (StopIteration, StopAsyncIteration, SubmissionFault))
    assert str(error) == "odd"


@pytest.mark.parametrize("wanted", [IndexError, ValueError])
def test_numpys_axis_error_is_both_an_index_error_and_a_value_error(trial: Session, wanted: type[Exception]) -> None:
    with pytest.raises(wanted, match="axis 3 is out of bounds for array of dimension 2"):
        trial.throw("AxisError", 3, 2)


def test_the_session_continues_after_every_exception(trial: Session) -> None:
    for name in ("SystemExit", "KeyboardInterrupt", "Worse"):
        with pytest.raises(RemoteError):
            trial.throw(name)
    assert trial.echo(1) == 1


def test_odd_exceptions_come_back_with_text_that_can_be_shown(trial: Session) -> None:
    with pytest.raises(KeyError, match=r"^missing$"):
        trial.throw_key()
    with pytest.raises(Exception, match="text could not be made"):
        trial.throw_unprintable()
    with pytest.raises(ValueError) as caught:
        trial.throw_named()
    assert caught.value.remote_type == "ValueError"  # type: ignore[attr-defined]
    with pytest.raises(ValueError) as caught:
        trial.throw_long()
    assert len(str(caught.value)) <= 20_000
    with pytest.raises(RecursionError):
        trial.throw_deep()


def test_a_decoding_error_comes_back_as_a_decoding_error(trial: Session) -> None:
    with pytest.raises(UnicodeDecodeError):
        trial.throw_decode()


def test_no_exception_of_the_submission_is_a_fault_of_the_boundary_or_an_outcome_of_pytest(trial: Session) -> None:
    for error in ALLOWED.values():
        assert issubclass(error, Exception)
        assert not issubclass(error, (SubmissionFault, BoundaryError))
        assert error.__module__ in ("builtins", "numpy.exceptions")


# ---- with


def test_with_enters_and_leaves(trial: Session) -> None:
    context = trial.Swallow(False)
    with context as entered:
        assert entered == "entered"
    assert trial.seen() == "nothing"


def test_an_exception_leaves_a_context_manager_that_does_not_swallow_it(trial: Session) -> None:
    with pytest.raises(ValueError, match="mine"), trial.Swallow(False):
        raise ValueError("mine")
    assert trial.seen().startswith("ValueError")


def test_a_context_manager_swallows_only_by_returning_true(trial: Session) -> None:
    with pytest.raises(ValueError), trial.Swallow("yes"):
        raise ValueError


def test_a_context_manager_cannot_swallow_an_assertion_of_the_suite(trial: Session) -> None:
    with pytest.raises((AssertionError, SubmissionFault)), trial.Swallow(True):
        raise AssertionError("the suite's own")


def test_a_context_manager_that_swallows_the_submissions_own_exception_does_not_skip_the_rest_of_a_check(
    trial: Session,
) -> None:
    def check() -> None:
        with trial.Swallow(True):
            trial.throw("ValueError")
            raise AssertionError("never reached")

    with pytest.raises((AssertionError, SubmissionFault)):
        check()


def test_the_text_of_an_assertion_does_not_enter_the_jail(trial: Session) -> None:
    with pytest.raises(AssertionError), trial.Swallow(False):
        raise AssertionError("expected 0.73105858")
    assert "0.73105858" not in trial.seen()


def test_a_fault_of_the_boundary_cannot_be_swallowed(trial: Session) -> None:
    with pytest.raises(BrokeProtocol), trial.Swallow(True):
        raise BrokeProtocol("a fault")


# ---- functions of the suite that the submission calls


def test_a_function_of_the_suite_is_called_with_data_and_handles(trial: Session) -> None:
    def function(box: Any, n: int, *, name: str) -> Any:
        return [box.value + n, name, box]

    box = trial.Box(1)
    got = trial.call(function, box, 2, name="x")
    assert got[:2] == [3, "x"]
    assert box.same(got[2])


def test_callbacks_may_nest_and_use_objects_while_the_submission_waits(trial: Session) -> None:
    def inner(value: int) -> int:
        return trial.call(lambda v: trial.Box(v).double, value) + 1

    assert trial.call_twice(inner, 3) == 15


def test_callbacks_nest_only_to_a_limit(submission: Submission) -> None:
    with submission.session() as trial:

        def dig(depth: int) -> int:
            return depth if depth == 0 else trial.dig(dig, depth - 1)

        assert trial.dig(dig, 15) == 0
        with pytest.raises(BrokeProtocol, match="nested deeper"):
            trial.dig(dig, 40)


def test_a_function_that_the_submission_kept_may_be_called_later(trial: Session) -> None:
    keeper, seen = trial.Keeper(), []
    keeper.keep(lambda value: seen.append(value) or value * 10)
    assert keeper.use(2) == 20
    assert keeper.use(3) == 30
    assert seen == [2, 3]


class Unusual(ValueError):
    """Be an exception of the suite's own."""


def test_an_exception_of_a_callback_comes_back_unchanged_if_the_submission_lets_it_through(trial: Session) -> None:
    mine = Unusual("expected 0.731")

    def function() -> None:
        raise mine

    with pytest.raises(Unusual) as caught:
        trial.call(function)
    assert caught.value is mine


def test_an_exception_of_a_callback_that_the_submission_wraps_counts_as_the_submissions(trial: Session) -> None:
    def function() -> None:
        raise Unusual("mine")

    with pytest.raises(KeyError, match="wrapped"):
        trial.wrap(function)
    with pytest.raises(ValueError, match="its own") as caught:
        trial.replace(function)
    assert not isinstance(caught.value, Unusual)


def test_the_submission_learns_only_the_type_of_a_callbacks_exception(trial: Session) -> None:
    def function() -> None:
        raise AssertionError("expected 0.731")

    assert trial.swallow(function) == ("AssertionError", "raised by the test's function")


def test_a_swallowed_exception_of_a_callback_does_not_come_back_later(trial: Session) -> None:
    def function() -> None:
        raise ValueError("earlier")

    trial.swallow(function)
    with pytest.raises(ValueError, match="later"):
        trial.throw("ValueError", "later")
    assert trial.echo(1) == 1


def test_a_callback_can_end_the_suite(trial: Session) -> None:
    def function() -> None:
        pytest.fail("the suite says no")

    with pytest.raises(pytest.fail.Exception, match="the suite says no"):
        trial.swallow(function)


def test_a_callback_that_returns_a_value_that_cannot_cross_is_the_suites_mistake(trial: Session) -> None:
    with pytest.raises(Exception, match="neither plain data nor an object of the submission"):
        trial.call(object)


# ---- handles live as long as they are held, sessions as long as a test


def test_objects_are_freed_when_the_suite_no_longer_holds_them(trial: Session) -> None:
    held = [trial.Counted() for _ in range(5)]
    assert trial.living() == 5
    del held[1:]
    gc.collect()
    assert trial.living() == 1
    again = held[0].itself()
    held.clear()
    gc.collect()
    assert trial.living() == 1, "another handle for the same object keeps it"
    del again
    gc.collect()
    assert trial.living() == 0


def test_a_temporary_object_lives_until_the_call_that_uses_it_has_ended(trial: Session) -> None:
    for _ in range(20):
        assert trial.echo(trial.Counted().itself()).itself() is not None
    gc.collect()
    assert trial.living() == 0


def test_a_handle_of_an_earlier_session_is_refused(submission: Submission) -> None:
    with submission.session() as trial:
        box = trial.Box(1)
    with submission.session() as trial:
        with pytest.raises(Ended, match="used after it"):
            _ = box.value
        with pytest.raises(Ended, match="kept from an earlier test"):
            trial.echo(box)
    with submission.session() as trial, pytest.raises(Ended, match="kept from an earlier test"):
        trial.echo([{"deep": (box,)}])


def test_symbols_are_looked_up_in_each_session(submission: Submission) -> None:
    count = Symbol(MODULE, "count")
    for _ in range(2):
        with submission.session():
            assert (count(), count()) == (1, 2)
    with pytest.raises(Ended, match="outside a test"):
        count()


def test_a_symbol_is_extended_outside_a_test_and_looked_up_within_a_test(submission: Submission) -> None:
    assert handles.in_test() is False
    method = Symbol(MODULE, "Box").make
    assert repr(method) == "<tinytorch.trial.Box.make of the submission>"
    assert method.__name__ == "make"
    with submission.session():
        assert method(2).value == 2
        with pytest.raises(AttributeError, match=r"tinytorch.trial has no Missing\.name"):
            Symbol(MODULE, "Missing.name")()


def test_state_does_not_leak_from_session_to_session(submission: Submission) -> None:
    with submission.session() as trial:
        trial.count()
        trial.Box.leak = "leaked"
        Symbol("builtins", "setattr")(Symbol("numpy", ""), "leak", 1)
        assert trial.Box.leak == "leaked"
    with submission.session() as trial:
        assert trial.count() == 1
        assert not hasattr(trial.Box, "leak")
        assert Symbol("builtins", "hasattr")(Symbol("numpy", ""), "leak") is False


def test_modules_are_imported_as_symbols_and_fetched_in_a_test(submission: Submission) -> None:
    with RemoteFinder(lambda name: name.split(".")[0] == "tinytorch"):
        import tinytorch.trial as trial
        from tinytorch.trial import VERSION, Box

        assert type(Box) is Symbol
        with submission.session():
            assert Box(3).value == 3
            assert trial.VERSION == "1.0"
            assert type(VERSION) is Symbol, "a constant imported above a suite is fetched with the module's name"
    import sys

    assert "tinytorch.trial" not in sys.modules


def test_output_is_kept_for_the_test_that_printed_it(submission: Submission) -> None:
    with submission.session() as trial:
        trial.shout(3)
    assert trial.printed == "xxx\nto the error stream\n"
    with submission.session() as quiet:
        quiet.echo(1)
    assert quiet.printed == ""


def test_long_output_is_cut_and_never_blocks(submission: Submission) -> None:
    with submission.session() as trial:
        trial.shout(5_000_000)
        assert trial.echo(1) == 1
    assert len(trial.printed) == submission.host.limits.output


def test_the_time_limit_of_a_session_covers_all_its_requests_together(submission: Submission) -> None:
    with pytest.raises(SubmissionFault, match=r"within 0\.3 seconds"), submission.session(0.3) as trial:
        list(trial.Liar())


def test_a_fault_lasts_for_the_rest_of_its_session(submission: Submission) -> None:
    with submission.session() as trial:
        with pytest.raises(Ended):
            Symbol("os", "_exit")(0)
        with pytest.raises(Ended):
            trial.echo(1)
        assert isinstance(trial.connection.fault, Ended)
    assert submission.ask("echo", 1) == 1
