"""Test every milestone as a student runs it: with a right framework, and before its module is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from selection import first_of_each

from grader.course import Module
from tests.modules.students import COURSE, PROJECT, run_milestone, solved_repository

WITH_MILESTONE = [module for module in COURSE.written if module.milestone]


@pytest.mark.parametrize("module", first_of_each(WITH_MILESTONE, lambda module: module.stem))
def test_a_milestone_is_met_with_a_right_framework_and_writes_the_same_picture_each_time(
    tmp_path: Path, module: Module
) -> None:
    assert module.milestone is not None
    repo, name = solved_repository(tmp_path), module.milestone.name
    done = run_milestone(repo, name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{module.milestone.title}: met"
    picture = repo / "build" / f"{name}.png"
    before = picture.read_bytes()
    assert run_milestone(repo, name).returncode == 0
    assert picture.read_bytes() == before
    assert before.startswith(b"\x89PNG")


@pytest.mark.parametrize("module", first_of_each(WITH_MILESTONE, lambda module: module.stem))
def test_before_its_module_is_written_a_milestone_names_the_missing_function(tmp_path: Path, module: Module) -> None:
    assert module.milestone is not None
    repo = solved_repository(tmp_path)
    stub = PROJECT / "assignments" / module.numbered / f"{module.stem}.py"
    (repo / "tinytorch" / stub.name).write_bytes(stub.read_bytes())
    done = run_milestone(repo, module.milestone.name)
    assert done.returncode == 1
    assert re.search(r"NotImplementedError: \w+", done.stderr)
