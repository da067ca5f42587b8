"""Test which edits make an audit stale: its digest covers the code that was tried, without comments and docstrings."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selection import first_of_each

from grader.audit.material import Material
from grader.course import load_course
from grader.editions.build import build
from grader.grading.grade import machinery_version

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT / "course.yaml")
ALL = {module.stem for module in COURSE.written}
ON_TENSOR = ALL - {"setup"}
ON_LOSSES = {"losses", "optimizers", "autograd"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digests")
    shutil.copyfile(ROOT / "course.yaml", folder / "course.yaml")
    for name in ("tinytorch_ref", "modules", "starter", "assignments", "solutions", ".github"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def edited(checkout: Path) -> Iterator[None]:
    """Restore the files that a test has changed."""
    folders = ("tinytorch_ref", "modules", "starter", "assignments", "solutions")
    before = {path: path.read_bytes() for name in folders for path in (checkout / name).rglob("*") if path.is_file()}
    yield
    for path, content in before.items():
        if path.read_bytes() != content:
            path.write_bytes(content)


def digests(checkout: Path) -> dict[str, tuple[str, str]]:
    materials = [Material.of(checkout, COURSE, module) for module in COURSE.written]
    return {one.module.stem: (one.suite.digest, one.source_digest) for one in materials}


@pytest.mark.parametrize(
    ("name", "old", "new", "stale"),
    first_of_each(
        [
            ("tinytorch_ref/setup.py", '"""', '"""In other words. ', set()),
            ("tinytorch_ref/tensor.py", "\nimport", "\n# a comment\nimport", set()),
            ("modules/tensor/handout.md", "\n## ", "\nOne sentence more.\n\n## ", set()),
            ("modules/losses/suite.py", '"""Losses: can I', '"""Losses: could I', set()),
            ("modules/losses/suite.py", "points=", "seconds=1, points=", {"losses"}),
            ("modules/losses/helpers.py", "import warnings\n", "import warnings\nimport math\n", {"losses"}),
            ("starter/modules/checks/assertions.py", "import numpy as np\n", "import math\nimport numpy as np\n", ALL),
            ("tinytorch_ref/tensor.py", "\nimport numpy as np\n", "\nimport numpy as np\nimport sys\n", ON_TENSOR),
            ("tinytorch_ref/losses.py", "\nimport math\n", "\nimport math\nimport sys\n", ON_LOSSES),
            ("tinytorch_ref/layers.py", "\nimport numpy as np\n", "\nimport numpy as np\nimport sys\n", {"layers"}),
        ],
        lambda row: f"{row[0]}: {row[2]!r}",
        kind=lambda row: len(row[3]),
    ),
)
def test_an_edit_makes_only_the_audits_stale_that_it_can_change(
    checkout: Path, edited: None, name: str, old: str, new: str, stale: set[str]
) -> None:
    before, path = digests(checkout), checkout / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    for stem in ALL & {path.stem, path.parent.name}:
        build(checkout, COURSE, stem)
    after = digests(checkout)
    assert {stem for stem in ALL if before[stem] != after[stem]} == stale


@pytest.mark.parametrize(
    ("name", "old", "new", "stale"),
    [
        ("wrong/*.py", "# misconception: ", "# misconception: in other words: ", False),
        ("wrong/*.py", "# symptom: ", "# symptom: another ", True),
        ("right/*.py", "\nimport", "\n# why\nimport", False),
    ],
)
def test_the_digest_covers_an_alternatives_code_and_symptom(
    checkout: Path, edited: None, name: str, old: str, new: str, stale: bool
) -> None:
    before = digests(checkout)["losses"]
    path = sorted((checkout / "modules/losses/alternatives").glob(name))[0]
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert (digests(checkout)["losses"] != before) is stale


@pytest.mark.parametrize(
    ("name", "code", "changes"),
    [
        ("grading/batch.py", "X = 1\n", False),
        ("grading/fork_server.py", "X = 1\n", False),
        ("reports/markdown.py", "X = 1\n", False),
        ("grading/plugin.py", "# a comment\n", False),
        ("sandbox/connection.py", "X = 1\n", True),
        ("sandbox/inside/wire.py", "X = 1\n", True),
        ("grading/outcomes.py", "X = 1\n", True),
    ],
)
def test_records_stay_valid_after_an_edit_that_changes_no_outcome(
    tmp_path: Path, name: str, code: str, changes: bool
) -> None:
    shutil.copytree(ROOT / "grader", tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "grader" / name
    path.write_text(path.read_text(encoding="utf-8") + code, encoding="utf-8")
    ask = "import sys; sys.path.insert(0, '.'); from grader.grading.grade import machinery_version as v; print(v())"
    done = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout.strip() != machinery_version()) is changes
