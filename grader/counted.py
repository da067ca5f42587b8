"""Write numbers of things in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Return "1 student" or "3 students". many: the plural, if it is not `one` with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
