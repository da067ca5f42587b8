"""Perceptron 1957: Rosenblatt's learning rule on penguins, with your Tensor and your Linear.

In 1957 Frank Rosenblatt had a machine that learned from its mistakes. It answers 1 if a weighted sum of what it sees, plus
a bias, is above 0, and else 0. Its rule: where the answer is wrong, add what it saw to the weights if it should have said
1, and take it away if it should have said 0; where the answer is right, do nothing.

The rule ends with a pass without a mistake exactly if one straight line separates the two groups. This script shows both:

    Adelie and Gentoo       a line separates them by length and depth of the bill: the rule must end
    Adelie and Chinstrap    no line does, and the script says why: the rule must not end
    XOR                     no line does: the weights come back to where they were, so it goes round for ever

    make milestone NAME=perceptron_1957         seconds, without a network; exit status 0 if all three came out so
"""

from __future__ import annotations

import csv
import itertools
import sys
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from milestones.report import STYLE, Claim, progress, save_numbers, save_picture, verdict

from tinytorch.layers import Linear
from tinytorch.setup import seed_everything
from tinytorch.tensor import Tensor

NAME, SEED, PASSES = "perceptron_1957", 1957, 60
PENGUINS = Path(__file__).with_suffix("") / "penguins.csv"
MEASURED = {"Adelie": 151, "Gentoo": 123, "Chinstrap": 68}  # of 344 penguins, two were not measured
COLOURS, MARKERS = ("#0072B2", "#E69F00"), ("o", "^")  # readable without colours, too


@dataclass
class Task:
    """Points of two groups, 0 and 1, and what happened when the rule was let loose on them."""

    title: str
    groups: tuple[str, str]
    points: np.ndarray  # (n, 2) float32, as measured
    wanted: np.ndarray  # (n,) 0 or 1
    mistakes: list[int] = field(default_factory=list)  # of each pass
    wrong: list[int] = field(default_factory=list)  # of all points, how many the line after each pass gets wrong
    lines: list[np.ndarray] = field(default_factory=list)  # after each pass (a, b, c): a·x + b·y + c > 0 means 1

    @property
    def learned(self) -> bool:
        return self.mistakes[-1] == 0 == self.wrong[-1]


def penguins() -> dict[str, np.ndarray]:
    """Length and depth of the bill in mm, (n, 2) float32, by species. Stops if the file is not what the course gave."""
    with PENGUINS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    bills = {
        species: np.array(
            [
                [float(row["bill_length_mm"]), float(row["bill_depth_mm"])]
                for row in rows
                if row["species"] == species and row["bill_length_mm"] != "NA"
            ],
            dtype=np.float32,
        )
        for species in MEASURED
    }
    found = {species: len(bill) for species, bill in bills.items()}
    if len(rows) != 344 or found != MEASURED:
        sys.exit(f"{PENGUINS}: {len(rows)} rows, {found}; expected 344 rows, {MEASURED}. Take the course's file again.")
    return bills


def pair(bills: dict[str, np.ndarray], zero: str, one: str) -> Task:
    wanted = np.repeat([0, 1], [len(bills[zero]), len(bills[one])])
    return Task(f"{zero} and {one}", (zero, one), np.concatenate([bills[zero], bills[one]]), wanted)


def xor() -> Task:
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return Task("XOR", ("0", "1"), points, np.array([0, 1, 1, 0]))


def correct(layer: Linear, x: Tensor, wanted: int) -> bool:
    """Rosenblatt's rule for one point. Returns whether the answer was wrong, and so whether anything was changed."""
    error = wanted - int(layer(x).item() > 0)  # -1, 0 or 1
    layer.weight.data = layer.weight.data + np.float32(error) * x.data
    layer.bias.data = layer.bias.data + np.float32(error)
    return error != 0


