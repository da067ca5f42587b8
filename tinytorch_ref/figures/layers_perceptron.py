"""The picture and the numbers of the milestone Perceptron 1957, as the milestone itself writes them.

python -m tinytorch_ref.figures.layers_perceptron
"""

from __future__ import annotations

import json
import os
import sys

from tinytorch_ref.figures import FOLDER, save_numbers
from tinytorch_ref.figures.milestones import run


def main() -> None:
    with run("perceptron_1957") as (status, made):
        if status != 0:
            sys.exit(f"the milestone ended with status {status}, so its picture is not for the handout")
        save_numbers(json.loads((made / "perceptron_1957.json").read_text(encoding="utf-8")), "layers_perceptron")
        part = FOLDER / "layers_perceptron.svg.part"
        lines = (made / "perceptron_1957.svg").read_text(encoding="utf-8").splitlines()
        part.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")
        os.replace(part, FOLDER / "layers_perceptron.svg")


if __name__ == "__main__":
    main()
