from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.classroom.github.patience import Clock
from tests.classroom.forges import Disk, GitHub
from tests.github.fake.server import serving

from .world import Term


@pytest.fixture(params=["disk", pytest.param("github", marks=pytest.mark.thorough)])
def term(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Term]:
    """The middle of a term, on a forge in a folder and on the fake GitHub."""
    if request.param == "disk":
        made = Term(tmp_path, Disk(tmp_path / "forge"))
        made.begin()
        yield made
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
