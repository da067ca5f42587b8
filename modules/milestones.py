"""Run a milestone on the course's own solution, as a student runs it on theirs.

    python -m modules.milestones perceptron_1957

The command prints what a student sees, and its exit status is the milestone's. `run` yields the folder in which the milestone has
written its pictures and numbers. `take` makes the milestone's picture the picture of a handout.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modules.figures import save_png

MODULES = Path(__file__).parent
ROOT = MODULES.parent


def lay_out(folder: Path) -> None:
    """Write the part of a student's repository that a milestone needs: the solved framework, run.py and the scripts."""
    ignored = shutil.ignore_patterns("__pycache__")
    (folder / "tinytorch").mkdir()
    for path in (ROOT / "tinytorch_ref").glob("*.py"):
        shutil.copy(path, folder / "tinytorch")
    for scripts in (ROOT / "starter" / "milestones", *MODULES.glob("*/milestone")):
        shutil.copytree(scripts, folder / "milestones", ignore=ignored, dirs_exist_ok=True)


@contextmanager
def run(name: str) -> Iterator[tuple[int, Path]]:
    """Yield the exit status and the folder with the milestone's files. The folder is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="tinytorch-milestone-") as scratch:
        folder = Path(scratch)
        lay_out(folder)
        done = subprocess.run([sys.executable, "-m", f"milestones.{name}"], cwd=folder, check=False)
        yield done.returncode, folder / "build"


def take(name: str, script: str) -> dict[str, Any]:
    """Run a milestone, save its picture beside the script, and return the numbers that it wrote. script: its __file__.

    Stop the program if the milestone is not met, because its picture is then not for a handout.
    """
    with run(name) as (status, made):
        if status != 0:
            sys.exit(
                f"the milestone {name} is not met: it ended with status {status}, so its picture and numbers are not taken"
            )
        save_png((made / f"{name}.png").read_bytes(), script)
        return json.loads((made / f"{name}.json").read_text(encoding="utf-8"))


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit("Which milestone? python -m modules.milestones perceptron_1957")
    with run(sys.argv[1]) as (status, _):
        return status


if __name__ == "__main__":
    sys.exit(main())
