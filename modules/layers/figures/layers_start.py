"""How large the first weights should be: the spread of the numbers through a deep network, for four ways to start.

python -m modules.layers.figures.layers_start
"""

from __future__ import annotations

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, GREEN, ORANGE, RED, STYLE, save_numbers, save_picture
from tinytorch_ref.activations import ReLU, Tanh
from tinytorch_ref.layers import (
    Dropout,
    Linear,
    Sequential,
    count_parameters,
    linear_multiply_adds,
    linear_parameters,
)
from tinytorch_ref.setup import memory_of, seed_everything
from tinytorch_ref.tensor import Tensor

WIDTH, DEPTH, ROWS, SEED = 128, 12, 64, 4
Start = Callable[[np.random.Generator, int], np.ndarray]


def normal(scale: float) -> Start:
    return lambda rng, n: rng.normal(0, scale, (n, n))


STARTS: dict[str, tuple[Start | None, str, str]] = {
    "normal, spread 1": (normal(1), RED, "-."),
    "normal, spread √(2/in)": (normal(math.sqrt(2 / WIDTH)), GREEN, "--"),
    "Linear's own: uniform ± 1/√in": (None, BLUE, "-"),
    "normal, spread 0.01": (normal(0.01), ORANGE, ":"),
}


def spreads(start: Start | None) -> list[float]:
    """Standard deviation of random numbers, and after each of DEPTH layers Linear, ReLU."""
    rng = seed_everything(SEED)
    x = Tensor(rng.normal(size=(ROWS, WIDTH)))
    out = [float(x.data.std())]
    for _ in range(DEPTH):
        layer = Linear(WIDTH, WIDTH, bias=start is None)
        if start is not None:
            layer.load_state_dict({"weight": start(rng, WIDTH)})
        x = ReLU()(layer(x))
        out.append(float(x.data.std()))
    return out


def example() -> list[float]:
    layer = Linear(2, 2)
    layer.load_state_dict({"weight": [[0.5, 1], [-1, 2]], "bias": [0.5, -1]})
    return layer(Tensor([1, 2])).tolist()


def dropped(p: float) -> list[float]:
    """Eight ones through a Dropout in training."""
    seed_everything(SEED)
    return Dropout(p)(Tensor(np.ones(8))).tolist()


def costs() -> dict[str, int]:
    """Parameters, bytes and multiply-adds of 784 -> 128 -> 10 for 64 pictures: predicted, and counted on a real one."""
    model = Sequential(Linear(784, 128), Tanh(), Linear(128, 10))
    predicted = linear_parameters(784, 128) + linear_parameters(128, 10)
    return {
        "first_parameters": linear_parameters(784, 128),
        "last_parameters": linear_parameters(128, 10),
        "parameters_predicted": predicted,
        "parameters_counted": count_parameters(model),
        "parameter_bytes": sum(memory_of(array) for array in model.state_dict().values()),
        "first_multiply_adds": linear_multiply_adds((64, 784), 128),
        "last_multiply_adds": linear_multiply_adds((64, 128), 10),
        "hidden_bytes": 4 * 64 * 128,
        "tenfold_parameters": linear_parameters(784, 1280) + linear_parameters(1280, 10),
    }


def main() -> None:
    found = {name: spreads(start) for name, (start, _, _) in STARTS.items()}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 3.6))
        for name, (_, color, dashes) in STARTS.items():
            axes.plot(range(DEPTH + 1), found[name], dashes, color=color, linewidth=2, label=name)
        axes.set(
            yscale="log", xlabel="layers gone through", ylabel="spread of the numbers", xticks=range(0, DEPTH + 1, 2)
        )
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    save_picture(figure, __file__)
    last = {name: float(f"{values[-1]:.2g}") for name, values in found.items()}
    one, kept, own, small = last.values()
    save_numbers(
        {
            "width": WIDTH,
            "depth": DEPTH,
            "after_spread_one": one,
            "after_kept": kept,
            "after_own": own,
            "after_small": small,
            "example": example(),
            "dropout_seed": SEED,
            "dropped_half": dropped(0.5),
            "dropped_quarter": [round(v, 4) for v in dropped(0.25)],
            **costs(),
        },
        __file__,
    )


if __name__ == "__main__":
    main()
