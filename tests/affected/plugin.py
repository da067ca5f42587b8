"""Leave out the tests that no edit can change: a plugin for pytest, which `make test` asks for with -p.

After a run, each test that passed is remembered together with everything it depends on: the code of the files that its test
file imports, directly or not, and each file below the repository that was opened for it, also in child processes
(children/sitecustomize.py takes the notes). The next run leaves the test out while all of that is the same.

In doubt, a test runs. Comments and docstrings count in a file that was read, and not in one that was imported. A new or
missing file, another lock, another Python, user or environment make everything run. A skipped or failed test is not remembered.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.affected import kept
from tests.affected.children.sitecustomize import recorder
from tests.affected.memory import Memory, Run
from tests.affected.notes import Notes, name, shared

# With one of these, somebody chose what runs. Then nothing is left out, and nothing is remembered.
CHOICES = (
    "keyword",
    "file_or_dir",
    "collectonly",
    "lf",
    "deselect",
    "stepwise",
    "ignore",
    "ignore_glob",
    "last_failed",
)
NOTES = Notes()


class Affected:
    """Act in one process of pytest. The controller decides, workers of xdist take notes, and a single process does both."""

    def __init__(self, config: pytest.Config) -> None:
        self.root = Path(config.rootpath).resolve()
        self.worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.began = time.time() - 1  # the clock of files is a little late
        self.plain = not any(getattr(config.option, option, None) for option in CHOICES)
        self.outcomes: dict[str, list[str]] = defaultdict(list)
        self.run = Run()
        self.found: dict[str, list[str]] = {}
        self.left_out: dict[str, int] = {}  # files, with the number of their tests
        self.passed_before: set[str] = set()
        self.count = 0
        self.memory: Memory | None = None
        if self.worker is not None:
            self.left_out, self.passed_before = self.worker["left_out"], set(self.worker["passed_before"])
        elif self.plain:
            self.memory = Memory(self.root, config.option.markexpr)
            if not config.option.run_all:
                self.left_out, self.passed_before = self.memory.unchanged()
        self.takes_notes = self.worker is not None or not config.getoption("numprocesses", None)
        if self.takes_notes:
            NOTES.folder = Path(tempfile.mkdtemp(prefix="affected-"))
            NOTES.folder.chmod(0o755)
        else:
            recorder.take = None

    # what is run

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return True if self._name(collection_path) in self.left_out else None

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        for item in items:
            self.found[self._name(item.path)].append(item.nodeid)
        left_out = [item for item in items if item.nodeid in self.passed_before]
        self.count = len(left_out)
        items[:] = [item for item in items if item.nodeid not in self.passed_before]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput |= {"left_out": self.left_out, "passed_before": sorted(self.passed_before)}

    # what it depends on

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Assign the files that a test file opens during its import to it. The folders that pytest lists belong to nobody."""
        if isinstance(collector, pytest.File):
            file = self._name(collector.path)
            self.found.setdefault(file, [])
            self._of(f"file {file}", f"file {file}")
        result = yield
        self._of("listing of folders")
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        owner = f"test {item.nodeid}"
        self._of(owner, f"file {self._name(item.path)}")
        NOTES.lines[owner] |= set()  # a test without notes was run, too
        return (yield)  # type: ignore[return-value]

    def _of(self, owner: str, file: str | None = None) -> None:
        if self.takes_notes:
            NOTES.of(owner, file)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: Any) -> None:
        """Note the shared fixtures that the test has used, also those it asked for by name while it ran."""
        visible = (one for named in item._fixtureinfo.name2fixturedefs.values() for one in named)
        NOTES.uses[f"test {item.nodeid}"] |= shared([*visible, *item._request._fixture_defs.values()])

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)  # type: ignore[return-value]
        owner, known = NOTES.owner, set(request._fixture_defs)
        self._of(name(fixturedef))
        if fixturedef.scope in (
            "session",
            "package",
        ):  # its users in other files must not miss what is kept for this one
            kept.forget()
        try:
            return (yield)  # type: ignore[return-value]
        finally:
            asked = [one for argument, one in request._fixture_defs.items() if argument not in known]
            NOTES.uses[name(fixturedef)] |= shared(asked)
            self._of(owner)
            NOTES.uses[owner] |= {name(fixturedef)}

    # what is remembered

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid].append(report.outcome)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take what a worker hands in. The tests of a worker that died have no notes, and so are not remembered."""
        given = getattr(node, "workeroutput", {}).get("affected")
        if given is not None:
            self.count = given.pop("count")
            self.run.add(**given)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if self.takes_notes:
            mine = {"notes": NOTES.read(), "found": self.found, "loaded": self._loaded()}
            recorder.folder = recorder.take = None
            shutil.rmtree(NOTES.folder, ignore_errors=True)  # type: ignore[arg-type]  # a child that still runs may add a note
            if self.worker is not None:
                session.config.workeroutput["affected"] = {**mine, "count": self.count}  # type: ignore[attr-defined]
            else:
                self.run.add(**mine)
        result = yield
        if self.memory is not None:
            if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
                self._remember(self.memory)
            if (self.left_out or self.count) and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                session.exitstatus = pytest.ExitCode.OK
        return result

    def _loaded(self) -> list[str]:
        """Return the files of the repository that are imported in this process."""
        places = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        alien = str(self.root / ".venv")
        inside = (place for place in places if place and place.startswith(f"{self.root}{os.sep}"))
        return [self._name(Path(place)) for place in inside if not place.startswith(alien)]

    def _remember(self, memory: Memory) -> None:
        good = {test for test, seen in self.outcomes.items() if set(seen) == {"passed"}}
        self.run.passed = {test for test in good if f"test {test}" in self.run.notes}
        files = (file for file in memory.repository.files if (self.root / file).exists())
        written = {file for file in files if (self.root / file).stat().st_mtime > self.began}
        memory.remember(self.run, self.passed_before, written)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        count = sum(self.left_out.values()) + self.count
        if count and self.worker is None:
            terminalreporter.write_line(
                f"left out: {count} tests, which passed before and depend on nothing that has changed since; "
                "`make test ALL=1` runs them too"
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-all", action="store_true", help="run also the tests that no edit can have changed")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Take notes before anything of the repository is imported."""
    recorder.root = str(Path(early_config.rootpath).resolve())
    recorder.take, recorder.begun = NOTES.take, NOTES.begun
    sys.addaudithook(recorder)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Affected(config), "affected")
