"""The milestone XOR 1969, run on the course's own solution: its picture and its numbers, for the handout.

python -m tinytorch_ref.figures.optimizers_xor
"""

from __future__ import annotations

import json
import os
import sys

from tinytorch_ref.figures import FOLDER, save_numbers
from tinytorch_ref.figures.milestones import run

NAME = "xor_1969"


def main() -> None:
    with run(NAME) as (status, folder):
        if status:
            sys.exit(f"the milestone {NAME} is not met (exit status {status}), so there is nothing to show")
        numbers = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
        picture = (folder / f"{NAME}.svg").read_text(encoding="utf-8")
    lines = "".join(f"{line.rstrip()}\n" for line in picture.splitlines())
    part = FOLDER / "optimizers_xor.svg.part"
    part.write_text(lines, encoding="utf-8")
    os.replace(part, FOLDER / "optimizers_xor.svg")
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
