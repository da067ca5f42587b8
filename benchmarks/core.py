"""Measure the core of the framework: one op forward and backward, sums over many rows, and training steps beside PyTorch.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.core [SECONDS]

A round measures the two sides of every row one right after the other, for 2 ms each, in processor time. The time of a side is
its best round. Times depend on the machine, so each row is a ratio of two times of this run, with a limit. The rows beside
PyTorch need PyTorch in the same environment. They use the table of fast ops below, written for this benchmark: in module
acceleration students fill such a table. The numbers go to benchmarks/results/core.json.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from grader.files import write_atomic
from tinytorch_ref import layers, losses, optimizers
from tinytorch_ref.activations import ReLU
from tinytorch_ref.autograd import gradients, rules, unbroadcast
from tinytorch_ref.tensor import Tensor, add, add_up, apply, backend, matmul

RESULT = Path(__file__).parent / "results" / "core.json"
Array = np.ndarray
Call = Callable[[], Any]
CHAIN = 100
BLOCK = 0.002  # seconds


def blocks(call: Call) -> Iterator[float]:
    """Yield, again and again, the processor time of one call: of a block of calls that takes 2 ms, divided by their number."""
    call()
    calls = 1
    while True:
        began = time.process_time()
        for _ in range(calls):
            call()
        took = time.process_time() - began
        if took >= BLOCK or calls == 1:
            yield took / calls
        calls = max(1, round(calls * BLOCK / max(took, BLOCK / 100)))


class Row:
    """Hold two calls to compare. One call of ours does `times` things, and its time is divided by that."""

    def __init__(self, name: str, ours: Call, other: Call, limit: float, beside: str, times: int = 1) -> None:
        self.name, self.limit, self.beside, self.times = name, limit, beside, times
        self.sides = blocks(ours), blocks(other)
        self.ours = self.other = float("inf")

    def measure(self) -> None:
        self.ours, self.other = (
            min(best, next(side)) for best, side in zip((self.ours, self.other), self.sides, strict=True)
        )

    @property
    def ratio(self) -> float:
        return self.ours / self.times / self.other


def ops() -> list[Row]:
    """Compare one op, and the way back through it, with NumPy's addition of four numbers."""
    constant, x = Tensor([1, 2, 3, 4]), Tensor([1, 2, 3, 4], requires_grad=True)
    a, b, ones = constant.data, x.data, np.ones(4, np.float32)
    one_side = both_sides = x
    for _ in range(CHAIN):
        one_side = one_side + constant
        both_sides = both_sides + x

    def walk(result: Tensor) -> Call:
        return lambda: [None for _ in gradients(result, ones)]

    def plain() -> Array:
        return np.add(a, b)

    beside = "np.add of four numbers"
    return [
        Row("apply(add)", lambda: apply(add, constant, constant), plain, 4.5, beside),
        Row("apply(add), recorded for backward", lambda: apply(add, constant, x), plain, 4.5, beside),
        Row("backward of an op of a chain", walk(one_side), plain, 13, beside, CHAIN),
        Row("backward, both inputs want a gradient", walk(both_sides), plain, 13, beside, CHAIN),
    ]


def sums() -> list[Row]:
    """Compare sums over 10⁶ rows, which keep their digits, with NumPy's own, which do not."""
    tall, line, wide = (np.full(shape, 0.1, np.float32) for shape in ((10**6, 2), 10**6, (10**6, 64)))
    short = "NumPy's own sum"
    return [
        Row("sum of (10⁶, 2) over its rows", lambda: add_up(tall, (0,)), lambda: tall.sum(axis=0), 1.3, short),
        Row("sum of (10⁶, 64) over its rows", lambda: add_up(wide, (0,)), lambda: wide.sum(axis=0), 1.3, short),
        Row("sum of (10⁶,)", lambda: add_up(line, (0,)), lambda: line.sum(), 1.3, short),
        Row("unbroadcast of (10⁶, 2) to (2,)", lambda: unbroadcast(tall, (2,)), lambda: tall.sum(axis=0), 1.3, short),
    ]


# The throwaway table: what module acceleration has students write, for the ops of one network


def fast_matmul(a: Array, b: Array) -> tuple[Array, Any]:
    return a @ b, (a, b)


def fast_linear(x: Array, weight: Array, bias: Array) -> tuple[Array, Any]:
    out = x @ weight.T
    out += bias
    return out, (x, weight)


def fast_linear_backward(grad: Array, saved: Any) -> tuple[Any, ...]:
    x, weight = saved
    return lambda: grad @ weight, lambda: grad.T @ x, lambda: add_up(grad, (0,))


def fast_cross_entropy(input: Array, target: Array, reduction: str, label_smoothing: float) -> tuple[Array, Any]:
    losses.check_classes(input, target)
    samples = np.arange(len(target))
    shifted = input - input.max(axis=1, keepdims=True)
    score = shifted[samples, target]
    np.exp(shifted, out=shifted)
    total = shifted.sum(axis=1)
    return (np.log(total) - score).sum() / np.float32(len(target)), (shifted, total, samples, target)


