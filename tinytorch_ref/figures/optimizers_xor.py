"""The milestone XOR 1969, run on the course's own solution: its picture and its numbers, for the handout.

python -m tinytorch_ref.figures.optimizers_xor
"""

from __future__ import annotations

from tinytorch_ref.figures import save_numbers
from tinytorch_ref.figures.milestones import take


def main() -> None:
    numbers = take("xor_1969", "optimizers_xor")
    save_numbers(
        {
            "seeds": numbers["seeds"],
            "steps": numbers["steps"],
            "hidden": numbers["hidden"],
            "solved": numbers["right_answers"].count(4),
            "lowest_loss": round(min(numbers["last_losses"]), 4),
            "highest_loss": round(max(numbers["last_losses"]), 4),
        },
        "optimizers_xor",
    )


if __name__ == "__main__":
    main()
