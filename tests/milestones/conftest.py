"""A student's repository in which every written module is released and solved, made as a release makes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.classroom.template import compose
from grader.course import load_course

PROJECT = Path(__file__).parents[2]
Run = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    course = load_course(PROJECT / "course.yaml")
    files = compose(course, course.written, PROJECT)
    for module in course.written:
        solution = PROJECT / "solutions" / module.id / f"{module.stem}.py"
        files[f"tinytorch/{module.stem}.py"] = solution.read_bytes()
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


@pytest.fixture
def milestone(repo: Path) -> Run:
    def run(name: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(repo)}
        command = [sys.executable, "run.py", "milestone", name]
        return subprocess.run(command, cwd=repo, env=env, capture_output=True, text=True, check=False)

    return run
