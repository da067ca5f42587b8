"""Run a suite as a student does: plain pytest, with the package in the same process. For the staff's own code only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..grading.suite import Suite

SECONDS = 300


def passed_in_process(suite: Suite, package: Mapping[str, bytes], seed: str) -> dict[str, bool]:
    """Return which checks pass, by id. package: files by path below the repository's top, such as tinytorch/tensor.py."""
    with tempfile.TemporaryDirectory(prefix="tinytorch-audit-") as scratch:
        top = Path(scratch)
        for name, content in package.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(content)
        folder = top / "modules" / suite.folder.name
        folder.mkdir(parents=True)
        for file in (suite.file, *suite.helpers, *suite.form):
            shutil.copyfile(file, folder / file.name)
        shutil.copytree(
            suite.library / "checks", top / "modules" / "checks", ignore=shutil.ignore_patterns("__pycache__")
        )
        report = top / "report.json"
        command = [sys.executable, "-m", "pytest", str(folder / suite.file.name), "-q", "-p", "checks.plugin"]
        command += ["-p", "pytest_metadata.plugin", "-p", "pytest_jsonreport.plugin", "--json-report"]
        command += [f"--json-report-file={report}", f"--tinytorch-seed={seed}", f"--rootdir={top}", "-c", os.devnull]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{top}{os.pathsep}{top / 'modules'}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        done = subprocess.run(
            command, env=environment, cwd=top, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if not report.is_file():
            raise RuntimeError(f"pytest made no report for {suite.file}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        tests = json.loads(report.read_text(encoding="utf-8"))["tests"]
    outcomes: dict[str, list[bool]] = {check.id: [] for check in suite.checks}
    for test in tests:
        name = test["nodeid"].rpartition("::")[2].partition("[")[0]
        outcomes[name].append(test["outcome"] == "passed")
    return {name: bool(cases) and all(cases) for name, cases in outcomes.items()}
