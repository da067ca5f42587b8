"""List the exceptions that may cross by name: ordinary exceptions of Python, so that `pytest.raises(ValueError)` works.

The list also has NumPy's AxisError, which is both an IndexError and a ValueError, so a suite may ask for either.

The list leaves out every exception that could end, skip or steer the suite (SystemExit, KeyboardInterrupt, GeneratorExit,
StopIteration, pytest's own outcomes). An exception that is not listed crosses as its nearest listed base class.
"""

from __future__ import annotations

from numpy.exceptions import AxisError

ALLOWED: dict[str, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        Exception,
        ArithmeticError,
        AssertionError,
        AttributeError,
        AxisError,
        BufferError,
        EOFError,
        FileExistsError,
        FileNotFoundError,
        FloatingPointError,
        ImportError,
        IndexError,
        KeyError,
        LookupError,
        MemoryError,
        ModuleNotFoundError,
        NameError,
        NotImplementedError,
        OSError,
        OverflowError,
        PermissionError,
        RecursionError,
        RuntimeError,
        RuntimeWarning,
        SyntaxError,
        TimeoutError,
        TypeError,
        UnboundLocalError,
        UnicodeDecodeError,
        UnicodeEncodeError,
        UserWarning,
        ValueError,
        Warning,
        ZeroDivisionError,
    )
}


def nearest(error: BaseException) -> str:
    """Return the name of the first listed class among the error's ancestors, or "Exception" if there is none."""
    for kind in type(error).__mro__:
        if ALLOWED.get(kind.__name__) is kind:
            return kind.__name__
    return "Exception"
