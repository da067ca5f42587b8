"""Cause some hundred faults at random moments. After each comes a rerun, and nothing may be lost, doubled or half-written.

`python -m tests.faults.kill_run` from the project's folder, or `make kill-run`. As root the state lies on a small disk of
its own, so that it can be full or read-only; without root those faults are left out. A run that was stopped continues where
it was, from its journal in build/kills/. The figures go to docs/audit/kills.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.files import write_atomic
from grader.grading.submission import digest_of

from . import tree
from .sound import Outcome, finished, outcome, violations
from .step import DISK, KILLS, Hit, Place, age_drafts_of_git, copy_of_the_code, disturbed, undisturbed
from .world import MODULES, WORK, World, build

ROOT = Path(__file__).parents[2]
STEPS = ("collect", "publish", "report")
SIZE = "64m"
# a lock that outlasts the grader's patience costs three quarters of a minute, so a few of them are enough
PATIENT = (0.3, 1.0, 3.0, 3.0, 8.0)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=240, help="processes to kill")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--result", type=Path, default=ROOT / "docs" / "audit" / "kills.json")
    options.add_argument("--keep", type=Path, default=ROOT / "build" / "kills")
    chosen = options.parse_args()
    if (
        os.geteuid() == 0 and "TINYTORCH_OWN_MOUNTS" not in os.environ
    ):  # the disks that we mount must disappear with this process
        own = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", __spec__.name, *sys.argv[1:]]
        return subprocess.run(own, env={**os.environ, "TINYTORCH_OWN_MOUNTS": "1"}, check=False).returncode
    journal = chosen.keep / f"seed-{chosen.seed}.jsonl"
    tree.adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="kill-run-") as folder:
        Path(folder).chmod(0o755)
        try:
            run(Path(folder), chosen.kills, chosen.seed, journal)
        finally:
            _unmount(Path(folder) / "disk")
    found = summary(journal, chosen.seed)
    write_atomic(chosen.result, json.dumps(found, indent=1) + "\n")
    print(f"{found['kills']} kills and {found['disk_faults']} faults of the disk; wrong afterwards: {found['wrong']}")
    return 1 if found["wrong"] else 0


def run(folder: Path, kills: int, seed: int, journal: Path) -> None:
    """Run trials until the journal has this many kills."""
    world = build(folder / "world")
    code = copy_of_the_code(folder / "code")
    done = read(journal)
    journal.parent.mkdir(parents=True, exist_ok=True)
    expected = seconds = None
    number = max((line["trial"] for line in done), default=-1) + 1
    total = sum(hit["hit"] and hit["kind"] in KILLS for line in done for hit in line["hits"])
    while total < kills:
        place = _place(world, code)
        if expected is None or seconds is None:
            seconds = {step: _sound(undisturbed(place, step)).seconds for step in STEPS}
            expected = outcome(world, place.state)
            assert not violations(world, place.state, place.scratch, expected)
            print(f"undisturbed: {seconds}", flush=True)
            continue
        began = time.monotonic()
        hits, wrong = trial(place, random.Random(f"{seed} {number}"), seconds, expected)
        line = {"trial": number, "seconds": round(time.monotonic() - began, 1), "code": _digest(code)}
        line |= {"hits": [_short(hit) for hit in hits], "wrong": wrong}
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if wrong:
            shutil.copytree(place.state, journal.parent / f"seed-{seed}-trial-{number}", dirs_exist_ok=True)
        total += sum(hit.hit and hit.kind in KILLS for hit in hits)
        print(f"trial {number}: {total} kills; {'; '.join(wrong) or 'sound'}", flush=True)
        number += 1


def trial(
    place: Place, draw: random.Random, seconds: dict[str, float], expected: Outcome
) -> tuple[list[Hit], list[str]]:
    """Run one term's round. Each step meets faults, then runs to its end. Return the faults, and what is wrong afterwards."""
    hits: list[Hit] = []
    wrong: list[str] = []
    for step in STEPS:
        for number in range(6 if step == "collect" else 3):
            kind, left = draw.choice(_kinds(step, place)), _left(place, step, seconds[step])
            # the process to kill may start later than the drawn moment, and an early kill leaves work for the later ones
            hits.append(disturbed(place, Hit(step, kind, round(draw.uniform(0.0, 0.7 * left), 3)), draw))
            if number == 1 and place.is_mount:
                kind, left = draw.choice(DISK), _left(place, step, seconds[step])
                hits.append(
                    disturbed(place, Hit(step, kind, round(draw.uniform(0.0, left), 3), draw.choice(PATIENT)), draw)
                )
        age_drafts_of_git(place)
        last = undisturbed(place, step)
        if last.status != 0:
            wrong.append(f"{step} ended with {last.status} without any fault: {last.said[-1500:]}")
        hits.append(last)
    wrong += [problem for hit in hits for problem in hit.wrong]
    return hits, wrong + violations(place.world, place.state, place.scratch, expected)


