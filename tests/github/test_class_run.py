"""Test a whole term on the fake GitHub, with faults and kills, by the commands that a person types."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from .class_run import ROUNDS, term


@pytest.mark.thorough
def test_a_term_on_github_with_interruptions_loses_and_doubles_nothing() -> None:
    with tempfile.TemporaryDirectory(prefix="github-term-") as folder:
        Path(folder).chmod(0o755)  # the jail's user is another user
        found = term(Path(folder), students=5, kills=1, faults=0.03, seed=3)
    assert found["wrong"] == []
    assert found["interruptions"] >= 1
    assert sum(found["faults"].values()) >= 1
    assert [step for step, _ in found["seconds_by_step"]] == ["provision", "release"] + ["collect", "publish"] * ROUNDS
