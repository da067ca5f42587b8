"""The milestone XOR 1969 twice: as it is, and with every line of gradients that was derived by hand deleted.

The milestone marks those lines "by hand". The first of them becomes `loss.backward()`, the others go; nothing else changes.

OMP_NUM_THREADS=1 python -m modules.autograd.figures.autograd_xor
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import numpy as np

import tinytorch_ref
from modules.figures import BLUE, ORANGE, STYLE, save_numbers, save_picture

MODULES = Path(__file__).parents[2]
MILESTONE = MODULES / "optimizers" / "milestone" / "xor_1969.py"
MARK = "# by hand"
NEEDED = ("setup", "tensor", "activations", "layers", "losses", "optimizers", "autograd")


def loaded(source: str, name: str) -> ModuleType:
    """A milestone's source as a module, with the reference in the place of a student's package."""
    sys.modules["tinytorch"] = tinytorch_ref
    for stem in NEEDED:
        sys.modules[f"tinytorch.{stem}"] = importlib.import_module(f"tinytorch_ref.{stem}")
    starter = str(MODULES.parent / "starter")  # holds milestones/report.py, as a student's repository does
    if starter not in sys.path:
        sys.path.insert(0, starter)
    module = ModuleType(name)
    exec(compile(source, str(MILESTONE), "exec"), module.__dict__)
    return module


def without_hand_work(source: str) -> tuple[str, int]:
    """The source with its marked lines replaced by loss.backward(), and how many there were."""
    lines = source.splitlines()
    marked = [number for number, line in enumerate(lines) if MARK in line]
    first = lines[marked[0]]
    lines[marked[0]] = first[: len(first) - len(first.lstrip())] + "loss.backward()"
    return "\n".join(line for number, line in enumerate(lines) if number not in marked[1:]) + "\n", len(marked)


def main() -> None:
    source = MILESTONE.read_text(encoding="utf-8")
    short, deleted = without_hand_work(source)
    by_hand, by_engine = loaded(source, "by_hand"), loaded(short, "by_engine")
    curves, solved = [], 0
    for seed in range(by_hand.SEEDS):
        _, old = by_hand.train(seed)
        network, new = by_engine.train(seed)
        solved += by_engine.right_answers(network) == len(by_engine.X)
        curves.append((old, new))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6, 3.2))
        for number, (old, new) in enumerate(curves[:3]):
            first = number == 0
            axes.plot(old, color=ORANGE, linewidth=5, alpha=0.5, label="gradients by hand" if first else None)
            axes.plot(new, "--", color=BLUE, linewidth=1.4, label="loss.backward()" if first else None)
        axes.set(yscale="log", xlabel="step", ylabel="loss", title="XOR 1969, three seeds: the same curves")
        axes.legend()
    save_picture(figure, __file__)
    apart = max(float(np.abs(np.subtract(old, new)).max()) for old, new in curves)
    save_numbers(
        {
            "seeds": by_hand.SEEDS,
            "steps": by_hand.STEPS,
            "hidden": by_hand.HIDDEN,
            "solved": solved,
            "lines_deleted": deleted,
            "largest_difference_of_losses": float(f"{apart:.1g}"),
        },
        __file__,
    )


if __name__ == "__main__":
    main()
