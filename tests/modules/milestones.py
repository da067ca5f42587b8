"""Run a milestone as a student runs it: in a repository in which every written module is released and solved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from grader.classroom.template import compose
from grader.course import load_course

PROJECT = Path(__file__).parents[2]
COURSE = load_course(PROJECT / "course.yaml")


def solved_repository(folder: Path) -> Path:
    """Write the files of a student who has solved everything, as a release gives them out."""
    files = compose(COURSE, COURSE.written, PROJECT)
    for module in COURSE.written:
        solution = PROJECT / "solutions" / module.numbered / f"{module.stem}.py"
        files[f"tinytorch/{module.stem}.py"] = solution.read_bytes()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def run_milestone(repo: Path, name: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(repo)}
    command = [sys.executable, "run.py", "milestone", name]
    return subprocess.run(command, cwd=repo, env=env, capture_output=True, text=True, check=False)
