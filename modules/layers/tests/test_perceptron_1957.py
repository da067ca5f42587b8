"""Test perceptron 1957 as a student runs it: all claims hold with a right framework, and it says so if a framework is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from statistics import fmean

import pytest

from tests.modules.students import run_milestone, solved_repository

NAME = "perceptron_1957"
DATA = Path(__file__).parents[1] / "milestone" / NAME / "penguins.csv"


def test_the_penguins_are_the_published_data() -> None:
    with DATA.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    measured = [row for row in rows if row["bill_length_mm"] != "NA"]
    assert (len(rows), len(measured)) == (344, 342)
    means = {  # values given by the package from which the file comes
        "Adelie": (151, 38.791, 18.346, 189.954, 3700.662),
        "Gentoo": (123, 47.505, 14.982, 217.187, 5076.016),
        "Chinstrap": (68, 48.834, 18.421, 195.824, 3733.088),
    }
    for species, (count, *wanted) in means.items():
        birds = [row for row in measured if row["species"] == species]
        columns = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
        assert len(birds) == count
        assert [fmean(float(bird[column]) for bird in birds) for column in columns] == pytest.approx(wanted, abs=5e-4)


@pytest.mark.thorough
def test_with_a_right_framework_all_three_claims_hold(tmp_path: Path) -> None:
    repo = solved_repository(tmp_path)
    done = run_milestone(repo, NAME)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[-4:-1]] == ["holds"] * 3
    assert "60/60" in done.stderr  # progress
    numbers = json.loads((repo / "build" / f"{NAME}.json").read_text())
    assert numbers["adelie_gentoo_mistakes"][-1] == 0
    assert numbers["adelie_chinstrap_fewest_mistakes"] > 0
    assert numbers["xor_fewest_mistakes"] > 0


@pytest.mark.thorough
def test_the_milestone_is_not_met_with_a_linear_that_ignores_its_weights(tmp_path: Path) -> None:
    repo = solved_repository(tmp_path)
    with (repo / "tinytorch" / "layers.py").open("a") as file:
        file.write("\n\nLinear.forward = lambda self, x: x.sum(-1, keepdim=True)\n")
    done = run_milestone(repo, NAME)
    assert done.returncode == 1
    assert "FAILS  Adelie and Gentoo" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("so the milestone is not met")


def test_the_milestone_refuses_data_that_is_not_the_courses(tmp_path: Path) -> None:
    repo = solved_repository(tmp_path)
    data = repo / "milestones" / NAME / "penguins.csv"
    data.write_text("".join(data.read_text().splitlines(keepends=True)[:-1]))
    done = run_milestone(repo, NAME)
    assert done.returncode == 1
    assert "343 rows" in done.stderr
