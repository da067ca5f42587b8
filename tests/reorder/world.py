"""A course of four very small modules in the middle of its term: three are out, graded and posted. On either forge."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.audit.full_audit import SEEDS
from grader.audit.material import Material
from grader.audit.results import SCHEMA
from grader.classroom import release
from grader.classroom.names import student_repo
from grader.classroom.roster import Roster, read_roster
from grader.course import Course, load_course
from tests.classroom.forges import STAFF_TOKEN, Disk, GitHub
from tests.classroom.world import BY, COURSE, PROJECT, Classroom, Student
from tests.command import refused, said

STEMS = ("alpha", "beta", "gamma", "delta")
RELEASED = STEMS[:3]
POINTS = 10

MODULE = """
  - stem: STEM
    title: TITLE
    phase: one
    week: 1
    release: 2026-01-11
    due: 2027-01-24T23:59:00Z
    points: 10
    chapter: "1"
    capability: {name: Cap TITLE, question: "Can I?"}
"""
SOURCE = '''"""The module STEM."""

from __future__ import annotations
IMPORT

def STEM(x: int) -> int:
    """Return a number near x."""
    #% solution "add what is asked"
    return x + len("STEM")
    #% endsolution
'''
SUITE = '''"""Can I STEM?"""

from __future__ import annotations

import numpy as np

from checks import HIDDEN, assert_same, check
from tinytorch.STEM import STEM


@check("Adds", points=4, seconds=4)
def test_STEM_adds(rng: np.random.Generator) -> None:
    """Adds to a number."""
    number = int(rng.integers(1, 100))
    assert_same(STEM(number), SIZE + number)


#% hidden
@check("Adds to what is negative", points=6, visibility=HIDDEN, capability=True, seconds=4)
def test_STEM_negative(rng: np.random.Generator) -> None:
    """Adds to a negative number."""
    number = int(rng.integers(-100, -50))
    assert_same(STEM(number), SIZE + number)


#% endhidden
'''
HANDOUT = (
    "# {{ module.title }}\n\n<!--# next: NEXT -->\nThen comes {{ next_module.title if next_module else 'nothing' }}.\n"
)
ROSTER = """id,name,login,email,section,pseudonym
ada,Ada Byron,ada-b,ada@example.edu,A,Analyst
ben,Ben Murray,ben-m,ben@example.edu,A,
"""
BY_GRACE = ("--by", "grace", "--reason", "as agreed")
ON_THE_FORGE = ("provision", "release", "collect", "publish", "regrade")


def work(stem: str, source: str = "") -> str:
    """What somebody hands in who has done everything."""
    return (
        _source(stem, source).replace('    #% solution "add what is asked"\n', "").replace("    #% endsolution\n", "")
    )


def half(stem: str) -> str:
    """What somebody hands in who has thought of positive numbers only: 4 of 10 points."""
    return work(stem).replace("return x", "return abs(x)")


def _source(stem: str, uses: str = "") -> str:
    uses = uses or ("" if stem == "alpha" else "alpha")
    return SOURCE.replace("IMPORT", f"\nfrom .{uses} import {uses}\n" if uses else "").replace("STEM", stem)


@dataclass(frozen=True)
class Seen:
    """All that a student, or an importer of grades, is shown."""

    scores: Mapping[str, Mapping[str, Any]]  # by student, the columns of the exported table
    statuses: Mapping[str, Mapping[str, str]]  # by student and context, on the commit that was graded
    comments: Mapping[str, Mapping[str, str]]  # by student and key
    badges: Mapping[str, Mapping[str, str]]  # by student and file

    def within(self, other: Seen, *, but: str = "") -> bool:
        """Is all of it shown in `other` too? but: a module that counts no more, and the sums with it"""
        sums = ("total", "out_of", "capabilities") if but else ()
        return all(
            getattr(other, kind)[student].get(name) == value
            for kind in ("scores", "statuses", "comments", "badges")
            for student, mine in getattr(self, kind).items()
            for name, value in mine.items()
            if name not in sums and not (but and but in name)
        )


class Term:
    """The instructor's side, by the verbs of the command line, and the students' by git."""

    def __init__(self, folder: Path, forge: Disk | GitHub) -> None:
        self.folder, self.root, self.forge = folder, folder / "staff", forge
        self.state = self.root / ".grader"

    @property
    def course(self) -> Course:
        return load_course(self.root / "course.yaml")

    @property
    def roster(self) -> Roster:
        return read_roster(self.state / "roster.csv")

    @property
    def classroom(self) -> Classroom:
        return Classroom(self.course, self.roster, self.forge, self.root, self.folder)

    def begin(self) -> None:
        """Write the course, release three modules, hand them in, grade and post them."""
        shutil.copytree(PROJECT / "starter", self.root / "starter", ignore=shutil.ignore_patterns("__pycache__"))
        (self.root / "tinytorch_ref").mkdir()
        shutil.copy(PROJECT / "tinytorch_ref" / "__init__.py", self.root / "tinytorch_ref")
        for stem, following in zip(STEMS, (*STEMS[1:], "nothing"), strict=True):
            self.write(stem, following)
        (self.root / "course.yaml").write_text(COURSE + "".join(map(block, STEMS)))
        self.state.mkdir(mode=0o700)
        (self.state / "roster.csv").write_text(ROSTER)
        self.said("build")
        for stem in RELEASED:
            self.audited(stem)
            planned = release.plan_release(
                self.course, self.course.module(stem), Roster(students=()), self.forge, self.root, BY
            )
            assert release.apply_release(planned, self.forge, BY).failed == {}
        self.said("provision")
        for student in ("ada", "ben"):
            write = work if student == "ada" else half
            self.student(student).push({f"tinytorch/{stem}.py": write(stem) for stem in RELEASED[:2]})
        self.student("ada").push({"tinytorch/gamma.py": work("gamma")})
        self.said("collect")
        self.said("decide", "override", "ben", "gamma", "--points", "7", *BY_GRACE)
        self.said("decide", "withdraw", "beta", "test_beta_negative", *BY_GRACE)
        self.said("publish")

    def write(self, stem: str, following: str) -> None:
        """The authored files of a module."""
        folder = self.root / "modules" / stem
        folder.mkdir(parents=True)
        (self.root / "tinytorch_ref" / f"{stem}.py").write_text(_source(stem))
        (folder / "suite.py").write_text(SUITE.replace("STEM", stem).replace("SIZE", str(len(stem))))
        (folder / "handout.md").write_text(HANDOUT.replace("NEXT", following))

    def audited(self, stem: str) -> None:
        """Leave what a whole audit of the module leaves, without the minutes that it takes."""
        material = Material.of(self.root, self.course, self.course.module(stem))
        figures = {"suite_digest": material.suite.digest, "source_digest": material.source_digest}
        figures |= {"failed_points": [], "seeds": SEEDS, "mutants": 1, "equivalent": 0, "killed": 1}
        (self.root / material.files.audit).write_text(json.dumps({"schema": SCHEMA, "figures": figures}))

    def edit(self, old: str, new: str) -> None:
        """An edit of course.yaml."""
        path = self.root / "course.yaml"
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))

    def order(self, *stems: str) -> None:
        """Put the modules of course.yaml into this order."""
        (self.root / "course.yaml").write_text(COURSE + "".join(map(block, stems)))

    def said(self, *arguments: str) -> str:
        return said(self.root, *arguments, *self._where(arguments), **self._surroundings())

    def refused(self, *arguments: str) -> str:
        return refused(self.root, *arguments, *self._where(arguments), **self._surroundings())

    def release(self, stem: str) -> str:
        """Release a module, and everybody merges the pull request."""
        told = self.said("release", stem)
        for student in ("ada", "ben"):
            self.merge(student)
        return told

    def merge(self, student: str) -> None:
        repo = self.repo(student)
        for pull in self.forge.pull_requests(repo):
            if pull.state == "open" and pull.head.startswith("release/"):
                self.forge.merge_pull_request(repo, pull.number, BY)

    def student(self, student: str) -> Student:
        return self.classroom.clone(self.repo(student))

    def repo(self, student: str) -> str:
        return student_repo(self.course, self.roster.student(student))

    def files(self, student: str) -> dict[str, bytes]:
        return self.classroom.files(self.repo(student))

    def folders(self, student: str) -> list[str]:
        """The folders of modules on a student's main."""
        found = {path.split("/")[1] for path in self.files(student) if re.match(r"modules/\d\d_", path)}
        return sorted(found)

    def seen(self, graded: Mapping[str, str]) -> Seen:
        """What is shown now. graded: by student, the commit whose statuses are asked for"""
        table = list(csv.DictReader(io.StringIO(self.said("export", "csv"))))
        everybody = [row["id"] for row in table]
        return Seen(
            {row["id"]: {**row, "capabilities": sorted(row["capabilities"].split("; "))} for row in table},
            {one: self._statuses(one, graded[one]) for one in everybody},
            {one: self._comments(one) for one in everybody},
            {one: self._badges(one) for one in everybody},
        )

    def heads(self) -> dict[str, str]:
        return {student.id: str(self.forge.head(self.repo(student.id))) for student in self.roster.students}

    def _statuses(self, student: str, commit: str) -> dict[str, str]:
        return {
            one.context: f"{one.state.value} {one.description}"
            for one in self.forge.statuses(self.repo(student), commit)
        }

    def _comments(self, student: str) -> dict[str, str]:
        repo = self.repo(student)
        found: dict[str, str] = {}
        for pull in self.forge.pull_requests(repo):
            found |= self.forge.comments(repo, pull.number)
        return {key: judgement(text) for key, text in found.items()}

    def _badges(self, student: str) -> dict[str, str]:
        drawn = self.classroom.files(self.repo(student), "badges")
        titles = {path: text.decode().partition("<title>")[2].partition("</title>")[0] for path, text in drawn.items()}
        return {path: without_numbers(title) for path, title in titles.items()}

    def _where(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        if arguments[0] not in ON_THE_FORGE:
            return ()
        forge = self.forge
        return ("--forge", f"github:{forge.fake.hub.org}" if isinstance(forge, GitHub) else str(forge.root))

    def _surroundings(self) -> dict[str, str]:
        if not isinstance(self.forge, GitHub):
            return {}
        return {"GITHUB_API_URL": self.forge.fake.api, "TINYTORCH_GITHUB_PACE": "off", "GH_TOKEN": STAFF_TOKEN}


def block(stem: str) -> str:
    """The module as course.yaml describes it."""
    return MODULE.replace("STEM", stem).replace("TITLE", stem.title())


def judgement(comment: str) -> str:
    """The points, the checks and the score of record in a comment; the rest is about the newest commit."""
    return "\n".join(line for line in comment.splitlines() if line.startswith(("#", "|", "Score")))


def without_numbers(text: str) -> str:
    """The numbers of modules follow the order: 02 Beta becomes Beta."""
    return re.sub(rf"\b\d\d ({'|'.join(STEMS)})\b", r"\1", text, flags=re.I)
