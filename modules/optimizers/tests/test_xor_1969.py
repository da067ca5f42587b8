"""Test XOR 1969 as a student runs it: it is met with a right framework, and it says so if a framework is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.modules.students import run_milestone, solved_repository

NAME = "xor_1969"


@pytest.mark.thorough
def test_with_a_right_framework_every_seed_ends_with_four_right_answers(tmp_path: Path) -> None:
    repo = solved_repository(tmp_path)
    done = run_milestone(repo, NAME)
    assert done.returncode == 0, done.stderr
    assert "20/20" in done.stderr  # progress
    numbers = json.loads((repo / "build" / f"{NAME}.json").read_text())
    assert numbers["right_answers"] == [4] * 20


@pytest.mark.thorough
def test_the_milestone_is_not_met_with_an_optimizer_that_climbs(tmp_path: Path) -> None:
    repo = solved_repository(tmp_path)
    with (repo / "tinytorch" / "optimizers.py").open("a") as file:
        file.write("\n\nSGD.rule = staticmethod(lambda data, grad, state, lr, **_: (data + 0.01 * lr * grad, state))\n")
    done = run_milestone(repo, NAME)
    assert done.returncode == 1
    assert "FAILS  XOR is learned from every seed" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("so the milestone is not met")
