"""Fuzz with atheris, guided by coverage, one target after the other. Useful inputs go to tests/fuzz/corpus/.

`make fuzz`, or `python -m tests.fuzz.long_run --minutes 60` from the project's folder. It needs `pip install -e .[fuzz]`
and says so. After a stop, the next call continues from the figures in the result; remove that file to begin again.
Inputs that break a target are kept in build/fuzz/ and in the corpus, where the tests use them again. The figures go to
docs/audit/fuzz.json. This file lies beside its targets and corpus, because neither is of use without the other.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

from grader.files import write_atomic

from .lines import fewest, run_by, total
from .targets import CORPUS, TARGETS, WORDS, begin_with

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "fuzz"
# shares of the time: the slowest targets get the most, or they would hardly be run
SHARES = {"reports": 5, "terminal": 3, "connection": 3, "decode": 2, "session": 2, "records": 2, "texts": 2, "paths": 1}
LENGTHS = {"reports": 700, "terminal": 700, "records": 4000, "texts": 2000, "connection": 4000, "session": 4000}
MEMORY_MIB = 1024
SLOWEST_SECONDS = 10  # for one input, on a busy machine
ROUND_SECONDS = 180
KEPT_BYTES = 120_000  # size of a target's corpus
KEPT_FILES = 60


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--minutes", type=float, default=60.0, help="of processor time, with what the result says already"
    )
    options.add_argument("--target", action="append", choices=TARGETS, help="default: all of them")
    options.add_argument("--result", type=Path, default=ROOT / "docs" / "audit" / "fuzz.json")
    chosen = options.parse_args()
    if find_spec("atheris") is None:
        print("atheris is not installed, and fuzzing by coverage needs it: .venv/bin/pip install -e '.[fuzz]'")
        return 2
    os.nice(10)
    found: dict[str, Figures] = {}
    if chosen.result.is_file():
        found = {name: Figures(**one) for name, one in json.loads(chosen.result.read_text())["targets"].items()}
    targets = chosen.target or list(TARGETS)
    for target in targets:
        prepare(target)
        found.setdefault(target, Figures())
    while sum(one.cpu_seconds for one in found.values()) < 60 * chosen.minutes:
        target = min(targets, key=lambda name: found[name].cpu_seconds / SHARES[name])
        if not one_round(target, found[target]):
            print(f"{target} does not start: build/fuzz/{target}.log says why")
            return 2
        print(f"{target}: {found[target]}", flush=True)
        _write(chosen.result, found, chosen.minutes)
    for target in targets:
        keep(target, found[target])
    _write(chosen.result, found, chosen.minutes)
    return 1 if any(one.crashes for one in found.values()) else 0


@dataclass
class Figures:
    """Hold the results of one target. edges: as libFuzzer counts; lines: of `grader/`, run by the inputs found."""

    executions: int = 0
    edges: int = 0
    features: int = 0
    lines: int = 0
    cpu_seconds: float = 0.0
    kept_files: int = 0
    kept_bytes: int = 0
    crashes: list[str] = field(default_factory=list)


def prepare(target: str) -> None:
    """Write the first inputs, and words, to where libFuzzer finds them."""
    work = BUILD / target
    for folder in (work, BUILD / "crashes" / target, CORPUS / target):
        folder.mkdir(parents=True, exist_ok=True)
    for data in (*begin_with(target), *(path.read_bytes() for path in (CORPUS / target).iterdir())):
        (work / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    (BUILD / f"{target}.words").write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS.get(target, ())))


def one_round(target: str, figures: Figures) -> bool:
    """Fuzz for a while in a separate process. Return False if it does not start."""
    crashes = BUILD / "crashes" / target
    before = set(crashes.iterdir())
    said, spent = _call(
        target,
        f"-max_total_time={ROUND_SECONDS}",
        f"-max_len={LENGTHS.get(target, 4000)}",
        f"-seed={1 + round(figures.cpu_seconds)}",
        f"-timeout={SLOWEST_SECONDS}",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-artifact_prefix={crashes}/",
        "-print_final_stats=1",
        *([f"-dict={BUILD / target}.words"] if target in WORDS else []),
        str(BUILD / target),
    )
    new = sorted(set(crashes.iterdir()) - before)
    for path in new:
        shutil.copyfile(path, CORPUS / target / path.name)
    runs = (
        re.findall(r"stat::number_of_executed_units: (\d+)", said) or re.findall(r"^#(\d+)\t", said, re.MULTILINE)[-1:]
    )
    figures.executions += sum(map(int, runs))
    figures.edges = max([figures.edges, *map(int, re.findall(r" cov: (\d+)", said))])
    figures.features = max([figures.features, *map(int, re.findall(r" ft: (\d+)", said))])
    figures.crashes += [path.name for path in new]
    figures.cpu_seconds = round(figures.cpu_seconds + spent, 1)
    return bool(runs or new)


def _call(target: str, *arguments: str) -> tuple[str, float]:
    """Return libFuzzer's output, and the processor time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "tests.fuzz.under_atheris", target, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    (BUILD / f"{target}.log").write_text(done.stdout[-100_000:] + done.stderr[-100_000:])
    return done.stdout + done.stderr, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def keep(target: str, figures: Figures) -> None:
    """Keep the fewest inputs that run every line reached, some of the smallest besides, and every input that ever broke it."""
    kept, broken = CORPUS / target, ("crash-", "timeout-", "oom-", "slow-")
    inputs = {path.read_bytes() for path in (BUILD / target).iterdir()} - {b""}
    runs = {data: run_by(TARGETS[target], data) for data in inputs}
    chosen = [*fewest(runs), *sorted(inputs, key=lambda data: (len(data), data))][:KEPT_FILES]
    for path in kept.iterdir():
        if not path.name.startswith(broken):
            path.unlink()
    for data in dict.fromkeys(chosen):
        if sum(path.stat().st_size for path in kept.iterdir()) + len(data) <= KEPT_BYTES:
            (kept / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    files = list(kept.iterdir())
    figures.kept_files, figures.kept_bytes = len(files), sum(path.stat().st_size for path in files)
    figures.lines = total(runs.values())


def _write(path: Path, found: dict[str, Figures], asked: float) -> None:
    """Write the result. asked: minutes of processor time; a run that was stopped has used fewer."""
    minutes = sum(one.cpu_seconds for one in found.values()) / 60
    summary = {
        "command": f"python -m tests.fuzz.long_run --minutes {asked:g}",
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "cpu_minutes": round(minutes, 1),
        "executions": sum(one.executions for one in found.values()),
        "crashes": sum(len(one.crashes) for one in found.values()),
        "targets": {name: asdict(one) for name, one in found.items()},
    }
    write_atomic(path, json.dumps(summary, indent=1) + "\n")


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    sys.exit(main())
