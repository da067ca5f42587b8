"""`grader doctor`: show which levels of confinement this machine provides."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

from ..sandbox import levels
from ..sandbox.faults import JailError
from ..sandbox.host import Host


def doctor() -> None:
    """Try each level of confinement and say which levels this machine provides. Exit status 1 without level 3."""
    reached = -1
    for level in (3, 2, 1, 0):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            try:
                with Host(Path(folder), None, highest=level) as host:
                    host.begin([], level)
            except JailError as error:
                reason = str(error).partition("; to mend it")[0].partition(". To mend it")[0]
                print(f"level {level}  no   {levels.NAMES[level]}: {reason.rpartition('asked for: ')[2]}")
            else:
                reached = max(reached, level)
                print(f"level {level}  yes  {levels.NAMES[level]}")
    if reached < 3:
        print(f"Grades that count need level 3. To mend it: {levels.FIX}.")
        raise typer.Exit(1)
    print("Grades that count can be made on this machine.")
