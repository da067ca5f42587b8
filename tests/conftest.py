from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "security")]

from trial import Trial  # noqa: E402


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Make a small course to grade against, in a folder that others may enter, because the jail's user is another user."""
    return Trial.build(tmp_path / "course")
