"""What each activation costs: time forward and backward, and the bytes it keeps alive in between.

OMP_NUM_THREADS=1 python -m modules.activations.figures.activations_cost
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, ORANGE, STYLE, save_numbers, save_picture
from tinytorch_ref import activations
from tinytorch_ref.activations import OPS, predict_saved
from tinytorch_ref.setup import environment, measure, memory_of, seed_everything

SHAPE, LARGER = (64, 256), (64, 4096)
REPEATS = 100


def nanoseconds(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> tuple[float, float]:
    """Median time of the op and of its backward, for each element of random input."""
    x, grad = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
    op, backward = getattr(activations, name), getattr(activations, f"{name}_backward")
    _, saved = op(x)
    forward_time = measure(lambda: op(x), repeats=REPEATS).median
    backward_time = measure(lambda: backward(grad, saved), repeats=REPEATS).median
    return round(forward_time / x.size * 1e9, 1), round(backward_time / x.size * 1e9, 1)


def kept(saved: Any) -> int:
    """The bytes of the array that an op saved, alone or with a setting beside it."""
    return memory_of(saved[0] if isinstance(saved, tuple) else saved)


def main() -> None:
    rng = seed_everything(3)
    x = rng.standard_normal(SHAPE).astype(np.float32)
    rows: dict[str, dict[str, float]] = {}
    for name in OPS:
        forward, backward = nanoseconds(name, SHAPE, rng)
        rows[name] = {
            "forward_ns": forward,
            "backward_ns": backward,
            "saved_bytes": kept(getattr(activations, name)(x)[1]) / x.size,
            "predicted_bytes": predict_saved(name, SHAPE) / x.size,
        }
    place = np.arange(len(OPS))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 3))
        axes.barh(place - 0.2, [r["forward_ns"] for r in rows.values()], 0.38, color=BLUE, label="forward")
        axes.barh(
            place + 0.2,
            [r["backward_ns"] for r in rows.values()],
            0.38,
            color=ORANGE,
            hatch="//",
            edgecolor="white",
            label="backward",
        )
        axes.set_yticks(place, [f"{name}, keeps {row['saved_bytes']:.0f} B" for name, row in rows.items()])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="nanoseconds an element", title=f"Time and memory of an activation, float32, {SHAPE}")
        axes.legend()
    save_picture(figure, __file__)
    here = environment()
    numbers: dict[str, Any] = {
        "where": "{system} {machine}, {cores} cores, Python {python}, NumPy {numpy}".format_map(here),
        "shape": list(SHAPE),
        "larger_shape": list(LARGER),
        "gelu_backward_ns_larger": nanoseconds("gelu", LARGER, rng)[1],
    }
    save_numbers(numbers | rows, __file__)


if __name__ == "__main__":
    main()
