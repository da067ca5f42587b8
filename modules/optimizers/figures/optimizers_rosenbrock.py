"""The ways of SGD, momentum and Adam down Rosenbrock's valley, walked by the optimizers of the module itself.

python -m modules.optimizers.figures.optimizers_rosenbrock
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, GREEN, GREY, ORANGE, STYLE, save_dense, save_numbers
from tinytorch_ref.optimizers import SGD, Adam, Optimizer, descend, rosenbrock, rosenbrock_gradient
from tinytorch_ref.tensor import Tensor

START, STEPS = [-1.5, 2.0], 1000
WALKS: dict[str, tuple[type[Optimizer], dict[str, Any], str, str]] = {
    "sgd": (SGD, {"lr": 1e-3}, ORANGE, ":"),
    "momentum": (SGD, {"lr": 1e-3, "momentum": 0.9}, BLUE, "-"),
    "adam": (Adam, {"lr": 0.1}, GREEN, "--"),
}
TITLES = {"sgd": "SGD, lr 0.001", "momentum": "with momentum 0.9", "adam": "Adam, lr 0.1"}


def walked(kind: type[Optimizer], settings: dict[str, Any]) -> np.ndarray:
    """(STEPS + 1, 2): the way from START."""
    p = Tensor(START, requires_grad=True, dtype=np.float64)
    return descend(kind([p], **settings), p, rosenbrock_gradient, STEPS)


def main() -> None:
    x, y = np.meshgrid(np.linspace(-1.9, 1.7, 241), np.linspace(-0.9, 3.1, 241))
    height = (1 - x) ** 2 + 100 * (y - x * x) ** 2
    numbers: dict[str, Any] = {"start": START, "steps": STEPS, "start_height": round(rosenbrock(np.array(START)), 4)}
    with plt.rc_context(STYLE):
        figure, ((first, second), (third, curves)) = plt.subplots(2, 2, figsize=(9, 7))
        for (name, (kind, settings, color, dashes)), plane in zip(WALKS.items(), (first, second, third), strict=True):
            path = walked(kind, settings)
            heights = np.array([rosenbrock(point) for point in path])
            plane.contour(x, y, height, levels=np.logspace(-1, 3.2, 12), colors=GREY, linewidths=0.6, alpha=0.7)
            plane.plot(*path.T, color=color, linewidth=1.4)
            plane.plot(*path[::50].T, "o", color=color, markersize=4)
            plane.plot(*START, "ks", markersize=6)
            plane.plot(1, 1, "k*", markersize=13)
            plane.set(xlabel="x", ylabel="y", title=TITLES[name], xlim=(-1.9, 1.7), ylim=(-0.9, 3.1))
            curves.semilogy(heights, dashes, color=color, linewidth=1.8, label=TITLES[name])
            below = np.flatnonzero(heights < 0.01)
            numbers[name] = {
                "end": [round(v, 3) for v in path[-1].tolist()],
                "height": float(f"{heights[-1]:.2g}"),
                "steps_below_hundredth": int(below[0]) if below.size else f"more than {STEPS}",
            }
        curves.set(xlabel="step", ylabel="height", title="Height above the lowest point")
        curves.legend()
    save_dense(figure, __file__)
    save_numbers(numbers, __file__)


if __name__ == "__main__":
    main()
