"""What the suite of the module tensor must do right beside a Tensor: print, compare, overwrite, count arithmetic.

Nothing here knows what is right: it hands back data, and the suite judges.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import tinytorch.tensor as tt
from tinytorch.tensor import Tensor, stack


def shown(data: Any, requires_grad: bool, dtype: str) -> str:
    """repr of a Tensor, without spaces and line breaks."""
    return "".join(repr(Tensor(data, requires_grad, np.dtype(dtype))).split())


class Counted:
    """A number that counts the products it takes part in."""

    products = 0

    def __init__(self, value: float) -> None:
        self.value = value

    def __mul__(self, other: Any) -> Counted:
        Counted.products += 1
        return Counted(self.value * float(other))

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Counted:
        return Counted(self.value + float(other))

    __radd__ = __add__

    def __float__(self) -> float:
        return float(self.value)


def _counters(rows: int, columns: int) -> np.ndarray:
    """0, 1, 2, ... as Counted, row by row."""
    array = np.empty((rows, columns), dtype=object)
    for number, index in enumerate(np.ndindex(rows, columns)):
        array[index] = Counted(number)
    return array


def counted_loops(m: int, k: int, n: int) -> tuple[int, list[list[float]]]:
    """The products that matmul_loops computes for an (m, k) times a (k, n) matrix of 0, 1, 2, ..., and its result."""
    a, b = _counters(m, k), _counters(k, n)
    Counted.products = 0
    out = tt.matmul_loops(a, b)
    return Counted.products, [[float(number) for number in row] for row in out]


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


def functions_called(op: str, a: np.ndarray, b: np.ndarray) -> list[str]:
    """Names of the NumPy functions that `op` of the module called on its operands, as far as they can be watched, and of
    what its own lines call or load: a plain copy of an operand is not watched.
    """
    Watched.called.clear()
    getattr(tt, op)(a.view(Watched), b.view(Watched))
    return sorted(Watched.called | _named(getattr(tt, op)))


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
    """What two (2, 2) operands hold after each op has had copies of them."""
    calls: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
        "add": tt.add,
        "mul": tt.mul,
        "div": tt.div,
        "exp": lambda a, b: tt.exp(a),
        "clip": lambda a, b: tt.clip(a, min=0.0, max=0.5),
        "compare": lambda a, b: Tensor._of(a) < Tensor._of(b),
        "matmul_loops": tt.matmul_loops,
        "matmul_rows": tt.matmul_rows,
        "matmul": tt.matmul,
        "broadcast_to": lambda a, b: tt.broadcast_to(a, (3, 2, 2)),
        "reduce_sum": lambda a, b: tt.reduce_sum(a, dim=0),
        "reduce_max": lambda a, b: tt.reduce_max(a, dim=1),
        "reshape": lambda a, b: tt.reshape(a, shape=(4,)),
        "permute": lambda a, b: tt.permute(a, dims=(1, 0)),
        "concatenate": lambda a, b: tt.concatenate(a, b, dim=1),
    }
    after = {}
    for name, call in calls.items():
        operands = [a.copy(), b.copy()]
        call(*operands)
        after[name] = operands
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


def compositions() -> dict[str, Callable[[Tensor], Tensor]]:
    """Everything that makes a Tensor of a (2, 2) Tensor with code of this module's."""
    return {
        "x + 1": lambda x: x + 1,
        "2 * x": lambda x: 2 * x,
        "x / 2": lambda x: x / 2,
        "x.exp()": lambda x: x.exp(),
        "x.clip(0)": lambda x: x.clip(0),
        "x @ x": lambda x: x @ x,
        "x.sum(0)": lambda x: x.sum(0),
        "x.max()": lambda x: x.max(),
        "x.mean(1)": lambda x: x.mean(1),
        "x.var()": lambda x: x.var(),
        "x.reshape(4)": lambda x: x.reshape(4),
        "x.permute(1, 0)": lambda x: x.permute(1, 0),
        "x.transpose(0, 1)": lambda x: x.transpose(0, 1),
        "x.unsqueeze(0)": lambda x: x.unsqueeze(0),
        "x.unsqueeze(0).squeeze()": lambda x: x.unsqueeze(0).squeeze(),
        "stack([x, x])": lambda x: stack([x, x]),
        "cat([x, x])": lambda x: tt.cat([x, x]),
    }


def history(name: str, data: np.ndarray, requires_grad: bool) -> list[dict[str, Any]]:
    """What the result of one composition remembers: itself first, then everything that _parents lead to."""
    x = Tensor(data, requires_grad=requires_grad)
    todo, nodes, seen = [compositions()[name](x)], [], set()
    while todo:
        tensor = todo.pop(0)
        if id(tensor) not in seen:
            seen.add(id(tensor))
            facts = {"data": tensor.data, "op": None if tensor._op is None else tensor._op.__name__}
            nodes.append(facts | {"is x": tensor is x, "requires_grad": tensor.requires_grad})
            todo.extend(tensor._parents)
    return nodes
