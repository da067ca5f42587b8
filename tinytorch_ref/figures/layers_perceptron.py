"""The milestone Perceptron 1957, run on the course's own solution: its picture and its numbers, for the handout.

python -m tinytorch_ref.figures.layers_perceptron
"""

from __future__ import annotations

from tinytorch_ref.figures import save_numbers
from tinytorch_ref.figures.milestones import take


def main() -> None:
    save_numbers(take("perceptron_1957", "layers_perceptron"), "layers_perceptron")


if __name__ == "__main__":
    main()
