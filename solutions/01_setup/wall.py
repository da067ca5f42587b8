"""The wall of the module setup: one experiment with five answers, and one function with three times.

Nothing here is broken, and nothing is yours yet. Each part asks what you expect; nobody grades it.
"""

from __future__ import annotations

import time

import numpy as np
from milestones.report import expect

RUNS = 5


def accuracy(lr: float) -> float:
    """Train a line between two clouds of points, with 20 steps of that length. Return the share of new points that are right."""
    rng = np.random.default_rng()
    centres = np.array([[1.0, 0.5], [-1.0, -0.5]])
    kinds = rng.integers(2, size=140)
    points = centres[kinds] + rng.normal(scale=1.5, size=(140, 2))
    signs = 1.0 - 2.0 * kinds  # 1 for the first cloud, -1 for the second
    weights = rng.normal(size=2)
    for point, sign in zip(points[:20], signs[:20], strict=True):
        if sign * (point @ weights) <= 0:
            weights += lr * sign * point
    return float((np.sign(points[20:] @ weights) == signs[20:]).mean())


def compare() -> None:
    expect(
        f"1. Which learning rate is better, 0.1 or 1? The same program answers {RUNS} times. How many answers agree?"
    )
    votes = {0.1: 0, 1.0: 0}
    for run in range(1, RUNS + 1):
        reached = {lr: accuracy(lr) for lr in votes}
        better = max(reached, key=lambda lr: reached[lr])
        votes[better] += 1
        print(
            f"    run {run}:   lr 0.1: {reached[0.1]:.0%} right   lr 1: {reached[1.0]:.0%} right   better: {better:g}"
        )
    print(f"    {votes[0.1]} answers for 0.1, {votes[1.0]} for 1. Nobody changed a line in between.")


def seconds_of_a_sort() -> float:
    numbers = np.random.default_rng().random(20_000).tolist()
    begin = time.time()
    sorted(numbers)
    return time.time() - begin


def clock() -> None:
    expect("2. A list of 20,000 numbers is sorted three times. By how much do the three times differ?")
    times = [1000 * seconds_of_a_sort() for _ in range(3)]
    print("    " + "   ".join(f"{one:.2f} ms" for one in times))
    many = sorted(1000 * seconds_of_a_sort() for _ in range(200))
    factor = many[-1] / many[0]
    print(
        f"    And 200 times: the shortest {many[0]:.2f} ms, the longest {many[-1]:.2f} ms: {factor:.1f} times as long."
    )
    print("    How long does it take, then?")


if __name__ == "__main__":
    compare()
    clock()
    print("\nWrite down what you would have to know before you believe one of these answers.")
