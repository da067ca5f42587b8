"""Hold a suite that pytest has read here, ready to run against one submission in a jail.

Starting pytest and reading a suite takes longer than running most suites, and does not need the submission, because a test
looks up names of its modules in the jail only when it uses them. So this can happen while the submission is still being read,
or once for a whole batch, whose processes are forked from the process that has the suite ready.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from pytest_jsonreport.plugin import JSONReport

from ..files import write_atomic
from ..sandbox.faults import JailError
from ..sandbox.host import Host
from ..sandbox.remote_modules import RemoteFinder
from .jail_folder import Stage
from .outcomes import PASSED
from .run_request import OnCase, Run, RunRequest
from .submission import ANSWERS
from .suite import Suite

if TYPE_CHECKING:
    from .plugin import GradedRun

T = TypeVar("T")

# pytest's own plugins that a graded run does not need; each costs a few milliseconds in every run
_UNUSED = (
    "cacheprovider debugging doctest faulthandler junitxml logging monkeypatch pastebin python_path recwarn "
    "reports setuponly setupplan stepwise subtests threadexception tmpdir unittest unraisableexception warnings"
)
MAX_RAW = 8 << 20  # characters of the raw report
_OMITTED = ("collectors", "environment", "keywords", "log")  # left out of the raw report


@dataclass(frozen=True)
class ReadySuite:
    """Run one suite. This Runner can run once, since pytest keeps the results; to run it again, fork first."""

    suite: Suite
    _session: pytest.Session
    _plugin: GradedRun
    _report: JSONReport

    def expect(self, suite: Suite) -> None:
        if suite != self.suite:
            raise ValueError(f"{self.suite.file} is ready, but {suite.file} was asked for")

    def stage(self) -> Stage:
        return Stage.make()

    def run(
        self,
        request: RunRequest,
        on_case: OnCase,
        host: Host | None = None,
        groups: Sequence[Sequence[str]] | None = None,
    ) -> Run:
        """Run every check and write the raw report. Raise JailError if the jail cannot be made as requested.

        host: a host that is already started for this stage
        groups: ids of the checks to run instead of all, without regard to `needs`. The groups run in turn, and each ends at its
        first case that does not pass.
        """
        if host is None:
            stage = Stage(Path(request.stage))
            host = Host(stage.package, stage.helpers, highest=request.highest, limits=request.limits)
        with host:
            confinement = host.begin(list(request.imports), request.required)
            if self._plugin.problem is None:
                self._plugin.begin(host, on_case)
                self._session.config.option.tinytorch_seed = request.seed
                self._session.config.option.tinytorch_answers = str(Stage(Path(request.stage)).package / ANSWERS)
                with _quiet():
                    if groups is None:
                        self._run_all()
                    else:
                        self._run_groups(groups)
        self._session.exitstatus = pytest.ExitCode.TESTS_FAILED if self._session.testsfailed else pytest.ExitCode.OK
        self._report.pytest_sessionfinish(self._session)
        write_atomic(Path(request.raw_report), raw_report(self._report.report))
        return Run(tuple(self._plugin.cases), confinement, self._plugin.problem)

    def _run_all(self) -> None:
        items = self._session.items
        for item, following in zip(items, [*items[1:], None], strict=True):
            self._plugin.run(item, following)
            if self._session.shouldfail or self._session.shouldstop:
                return

    def _run_groups(self, groups: Sequence[Sequence[str]]) -> None:
        from checks.plugin import NEEDS, check_name

        self._session.config.pluginmanager.unregister(name=NEEDS)
        by_check: dict[str, list[pytest.Item]] = {}
        for item in self._session.items:
            by_check.setdefault(check_name(item), []).append(item)
        for group in groups:
            for item in (item for check in group for item in by_check[check]):
                self._plugin.run(item, None)
                if self._plugin.cases[-1].outcome != PASSED:
                    break


def with_ready(suite: Suite, use: Callable[[ReadySuite], T]) -> T:
    """Have pytest read a suite here, and call `use` with it. Raise JailError if pytest cannot read the suite."""
    answers: list[T] = []
    errors: list[BaseException] = []
    loud = sys.stdout, sys.stderr

    def attend(session: pytest.Session, plugin: GradedRun, report: JSONReport) -> None:
        with contextlib.redirect_stdout(loud[0]), contextlib.redirect_stderr(loud[1]):
            try:
                answers.append(use(ReadySuite(suite, session, plugin, report)))
            except BaseException as error:
                errors.append(error)  # raised again below, after pytest is done, so that pytest does not report it

    with _path(suite.library), _remote_imports(suite):
        from .plugin import start_pytest  # needs `checks`, which the line above makes importable

        try:
            with _quiet():
                problem = start_pytest(suite, _arguments(suite), attend)
        finally:
            sys.modules.pop(suite.file.stem, None)
    if errors:
        raise errors[0]
    if not answers:
        raise JailError(problem or "pytest ended before it had read the suite")
    return answers[0]


def raw_report(report: dict[str, Any]) -> str:
    """Return the raw report as JSON. If it is too long, keep only the outcome of each test."""
    text = json.dumps(report, default=str)
    if len(text) <= MAX_RAW:
        return text
    tests = [{"nodeid": test["nodeid"], "outcome": test["outcome"]} for test in report["tests"]]
    return json.dumps({**report, "tests": tests}, default=str)


def _arguments(suite: Suite) -> list[str]:
    arguments = [str(suite.file), "-q", "-p", "checks.plugin", "--rootdir", str(suite.folder), "-c", os.devnull]
    # Plain asserts: when pytest's rewritten asserts fail, they compare and print whole answers before our limits apply.
    arguments += [
        "--assert=plain",
        "--capture=no",
        "--tb=short",
        "-p",
        "pytest_metadata.plugin",
        "-p",
        "pytest_jsonreport.plugin",
    ]
    arguments += ["--json-report-file=none", "--json-report-omit", *_OMITTED]
    for name in _UNUSED.split():
        arguments += ["-p", f"no:{name}"]
    return arguments


def _remote_imports(suite: Suite) -> RemoteFinder:
    """Import modules of the submission and its helpers from the jail, since they do not exist in this process."""
    remote = {"tinytorch", *(helper.stem for helper in suite.helpers)}
    return RemoteFinder(lambda name: name.split(".", 1)[0] in remote)


@contextlib.contextmanager
def _path(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Discard pytest's own printing: the results are in the cases and in the raw report."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        yield
