"""What the suite of the module tensor must do right beside a Tensor: print it, compare identities, count arithmetic.

Nothing here knows what is right: it reports, and the suite judges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def counted_loops(m: int, k: int, n: int) -> tuple[int, list[list[float]]]:
    """The products that matmul_loops computes for an (m, k) times a (k, n) matrix of 0, 1, 2, ..., and its result."""
    a, b = (
        np.array([[Counted(i * columns + j) for j in range(columns)] for i in range(rows)], dtype=object)
        for rows, columns in ((m, k), (k, n))
    )
    Counted.products = 0
    out = tt.matmul_loops(a, b)
    return Counted.products, [[float(number) for number in row] for row in out]


def _operands() -> dict[str, tuple[Callable[..., Any], list[np.ndarray], dict[str, Any]]]:
    square, positive = np.array([[-1.0, 2.0], [3.0, 0.5]], np.float32), np.array([[1.0, 2.0], [2.0, 1.0]], np.float32)
    return {
        "add": (tt.add, [square, positive], {}),
        "mul": (tt.mul, [square, positive], {}),
        "div": (tt.div, [square, positive], {}),
        "exp": (tt.exp, [square], {}),
        "clip": (tt.clip, [square], {"min": 0.0, "max": 1.0}),
        "matmul_loops": (tt.matmul_loops, [square, positive], {}),
        "matmul_rows": (tt.matmul_rows, [square, positive], {}),
        "matmul": (tt.matmul, [square, positive], {}),
        "reduce_sum": (tt.reduce_sum, [square], {"dim": 0}),
        "reduce_max": (tt.reduce_max, [square], {"dim": 1}),
        "reshape": (tt.reshape, [square], {"shape": (4,)}),
        "permute": (tt.permute, [square], {"dims": (1, 0)}),
        "concatenate": (tt.concatenate, [square, positive], {"dim": 1}),
    }


def ops_that_change_an_operand() -> list[str]:
    """Names of the ops after which an array that was passed in holds other numbers or has another shape."""
    changed = []
    for name, (op, arrays, options) in _operands().items():
        before = [a.copy() for a in arrays]
        op(*arrays, **options)
        if any(a.shape != b.shape or not np.array_equal(a, b) for a, b in zip(arrays, before, strict=True)):
            changed.append(name)
    return changed


def results_that_share_memory() -> list[str]:
    """Names of the functions whose result shares memory with their input, of those whose result should be new."""
    a = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    results = {
        "as_array(array)": tt.as_array(a),
        "as_array(array, float32)": tt.as_array(a, np.float32),
        "Tensor(array)": Tensor(a).data,
        "broadcast_to(array, its own shape)": tt.broadcast_to(a, (2, 2)),
        "clip with bounds that cut nothing": tt.clip(a, min=0.0)[0],
        "concatenate of one array": tt.concatenate(a)[0],
    }
    return [name for name, result in results.items() if np.shares_memory(a, result)]


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


def results_that_forget(requires_grad: bool) -> list[str]:
    """Names of the results from which no path of _parents leads back to x, or that do not require a gradient."""
    names = []
    for name, make in compositions().items():
        x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=requires_grad)
        result = make(x)
        todo, found = [result], False
        while todo:
            tensor = todo.pop()
            found = found or tensor is x
            todo.extend(tensor._parents)
        if not (found and result.requires_grad):
            names.append(name)
    return names


def remembered_product() -> dict[str, bool]:
    """What x * 3 keeps, as facts about identity."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    product = x * 3.0
    return {
        "the op": product._op is tt.mul,
        "its inputs in order": len(product._parents) == 2 and product._parents[0] is x,
        "no gradient yet": product.grad is None,
        "x is a leaf": x._op is None and x._parents == (),
    }
