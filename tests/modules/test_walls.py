"""Test every wall as a student meets it: the earlier modules are solved, and its own module is untouched."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import Module
from grader.course.layout import ModuleFiles
from tests.modules.students import COURSE, PROJECT, repository, run_command

WITH_WALL = [module for module in COURSE.written if (PROJECT / ModuleFiles.of(module).wall).is_file()]
SECONDS = 60  # of processor time, so that other work on the machine does not count


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("module", WITH_WALL, ids=lambda module: module.stem)
def test_a_wall_runs_on_the_earlier_modules_within_a_minute(tmp_path: Path, module: Module) -> None:
    repo = repository(tmp_path, solved=COURSE.earlier(module))
    before = processor_seconds()
    done = run_command(repo, "wall", module.stem)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
    assert processor_seconds() - before < SECONDS


def test_staff_run_a_wall_on_the_reference() -> None:
    command = [sys.executable, "-m", "modules.walls", WITH_WALL[0].numbered]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_staff_are_told_which_wall_is_missing() -> None:
    planned = COURSE.modules[-1]
    command = [sys.executable, "-m", "modules.walls", planned.stem]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"{planned.numbered} has no wall: write modules/{planned.stem}/wall.py\n"