def _kinds(step: str, place: Place) -> tuple[str, ...]:
    """Return the processes that can be killed. Grading has the most; when everything is graded, no jail runs."""
    if step != "collect":
        return ("main", "git", "everything")
    if finished(place.state) < place.world.jobs:
        return (*KILLS, "grading", "jail", "worker", "worker")
    return ("main", "fork server", "git", "everything")


def _left(place: Place, step: str, seconds: float) -> float:
    """Estimate how long a step still takes. A batch continues where it was."""
    start = 0.3 * seconds if step == "collect" else seconds
    return start + (seconds - start) * (1 - finished(place.state) / place.world.jobs)


def _place(world: World, code: Path) -> Place:
    """Make a new state folder and one for temporary files, on their own disk if we may mount one."""
    disk = world.folder.parent / "disk"
    _unmount(disk)
    if disk.exists():
        shutil.rmtree(disk)
    disk.mkdir(exist_ok=True, mode=0o755)
    if is_root := os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "kills", str(disk)], check=True)
    scratch = disk / "tmp"
    scratch.mkdir(mode=0o755)
    return Place(world, code, world.fresh(disk / "state"), scratch, is_root)


def _unmount(disk: Path) -> None:
    if os.path.ismount(disk):
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _sound(hit: Hit) -> Hit:
    assert hit.status == 0, f"{hit.step} fails without any fault: {hit.said}"
    return hit


def _short(hit: Hit) -> dict[str, object]:
    said = [line for line in hit.said.splitlines() if line.startswith(("grader:", "problem:", "not posted:"))]
    return {**asdict(hit), "said": said[-2:]}


def _digest(code: Path) -> str:
    return digest_of({str(path.relative_to(code)): path.read_bytes() for path in sorted(code.rglob("*.py"))})[:12]


def read(journal: Path) -> list[dict[str, Any]]:
    """Read what has been done so far."""
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()] if journal.exists() else []


def summary(journal: Path, seed: int) -> dict[str, object]:
    lines = read(journal)
    hits = [hit for line in lines for hit in line["hits"]]
    kills = [hit for hit in hits if hit["hit"] and hit["kind"] in KILLS]
    disk = [hit for hit in hits if hit["hit"] and hit["kind"] in DISK]
    by_kind = {kind: dict(Counter(h["phase"] for h in kills + disk if h["kind"] == kind)) for kind in (*KILLS, *DISK)}
    healed = Counter(h["kind"] for h in kills + disk if h["status"] == 0)
    said = {text.split(":")[0] + ": …" + text[-160:] for hit in disk for text in hit["said"]}
    return {
        "command": f"python -m tests.faults.kill_run --kills {len(kills)} --seed {seed}",
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {'root' if os.geteuid() == 0 else 'not root'}",
        "trials_by_code": dict(Counter(line["code"] for line in lines)),
        "seed": seed,
        "trials": len(lines),
        "class": f"{len(WORK)} students, {len(MODULES)} modules",
        "seconds": round(sum(line["seconds"] for line in lines)),
        "kills": len(kills),
        "disk_faults": len(disk),
        "too_late": sum(not hit["hit"] and hit["kind"] != "none" for hit in hits),
        "by_kind_and_phase": by_kind,
        "finished_all_the_same": dict(healed),
        "disk_messages": sorted(said)[:40],
        "wrong": sum(len(line["wrong"]) for line in lines),
    }


if __name__ == "__main__":
    sys.exit(main())
