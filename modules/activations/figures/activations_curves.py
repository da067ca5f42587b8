"""The activations and their derivatives, both from the functions of the module itself; and the handout's numbers.

python -m modules.activations.figures.activations_curves
"""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from modules.figures import BLUE, GREEN, ORANGE, STYLE, save_dense, save_numbers
from tinytorch_ref import activations
from tinytorch_ref.activations import gelu, log_softmax, log_softmax_backward, sigmoid, softmax, softmax_backward

X = np.linspace(-5, 5, 201)


def slope(name: str, x: np.ndarray, **options: float) -> np.ndarray:
    """The derivative at every x: NAME_backward with an upstream gradient of ones."""
    _, saved = getattr(activations, name)(x, **options)
    return getattr(activations, f"{name}_backward")(np.ones_like(x), saved)[0]


def draw(axes: Axes, name: str, title: str, **options: float) -> None:
    """One activation: its curve, and its derivative dashed."""
    axes.plot(X, getattr(activations, name)(X, **options)[0], color=BLUE, linewidth=2, label="value")
    axes.plot(X, slope(name, X, **options), color=ORANGE, linewidth=2, linestyle="--", label="derivative")
    axes.set(title=title, xlabel="x", ylim=(-1.3, 2.3), xticks=(-5, 0, 5))


def main() -> None:
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 3, figsize=(9, 5.4))
        draw(grid[0, 0], "relu", "ReLU")
        draw(grid[0, 1], "leaky_relu", "LeakyReLU, slope 0.1", negative_slope=0.1)
        draw(grid[0, 2], "gelu", "GELU (tanh variant)")
        draw(grid[1, 0], "sigmoid", "Sigmoid")
        draw(grid[1, 1], "tanh", "Tanh")
        grid[0, 0].legend(loc="upper left")
        scores = np.stack([X, np.ones_like(X), np.zeros_like(X)], axis=1)  # (201, 3)
        lines = zip(softmax(scores)[0].T, ("x", "1", "0"), (BLUE, ORANGE, GREEN), ("-", "--", ":"), strict=True)
        for probability, score, color, dashes in lines:
            grid[1, 2].plot(X, probability, dashes, color=color, linewidth=2, label=f"of {score}")
        grid[1, 2].set(
            title="Softmax of [x, 1, 0]", xlabel="x", xticks=(-5, 0, 5), ylabel="probability", ylim=(-0.05, 1.3)
        )
        grid[1, 2].legend(loc="upper left", ncols=3, columnspacing=0.8, handlelength=1.6)
    save_dense(figure, __file__)

    y, saved = softmax(np.array([2.5, 3.0]))
    logy, log_saved = log_softmax(np.array([2.5, 3.0]))
    one = np.array([1.0, 0.0])
    fine = np.linspace(-6, 6, 100_001)
    exact = np.array([0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in fine.tolist()])
    approximate = gelu(fine)[0]
    save_numbers(
        {
            "powers": [round(math.exp(v), 4) for v in (2.5, 3.0)],
            "powers_sum": round(math.exp(2.5) + math.exp(3.0), 4),
            "softmax": [round(v, 4) for v in y.tolist()],
            "log_softmax": [round(v, 4) for v in logy.tolist()],
            "softmax_gradient": [round(v, 4) for v in softmax_backward(one, saved)[0].tolist()],
            "log_softmax_gradient": [round(v, 4) for v in log_softmax_backward(one, log_saved)[0].tolist()],
            "sigmoid_half": round(float(sigmoid(np.array([0.5]))[0][0]), 4),
            "sigmoid_largest_slope": float(slope("sigmoid", fine).max().round(4)),
            "sigmoid_slope_at_5": float(slope("sigmoid", np.array([5.0]))[0].round(4)),
            "sigmoid_slope_at_10": float(f"{slope('sigmoid', np.array([10.0]))[0]:.2g}"),
            "ten_sigmoids_shrink": round(1 / 0.25**10),
            "tanh_largest_slope": float(slope("tanh", fine).max().round(4)),
            "gelu_lowest": round(float(approximate.min()), 3),
            "gelu_lowest_at": round(float(fine[approximate.argmin()]), 2),
            "gelu_largest_slope": round(float(slope("gelu", fine).max()), 3),
            "gelu_tanh_from_exact": float(f"{np.abs(approximate - exact).max():.2g}"),
            "exp_overflows_float32_above": round(math.log(float(np.finfo(np.float32).max)), 2),
            "exp_overflows_float64_above": round(math.log(float(np.finfo(np.float64).max)), 2),
        },
        __file__,
    )


if __name__ == "__main__":
    main()
