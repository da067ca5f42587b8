"""The milestone Perceptron 1957, run on the course's own solution: its picture and its numbers, for the handout.

python -m modules.layers.figures.layers_perceptron
"""

from __future__ import annotations

from modules.figures import save_numbers
from modules.milestones import take


def main() -> None:
    save_numbers(take("perceptron_1957", __file__), __file__)


if __name__ == "__main__":
    main()