def learn(task: Task, passes: int, shuffled: bool) -> None:
    """Let the rule go over all points again and again, until a pass has no mistake or `passes` are over."""
    rng = seed_everything(SEED)
    x = Tensor(task.points)
    mean, spread = x.mean(0), x.var(0).sqrt()
    if not shuffled:  # the plain corners of XOR: whole numbers come back exactly
        mean, spread = mean * 0, spread * 0 + 1
    x = (x - mean) / spread
    layer = Linear(2, 1)
    layer.load_state_dict({"weight": np.zeros((1, 2)), "bias": np.zeros(1)})
    rows = list(x)
    for number in range(1, passes + 1):
        order = rng.permutation(len(rows)) if shuffled else range(len(rows))
        task.mistakes.append(sum(correct(layer, rows[i], int(task.wanted[i])) for i in order))
        answers = layer(x).data[:, 0] > 0
        task.wrong.append(int((answers != task.wanted).sum()))
        slope = layer.weight.data[0] / spread.data
        task.lines.append(np.array([*slope, layer.bias.data[0] - slope @ mean.data]))
        done = task.learned
        progress(task.title, number, number if done else passes, f"{task.mistakes[-1]} mistakes in pass {number}")
        if done:
            return


def inside(points: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """A point of `points` that lies in a triangle of three of `corners`, as far from its sides as can be, and the triangle.

    Why it matters: a line that has all three corners on one side has the whole triangle there, so no line can have the
    corners on one side and the point on the other. points: (n, 2), corners: (m, 2). O(n·m³), in NumPy.
    """
    a, b, c = corners.astype(np.float64)[list(itertools.combinations(range(len(corners)), 3))].transpose(1, 0, 2)
    area = cross(b - a, c - a)
    a, b, c, area = (array[area != 0] for array in (a, b, c, area))
    sides = [(b, c), (c, a), (a, b)]
    found = []  # for each point: how far it is from the nearest side of its best triangle (negative: outside), and that
    for point in points.astype(np.float64):
        distances = [cross(p - point, q - point) * np.sign(area) / np.linalg.norm(p - q, axis=1) for p, q in sides]
        nearest = np.min(distances, axis=0)
        best = nearest.argmax()
        found.append((nearest[best], np.stack([a[best], b[best], c[best]])))
    deepest = max(range(len(points)), key=lambda i: found[i][0])
    return (points[deepest], found[deepest][1]) if found[deepest][0] > 0 else None


def cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Twice the signed area between plane vectors.  (n, 2), (n, 2) -> (n,)"""
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def first_return(lines: list[np.ndarray]) -> tuple[int, int] | None:
    """The first two passes after which the line is exactly the same, counted from 1."""
    seen: dict[tuple[float, ...], int] = {}
    for number, line in enumerate(lines, 1):
        key = tuple(line.tolist())
        if key in seen:
            return seen[key], number
        seen[key] = number
    return None


def draw_points(axes: Axes, task: Task) -> None:
    for group in (0, 1):
        x, y = task.points[task.wanted == group].T
        look = {"color": COLOURS[group], "marker": MARKERS[group], "s": 16 if len(task.points) > 4 else 60}
        axes.scatter(x, y, zorder=3, label=task.groups[group], **look)
    low, high = task.points.min(axis=0), task.points.max(axis=0)
    margin = 0.08 * (high - low) + 0.02
    (left, bottom), (right, top) = low - margin, high + margin
    axes.set(title=task.title, xlim=(left, right), ylim=(bottom, top))
    axes.legend(loc="best", handletextpad=0.2, borderpad=0.4, frameon=True)  # its marks are no points


def draw_line(axes: Axes, line: np.ndarray, **style: object) -> None:
    """The points where a·x + b·y + c = 0."""
    a, b, c = line
    x = np.array(axes.get_xlim())
    if abs(b) > 1e-9:
        axes.plot(x, -(a * x + c) / b, **style)
    elif abs(a) > 1e-9:
        axes.axvline(-c / a, **style)


def draw(tasks: list[Task], proof: tuple[np.ndarray, np.ndarray] | None) -> None:
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 3, figsize=(10.5, 6), height_ratios=(3, 1.4))
        for column, task in enumerate(tasks):
            axes, below = grid[:, column]
            draw_points(axes, task)
            for line in task.lines[-6:-1]:
                draw_line(axes, line, color="#AAAAAA", linewidth=0.8)
            draw_line(axes, task.lines[-1], color="black", linewidth=1.8)
            below.bar(range(1, len(task.mistakes) + 1), task.mistakes, color="#666666", width=0.9)
            below.set(xlabel="pass", ylabel="mistakes" if column == 0 else None)
            if len(task.mistakes) < 10:
                below.set_xticks(range(1, len(task.mistakes) + 1))
        for axes in grid[0, :2]:
            axes.set_xlabel("length of the bill, mm")
        grid[0, 0].set_ylabel("depth of the bill, mm")
        if proof is not None:
            point, triangle = proof
            closed = np.concatenate([triangle, triangle[:1]])
            grid[0, 1].plot(*closed.T, color="#D55E00", linewidth=1.4, linestyle="--", zorder=4)
            grid[0, 1].plot(*point, marker="o", markersize=9, markerfacecolor="none", color="#D55E00", zorder=4)
        save_picture(figure, NAME)
        plt.close(figure)


def main() -> int:
    bills = penguins()
    gentoo, chinstrap, corners = pair(bills, "Adelie", "Gentoo"), pair(bills, "Adelie", "Chinstrap"), xor()
    learn(gentoo, PASSES, shuffled=True)
    learn(chinstrap, PASSES, shuffled=True)
    learn(corners, PASSES, shuffled=False)
    proof, again = inside(bills["Adelie"], bills["Chinstrap"]), first_return(corners.lines)
    if proof is not None:
        (length, depth), triangle = proof
        around = ", ".join(f"({x:.1f}, {y:.1f})" for x, y in triangle.tolist())
        print(f"Why no line separates Adelie and Chinstrap: the Adelie with a bill of ({length:.1f}, {depth:.1f}) mm lies inside")
        print(f"the triangle of the Chinstraps {around}; a line with those three on one side has it there, too.")
    if again is not None:
        print(f"Why XOR goes on for ever: after pass {again[1]} the weights are what they were after pass {again[0]}.")
    draw([gentoo, chinstrap, corners], proof)
    save_numbers(
        {
            "passes_allowed": PASSES,
            "adelie_gentoo_passes": len(gentoo.mistakes),
            "adelie_gentoo_mistakes": gentoo.mistakes,
            "adelie_gentoo_penguins": len(gentoo.wanted),
            "adelie_chinstrap_penguins": len(chinstrap.wanted),
            "adelie_chinstrap_fewest_mistakes": min(chinstrap.mistakes),
            "adelie_chinstrap_fewest_wrong": min(chinstrap.wrong),
            "adelie_chinstrap_most_wrong": max(chinstrap.wrong),
            "adelie_chinstrap_inside": [round(float(v), 1) for v in proof[0]] if proof else None,
            "adelie_chinstrap_triangle": proof[1].round(1).tolist() if proof else None,
            "xor_fewest_mistakes": min(corners.mistakes),
            "xor_weights_return": list(again) if again else None,
        },
        NAME,
    )
    return verdict(
        "Perceptron 1957",
        [
            Claim(
                "Adelie and Gentoo are separated: a pass without a mistake",
                gentoo.learned,
                f"{gentoo.mistakes[-1]} mistakes in pass {len(gentoo.mistakes)}, {gentoo.wrong[-1]} penguins wrong",
            ),
            Claim(
                "Adelie and Chinstrap are not: no line can, and the rule does not end",
                proof is not None and min(chinstrap.mistakes) > 0 and len(chinstrap.mistakes) == PASSES,
                f"at least {min(chinstrap.mistakes)} mistakes in each of {len(chinstrap.mistakes)} passes; "
                f"at best {min(chinstrap.wrong)} of {len(chinstrap.wanted)} wrong",
            ),
            Claim(
                "XOR is not: the weights go round in a circle",
                again is not None and min(corners.mistakes) > 0,
                f"at least {min(corners.mistakes)} mistakes in each of {len(corners.mistakes)} passes; "
                + (f"after pass {again[1]} as after pass {again[0]}" if again else "the weights never came back"),
            ),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