def fast_cross_entropy_backward(grad: Array, saved: Any) -> tuple[Any, None]:
    powers, total, samples, target = saved
    slope = powers * (grad / (total * np.float32(len(target))))[:, np.newaxis]
    slope[samples, target] -= grad / np.float32(len(target))
    return slope, None


def fast_sgd(data: Array, grad: Array, state: dict[str, Any], *, lr: float, **_: Any) -> tuple[Array, dict[str, Any]]:
    data -= lr * grad
    return data, state


def fast_adam(
    data: Array,
    grad: Array,
    state: dict[str, Any],
    *,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
) -> tuple[Array, dict[str, Any]]:
    if not state:
        state = {
            "step": 0,
            "exp_avg": np.zeros_like(data),
            "exp_avg_sq": np.zeros_like(data),
            "work": np.empty_like(data),
        }
    state["step"] += 1
    mean, square, work = state["exp_avg"], state["exp_avg_sq"], state["work"]
    np.multiply(grad, 1 - betas[0], out=work)
    mean *= betas[0]
    mean += work
    np.multiply(grad, grad, out=work)
    work *= 1 - betas[1]
    square *= betas[1]
    square += work
    np.sqrt(square, out=work)
    work *= 1 / (1 - betas[1] ** state["step"]) ** 0.5
    work += eps
    np.divide(mean, work, out=work)
    work *= lr / (1 - betas[0] ** state["step"])
    data -= work
    return data, state


FAST = {
    matmul: fast_matmul,
    layers.linear: fast_linear,
    losses.cross_entropy: fast_cross_entropy,
    optimizers.sgd_update: fast_sgd,
    optimizers.adam_update: fast_adam,
}


def steps(torch: Any) -> list[Row]:
    """Compare training steps of an MLP 784-128-10 on 64 samples, and the loss alone, with PyTorch's."""
    torch.set_num_threads(1)
    backend.update(FAST)
    rules.update({fast_linear: fast_linear_backward, fast_cross_entropy: fast_cross_entropy_backward})
    rng = np.random.default_rng(0)
    pictures, classes = rng.normal(size=(64, 784)).astype(np.float32), rng.integers(0, 10, 64)
    mine = Tensor(pictures), Tensor(classes, dtype=np.int64)
    theirs = torch.from_numpy(pictures), torch.from_numpy(classes)
    nn = torch.nn

    def training(model: Any, criterion: Any, optimizer: Any, x: Any, target: Any) -> Call:
        def step() -> None:
            optimizer.zero_grad()
            criterion(model(x), target).backward()
            optimizer.step()

        return step

    def rows() -> Iterator[Row]:
        for name, limit, ours, other in (
            ("an MLP's step with SGD", 1.15, optimizers.SGD, torch.optim.SGD),
            ("an MLP's step with Adam", 0.9, optimizers.Adam, torch.optim.Adam),
        ):
            model = layers.Sequential(layers.Linear(784, 128), ReLU(), layers.Linear(128, 10))
            twin = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
            yield Row(
                name,
                training(model, losses.CrossEntropyLoss(), ours(model.parameters(), lr=1e-3), *mine),
                training(twin, nn.CrossEntropyLoss(), other(twin.parameters(), lr=1e-3), *theirs),
                limit,
                "PyTorch",
            )

    scores = rng.normal(size=(64, 10)).astype(np.float32)
    x, twin = Tensor(scores, requires_grad=True), torch.from_numpy(scores.copy()).requires_grad_()

    def loss(criterion: Any, x: Any, target: Any) -> Call:
        def both() -> None:
            x.grad = None
            criterion(x, target).backward()

        return both

    ours, other = loss(losses.CrossEntropyLoss(), x, mine[1]), loss(nn.CrossEntropyLoss(), twin, theirs[1])
    return [*rows(), Row("cross-entropy of (64, 10), forward and backward", ours, other, 0.85, "PyTorch")]


def installed_torch() -> Any:
    """Return PyTorch, or None where it is not installed."""
    try:
        import torch
    except ModuleNotFoundError:
        print("PyTorch is not installed: its rows are left out. `make compare` says how to install it.\n")
        return None
    return torch


def main() -> None:
    budget = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    torch = installed_torch()
    groups = [ops, sums, *([partial(steps, torch)] if torch else [])]
    measured = []
    for group in groups:
        rows, end = group(), time.monotonic() + budget / len(groups)
        while time.monotonic() < end:
            for row in rows:
                row.measure()
        measured += rows
    for row in measured:
        verdict = "holds" if row.ratio <= row.limit else "TOO SLOW"
        times = f"{row.ours / row.times * 1e6:9.2f} µs beside {row.other * 1e6:9.2f} of {row.beside}"
        print(f"{row.name:<50}{row.ratio:6.2f} ≤ {row.limit:<5} {verdict:<9}{times}")
    result = {
        "command": "make bench-core",
        "ratios": {
            row.name: {"ratio": round(row.ratio, 2), "limit": row.limit, "beside": row.beside} for row in measured
        },
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "processor": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__ if torch else None,
            "threads": 1,
        },
    }
    write_atomic(RESULT, json.dumps(result, indent=1) + "\n")
    if slow := [row.name for row in measured if row.ratio > row.limit]:
        sys.exit(f"slower than the limit: {', '.join(slow)}")


if __name__ == "__main__":
    main()
