"""One run of a suite against a submission in a jail: pytest here, the student's code there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..sandbox.host import Confinement, Host
from ..sandbox.importing import RemoteFinder
from .outcomes import CaseOutcome
from .suite import Suite

# pytest's own plugins that a graded run has no use for; each costs a few milliseconds a run
_UNUSED = (
    "cacheprovider doctest faulthandler junitxml pastebin setuponly setupplan stepwise threadexception "
    "unraisableexception warnings"
)


@dataclass(frozen=True)
class Run:
    """What came of it. problem: why the suite itself could not be run, which is never the student's score."""

    cases: tuple[CaseOutcome, ...]
    confinement: Confinement
    problem: str | None


def run_suite(
    suite: Suite,
    host: Host,
    *,
    seed: str,
    raw_report: Path | None = None,
    on_case: Callable[[CaseOutcome], None] = lambda case: None,
) -> Run:
    """Run every check of `suite`. raw_report: where to keep pytest-json-report's own file (staff only)."""
    import pytest

    confinement = host.begin()
    arguments = [str(suite.file), "-q", "-p", "checks.plugin", "--rootdir", str(suite.folder), "-c", os.devnull]
    arguments += ["--tinytorch-seed", seed, "--capture=no", "--tb=short"]
    for name in _UNUSED.split():
        arguments += ["-p", f"no:{name}"]
    if raw_report is not None:
        raw_report.parent.mkdir(parents=True, exist_ok=True)
        arguments += ["-p", "pytest_metadata.plugin", "-p", "pytest_jsonreport.plugin"]
        arguments += ["--json-report", f"--json-report-file={raw_report}", "--json-report-omit=collectors,environment"]
    remote = {"tinytorch", *(helper.stem for helper in suite.helpers)}
    with _path(suite.library), _quiet(), RemoteFinder(lambda name: name.split(".", 1)[0] in remote):
        from .plugin import GradedRun  # needs `checks`, which the line above makes importable

        plugin = GradedRun(suite, host, on_case)
        try:
            pytest.main(arguments, plugins=[plugin])
        finally:
            sys.modules.pop(suite.file.stem, None)
    return Run(tuple(plugin.cases), confinement, plugin.problem)


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
    """pytest's own printing goes nowhere: what happened is in the cases and in the raw report."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        yield
