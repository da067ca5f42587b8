"""Numbers of things, as a person says them."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 student", "3 students". many: where it is not `one` with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
