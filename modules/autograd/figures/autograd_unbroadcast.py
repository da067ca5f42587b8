"""Broadcasting and its way back, as a picture: copies forward, their gradients added up backward.

python -m modules.autograd.figures.autograd_unbroadcast
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from modules.figures import BLUE, ORANGE, STYLE, save_numbers, save_picture
from tinytorch_ref.autograd import unbroadcast

GRAD = np.array([[1, 2, 4], [8, 16, 32]], np.float32)
ROW, COLUMN = (3,), (2, 1)


def boxes(axes: Axes, left: float, top: float, numbers: list[list[str]], colour: str) -> None:
    """Rows of numbers, each in a box; (left, top) is the corner of the first."""
    for i, row in enumerate(numbers):
        for j, text in enumerate(row):
            axes.add_patch(Rectangle((left + j, top - i - 1), 1, 1, facecolor="white", edgecolor=colour, linewidth=1.4))
            axes.text(left + j + 0.5, top - i - 0.5, text, ha="center", va="center", fontsize=10)


def words(numbers: np.ndarray) -> list[list[str]]:
    return [[f"{v:g}" for v in row] for row in numbers]


def panel(
    axes: Axes, small: list[list[str]], big: list[list[str]], summed: list[list[str]], title: str, how: str
) -> None:
    """One input: its numbers, the copies that the op sees, the gradients of the copies, and the sums."""
    width, height = len(small[0]), len(small)
    top = 1 + height / 2  # the small ones stand in the middle of the two rows of the big ones
    boxes(axes, (3 - width) / 2, top, small, BLUE)
    boxes(axes, 5, 2, big, BLUE)
    boxes(axes, 5, -1.4, words(GRAD), ORANGE)
    boxes(axes, (3 - width) / 2, top - 3.4, summed, ORANGE)
    arrow: dict[str, Any] = {"arrowstyle": "-|>", "color": "#666666", "linewidth": 1.4}
    axes.annotate("", (4.8, 1), (3.2, 1), arrowprops=arrow)
    axes.annotate("", (3.2, -2.4), (4.8, -2.4), arrowprops=arrow)
    axes.text(4, 1.3, "repeat", ha="center", fontsize=9, color="#444444")
    axes.text(4, -2.1, how, ha="center", fontsize=9, color="#444444")
    axes.text(6.5, -1.2, "grad", ha="center", fontsize=9, color="#444444")
    axes.set(xlim=(-0.2, 8.2), ylim=(-3.7, 2.3), aspect="equal", title=title)
    axes.axis("off")


def main() -> None:
    row, column = unbroadcast(GRAD, ROW), unbroadcast(GRAD, COLUMN)
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
        panel(left, [["a", "b", "c"]], [["a", "b", "c"]] * 2, words(row[np.newaxis]), "shape (3,) met (2, 3)", "add up")
        panel(right, [["a"], ["b"]], [["a"] * 3, ["b"] * 3], words(column), "shape (2, 1) met (2, 3)", "add up")
    save_picture(figure, __file__)
    save_numbers({"grad": GRAD.tolist(), "row": row.tolist(), "column": column.tolist()}, __file__)


if __name__ == "__main__":
    main()
