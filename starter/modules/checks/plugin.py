"""Share code between a student's run of a suite and the grader's: the mark, seeded inputs, and checks that need other checks.

A student's repository loads this plugin from conftest.py. The grader loads the same file and passes its own seed. It needs only
pytest and NumPy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest

from .answers import FOLDER, FORM, Answers, answers_in

STUDENT_SEED = "student"
NEEDS = "tinytorch-needs"  # the plugin that skips a check whose needed check failed
MARK = (
    "check(title, points, visibility, needs, capability, seconds): a scored test; "
    "written with `from checks import check`"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tinytorch-seed",
        default=STUDENT_SEED,
        metavar="TEXT",
        help="what random inputs are derived from (default: %(default)s); the grader has another one",
    )
    parser.addoption(
        "--tinytorch-answers",
        metavar="FOLDER",
        help=f"where the answers to open experiments are (default: {FOLDER} below the root)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)
    config.pluginmanager.register(Needs(), NEEDS)


def seed_of(seed: str, test: str) -> int:
    """Return the seed of one case.

    `test` is its name with the parameters, `test_add[2-3]`. Other tests do not change the seed.
    """
    return int.from_bytes(hashlib.sha256(f"{seed}\n{test}".encode()).digest()[:16], "big")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Give every case its own generator: the same numbers on every run, whatever else runs and in which order."""
    return np.random.default_rng(seed_of(request.config.getoption("--tinytorch-seed"), request.node.name))


@pytest.fixture
def answers(request: pytest.FixtureRequest) -> Answers:
    """Give a suite the student's answers to the experiment whose form stands beside the suite."""
    config = request.config
    folder = Path(config.getoption("--tinytorch-answers") or config.rootpath / FOLDER)
    return answers_in(request.path.with_name(FORM), request.path.stem.removeprefix("test_"), folder)


def blocked_by(needs: Iterable[str], passed: Mapping[str, bool]) -> str | None:
    """Return the first of `needs` that has failed, or None.

    passed: the results so far, one entry for each check (all its cases). A needed check that has not run, because it is
    hidden here or was not selected, blocks nothing.
    """
    return next((name for name in needs if passed.get(name) is False), None)


def not_run(title: str) -> str:
    """Return the text that a student reads instead of a second failure with the same cause. title: of the needed check."""
    return f'not run: needs "{title}", which failed'


def check_name(item: pytest.Item) -> str:
    """Return the check of a case: its function, without parameters."""
    return getattr(item, "originalname", None) or item.name


class Needs:
    """Skip a check whose needed check failed, and remember failures. Suites of two modules do not mix."""

    def __init__(self) -> None:
        self._passed: dict[str, dict[str, bool]] = {}
        self._titles: dict[str, dict[str, str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            mark = item.get_closest_marker("check")
            if mark is not None:
                self._titles.setdefault(str(item.path), {})[check_name(item)] = mark.kwargs.get("title", "")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        mark = item.get_closest_marker("check")
        needed = blocked_by(mark.kwargs.get("needs", ()), self._passed.get(str(item.path), {})) if mark else None
        if needed is not None:
            pytest.fail(not_run(self._titles[str(item.path)].get(needed) or needed), pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        known = self._passed.setdefault(str(item.path), {})
        name = check_name(item)
        known[name] = known.get(name, True) and not report.failed
        return report

    def forget(self, item: pytest.Item) -> None:
        """Forget the result of a case that is run again. Cases of its check that ran before it have passed."""
        self._passed.get(str(item.path), {}).pop(check_name(item), None)
