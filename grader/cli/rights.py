"""Who may read what from now on, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..reports.clean import one_line

if TYPE_CHECKING:
    from ..classroom.staff import Rights


def print_rights(rights: Rights) -> None:
    """A line for each repository where something has changed, or could not be."""
    for repo, lines in rights.changed.items():
        print(f"  {repo}: {', '.join(lines)}")
    for repo, reason in rights.failed.items():
        print(f"failed: {repo}: {one_line(reason, 1_000)}")
