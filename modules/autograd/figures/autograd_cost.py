"""What going back costs: bytes that a network's graph keeps alive, predicted and counted, and the time of each direction.

OMP_NUM_THREADS=1 python -m modules.autograd.figures.autograd_cost
"""

from __future__ import annotations

import tracemalloc

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, GREEN, ORANGE, STYLE, save_numbers, save_picture
from tinytorch_ref.activations import relu
from tinytorch_ref.autograd import graph_bytes, no_grad
from tinytorch_ref.setup import environment, measure, seed_everything
from tinytorch_ref.tensor import Tensor, apply

BATCH, WIDTH, DEPTHS = 64, 128, (1, 2, 4, 8, 16, 32)
TIMED = 4


def network(depth: int, rng: np.random.Generator) -> tuple[Tensor, list[Tensor]]:
    """A batch, and the weights and biases of `depth` layers of WIDTH."""
    x = Tensor(rng.standard_normal((BATCH, WIDTH)))
    parameters = []
    for _ in range(depth):
        parameters.append(Tensor(rng.standard_normal((WIDTH, WIDTH)) * (2 / WIDTH) ** 0.5, requires_grad=True))
        parameters.append(Tensor(np.zeros(WIDTH), requires_grad=True))
    return x, parameters


def forward(x: Tensor, parameters: list[Tensor]) -> Tensor:
    """The mean of what comes out of relu(x @ w + b), layer after layer."""
    for w, b in zip(parameters[::2], parameters[1::2], strict=True):
        x = apply(relu, x @ w + b)
    return x.mean()


def peak(x: Tensor, parameters: list[Tensor], backwards: bool) -> int:
    """The most bytes that were newly in use during a forward, with its backward or under no_grad."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    if backwards:
        forward(x, parameters).backward()
    else:
        with no_grad():
            forward(x, parameters)
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return most


def main() -> None:
    rng = seed_everything(4)
    one = BATCH * WIDTH * 4  # bytes of one layer's numbers
    counted, predicted, evaluated = [], [], []
    for depth in DEPTHS:
        x, parameters = network(depth, rng)
        counted.append(graph_bytes(forward(x, parameters)))
        predicted.append(
            depth * (3 * one + one // 4) + 8
        )  # x @ w, + b, relu and its mask; sum and mean are 4 bytes each
        evaluated.append(peak(x, parameters, backwards=False))
    x, parameters = network(TIMED, rng)
    loss = forward(x, parameters)
    ahead = measure(lambda: forward(x, parameters), repeats=20).median
    back = measure(loss.backward, repeats=20).median
    for parameter in parameters:
        parameter.grad = None
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6, 3.2))
        axes.plot(DEPTHS, np.array(counted) / 1e3, "o", color=BLUE, label="kept for backward, counted")
        axes.plot(DEPTHS, np.array(predicted) / 1e3, "-", color=ORANGE, label="predicted")
        axes.plot(DEPTHS, np.array(evaluated) / 1e3, "s--", color=GREEN, label="most in use under no_grad")
        axes.set(
            xlabel="layers",
            ylabel="kB",
            title=f"Memory of a forward pass, batch {BATCH}, width {WIDTH}",
            xlim=0,
            ylim=0,
        )
        axes.legend()
    save_picture(figure, __file__)
    here = environment()
    save_numbers(
        {
            "where": "{system} {machine}, {cores} cores, Python {python}, NumPy {numpy}".format_map(here),
            "batch": BATCH,
            "width": WIDTH,
            "depths": list(DEPTHS),
            "counted": counted,
            "predicted": predicted,
            "under_no_grad": evaluated,
            "layer_bytes": f"{3 * one + one // 4:,}",
            "deepest": DEPTHS[-1],
            "deepest_kept": f"{counted[-1]:,}",
            "deepest_no_grad": f"{evaluated[-1]:,}",
            "parameter_bytes": f"{(WIDTH * WIDTH + WIDTH) * 4:,}",
            "timed_layers": TIMED,
            "forward_ms": round(ahead * 1e3, 1),
            "backward_ms": round(back * 1e3, 1),
            "backward_over_forward": round(back / ahead, 1),
        },
        __file__,
    )


if __name__ == "__main__":
    main()
