"""Whose score changes, on lines: what regrading and deciding print before anything counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..counted import counted

if TYPE_CHECKING:
    from ..gradebook.changes import Change


def table(changes: Sequence[Change]) -> list[str]:
    """One line a changed score, and the sum of them."""
    up, down = (len({it.student for it in changes if sign * it.by > 0}) for sign in (1, -1))
    changing = counted(len({it.student for it in changes}), "student changes", "students change")
    return [*lines(changes), f"{changing}: {up} up, {down} down"]


def lines(changes: Sequence[Change]) -> list[str]:
    """ "  half  01_trial  6 -> 10  (+4)  capability earned" """
    return [
        f"  {it.student}  {it.module}  {_points(it.before)} -> {_points(it.after)}  ({it.by:+d}){_capability(it)}"
        for it in changes
    ]


def _capability(change: Change) -> str:
    if change.capability is None:
        return ""
    return "  capability earned" if change.capability else "  capability lost"


def _points(points: int | None) -> str:
    return "-" if points is None else str(points)
