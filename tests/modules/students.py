"""Make a student's repository in which every written module is released, and run its commands as a student does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from grader.classroom.template import compose
from grader.course import Module, load_course

PROJECT = Path(__file__).parents[2]
COURSE = load_course(PROJECT / "course.yaml")


def repository(folder: Path, solved: Iterable[Module]) -> Path:
    """Write the files of a student who has solved these modules, as a release gives them out."""
    files = compose(COURSE, COURSE.written, PROJECT)
    for module in solved:
        solution = PROJECT / "solutions" / module.numbered / f"{module.stem}.py"
        files[f"tinytorch/{module.stem}.py"] = solution.read_bytes()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def solved_repository(folder: Path) -> Path:
    return repository(folder, solved=COURSE.written)


def run_command(repo: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `python run.py WORDS`."""
    env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(repo)}
    command = [sys.executable, "run.py", *words]
    return subprocess.run(command, cwd=repo, env=env, capture_output=True, text=True, check=False)


def run_milestone(repo: Path, name: str) -> subprocess.CompletedProcess[str]:
    return run_command(repo, "milestone", name)
