"""How long a step may be, what schedules look like, and what a step costs.

OMP_NUM_THREADS=1 python -m modules.optimizers.figures.optimizers_steps
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, GREEN, ORANGE, RED, STYLE, save_dense, save_numbers
from tinytorch_ref.optimizers import (
    SGD,
    Adam,
    AdamW,
    Optimizer,
    cosine_lr,
    descend,
    largest_lr,
    parabola_gradient,
    predict_state,
    step_lr,
)
from tinytorch_ref.setup import environment, measure, seed_everything
from tinytorch_ref.tensor import Tensor

NUMBERS = 100_000
KINDS: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
    "sgd": (SGD, {}),
    "momentum": (SGD, {"momentum": 0.9}),
    "adam": (Adam, {}),
    "adamw": (AdamW, {}),
}


def bounced(lr: float, steps: int) -> np.ndarray:
    """Where SGD is on the parabola x²/2, from x = 1, after each step."""
    p = Tensor([1.0], requires_grad=True, dtype=np.float64)
    return descend(SGD([p], lr=lr), p, lambda x: parabola_gradient(x, 1.0), steps)[:, 0]


def cost(kind: type[Optimizer], settings: dict[str, Any]) -> dict[str, Any]:
    """Time of a step for each number, and bytes remembered for each number, predicted and counted."""
    source = seed_everything(6)
    p = Tensor(source.standard_normal(NUMBERS), requires_grad=True)
    p.grad = source.standard_normal(NUMBERS).astype(np.float32)
    optimizer = kind([p], lr=1e-4, **settings)
    nanoseconds = measure(optimizer.step, repeats=100).median / NUMBERS * 1e9
    kept = optimizer.state_dict()["state"][0].values()
    counted = sum(value.nbytes for value in kept if isinstance(value, np.ndarray))
    predicted = predict_state(kind.__name__, NUMBERS, **settings)
    return {"ns": round(nanoseconds, 1), "predicted": predicted / NUMBERS, "counted": counted / NUMBERS}


def main() -> None:
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
        for factor, color, dashes in ((0.02, GREEN, "-"), (0.3, BLUE, "--"), (0.95, ORANGE, "-."), (1.02, RED, ":")):
            way = bounced(factor * largest_lr(1.0), 40)
            left.semilogy(np.abs(way), dashes, color=color, linewidth=1.8, label=f"{factor:g} × largest_lr")
        left.set(xlabel="step", ylabel="|x|", title="SGD on x²/2 from x = 1", ylim=(1e-4, 1e3))
        left.legend(ncols=2, fontsize=8)
        epochs = range(101)
        right.plot(
            epochs, [step_lr(1.0, e, 30, 0.3) for e in epochs], "--", color=ORANGE, label="StepLR(30, gamma=0.3)"
        )
        right.plot(epochs, [cosine_lr(1.0, e, 100) for e in epochs], ":", color=GREEN, label="cosine, T_max=100")
        warm = [cosine_lr(1.0, e, 100, 0.1, 15) for e in epochs]
        right.plot(epochs, warm, color=BLUE, label="with warmup=15, eta_min=0.1")
        right.set(xlabel="epoch", ylabel="lr", title="Schedules from lr = 1", ylim=(0, 1.35))
        right.legend(loc="upper right", fontsize=8)
    save_dense(figure, __file__)
    numbers: dict[str, Any] = {
        "where": "{system} {machine}, {cores} cores, Python {python}, NumPy {numpy}".format_map(environment()),
        "numbers": f"{NUMBERS:,}",
        "after_40_below": float(f"{abs(bounced(0.95 * 2, 40)[-1]):.2g}"),
        "after_40_above": float(f"{abs(bounced(1.02 * 2, 40)[-1]):.2g}"),
        "gpt2_adam_gigabytes": round(predict_state("Adam", 124_000_000) / 1e9, 2),
        "gpt2_weights_gigabytes": round(4 * 124_000_000 / 1e9, 2),
    }
    save_numbers(numbers | {name: cost(*one) for name, one in KINDS.items()}, __file__)


if __name__ == "__main__":
    main()
