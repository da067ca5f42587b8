from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.classroom.github.patience import Clock
from tests.classroom.forges import Disk, GitHub
from tests.github.fake.server import serving

from .world import Term


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Begin one term on disk for all tests. Return its folder and a copy of it, which puts it back: state holds paths."""
    folder, copy = tmp_path_factory.mktemp("term"), tmp_path_factory.mktemp("begun") / "term"
    Term(folder, Disk(folder / "forge")).begin()
    shutil.copytree(folder, copy, symlinks=True)
    return folder, copy


@pytest.fixture(params=["disk", pytest.param("github", marks=pytest.mark.thorough)])
def term(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Term]:
    """The middle of a term, on a forge in a folder and on the fake GitHub."""
    if request.param == "disk":
        folder, copy = request.getfixturevalue("begun")
        shutil.rmtree(folder)
        shutil.copytree(copy, folder, symlinks=True)
        yield Term(folder, Disk(folder / "forge"))
        return
    with serving(tmp_path / "forge") as fake:
        github = GitHub.at(fake, tmp_path / "kept", Clock(sleep=lambda _: None, say=lambda _: None))
        for login in ("ada-b", "ben-m"):
            github.enrol(login)
        made = Term(tmp_path, github)
        made.begin()
        yield made
        github.close()
        gc.collect()  # commands of this process leave their connections to its end
        assert fake.violations == []
