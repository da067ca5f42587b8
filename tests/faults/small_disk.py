"""Run one collect on a disk that gets full or read-only, then another after the disk was repaired; for test_faults.py.

`unshare --mount --propagation private python -m tests.faults.small_disk FOLDER KIND`, as root: the mounts made here disappear
with the process. Prints the output and what is wrong afterwards, as JSON.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from . import tree
from .sound import outcome, violations
from .step import Hit, Place, copy_of_the_code, disturbed, undisturbed
from .world import World, build


def main(folder: Path, kind: str) -> None:
    tree.adopt_orphans()
    world = build(folder / "world", ("all", "half"), ("trial",))
    usual = place_in(world, folder / "usual")
    assert undisturbed(usual, "collect").status == 0
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0755", "small", str(disk)], check=True)
    place = place_in(world, disk)
    hit = disturbed(place, Hit("collect", kind, 0.0, when="grading"), random.Random(2))
    again = undisturbed(place, "collect")
    wrong = [*hit.wrong, *again.wrong, *violations(world, place.state, place.scratch, outcome(world, usual.state))]
    print(json.dumps({"status": hit.status, "said": hit.said, "again": again.status, "wrong": wrong}))


def place_in(world: World, folder: Path) -> Place:
    scratch = folder / "tmp"
    scratch.mkdir(parents=True)
    return Place(world, copy_of_the_code(world.folder / "code"), world.fresh(folder / "state"), scratch)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
