"""XOR 1969, run as a student runs it: met with a right framework, and with a wrong one it says so."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .conftest import Run

NAME = "xor_1969"


@pytest.mark.slow
def test_it_is_met_with_a_right_framework_and_leaves_a_picture(repo: Path, milestone: Run) -> None:
    done = milestone(NAME)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "XOR 1969: met"
    assert "20/20" in done.stderr  # progress
    numbers = json.loads((repo / "build" / f"{NAME}.json").read_text())
    assert numbers["right_answers"] == [4] * 20
    picture = repo / "build" / f"{NAME}.svg"
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    before = picture.read_bytes()
    assert milestone(NAME).returncode == 0
    assert picture.read_bytes() == before


@pytest.mark.slow
def test_it_is_not_met_with_an_optimizer_that_climbs(repo: Path, milestone: Run) -> None:
    with (repo / "tinytorch" / "optimizers.py").open("a") as file:
        file.write("\n\nSGD.rule = staticmethod(lambda data, grad, state, lr, **_: (data + 0.01 * lr * grad, state))\n")
    done = milestone(NAME)
    assert done.returncode == 1
    assert "FAILS  XOR is learned from every seed" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("so the milestone is not met")


def test_before_the_module_is_written_it_names_what_is_missing(repo: Path, milestone: Run) -> None:
    stub = next((Path(__file__).parents[2] / "assignments").glob("*_optimizers")) / "optimizers.py"
    (repo / "tinytorch" / "optimizers.py").write_bytes(stub.read_bytes())
    done = milestone(NAME)
    assert done.returncode == 1
    assert "NotImplementedError" in done.stderr
