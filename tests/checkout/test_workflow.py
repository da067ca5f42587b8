"""Test ci.yml and nightly.yml: they run what a person types. tests/workflows/test_files.py tests every workflow's rights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def workflow(name: str) -> dict[Any, Any]:
    loaded = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize(("name", "command"), [("ci", ".ci/run test"), ("nightly", ".ci/run")])
def test_it_runs_what_a_person_types(name: str, command: str) -> None:
    steps = [step.get("run") for job in workflow(name)["jobs"].values() for step in job["steps"]]
    assert command in steps


def test_a_push_is_tested_and_a_newer_one_replaces_an_older_run() -> None:
    assert "push" in workflow("ci")[True]  # YAML reads `on` as true
    assert workflow("ci")["concurrency"]["cancel-in-progress"] is True


def test_all_tests_run_every_night_and_on_demand() -> None:
    assert workflow("nightly")[True].keys() == {"schedule", "workflow_dispatch"}
