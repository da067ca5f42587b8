"""Make a class on the fake GitHub: the staff's checkout, the class list, and students who push with their own git."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.classroom.names import student_repo
from grader.classroom.roster import Roster, read_roster
from grader.course import Course, Module, load_course
from grader.editions.partial import partial
from grader.editions.regions import regions
from grader.repository import NewCommit, Repository, Signature

from .fake.server import FakeGitHub

PROJECT = Path(__file__).parents[2]
COPIED = ("course.yaml", "tinytorch_ref", "modules", "starter", "assignments", "solutions")
MODULE = "setup"
FILE = "tinytorch/setup.py"
STAFF_TOKEN = "ghp_staff0000000000000000000000000000"
WORKS = ("solved", "half", "stub")


@dataclass(frozen=True)
class World:
    """Hold the class. work: what a student may hand in, by name; laptops: one repository in which all students commit."""

    checkout: Path
    state: Path
    course: Course
    roster: Roster
    fake: FakeGitHub
    works: Mapping[str, bytes]
    laptops: Repository

    @classmethod
    def build(cls, folder: Path, fake: FakeGitHub, students: int) -> World:
        checkout, state = folder / "staff", folder / "staff" / ".grader"
        for name in COPIED:
            copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            copy(PROJECT / name, checkout / name)
        state.mkdir(mode=0o700)
        ids = [f"s{number:03}" for number in range(1, students + 1)]
        rows = [f"{one},Student {one},{one}-login,{one}@students.invalid,A,nick-{one}" for one in ids]
        (state / "roster.csv").write_text("id,name,login,email,section,pseudonym\n" + "\n".join(rows) + "\n")
        roster = read_roster(state / "roster.csv")
        fake.hub.person("professor", token=STAFF_TOKEN, owner=True)
        for student in roster.students:
            fake.hub.person(student.login, token=f"token-of-{student.id}")
        course = load_course(checkout / "course.yaml")
        return cls(
            checkout,
            state,
            course,
            roster,
            fake,
            _works(checkout, course.module(MODULE)),
            Repository.create(folder / "laptops.git"),
        )

    def repo(self, student: str) -> str:
        return student_repo(self.course, self.roster.student(student))

    def push(self, student: str, work: str, round_: int) -> str:
        """Merge the offered branches as `git merge` would, write the file, push, and return the commit."""
        self.fake.hub.accept(self.roster.student(student).login)
        url = f"{self.fake.url}/{self.fake.hub.org}/{self.repo(student)}.git"
        ref = f"refs/heads/{student}"
        branch = "main" if round_ > 1 else f"release/{MODULE}"
        self._git(student, "fetch", "--quiet", "--no-tags", url, f"+refs/heads/{branch}:{ref}")
        parent = self.laptops.refs(ref)[ref]
        by = Signature(student, f"{student}@students.invalid", datetime.now(UTC))
        content = self.works[work] + f"\n# {student}, round {round_}\n".encode()
        (commit,) = self.laptops.write([NewCommit(ref, (parent,), f"Round {round_}\n", {FILE: content})], by)
        self._git(student, "push", "--quiet", url, f"{commit}:refs/heads/main")
        return commit

    def _git(self, student: str, *arguments: str) -> None:
        """Run ordinary git with the student's token. It tries again, as a patient student would."""
        coded = base64.b64encode(f"x:token-of-{student}".encode()).decode()
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {coded}",
        }
        command = ["git", f"--git-dir={self.laptops.path}", *arguments]
        for _ in range(8):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
        raise AssertionError(f"{student}: git {arguments[0]} failed: {done.stderr}")


def _works(checkout: Path, module: Module) -> dict[str, bytes]:
    source = checkout / "tinytorch_ref" / "setup.py"
    text = source.read_text(encoding="utf-8")
    names = [region.function for region in regions(text, source.name)]
    return {
        "solved": (checkout / "solutions" / module.numbered / "setup.py").read_bytes(),
        "half": partial(text, source.name, set(names[: len(names) // 2]).__contains__).encode(),
        "stub": (checkout / "assignments" / module.numbered / "setup.py").read_bytes(),
    }
