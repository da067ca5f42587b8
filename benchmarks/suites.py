"""Measure the wall time of each module's whole suite on the course's own solution, graded in a jail and by pytest in process.

    python benchmarks/suites.py [ROUNDS]

A round measures these for each module, one right after the other: a plain pytest process that imports the package (as a
student runs it, with the hidden checks added); one submission given to a grader that already runs, with a cold jail and a
signed record; and a batch of ten, per submission. Medians and ratios within a round go to benchmarks/results/suites.json.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from grader.audit.in_process import passed_in_process
from grader.course import Course, Module, load_course
from grader.files import write_atomic
from grader.grading.batch import grade_all
from grader.grading.grade import Grader, Job
from grader.grading.store import Store
from grader.grading.suite import suite_of

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "suites.json"
SECRET = b"nothing here counts, it is a benchmark"
BATCH = 10
_WAYS = ("in_process", "jailed", "jailed_in_batch")


def package(course: Course) -> dict[str, bytes]:
    """Return the files of the solved package, as a repository holds them."""
    files = {"tinytorch/__init__.py": b""}
    for module in course.written:
        name = f"{module.stem}.py"
        files[f"tinytorch/{name}"] = (ROOT / "solutions" / module.numbered / name).read_bytes()
    return files


def in_process(course: Course, module: Module, files: dict[str, bytes]) -> float:
    suite = suite_of(ROOT, course, module)
    began = time.perf_counter()
    passed = passed_in_process(suite, files, "benchmark")
    seconds = time.perf_counter() - began
    if not all(passed.values()):
        raise RuntimeError(f"{module.stem}: the solution fails {[name for name, good in passed.items() if not good]}")
    return seconds


def jailed(course: Course, module: Module, submission: Path, state: Path, count: int) -> float:
    """Return the seconds for each submission."""
    shutil.rmtree(state, ignore_errors=True)
    grader = Grader(ROOT, course, SECRET, Store(state))
    jobs = [Job(f"student{number}", submission, None, module.stem) for number in range(count)]
    began = time.perf_counter()
    points = [graded.record.points if graded.record else 0 for graded in grade_all(grader, jobs)]
    seconds = time.perf_counter() - began
    if points != [module.points] * count:
        raise RuntimeError(f"{module.stem}: a submission of the batch was not graded: {points}")
    return seconds / count


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    course = load_course(ROOT / "course.yaml")
    files = package(course)
    seconds: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        submission, state = Path(scratch) / "submission", Path(scratch) / "state"
        for name, content in files.items():
            (submission / name).parent.mkdir(parents=True, exist_ok=True)
            (submission / name).write_bytes(content)
        for _ in range(rounds):
            for module in course.written:
                row = seconds.setdefault(module.stem, {"in_process": [], "jailed": [], "jailed_in_batch": []})
                row["in_process"].append(in_process(course, module, files))
                row["jailed"].append(jailed(course, module, submission, state, 1))
                row["jailed_in_batch"].append(jailed(course, module, submission, state, BATCH))
    write_atomic(RESULT, json.dumps(_result(seconds, rounds), indent=1) + "\n")
    print(RESULT.read_text(), end="")


def _result(seconds: dict[str, dict[str, list[float]]], rounds: int) -> dict[str, object]:
    whole = {way: [sum(row[way][n] for row in seconds.values()) for n in range(rounds)] for way in _WAYS}
    return {
        "command": "python benchmarks/suites.py",
        "rounds": rounds,
        "batch": BATCH,
        "median_seconds": {name: _medians(row) for name, row in {**seconds, "all": whole}.items()},
        "median_ratio_to_in_process": {
            way: round(statistics.median(a / b for a, b in zip(whole[way], whole["in_process"], strict=True)), 2)
            for way in _WAYS[1:]
        },
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "system": platform.system(),
        },
    }


def _medians(row: dict[str, list[float]]) -> dict[str, float]:
    return {way: round(statistics.median(values), 3) for way, values in row.items()}


if __name__ == "__main__":
    main()
