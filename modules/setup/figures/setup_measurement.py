"""Why `measure` returns a median: three hundred timings of one matrix product, on whatever machine this is.

OMP_NUM_THREADS=1 python -m modules.setup.figures.setup_measurement
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, ORANGE, RED, STYLE, save_numbers, save_picture
from tinytorch_ref.setup import Timer, environment, measure, memory_of, predict_memory, seed_everything

SIDE, REPEATS = 192, 300


def main() -> None:
    rng = seed_everything(1)
    a = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    times: list[float] = []

    def product() -> None:
        with Timer() as timer:
            a @ a
        times.append(timer.seconds)

    result = measure(product, repeats=REPEATS, warmup=0)
    microseconds = np.array(times) * 1e6
    median, mean = float(np.median(microseconds)), float(microseconds.mean())
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 3))
        axes.plot(microseconds, ".", color=BLUE, markersize=4, label="one run")
        axes.axhline(median, color=ORANGE, linewidth=2, label=f"median {median:.0f} µs")
        axes.axhline(mean, color=RED, linewidth=1.5, linestyle="--", label=f"mean {mean:.0f} µs")
        axes.set(xlabel="run", ylabel="microseconds", title=f"One product of {SIDE}×{SIDE} matrices, timed")
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper right")
    save_picture(figure, __file__)
    here = environment()
    save_numbers(
        {
            "where": "{system} {machine}, {cores} cores, Python {python}, NumPy {numpy}".format_map(here),
            "runs": REPEATS,
            "side": SIDE,
            "first_run_us": round(float(microseconds[0])),
            "median_us": round(median),
            "mean_us": round(mean),
            "slowest_us": round(float(microseconds.max())),
            "spread_us": round(result.spread * 1e6, 1),
            "matrix_bytes_predicted": predict_memory((SIDE, SIDE)),
            "matrix_bytes_measured": memory_of(a),
        },
        __file__,
    )


if __name__ == "__main__":
    main()
