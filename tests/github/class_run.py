"""Run a class through a term on the fake GitHub: `python -m tests.github.class_run --students 200`.

provision → release → three rounds of pushes, each graded and published. Requests fail, commands are killed and run again, and
at the end nothing may be lost or doubled. Only module 01 is graded, so that the run takes minutes. The fake's hourly limits
use an hour of one minute. Figures go to docs/audit/github_run.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from grader.files import write_atomic

from .command import Ran, run
from .fake.faults import Faults
from .fake.limits import Limits
from .fake.server import FakeGitHub, serving
from .sound import violations
from .term_world import MODULE, PROJECT, WORKS, World

RESULT = PROJECT / "docs" / "audit" / "github_run.json"
CLASS = 200
ROUNDS = 3
Pushes = dict[str, list[tuple[str, str]]]


def main() -> int:
    ask = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    ask.add_argument("--students", type=int, default=CLASS)
    ask.add_argument("--kills", type=int, default=3, help="of each command")
    ask.add_argument("--faults", type=float, default=0.02, help="chance of a request to meet one")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--result", type=Path, help="default: docs/audit/ for the whole class, build/ for another")
    chosen = ask.parse_args()
    result = chosen.result or (RESULT if chosen.students == CLASS else PROJECT / "build" / RESULT.name)
    with tempfile.TemporaryDirectory(prefix="github-run-") as folder:
        Path(folder).chmod(0o755)
        found = term(Path(folder), chosen.students, chosen.kills, chosen.faults, chosen.seed)
    write_atomic(result, json.dumps(found, indent=1) + "\n")
    print(
        f"{found['interruptions']} interruptions, {sum(found['faults'].values())} faults; wrong: {found['wrong'] or 'nothing'}"
    )
    return 1 if found["wrong"] else 0


def term(folder: Path, students: int, kills: int, faults: float, seed: int) -> dict[str, Any]:
    """Run one term. Return the figures, and everything that was wrong."""
    draw = random.Random(seed)
    with serving(folder / "github") as fake:
        fake.limits = Limits(fake.hub.now, per_hour=5_000, window=60.0, creations=80, creation_window=5.0)
        fake.faults = Faults(rate=faults, seed=seed)
        world = World.build(folder, fake, students)
        began = time.monotonic()
        ran = [_step(world, draw, kills, "provision"), _step(world, draw, kills, "release", MODULE)]
        handed_in: Pushes = {student.id: [] for student in world.roster.students}
        for round_ in range(1, ROUNDS + 1):
            _all_push(world, draw, round_, handed_in)
            ran += [_step(world, draw, kills, "collect"), _step(world, draw, kills, "publish")]
        before = len(fake.writes())
        last = _step(world, draw, 0, "publish", "--again")
        wrong = [f"{one.step} ended with {one.status}: {one.said[-1_500:]}" for one in (*ran, last) if one.status]
        if len(fake.writes()) != before:
            wrong.append(f"publishing again wrote {fake.writes()[before:][:5]}")
        wrong += violations(world, handed_in)
        return _figures(fake, ran, handed_in, wrong, round(time.monotonic() - began, 1), seed)


def _step(world: World, draw: random.Random, kills: int, *arguments: str) -> Ran:
    students = len(world.roster.students)
    ran = run(world, draw, *arguments, kills=kills, requests=4 * students, seconds=1.0 + students / 2)
    said = [line for line in ran.said.splitlines() if "problem" in line or "failed" in line][-1:]
    print(f"{ran.step}: {ran.seconds} s, killed {len(ran.kills)} times; {said}", flush=True)
    return ran


def _all_push(world: World, draw: random.Random, round_: int, handed_in: Pushes) -> None:
    """Let everybody push in the first round, and later two of three. Students meet the same network trouble."""
    chosen = {one: draw.choice(WORKS) for one in handed_in if round_ == 1 or draw.random() < 0.67}
    with ThreadPoolExecutor(4) as pool:
        commits = pool.map(lambda pair: world.push(*pair, round_), chosen.items())
        for (student, work), commit in zip(chosen.items(), commits, strict=True):
            handed_in[student].append((commit, work))


def _figures(
    fake: FakeGitHub, ran: list[Ran], handed_in: Pushes, wrong: list[str], seconds: float, seed: int
) -> dict[str, Any]:
    pushes = [push for one in handed_in.values() for push in one]
    return {
        "command": f"python -m tests.github.class_run --students {len(handed_in)} --seed {seed}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "graded": f"{MODULE} only",
        "limits": "5000 requests and 960 creations in each minute, as GitHub has for an hour; ours are switched off",
        "students": len(handed_in),
        "pushes": len(pushes),
        "seconds": seconds,
        "seconds_by_step": [[one.step, one.seconds] for one in ran],
        "interruptions": sum(len(one.kills) for one in ran),
        "interruptions_by_kind": dict(Counter(f"{one.step}: {kill}" for one in ran for kill in one.kills)),
        "faults": dict(fake.faults.met),
        "requests": sum(fake.counted.values()),
        "requests_by_kind": dict(sorted(fake.counted.items())),
        "contract_violations": len(fake.violations),
        "wrong": wrong,
    }


if __name__ == "__main__":
    sys.exit(main())
