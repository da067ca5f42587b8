"""Share code between the scripts in modules/STEM/figures/. Each script is a command: `python -m modules.STEM.figures.NAME`.

A command prints its numbers, and writes the picture and NAME.json (the numbers that the handout quotes) into its own folder.
The picture is NAME.svg, or NAME.png where an SVG would be large: contours, many points, a milestone. Colours are Okabe and
Ito's, which colour-blind readers can distinguish. Lines also differ in their dashes.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib.figure import Figure
from PIL import Image

from grader.files import write_atomic

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, GREY = "#CC79A7", "#56B4E9", "#666666"
DOTS_PER_INCH = 110
COLOURS = 64  # a plot has a few flat colours, and the shades between them

STYLE = {
    "svg.hashsalt": "tinytorch",  # the same picture gives the same bytes
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def save_picture(figure: Figure, script: str) -> Path:
    """Write the figure beside the script, on white ground, so that it is readable on a dark page too.

    script: its __file__.
    """
    text = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(text, format="svg", facecolor="white", metadata={"Date": None})
    return save_svg(text.getvalue(), script)


def save_svg(text: str, script: str) -> Path:
    """Write the picture beside the script, without the blanks that Matplotlib leaves at the ends of lines."""
    path = Path(script).with_suffix(".svg")
    write_atomic(path, "".join(f"{line.rstrip()}\n" for line in text.splitlines()))
    return path


def save_dense(figure: Figure, script: str) -> Path:
    """Write a figure of many lines or points beside the script, as PNG."""
    picture = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(picture, format="png", dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None})
    return save_png(picture.getvalue(), script)


def save_png(picture: bytes, script: str) -> Path:
    """Write the picture beside the script, with few colours, so that it is small."""
    path = Path(script).with_suffix(".png")
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    small = image.quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )  # this method keeps the rare colours
    written = io.BytesIO()
    small.save(written, format="png", optimize=True)
    write_atomic(path, written.getvalue())
    return path


def save_numbers(numbers: dict[str, Any], script: str) -> Path:
    """Write the numbers beside the script, and print them, one on each line."""
    path = Path(script).with_suffix(".json")
    write_atomic(path, json.dumps(numbers, indent=2, ensure_ascii=False) + "\n")
    for key, value in numbers.items():
        print(f"{key:>32}  {value}")
    return path
