"""Make a small course, a class on a forge in a folder, and students who work with real git."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selection import first_of_each

from grader.classroom import release
from grader.classroom.names import student_repo, template_repo
from grader.classroom.release_plan import Applied, ReleasePlan
from grader.classroom.roster import Roster
from grader.course import Course
from grader.repository import Signature

from .forges import Disk, GitHub

ON_BOTH = pytest.mark.parametrize("forge", ["disk", "github"], indirect=True)
ON_DISK_FIRST = pytest.mark.parametrize("forge", first_of_each(["disk", "github"]), indirect=True)  # GitHub: thorough
PROJECT = Path(__file__).parents[2]
BY = Signature("TinyTorch course", "course@example.edu", datetime(2027, 1, 11, 9, 0, tzinfo=UTC))
LATER = Signature(BY.name, BY.email, datetime(2027, 2, 1, 9, 0, tzinfo=UTC))

COURSE = """
title: Small course
term: Spring 2027
slug: small
textbook: None
phases: [{name: one, title: One}]
weeks: [{starts: 2027-01-11, topic: All of it}]
modules:
"""
MODULE = """
  - {{stem: {stem}, title: {title}, phase: one, week: 1, points: 10, chapter: "1",
     release: 2027-01-11, due: 2027-01-24T23:59:00Z, planned: {planned},
     capability: {{name: {title}, question: "Can I {stem}?"}}{extra}}}"""
SUITE = '''from checks import HIDDEN, check

from tinytorch.{stem} import answer


@check("Answers", points=4)
def test_answer(rng):
    """The answer is a number."""
    assert answer() == 42
'''
HIDDEN = '''

@check("Answers again", points=6, visibility=HIDDEN, capability=True)
def test_again():
    """The answer stays the same."""
    assert answer() == answer() == 42
'''
ROSTER = """id,name,login,email,section,pseudonym
s01,Ada Byron,ada,ada@example.edu,A,Analyst
s02,Grace Murray,grace-m,grace@example.edu,A,
s03,Alan Mathison,Alan,,B,Rotor
"""


def module(stem: str, planned: bool = False, milestone: str = "") -> str:
    extra = f", milestone: {{name: {milestone}, title: {milestone.upper()}, embedded: All}}" if milestone else ""
    return MODULE.format(stem=stem, title=stem.title(), planned=str(planned).lower(), extra=extra)


def build(root: Path, number: int, stem: str, text: str = "") -> None:
    """Write both editions of a module as the build would leave them. `text` is added to handout and suite."""
    said = "answer: not written yet. For a hint: make hint FUNCTION=answer"
    stub = f'"""{stem}"""\n\n\ndef answer():\n    raise NotImplementedError("{said}")\n'
    suite = SUITE.format(stem=stem) + (f"\n# {text}\n" if text else "")
    for edition, tests in (("assignments", suite), ("solutions", suite + HIDDEN)):
        folder = root / edition / f"{number:02d}_{stem}"
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        (folder / "README.md").write_text(f"# {stem}\n{text}\n")
        (folder / f"{stem}.py").write_text(stub if edition == "assignments" else stub.replace("raise", "return 42  #"))
        (folder / f"test_{stem}.py").write_text(tests)
        (folder / "figures" / "picture.svg").write_text("<svg/>")


class Classroom:
    """Hold the instructor's side in one place, and a student's git."""

    def __init__(self, course: Course, roster: Roster, forge: Disk | GitHub, root: Path, tmp_path: Path) -> None:
        self.course, self.roster, self.forge, self.root, self._work = course, roster, forge, root, tmp_path / "work"
        self._kept = tmp_path.parent / "started"
        self.template = template_repo(course)
        self.repos = [student_repo(course, student) for student in roster.students]
        self.ada = self.repos[0]

    def plan(self, stem: str | None, by: Signature = BY) -> ReleasePlan:
        wanted = self.course.module(stem) if stem else None
        return release.plan_release(self.course, wanted, self.roster, self.forge, self.root, by)

    def release(self, stem: str | None, by: Signature = BY) -> Applied:
        done = release.apply_release(self.plan(stem, by), self.forge, by)
        assert done.failed == {}
        return done

    def start(self, *stems: str) -> None:
        """Create the repositories, release modules, and merge every pull request.

        Many tests begin in the same way. The first of them does it on each forge, and the others copy the result.
        """
        begins = repr((type(self.forge), stems, self.roster, _texts(self.root)))
        copy = self._kept / hashlib.sha256(begins.encode()).hexdigest()
        if self.forge.is_new and copy.exists():
            self.forge.become(copy)
            return
        is_new = self.forge.is_new
        self.release(None)
        for stem in stems:
            for repo, pull in self.release(stem).pulls.items():
                self.forge.merge_pull_request(repo, pull.number, BY)
        if is_new:
            self.forge.keep(copy)

    def clone(self, repo: str) -> Student:
        folder = self._work / repo
        theirs = self.forge.student(repo)
        if not folder.exists():
            git(self._work.parent, "clone", "--quiet", self.forge.url(repo), str(folder), **theirs)
        return Student(folder, theirs)

    def files_by_id(self, repo: str, branch: str = "main") -> dict[str, tuple[str, str]]:
        bare = self.forge.bare(repo)
        return {entry.path: (entry.mode, entry.id) for entry in bare.tree(bare.refs()[f"refs/heads/{branch}"])}

    def files(self, repo: str, branch: str = "main") -> dict[str, bytes]:
        bare = self.forge.bare(repo)
        tree = {entry.path: entry.id for entry in bare.tree(bare.refs()[f"refs/heads/{branch}"])}
        blobs = bare.blobs(tree.values())
        return {path: blobs[one] for path, one in tree.items()}

    def snapshot(self) -> dict[str, object]:
        """Return everything on the forge that a run could change."""
        return self.forge.snapshot()


def _texts(root: Path) -> list[tuple[str, bytes]]:
    return [(str(path.relative_to(root)), path.read_bytes()) for path in sorted(root.rglob("*")) if path.is_file()]


class Student:
    """Hold a student's clone."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self._environment = folder, environment

    def git(self, *arguments: str) -> str:
        return git(self.folder, *arguments, **self._environment)

    def push(self, files: dict[str, str | None], message: str = "work", branch: str = "main") -> str:
        """Change files (None removes one), commit and push; return the commit."""
        self.git("fetch", "--quiet", "origin")
        self.git("checkout", "--quiet", "-B", branch, f"origin/{branch}")
        for path, text in files.items():
            target = self.folder / path
            if text is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", branch)
        return self.git("rev-parse", "HEAD").strip()


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """Run a student's own git, which is ordinary and has a working tree."""
    who = {f"GIT_{role}_{part}": f"student{'@example.edu' if part == 'EMAIL' else ''}"
           for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}  # fmt: skip
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **who, **environment}
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
