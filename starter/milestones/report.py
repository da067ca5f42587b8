"""Share what walls and milestones do: ask for a guess, show progress, write pictures and numbers to build/, give a verdict."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # pictures are files, so no window and no display are needed
from matplotlib.figure import Figure

BUILD = Path(__file__).resolve().parent.parent / "build"
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class Claim:
    """Hold a claim that a milestone has to show, whether it holds, and the number that was reached."""

    text: str
    holds: bool
    reached: str


def expect(question: str) -> None:
    """Ask for a guess, and wait for it if somebody is there to type. Nobody grades it."""
    print(f"\n{question}")
    if sys.stdin.isatty():
        with suppress(EOFError):  # Ctrl-D goes on without a guess
            input("    your guess: ")


def progress(what: str, done: int, total: int, note: str = "") -> None:
    """Show one line of progress that fills up on a terminal; elsewhere print a line at the end."""
    line = f"{what:<28} {'#' * (20 * done // total):<20} {done}/{total}  {note}"
    if sys.stderr.isatty():
        print(f"\r{line:<100}", end="\n" if done == total else "", file=sys.stderr, flush=True)
    elif done == total:
        print(line, file=sys.stderr, flush=True)


def save_picture(figure: Figure, name: str) -> None:
    """Write build/NAME.png. The same picture gives the same bytes."""
    with matplotlib.rc_context(STYLE):
        part = _part(name, "png")
        figure.savefig(part, format="png", dpi=110, facecolor="white", metadata={"Software": None})
    _finish(part)


def save_numbers(numbers: dict[str, Any], name: str) -> None:
    """Write build/NAME.json."""
    part = _part(name, "json")
    part.write_text(json.dumps(numbers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _finish(part)


def verdict(title: str, claims: Iterable[Claim]) -> int:
    """Print every claim with the number that was reached. Return the exit status: 0 if all claims hold, else 1."""
    claims = list(claims)
    for claim in claims:
        print(f"{'holds' if claim.holds else 'FAILS'}  {claim.text}: {claim.reached}")
    short = sum(not claim.holds for claim in claims)
    print(f"{title}: " + (f"{short} of {len(claims)} claims fail, so the milestone is not met" if short else "met"))
    return 1 if short else 0


def _part(name: str, kind: str) -> Path:
    BUILD.mkdir(exist_ok=True)
    return BUILD / f"{name}.{kind}.part"


def _finish(part: Path) -> None:
    """Write a file so that it appears whole or not at all."""
    path = part.with_suffix("")
    os.replace(part, path)
    print(f"wrote {path.relative_to(BUILD.parent)}")
