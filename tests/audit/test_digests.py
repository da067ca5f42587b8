"""Test which edits make an audit stale: its digest covers the code that was tried, and no words."""

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
ON_LAYERS = {"layers", "autograd"}  # autograd knows the op linear


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


WORDS = [
    ("tinytorch_ref/setup.py", '"""', '"""In other words. '),
    ("tinytorch_ref/tensor.py", "\nimport", "\n# a comment\nimport"),
    ("tinytorch_ref/losses.py", '#% solution "', '#% solution "in other words: '),
    ("modules/tensor/handout.md", "\n## ", "\nOne sentence more.\n\n## "),
    ("modules/setup/wall.py", "RUNS = 5", "RUNS = 6"),
    ("modules/losses/suite.py", '"""Losses: can I', '"""Losses: could I'),
    ("modules/losses/suite.py", '@check("', '@check("In other words: '),
    ("modules/losses/suite.py", "import numpy as np\n", "import numpy as np  # why\n\n"),
    ("starter/modules/checks/assertions.py", "import numpy as np\n", "import numpy as np  # why\n"),
    ("starter/modules/checks/summary.py", "import json\n", "import json\nimport math\n"),
]


def test_new_words_and_another_layout_make_no_audit_stale(checkout: Path, edited: None) -> None:
    before = digests(checkout)
    for name, old, new in WORDS:
        edit(checkout / name, old, new)
    build(checkout, COURSE)
    assert digests(checkout) == before


@pytest.mark.parametrize(
    ("name", "old", "new", "stale"),
    first_of_each(
        [
            ("modules/losses/suite.py", "points=", "seconds=1, points=", {"losses"}),
            ("modules/losses/helpers.py", "import warnings\n", "import warnings\nimport math\n", {"losses"}),
            ("starter/modules/checks/assertions.py", "import numpy as np\n", "import math\nimport numpy as np\n", ALL),
            ("tinytorch_ref/losses.py", "\nimport math\n", "\nimport math\nimport sys\n", ON_LOSSES),
            ("tinytorch_ref/tensor.py", "\nimport numpy as np\n", "\nimport numpy as np\nimport sys\n", ON_TENSOR),
            ("tinytorch_ref/layers.py", "\nimport numpy as np\n", "\nimport numpy as np\nimport sys\n", ON_LAYERS),
        ],
        lambda row: f"{row[0]}: {row[2]!r}",
        kind=lambda row: Path(row[0]).name if row[0].startswith("modules") else Path(row[0]).parent,
    ),
)
def test_an_edit_of_code_makes_the_audits_stale_that_it_can_change(
    checkout: Path, edited: None, name: str, old: str, new: str, stale: set[str]
) -> None:
    before, path = digests(checkout), checkout / name
    edit(path, old, new)
    for stem in ALL & {path.stem, path.parent.name}:
        build(checkout, COURSE, stem)
    after = digests(checkout)
    assert {stem for stem in ALL if before[stem] != after[stem]} == stale


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "stale"),
    [
        ("wrong/*.py", "# misconception: ", "# misconception: in other words: ", False),
        ("wrong/*.py", "# symptom: ", "# symptom: another ", True),
        ("right/*.py", "def ", "# why\ndef ", False),
    ],
)
def test_the_digest_covers_an_alternatives_code_and_symptom(
    checkout: Path, edited: None, name: str, old: str, new: str, stale: bool
) -> None:
    before = digests(checkout)["losses"]
    path = sorted((checkout / "modules/losses/alternatives").glob(name))[0]
    edit(path, old, new)
    assert (digests(checkout)["losses"] != before) is stale


@pytest.mark.parametrize(
    ("name", "code", "changes"),
    [
        ("grading/batch.py", "X = 1\n", False),
        ("grading/fork_server.py", "X = 1\n", False),
        ("reports/markdown.py", "X = 1\n", False),
        ("grading/head_start.py", "X = 1\n", False),
        ("grading/plugin.py", "# a comment\n", False),
        ("sandbox/connection.py", "X = 1\n", True),
        ("sandbox/inside/wire.py", "X = 1\n", True),
        ("grading/outcomes.py", "X = 1\n", True),
        ("editions/check_specs.py", "X = 1\n", True),
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
