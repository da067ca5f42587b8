"""Hold the files of a student's repository with one small module, and run its commands as a student does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SUITE = '''
import tensor_helpers
import pytest
from checks import check
from tinytorch.tensor import add


@check("Adds", points=3)
def test_add():
    """Adds."""
    assert add(1, 2) == tensor_helpers.three()


@check("Adds more", points=4, needs=["test_add"])
def test_more():
    """Adds more."""
    assert add(2, 2) == 4


@check("Adds far more", points=5, needs=["test_hidden_elsewhere", "test_more"])
def test_far_more():
    """Adds far more."""
    assert add(20, 2) == 22


@check("In every case", points=2)
@pytest.mark.parametrize("a", [1, 2])
def test_cases(a, rng):
    """In every case."""
    print("drawn", a, rng.integers(1 << 40))
    assert add(a, 0) != 2, "the second case fails"
'''
FACTS = {
    "title": "Small course",
    "term": "Spring 2027",
    "modules": {"02_tensor": {"public": {"checks": 4, "points": 14}, "hidden": {"checks": 3, "points": 46}}},
    "milestones": {
        "xor_1969": {"title": "XOR 1969", "after": "02_tensor", "released": True},
        "lenet_1998": {"title": "LeNet 1998", "after": "09_spatial", "released": False},
    },
}


def python(repo: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", **extra}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=repo, env=env, capture_output=True, text=True, check=False)
