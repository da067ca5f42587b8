"""Provide a student's repository for the tests of this folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.checks.student import FACTS, PROJECT, SUITE


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Make a student's repository with one module and one milestone."""
    skip = shutil.ignore_patterns("__pycache__", "*.j2")
    shutil.copytree(PROJECT / "starter", tmp_path, dirs_exist_ok=True, ignore=skip)
    files = {
        "tinytorch/__init__.py": "",
        "tinytorch/tensor.py": "def add(a, b):\n    return a + b\n",
        "modules/02_tensor/test_tensor.py": SUITE,
        "modules/02_tensor/tensor_helpers.py": "def three():\n    return 3\n",
        "milestones/xor_1969.py": "from tinytorch.tensor import add\nraise SystemExit(add(1, 2))\n",
        ".tinytorch.json": json.dumps(FACTS),
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path
