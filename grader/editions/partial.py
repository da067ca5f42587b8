"""Make a source with some regions solved and the others as students get them, for audits and for the demonstration class."""

from __future__ import annotations

from collections.abc import Callable

from .regions import regions
from .render import solution
from .text import lf


def partial(source_text: str, filename: str, solved: Callable[[str], bool]) -> str:
    """Return the staff edition of a source, with stubs for the regions whose function (or Class.method) is not `solved`."""
    lines = lf(source_text).splitlines(keepends=True)
    for region in reversed(regions(source_text, filename)):
        if not solved(region.function):
            lines[region.first_line - 1 : region.last_line] = [region.gap]
    return solution("".join(lines), filename)
