"""Run a class on the fake GitHub, with copies on a disk that one student's push would fill; for test_big_pushes.py.

`unshare --mount --propagation private python -m tests.classroom.small_disk FOLDER`, as root: the mounts made here disappear with
the process. Prints what was collected and posted, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from grader.bounds import MIB, size_of
from grader.classroom.github.patience import Clock
from grader.classroom.roster import read_roster
from grader.course import load_course
from grader.grading.record import Outcome
from grader.repository import NewCommit
from tests.github.fake.server import serving

from .forges import GitHub
from .test_big_pushes import collected, noise, push
from .test_publish import post, record
from .world import BY, COURSE, ROSTER, Classroom, module

DISK = 24  # MiB


def main(folder: Path) -> None:
    (folder / "course.yaml").write_text(COURSE + module("setup"))
    (folder / "roster.csv").write_text(ROSTER)
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "small", str(disk)], check=True)
    course, roster = load_course(folder / "course.yaml"), read_roster(folder / "roster.csv")
    with serving(folder / "github") as fake:
        forge = GitHub.at(fake, disk, Clock(sleep=lambda _: None, say=lambda _: None))
        classroom = Classroom(course, roster, forge, folder, folder)
        for student in roster.students:
            forge.enrol(student.login)
        for repo in classroom.repos:
            forge.create_repo(repo)
            (start,) = forge.bare(repo).write([NewCommit("refs/heads/feedback", (), "begin\n", {"README.md": b""})], BY)
            work: dict[str, bytes | None] = {"tinytorch/setup.py": b"x = 1\n"}
            forge.bare(repo).write([NewCommit("refs/heads/main", (start,), "work\n", work)], BY)
        records = [record(classroom, Outcome.PASSED, student=student.id) for student in roster.students]
        push(classroom, {"data.bin": noise((DISK + 8) * MIB)}, "refs/heads/junk")
        posted = []
        for one in records:
            post(classroom, one, setup="5")
            posted.append(one.student)
        push(classroom, {"data.bin": noise((DISK + 8) * MIB)})
        found: dict[str, object] = {"first": collected(classroom), "again": collected(classroom), "posted": posted}
        push(classroom, {"data.bin": None})
        found["mended"] = collected(classroom)
        found["used"] = size_of(disk)
        forge.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
