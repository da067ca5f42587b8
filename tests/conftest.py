from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "security")]


def pytest_configure(config: pytest.Config) -> None:
    """Name an argument that is no test file. With several processes, pytest only says that no test ran."""
    here = config.invocation_params.dir
    for argument in config.args:
        if not (here / argument.partition("::")[0]).exists():
            raise pytest.UsageError(f"there is no file {argument}; to choose tests by name: ARGS='-k {argument}'")
