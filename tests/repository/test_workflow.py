"""Test ci.yml: it has the fewest rights, and runs only pinned code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def workflow() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def steps() -> list[dict[str, Any]]:
    return [step for job in workflow()["jobs"].values() for step in job["steps"]]


def test_the_only_right_is_to_read_the_code() -> None:
    assert workflow()["permissions"] == {}
    assert [job["permissions"] for job in workflow()["jobs"].values()] == [{"contents": "read"}]
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_every_action_is_pinned_by_its_commit() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert [u for u in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", u)] == []


def test_no_expression_is_pasted_into_a_shell_command() -> None:
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_every_job_has_a_time_limit_and_a_newer_push_replaces_an_older_run() -> None:
    assert all(job["timeout-minutes"] <= 30 for job in workflow()["jobs"].values())
    assert workflow()["concurrency"]["cancel-in-progress"] is True


def test_it_runs_the_same_command_as_a_person() -> None:
    assert ".ci/run" in [step.get("run") for step in steps()]
