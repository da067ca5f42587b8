"""One product of two square matrices in three ways, over a sweep of sizes: loops, rows, and NumPy's own.

OMP_NUM_THREADS=1 python -m modules.tensor.figures.tensor_matmul
"""

from __future__ import annotations

import time
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np

from modules.figures import BLUE, GREEN, ORANGE, STYLE, save_numbers, save_picture
from tinytorch_ref.setup import environment, measure, seed_everything
from tinytorch_ref.tensor import matmul_bytes, matmul_loops, matmul_multiply_adds, matmul_rows

SIZES = (4, 8, 16, 32, 64, 128, 256, 512)
COMMON = 128  # the largest size at which the loops still end soon: the sizes are compared here
WAYS: tuple[tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray], int, str, str], ...] = (
    ("loops", matmul_loops, COMMON, ORANGE, "o-"),
    ("rows", matmul_rows, 512, BLUE, "s--"),
    ("numpy", np.matmul, 512, GREEN, "^:"),
)
LABELS = {"loops": "three loops", "rows": "rows", "numpy": "NumPy's @"}


def seconds(fn: Callable[[np.ndarray, np.ndarray], np.ndarray], size: int, rng: np.random.Generator) -> float:
    a, b = (rng.standard_normal((size, size)).astype(np.float32) for _ in range(2))
    repeats = 5 if size > 64 else 25
    return measure(lambda: fn(a, b), repeats=repeats, clock=time.process_time).median  # others' work does not count


def two_digits(number: float) -> float | int:
    """The number to two significant digits, as an int where that says the same: more would claim too much."""
    rounded = float(f"{number:.2g}")
    return int(rounded) if rounded >= 10 else rounded


def main() -> None:
    rng = seed_everything(2)
    times = {name: {n: seconds(fn, n, rng) for n in SIZES if n <= largest} for name, fn, largest, _, _ in WAYS}
    work = matmul_multiply_adds(COMMON, COMMON, COMMON)
    at = {name: times[name][COMMON] for name in times}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 4))
        for name, _, largest, colour, line in WAYS:
            sizes = list(times[name])
            axes.loglog(sizes, [times[name][n] * 1e3 for n in sizes], line, color=colour, markersize=5)
            axes.annotate(
                f"{LABELS[name]}\n{two_digits(at[name] / work * 1e9):g} ns each",
                (largest, times[name][largest] * 1e3),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                color="#222222",
            )
        axes.set_xticks(SIZES, [str(n) for n in SIZES])
        axes.minorticks_off()
        axes.set_xlim(3.4, 1500)
        axes.set_ylim(5e-4, 5e3)
        axes.set(
            xlabel="n, for an (n, n) times an (n, n) matrix of float32",
            ylabel="milliseconds of processor time, median",
            title=f"n³ multiply-adds in three ways (ns each: at n = {COMMON})",
        )
    save_picture(figure, __file__)
    save_numbers(
        {
            "where": "{system} {machine}, one thread, Python {python}, NumPy {numpy}".format_map(environment()),
            "n": COMMON,
            "multiply_adds": f"{work:,}",
            "bytes": matmul_bytes(COMMON, COMMON, COMMON),
            **{f"{name}_ms": two_digits(at[name] * 1e3) for name in at},
            **{f"{name}_ns_each": two_digits(at[name] / work * 1e9) for name in at},
            "loops_over_rows": two_digits(at["loops"] / at["rows"]),
            "rows_over_numpy": two_digits(at["rows"] / at["numpy"]),
            "loops_over_numpy": two_digits(at["loops"] / at["numpy"]),
            "loops_growth": round(times["loops"][COMMON] / times["loops"][COMMON // 2], 1),
        },
        __file__,
    )


if __name__ == "__main__":
    main()
