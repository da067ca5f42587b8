"""Two runs with one seed are the same run: a random walk, drawn three times.

python -m modules.setup.figures.setup_repeatability
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, GREY, ORANGE, STYLE, save_numbers, save_picture
from tinytorch_ref.setup import generator, seed_everything

STEPS = 200


def walk(seed: int) -> np.ndarray:
    """A random walk of STEPS steps, from the framework's source of randomness."""
    seed_everything(seed)
    return np.cumsum(generator().standard_normal(STEPS))


def main() -> None:
    first, again, other = walk(seed=7), walk(seed=7), walk(seed=8)
    apart = int(np.argmax(first != other))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 3))
        axes.plot(other, color=GREY, linewidth=1.2, linestyle=":", label="seed 8")
        axes.plot(first, color=BLUE, linewidth=4, alpha=0.55, label="seed 7")
        axes.plot(again, color=ORANGE, linewidth=1.4, linestyle="--", label="seed 7, again")
        axes.set(xlabel="step", ylabel="position", title="One seed, one run")
        axes.legend()
    save_picture(figure, __file__)
    save_numbers(
        {
            "first_draws_seed_7": ", ".join(f"{step:.4f}" for step in np.diff(first, prepend=0.0)[:3]),
            "first_draws_seed_7_again": ", ".join(f"{step:.4f}" for step in np.diff(again, prepend=0.0)[:3]),
            "first_draws_seed_8": ", ".join(f"{step:.4f}" for step in np.diff(other, prepend=0.0)[:3]),
            "steps": STEPS,
            "largest_difference_same_seed": float(np.abs(first - again).max()),
            "largest_difference_other_seed": round(float(np.abs(first - other).max()), 2),
            "first_step_that_differs_other_seed": apart,
        },
        __file__,
    )


if __name__ == "__main__":
    main()
