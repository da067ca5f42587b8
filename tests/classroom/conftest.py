from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.classroom.github.patience import Clock
from grader.classroom.roster import Roster, read_roster
from grader.course import Course, load_course
from tests.github.fake.server import serving

from .forges import Disk, GitHub
from .world import COURSE, PROJECT, ROSTER, Classroom, build, module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the staff's checkout: the real starter, and three built modules."""
    folder = tmp_path / "staff"
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "starter", folder / "starter", ignore=skip)
    (folder / "tinytorch_ref").mkdir()
    shutil.copy(PROJECT / "tinytorch_ref" / "__init__.py", folder / "tinytorch_ref")
    for number, stem in enumerate(("setup", "tensor", "activations"), 1):
        build(folder, number, stem)
    milestone = folder / "modules" / "activations" / "milestone"
    milestone.mkdir(parents=True)
    (milestone / "xor_1969.py").write_text("from tinytorch.activations import answer\nprint('reached', answer())\n")
    modules = [module("setup"), module("tensor"), module("activations", milestone="xor_1969")]
    modules.append(module("layers", planned=True, milestone="perceptron_1957"))
    (folder / "course.yaml").write_text(COURSE + "".join(modules))
    return folder


@pytest.fixture
def course(root: Path) -> Course:
    return load_course(root / "course.yaml")


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER)
    return read_roster(path)


@pytest.fixture
def forge(request: pytest.FixtureRequest, roster: Roster, tmp_path: Path) -> Iterator[Disk | GitHub]:
    """Return a forge in a folder. With ON_BOTH as parameter, run the test with that and with the fake GitHub."""
    if getattr(request, "param", "disk") == "disk":
        yield Disk(tmp_path / "forge")
        return
    with serving(tmp_path / "forge") as fake:
        github = GitHub.at(fake, tmp_path / "forge" / "kept", Clock(sleep=lambda _: None, say=lambda _: None))
        for student in roster.students:
            github.enrol(student.login)
        yield github
        github.close()
        assert fake.violations == []


@pytest.fixture
def classroom(course: Course, roster: Roster, forge: Disk | GitHub, root: Path, tmp_path: Path) -> Classroom:
    return Classroom(course, roster, forge, root, tmp_path)
