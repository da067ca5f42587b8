"""What the suite of the module tensor must do right beside a Tensor: print, compare, overwrite, watch arithmetic.

Nothing here knows what is right: it hands back data, and the suite judges.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import tinytorch.tensor as tt
from tinytorch.tensor import Tensor


def shown(data: Any, requires_grad: bool, dtype: str) -> str:
    """repr of a Tensor, without spaces and line breaks."""
    return "".join(repr(Tensor(data, requires_grad, np.dtype(dtype))).split())


class Asking:
    """A number that asks `multiply`, a function of the suite, for each product it takes part in."""

    def __init__(self, value: float, multiply: Callable[[float, float], float]) -> None:
        self.value = value
        self.multiply = multiply

    def __mul__(self, other: Any) -> Asking:
        return Asking(self.multiply(self.value, float(other)), self.multiply)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Asking:
        return Asking(self.value + float(other), self.multiply)

    __radd__ = __add__

    def __float__(self) -> float:
        return self.value


def loops_that_ask(a: np.ndarray, b: np.ndarray, multiply: Callable[[float, float], float]) -> list[list[float]]:
    """What matmul_loops makes of two matrices whose numbers ask `multiply` for their products."""
    askers = []
    for array in (a, b):
        askers.append(np.empty(array.shape, dtype=object))
        for index in np.ndindex(array.shape):
            askers[-1][index] = Asking(float(array[index]), multiply)
    return [[float(number) for number in row] for row in tt.matmul_loops(*askers)]


class Watched(np.ndarray):
    """An array that notes which NumPy functions it is passed to."""

    called: ClassVar[set[str]] = set()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        Watched.called.add(ufunc.__name__)
        if out is not None:
            options["out"] = tuple(_bare(array) for array in out)
        result = getattr(ufunc, method)(*(_bare(x) for x in inputs), **options)
        return result.view(Watched) if isinstance(result, np.ndarray) else result

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        Watched.called.add(func.__name__)
        return super().__array_function__(func, types, args, kwargs)

    def dot(self, *args: Any, **kwargs: Any) -> Any:
        Watched.called.add("dot")
        return _bare(self).dot(*args, **kwargs)


def _bare(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, Watched) else array


def functions_called(op: str, a: np.ndarray, b: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Names of the NumPy functions that `op` of the module called on its operands, as far as they can be watched, and of
    what its own lines call or load: a plain copy of an operand is not watched. And the product it came to.
    """
    Watched.called.clear()
    result = getattr(tt, op)(a.view(Watched), b.view(Watched))
    product = result[0] if isinstance(result, tuple) else result
    return sorted(Watched.called | _named(getattr(tt, op))), _bare(product)


def _named(function: Any) -> set[str]:
    """Attributes and globals that a function's bytecode names, and "matmul" for the operator @."""
    names = set()
    for step in dis.get_instructions(function):
        if step.opname.startswith(("LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL")):
            names.add(str(step.argval))
        elif step.argrepr in ("@", "@="):
            names.add("matmul")
    return names


def compared(a: np.ndarray, b: Any) -> dict[str, np.ndarray]:
    """Tensor(a) compared with b in six ways."""
    t = Tensor(a)
    return {
        "<": (t < b).data,
        "<=": (t <= b).data,
        ">": (t > b).data,
        ">=": (t >= b).data,
        "==": (t == b).data,
        "!=": (t != b).data,
    }


def operands_after(a: np.ndarray, b: np.ndarray) -> dict[str, list[np.ndarray]]:
    """The result of each op on copies of two square matrices, and what these copies hold afterwards."""
    calls: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
        "add": lambda a, b: tt.add(a, b)[0],
        "mul": lambda a, b: tt.mul(a, b)[0],
        "div": lambda a, b: tt.div(a, b)[0],
        "exp": lambda a, b: tt.exp(a)[0],
        "clip": lambda a, b: tt.clip(a, min=0.0, max=0.5)[0],
        "compare": lambda a, b: (Tensor._of(a) < Tensor._of(b)).data,
        "matmul_loops": tt.matmul_loops,
        "matmul_rows": tt.matmul_rows,
        "matmul": lambda a, b: tt.matmul(a, b)[0],
        "broadcast_to": lambda a, b: tt.broadcast_to(a, (3, *a.shape)),
        "reduce_sum": lambda a, b: tt.reduce_sum(a, dim=0)[0],
        "reduce_max": lambda a, b: tt.reduce_max(a, dim=1)[0],
        "reshape": lambda a, b: tt.reshape(a, shape=(a.size,))[0],
        "permute": lambda a, b: tt.permute(a, dims=(1, 0))[0],
        "concatenate": lambda a, b: tt.concatenate(a, b, dim=1)[0],
    }
    after = {}
    for name, call in calls.items():
        operands = [a.copy(), b.copy()]
        after[name] = [call(*operands), *operands]
    return after


def results_after_a_change(a: np.ndarray) -> dict[str, np.ndarray]:
    """What results hold that should be arrays of their own, after the array they were made from has been overwritten."""
    makes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "as_array(array)": tt.as_array,
        "as_array(array, float32)": lambda array: tt.as_array(array, np.float32),
        "Tensor(array)": lambda array: Tensor(array).data,
        "broadcast_to(array, its own shape)": lambda array: tt.broadcast_to(array, array.shape),
        "clip with a bound that cuts nothing": lambda array: tt.clip(array, min=-1e9)[0],
        "concatenate of one array": lambda array: tt.concatenate(array)[0],
    }
    results = {}
    for name, make in makes.items():
        array = a.copy()
        results[name] = make(array)
        array[...] = 0
    return results
