"""One run of a suite against a submission in a jail: pytest here, the student's code there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ..sandbox.faults import JailError
from ..sandbox.host import Host
from ..sandbox.importing import RemoteFinder
from .request import OnCase, Run, RunRequest
from .stage import Stage
from .suite import Suite

# pytest's own plugins that a graded run has no use for; each costs a few milliseconds a run
_UNUSED = (
    "cacheprovider debugging doctest faulthandler junitxml logging monkeypatch pastebin python_path recwarn "
    "reports setuponly setupplan stepwise subtests threadexception tmpdir unittest unraisableexception warnings"
)


def run_suite(request: RunRequest, on_case: OnCase, host: Host | None = None) -> Run:
    """Run every check of a suite in this process, against a submission in a jail. Raises JailError if there is no jail.

    host: one that has been started for this stage already
    """
    import pytest

    suite = Suite(request.module, request.stem, Path(request.suite_folder), Path(request.library))
    if host is None:
        stage = Stage(Path(request.stage))
        host = Host(stage.package, stage.helpers, highest=request.highest, limits=request.limits)
    arguments = [str(suite.file), "-q", "-p", "checks.plugin", "--rootdir", str(suite.folder), "-c", os.devnull]
    arguments += ["--tinytorch-seed", request.seed, "--capture=no", "--tb=short"]
    for name in _UNUSED.split():
        arguments += ["-p", f"no:{name}"]
    Path(request.raw_report).parent.mkdir(parents=True, exist_ok=True)
    arguments += ["-p", "pytest_metadata.plugin", "-p", "pytest_jsonreport.plugin", "--json-report"]
    arguments += [
        f"--json-report-file={request.raw_report}",
        "--json-report-omit",
        "collectors",
        "environment",
        "keywords",
        "log",
    ]
    remote = {"tinytorch", *(helper.stem for helper in suite.helpers)}
    is_remote = lambda name: name.split(".", 1)[0] in remote  # noqa: E731
    with host, _path(suite.library), _quiet(), RemoteFinder(is_remote):
        from .plugin import GradedRun  # needs `checks`, which the line above makes importable

        plugin = GradedRun(suite, host, request, on_case)
        try:
            pytest.main(arguments, plugins=[plugin])
        finally:
            sys.modules.pop(suite.file.stem, None)
    if plugin.confinement is None:
        raise plugin.jail_error or JailError(plugin.problem or "pytest ended before it ran a test")
    return Run(tuple(plugin.cases), plugin.confinement, plugin.problem)


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
