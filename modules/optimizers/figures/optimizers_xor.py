"""The milestone XOR 1969, run on the course's own solution: its picture and its numbers, for the handout.

python -m modules.optimizers.figures.optimizers_xor
"""

from __future__ import annotations

from modules.figures import save_numbers
from modules.milestones import take


def main() -> None:
    numbers = take("xor_1969", __file__)
    save_numbers(
        {
            "seeds": numbers["seeds"],
            "steps": numbers["steps"],
            "hidden": numbers["hidden"],
            "solved": numbers["right_answers"].count(4),
            "lowest_loss": round(min(numbers["last_losses"]), 4),
            "highest_loss": round(max(numbers["last_losses"]), 4),
        },
        __file__,
    )


if __name__ == "__main__":
    main()
