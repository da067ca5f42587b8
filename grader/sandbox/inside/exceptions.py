"""Which exceptions may cross by name: ordinary ones of Python's own, so that `pytest.raises(ValueError)` works.

And one of NumPy's, which is an IndexError and a ValueError at once: whichever a suite asks for, it has it.

Left out on purpose: whatever could end, skip or steer the suite (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration,
pytest's own outcomes). An exception not listed crosses as its nearest listed base class.
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
    """Name of the first class in the error's ancestry that is listed; "Exception" when there is none."""
    for kind in type(error).__mro__:
        if ALLOWED.get(kind.__name__) is kind:
            return kind.__name__
    return "Exception"
