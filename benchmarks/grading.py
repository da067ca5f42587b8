"""Measure the wall time of grading one submission of 20 small checks in a jail, against a bare pytest process on the same suite.

    python benchmarks/grading.py [ROUNDS]

Each round measures these, one right after the other: a bare pytest process (no plugins except the suite's own); one submission
given to a grader that already runs (its own pytest run and its own jail, started cold, up to the signed record);
`grader grade` as a fresh process, which must also start Python and read the course; a batch of 50 submissions. Ratios are
taken within a round; the medians are written to benchmarks/results/grading.json with a description of the machine.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grader.course import load_course
from grader.grading.batch import grade_all
from grader.grading.grade import Grader, Job
from grader.grading.store import Store

ROOT = Path(__file__).parents[1]
CHECKS = 20
BATCH = 50
SECRET = b"nothing here counts, it is a benchmark"

COURSE = """
title: Benchmark
term: None
slug: benchmark
textbook: None
phases: [{name: only, title: Only}]
weeks: [{starts: 2027-01-11, topic: All of it}]
modules:
  - {stem: small, title: Small, capability: {name: Small, question: "Small?"}, points: 20, release: 2027-01-11,
     due: 2027-01-24T23:59:00Z, week: 1, chapter: "1", phase: only}
"""
HEAD = """import numpy as np
from checks import assert_close, check
from tinytorch.small import affine
"""
CHECK = '''

@check("Scales and shifts, case {n}", points=1{capability})
def test_affine_{n}(rng):
    """Scales and shifts an array of random numbers."""
    x = rng.standard_normal((4, {n} + 1)).astype(np.float32)
    assert_close(affine(x, {n}.0, 1.0), np.float32({n}.0) * x + np.float32(1.0))
'''
SUBMISSION = """import numpy as np


def affine(x, scale, shift):
    return (np.float32(scale) * x + np.float32(shift)).astype(np.float32)
"""


def build(folder: Path) -> None:
    solutions = folder / "solutions" / "01_small"
    solutions.mkdir(parents=True)
    tests = [CHECK.format(n=n, capability=", capability=True" if n == 0 else "") for n in range(CHECKS)]
    (solutions / "test_small.py").write_text(HEAD + "".join(tests))
    (folder / "course.yaml").write_text(COURSE)
    (folder / "tinytorch_ref").mkdir()
    shutil.copytree(ROOT / "starter", folder / "starter")
    package = folder / "submission" / "tinytorch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "small.py").write_text(SUBMISSION)


def bare(folder: Path) -> float:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder / 'submission'}{os.pathsep}{folder / 'starter' / 'modules'}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "checks.plugin", "solutions/01_small/test_small.py"]
    return timed(command, folder, environment, f"{CHECKS} passed")


def command(folder: Path, state: Path) -> float:
    shutil.rmtree(state, ignore_errors=True)
    program = str(Path(sys.executable).with_name("grader"))
    words = [program, "grade", "submission", "--module", "1", "--quiet", "--no-reports", "--state", str(state)]
    return timed(words, folder, dict(os.environ), f"{CHECKS} / {CHECKS} points")


def timed(command: list[str], folder: Path, environment: dict[str, str], expected: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 0 or expected not in done.stdout:
        raise RuntimeError(f"{command} said {done.stdout[-500:]} {done.stderr[-500:]}")
    return seconds


def one(folder: Path, state: Path) -> float:
    return batch(folder, state, 1)


def batch(folder: Path, state: Path, count: int = BATCH) -> float:
    """Return the seconds for each submission, with grading processes, jails and records."""
    shutil.rmtree(state, ignore_errors=True)
    grader = Grader(folder, load_course(folder / "course.yaml"), SECRET, Store(state))
    jobs = [Job(f"student{n}", folder / "submission", None, "1") for n in range(count)]
    began = time.perf_counter()
    points = [graded.record.points if graded.record else 0 for graded in grade_all(grader, jobs)]
    seconds = time.perf_counter() - began
    if points != [CHECKS] * count:
        raise RuntimeError(f"a submission of the batch was not graded: {points}")
    return seconds / count


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    measures: dict[str, Callable[[Path, Path], float]] = {"one": one, "command": command, "batch": batch}
    figures: dict[str, list[float]] = {"bare": [], **{name: [] for name in measures}}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        build(folder)
        bare(folder), command(folder, folder / "state")  # warm the file cache and the .pyc files
        for _ in range(rounds):
            figures["bare"].append(bare(folder))
            for name, measure in measures.items():
                figures[name].append(measure(folder, folder / "state"))
    medians = {name: round(statistics.median(seconds), 4) for name, seconds in figures.items()}
    ratios = {
        name: round(statistics.median(a / b for a, b in zip(figures[name], figures["bare"], strict=True)), 3)
        for name in measures
    }
    result = {
        "command": "python benchmarks/grading.py",
        "rounds": rounds,
        "checks": CHECKS,
        "batch": BATCH,
        "median_seconds": medians,
        "median_ratio_to_bare_pytest": ratios,
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "system": platform.system(),
        },
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    (ROOT / "benchmarks" / "results").mkdir(exist_ok=True)
    (ROOT / "benchmarks" / "results" / "grading.json").write_text(text)


if __name__ == "__main__":
    main()
