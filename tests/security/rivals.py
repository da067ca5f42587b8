"""Grade correct solutions beside rivals that take the machine. Their outcomes must be those of an undisturbed run.

`python -m tests.security.rivals` from the project's folder, or `make rivals`. Each rival is graded beside solutions whose
imports take 0.1 to 5 seconds of processor time, and whose first check takes half a second. The figures go to
docs/audit/rivals.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from grader.files import write_atomic
from grader.grading.batch import grade_all
from grader.grading.record import Record
from tests.trial import SOLUTION, Trial

ROOT = Path(__file__).parents[2]
IMPORTS = (0.1, 0.5, 1.5, 5.0)
RIVAL = """
import hashlib, os, threading, time
import numpy as np

def apart():
    try: os.setsid()
    except OSError: pass
def spin():
    apart()
    while True: pass
def hashing():
    while True: hashlib.pbkdf2_hmac("sha256", b"x", b"y", 100_000)  # without the interpreter's lock
def copying():
    apart()
    a, b = np.ones((2, 4 << 20))
    while True: np.copyto(a, b)
def coming_and_going():
    apart()
    while True:
        if os.fork() == 0:
            for _ in range(20_000): pass
            os._exit(0)
        os.wait()
def processes(count, work):
    def start():
        for _ in range(count):
            if os.fork() == 0:
                try: work()
                finally: os._exit(1)
    threading.Thread(target=start, daemon=True).start()
START
time.sleep(8)
def double(x): time.sleep(60)
"""
RIVALS = {
    "busy processes": "processes(26, spin)",
    "busy threads": "[threading.Thread(target=hashing, daemon=True).start() for _ in range(26)]",
    "memory bandwidth": "processes(8, copying)",
    "forks at import": "processes(12, coming_and_going)",
}
WORK = """
import numpy as np
_numbers = np.ones(1 << 22)


def work(units):
    for _ in range(units):
        _numbers.sum()
        for _ in range(50_000):
            pass


"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--imports", type=float, nargs="+", default=IMPORTS, help="seconds of processor time")
    options.add_argument("--result", type=Path, default=ROOT / "docs" / "audit" / "rivals.json")
    chosen = options.parse_args()
    rows = measured(chosen.imports, chosen.rounds)
    machine = {"cores": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()}
    found: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "tests.security.rivals", *sys.argv[1:]]),
        "machine": machine | {"numpy": np.__version__, "load_before": round(os.getloadavg()[0], 1)},
        "graded": sum(row["rounds"] for row in rows),
        "different": sum(row["rounds"] - row["equal"] for row in rows),
        "rows": rows,
    }
    write_atomic(chosen.result, json.dumps(found, indent=1) + "\n")
    print(f"{found['graded']} graded beside rivals; outcomes that differ from an undisturbed run: {found['different']}")
    return 1 if found["different"] else 0


def measured(imports: Sequence[float], rounds: int) -> list[dict[str, Any]]:
    unit = _unit()
    rows = []
    for seconds in imports:
        victim = solution(round(seconds / unit), round(0.5 / unit))
        alone = graded(victim, None)
        for name, start in RIVALS.items():
            beside = [graded(victim, RIVAL.replace("START", start)) for _ in range(rounds)]
            row = {
                "rival": name,
                "import_seconds": seconds,
                "rounds": rounds,
                "equal": sum(outcomes(one) == outcomes(alone) for one in beside),
                "points": [one.points for one in beside],
                "seconds_alone": alone.seconds,
                "seconds": [one.seconds for one in beside],
            }
            rows.append(row)
            print(row, flush=True)
    return rows


def solution(at_import: int, in_a_check: int) -> str:
    honest = SOLUTION.replace("def double(x):\n", f"def double(x):\n    work({in_a_check})\n")
    return WORK + f"work({at_import})\n" + honest


def graded(victim: str, rival: str | None) -> Record:
    """Return the victim's record. The rival starts first, and must not cause an error of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        trial = Trial.build(Path(folder) / "course")
        jobs = [trial.job("eve", rival)] if rival else []
        done = list(grade_all(trial.grader(), [*jobs, trial.job("ada", victim)], workers=2))
    records = {one.job.student: one.record for one in done}
    assert all(record is not None and (record.complete or student == "ada") for student, record in records.items()), (
        records
    )
    ada = records["ada"]
    assert ada is not None
    return ada


def outcomes(record: Record) -> tuple[Any, ...]:
    return record.complete, record.points, [(check.id, check.outcome, check.points) for check in record.checks]


def _unit() -> float:
    """Return the seconds of processor time that one unit of work takes here, at best."""
    namespace: dict[str, Any] = {}
    exec(WORK, namespace)
    taken = []
    for _ in range(10):
        began = time.process_time()
        namespace["work"](5)
        taken.append((time.process_time() - began) / 5)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
