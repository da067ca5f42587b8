"""Run a wall on the course's own solution, as a student runs it on theirs.

    python -m modules.walls optimizers

The command prints what a student sees, and its exit status is the wall's. Pictures and numbers go to the project's folder build/.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from grader.course import CourseError, load_course
from grader.course.layout import ModuleFiles
from modules.milestones import ROOT, lay_out


def run(name: str) -> int:
    """Run the wall of the module `name`, and return its exit status."""
    module = load_course(ROOT / "course.yaml").module(name)
    wall = ModuleFiles.of(module).wall
    if not (ROOT / wall).is_file():
        sys.exit(f"{module.numbered} has no wall: write {wall}")
    with tempfile.TemporaryDirectory(prefix="tinytorch-wall-") as scratch:
        folder = Path(scratch)
        lay_out(folder)
        script = shutil.copy(ROOT / wall, folder)
        done = subprocess.run([sys.executable, script], cwd=folder, check=False)
        if (folder / "build").is_dir():
            shutil.copytree(folder / "build", ROOT / "build", dirs_exist_ok=True)
        return done.returncode


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit("Which module? python -m modules.walls optimizers")
    try:
        return run(sys.argv[1])
    except CourseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
