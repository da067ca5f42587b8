"""The reference beside PyTorch: every op that has a rule, on a grid of shapes, dtypes and broadcasts, and what is made of ops.

    make compare        or  python -m tests.reference.autograd_vs_pytorch; needs PyTorch, see `torch_or_exit`

writes docs/audit/autograd_vs_pytorch.json: for each op, method, layer, loss and optimizer, and each dtype, how many
cases there are, and the largest relative error among their results and gradients (of an optimizer: among the
parameters and rates after each step). An error is |ours - PyTorch's|, over the largest |PyTorch's| of that array.
What is made of ops is in framework_vs_pytorch.py.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from grader.files import write_atomic
from tinytorch_ref import activations, losses, tensor
from tinytorch_ref.tensor import Op, Tensor, apply

from .framework_vs_pytorch import both, walks

Array = np.ndarray
DTYPES = ("float32", "float64")
TOLERANCE = {
    "float32": 1e-5,
    "float64": 1e-12,
}  # float32 keeps 7 digits, float64 nearly 16; sums of a dozen terms lose one
TABLE = Path(__file__).parents[2] / "docs" / "audit" / "autograd_vs_pytorch.json"


@dataclass(frozen=True)
class Case:
    """One op with options, on float64 arrays (integer ones stay integer), and how PyTorch says the same."""

    op: Op
    arrays: tuple[Array, ...]
    theirs: Callable[..., Any]  # (torch, *tensors) -> tensor
    options: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True  # whether finite differences apply: no kink and no tie at these numbers
    differs: str = ""  # why PyTorch is not asked, where we know that it has another convention

    def __str__(self) -> str:
        shapes = " ".join(str(a.shape).replace(" ", "") for a in self.arrays)
        options = ",".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.op.__name__}-{shapes}" + (f"-{options}" if options else "")


BROADCASTS = (
    ((), ()),
    ((), (2, 3)),
    ((3,), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((4, 1, 3), (2, 1)),
    ((3, 3), (3,)),
    ((0, 3), (1, 3)),
    ((1,), (1, 1)),
    ((2, 3), (2, 3)),
)
SHAPES = ((), (1,), (5,), (2, 3), (0, 3), (2, 3, 4))
PRODUCTS = (
    *(((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((1, 1), (1, 1))),
    *(((3,), (5, 3, 2)), ((5, 2, 3), (3,)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4))),
    *(((6, 1, 2, 3), (5, 3, 4)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 4)), ((3, 3), (3, 3))),
)
DIMS: tuple[Any, ...] = (None, 0, -1, (0, 2), (2, 1), (0, 1, 2))
INDICES: tuple[Any, ...] = (
    *(1, -1, (0, 2), slice(1, None), (slice(None), slice(None, None, 2)), (..., None, 0)),
    *([0, 1, 0, 0], ([0, 1, 1], [2, 0, 0]), (slice(None), [1, 1])),
)


def cases() -> list[Case]:
    """The grid. The same numbers on every call."""
    return list(_cases(np.random.default_rng(7)))


def _cases(rng: np.random.Generator) -> Iterator[Case]:
    def any_sign(*shape: int) -> Array:
        return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 2.0, shape))

    def positive(*shape: int) -> Array:
        return np.asarray(rng.uniform(0.2, 2.0, shape))

    def distinct(*shape: int) -> Array:
        return (rng.permutation(int(np.prod(shape))) * 0.1 - 1).reshape(shape)

    for left, right in BROADCASTS:
        yield Case(tensor.add, (any_sign(*left), any_sign(*right)), lambda torch, a, b: a + b)
        yield Case(tensor.sub, (any_sign(*left), any_sign(*right)), lambda torch, a, b: a - b)
        yield Case(tensor.mul, (any_sign(*left), any_sign(*right)), lambda torch, a, b: a * b)
        yield Case(tensor.div, (any_sign(*left), any_sign(*right)), lambda torch, a, b: a / b)
        yield Case(tensor.power, (positive(*left), any_sign(*right)), lambda torch, a, b: a**b)
    at = np.array([0.0, 0.0, 0.0, -2.0, -2.0, 3.0, 3.0]), np.array([0.0, 1.0, 2.0, 2.0, 3.0, 0.0, -1.0])
    yield Case(tensor.power, at, lambda torch, a, b: a**b, smooth=False)
    yield Case(tensor.div, (any_sign(3), np.array([2, 3, 4])), lambda torch, a, b: a / b)
    yield Case(tensor.mul, (np.array([[2], [3]]), any_sign(3)), lambda torch, a, b: a * b)
    for shape in SHAPES:
        yield Case(tensor.neg, (any_sign(*shape),), lambda torch, a: -a)
        yield Case(tensor.exp, (any_sign(*shape),), lambda torch, a: a.exp())
        yield Case(tensor.log, (positive(*shape),), lambda torch, a: a.log())
        yield Case(tensor.sqrt, (positive(*shape),), lambda torch, a: a.sqrt())
        yield Case(tensor.absolute, (any_sign(*shape),), lambda torch, a: a.abs())
        for bounds in ({"min": -0.5}, {"max": 0.55}, {"min": -0.45, "max": 0.65}):
            yield Case(tensor.clip, (any_sign(*shape),), lambda torch, a, b=bounds: a.clamp(**b), bounds)
    corners = np.array([-1.0, 0.0, 0.5, 1.0])
    yield Case(tensor.absolute, (corners,), lambda torch, a: a.abs(), smooth=False)
    yield Case(
        tensor.clip,
        (corners,),
        lambda torch, a: a.clamp(0, 0.5),
        {"min": 0, "max": 0.5},
        smooth=False,
        differs="a number exactly on a bound counts as within it, slope 1: so says PyTorch 2.13, and 2.15 says slope 0",
    )
    for left, right in PRODUCTS:
        yield Case(tensor.matmul, (any_sign(*left), any_sign(*right)), lambda torch, a, b: a @ b)
    for dim in DIMS:
        for keepdim in (False, True):
            how = {"dim": dim, "keepdim": keepdim}
            where = tuple(range(3)) if dim is None else dim
            yield Case(
                tensor.reduce_sum,
                (any_sign(2, 3, 4),),
                lambda torch, a, d=where, k=keepdim: a.sum(dim=d, keepdim=k),
                how,
            )
            yield Case(
                tensor.reduce_max,
                (distinct(2, 3, 4),),
                lambda torch, a, d=where, k=keepdim: a.amax(dim=d, keepdim=k),
                how,
            )
    ties = np.array([[1.0, 3, 3], [2, 2, 2], [0, 1, 0]])
    yield Case(tensor.reduce_max, (ties,), lambda torch, a: a.amax(dim=1), {"dim": 1}, smooth=False)
    yield Case(tensor.reduce_max, (ties,), lambda torch, a: a.amax(dim=(0, 1)), smooth=False)
    for shape in ((24,), (4, 6), (3, -1), (1, 2, 12, 1)):
        yield Case(tensor.reshape, (any_sign(2, 3, 4),), lambda torch, a, s=shape: a.reshape(s), {"shape": shape})
    for dims in ((0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 1, 0)):
        yield Case(tensor.permute, (any_sign(2, 3, 4),), lambda torch, a, d=dims: a.permute(d), {"dims": dims})
    for index in INDICES:
        yield Case(tensor.getitem, (any_sign(2, 3),), lambda torch, a, i=index: a[i], {"index": index})
    mask = np.array([[True, False, True], [False, False, True]])
    yield Case(tensor.getitem, (any_sign(2, 3),), lambda torch, a: a[torch.from_numpy(mask)], {"index": mask})
    for dim, shapes in (
        (0, ((2, 3), (1, 3), (4, 3))),
        (-1, ((2, 3), (2, 1))),
        (1, ((2, 0, 3), (2, 2, 3))),
        (0, ((5,),)),
    ):
        yield Case(
            tensor.concatenate,
            tuple(any_sign(*shape) for shape in shapes),
            lambda torch, *a, d=dim: torch.cat(a, dim=d),
            {"dim": dim},
        )

    for shape in SHAPES:
        yield Case(activations.relu, (any_sign(*shape),), lambda torch, a: torch.relu(a))
        for slope in (0.01, 0.3):
            yield Case(
                activations.leaky_relu,
                (any_sign(*shape),),
                lambda torch, a, s=slope: torch.nn.functional.leaky_relu(a, s),
                {"negative_slope": slope},
            )
        yield Case(activations.sigmoid, (any_sign(*shape),), lambda torch, a: torch.sigmoid(a))
        yield Case(activations.tanh, (any_sign(*shape),), lambda torch, a: torch.tanh(a))
        yield Case(
            activations.gelu, (any_sign(*shape),), lambda torch, a: torch.nn.functional.gelu(a, approximate="tanh")
        )
    yield Case(activations.relu, (corners,), lambda torch, a: torch.relu(a), smooth=False)
    yield Case(
        activations.leaky_relu,
        (corners,),
        lambda torch, a: torch.nn.functional.leaky_relu(a, 0.01),
        smooth=False,
    )
    far = np.array([[-1000.0, 0, 1000], [1002.5, 1003, -1003]])
    for name, theirs in (("softmax", "softmax"), ("log_softmax", "log_softmax"), ("logsumexp", "logsumexp")):
        op = getattr(losses if name == "logsumexp" else activations, name)
        for shape, dim in (((5,), -1), ((2, 3), 0), ((2, 3), 1), ((2, 3, 4), 1), ((3, 3), -2), ((0, 3), 1)):
            yield Case(
                op, (any_sign(*shape),), lambda torch, a, t=theirs, d=dim: getattr(torch, t)(a, dim=d), {"dim": dim}
            )
        # PyTorch takes logsumexp's slope from the rounded result, which costs it digits: not so far out with that
        scores = far / 10 if name == "logsumexp" else far
        yield Case(op, (scores,), lambda torch, a, t=theirs: getattr(torch, t)(a, dim=-1), smooth=False)

    for reduction in ("mean", "sum", "none"):
        how = {"reduction": reduction}
        for shape in ((4,), (3, 2), (2, 3, 4), ()):
            yield Case(
                losses.mse_loss,
                (any_sign(*shape), any_sign(*shape)),
                lambda torch, a, b, r=reduction: torch.nn.functional.mse_loss(a, b, reduction=r),
                how,
            )
            yes = rng.integers(0, 2, shape)
            yield Case(
                losses.binary_cross_entropy,
                (np.asarray(rng.uniform(0.05, 0.95, shape)), np.asarray(yes)),
                lambda torch, a, b, r=reduction: torch.nn.functional.binary_cross_entropy(
                    a, b.to(a.dtype), reduction=r
                ),
                how,
            )
            yield Case(
                losses.binary_cross_entropy_with_logits,
                (any_sign(*shape) * 3, np.asarray(yes)),
                lambda torch, a, b, r=reduction: torch.nn.functional.binary_cross_entropy_with_logits(
                    a, b.to(a.dtype), reduction=r
                ),
                how,
            )
        for rows, smoothing in ((1, 0.0), (5, 0.0), (5, 0.1)):
            yield Case(
                losses.cross_entropy,
                (any_sign(rows, 4), rng.integers(0, 4, rows)),
                lambda torch, a, b, r=reduction, s=smoothing: torch.nn.functional.cross_entropy(
                    a, b, reduction=r, label_smoothing=s
                ),
                how | {"label_smoothing": smoothing},
            )


def ours(case: Case, dtype: str, upstream: Array | None = None) -> tuple[Array, Array, list[Array | None]]:
    """(result, the gradient it was given, the gradient of each input) of the reference. upstream None: a random one."""
    inputs = [Tensor(a, a.dtype.kind == "f", dtype if a.dtype.kind == "f" else a.dtype) for a in case.arrays]
    result = apply(case.op, *inputs, **case.options)
    if upstream is None:
        upstream = np.asarray(np.random.default_rng(11).normal(size=result.shape), dtype)
    result.backward(upstream)
    return result.data, upstream, [one.grad for one in inputs]


def theirs(torch: Any, case: Case, dtype: str, upstream: Array) -> tuple[Array, list[Array | None]]:
    """(result, the gradient of each input) of PyTorch, on the CPU."""
    inputs = [torch.tensor(a if a.dtype.kind != "f" else a.astype(dtype)) for a in case.arrays]
    for one in inputs:
        one.requires_grad_(one.is_floating_point())
    result = case.theirs(torch, *inputs)
    result.backward(torch.tensor(upstream))
    return result.detach().numpy(), [None if one.grad is None else one.grad.numpy() for one in inputs]


def error(mine: Array, right: Array) -> float:
    """|mine - right| over the largest |right|, the largest of all; inf where nan or infinities differ."""
    assert mine.shape == right.shape, (mine.shape, right.shape)
    assert mine.dtype == right.dtype, (mine.dtype, right.dtype)
    finite = np.isfinite(right)
    if not np.array_equal(mine[~finite], right[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    largest = float(np.abs(right[finite]).max())
    apart = float(np.abs(mine[finite] - right[finite]).max())
    return apart / largest if largest else apart


def compare(torch: Any, case: Case, dtype: str) -> float:
    """The largest relative error among the result and the gradients."""
    result, upstream, grads = ours(case, dtype)
    right, right_grads = theirs(torch, case, dtype, upstream)
    assert [g is None for g in grads] == [g is None for g in right_grads]
    pairs = [(np.asarray(result), np.asarray(right)), *zip(grads, right_grads, strict=True)]
    return max(error(mine, want) for mine, want in pairs if mine is not None and want is not None)


def torch_or_exit() -> Any:
    """PyTorch, or an end with a word on how to get it."""
    try:
        import torch
    except ModuleNotFoundError:
        sys.exit(
            f"compare: PyTorch is not installed for {sys.executable}, and nothing else in this project needs it. Type:\n"
            f"    {sys.executable} -m pip install 'torch>=2.6'\n"
            "On Linux this brings 2 GB of libraries for graphics cards; the build for CPUs alone will do as well."
        )
    return torch


def rows(torch: Any) -> Iterator[tuple[str, str, str, float]]:
    """(stem, row, dtype, largest relative error) of every case, in the order of the table."""
    for dtype in DTYPES:
        for case in cases():
            if not case.differs:
                stem = case.op.__module__.rpartition(".")[2]
                yield stem, case.op.__name__, dtype, compare(torch, case, dtype)
        for walk in walks():
            yield walk.module, walk.name, dtype, max(error(*pair) for pair in both(torch, walk, dtype))


def main() -> None:
    torch = torch_or_exit()
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for stem, name, dtype, apart in rows(torch):
        row = table.setdefault(stem, {}).setdefault(name, {})
        cell = row.setdefault(dtype, {"cases": 0, "largest_relative_error": 0.0})
        cell["cases"] += 1
        cell["largest_relative_error"] = max(cell["largest_relative_error"], float(f"{apart:.2g}"))
    cells = [(cell, dtype) for named in table.values() for row in named.values() for dtype, cell in row.items()]
    found = {
        "command": "python -m tests.reference.autograd_vs_pytorch",
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "numpy")}
        | {"python": platform.python_version()},
        "tolerance": TOLERANCE,
        "cases": sum(cell["cases"] for cell, _ in cells),
        "table": table,
        "known_differences": {str(case): case.differs for case in cases() if case.differs},
    }
    write_atomic(TABLE, (json.dumps(found, indent=2) + "\n").encode())
    for stem, named in table.items():
        print(stem)
        for name, row in named.items():
            shown = "   ".join(f"{d} {c['cases']:>3} cases {c['largest_relative_error']:8.1e}" for d, c in row.items())
            print(f"  {name:<34} {shown}")
    print(f"{found['cases']} cases; written to {TABLE.name}")
    if over := [dtype for cell, dtype in cells if not cell["largest_relative_error"] <= TOLERANCE[dtype]]:
        sys.exit(f"compare: {len(over)} of the errors are above the tolerance, {TOLERANCE}")


if __name__ == "__main__":
    main()
