"""Run a suite with pytest: this plugin opens a session of the submission for each case, and makes an outcome from each.

A case passes only if all three phases explicitly pass. A failure is described from the exception in this process; the
submission is not asked again.
"""

from __future__ import annotations

import os
import re
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytest_jsonreport.plugin import JSONReport

from checks import AFTER_DUE, HIDDEN, PUBLIC
from checks.plugin import NEEDS, check_name, not_run
from checks.showing import shortened, shown

from ..editions.check_specs import SECONDS
from ..sandbox import handles
from ..sandbox.connection import Connection
from ..sandbox.faults import (
    Ended,
    JailError,
    KeptWaiting,
    RemoteError,
    SubmissionFault,
    TimedOut,
    TooBusy,
    TooExpensive,
)
from ..sandbox.host import Host
from . import late_stack, trusted_limits
from . import run_request as asked
from .outcomes import ERROR, FAILED, PASSED, RAISED, CaseOutcome
from .run_request import OnCase
from .suite import Suite

PATIENCE = (
    3  # after this many time-outs the remaining checks get less time, so that one endless loop does not cost an hour
)
IMPATIENT_SECONDS = 1.0
MAX_TEXT = 8_000
MAX_RAW_TEXT = 2_000  # of an exception in pytest's own report, which repeats it three times
_STUDENT_FRAME = re.compile(r'File "/submission/(tinytorch/[\w/]+\.py)", line (\d+)(?:,? in ([\w<>.]+))?')
_DID_NOT_RAISE = "DID NOT RAISE"  # pytest's words, before the names of the expected exceptions


def start_pytest(
    suite: Suite, arguments: list[str], attend: Callable[[pytest.Session, GradedRun, JSONReport], None]
) -> str | None:
    """Have pytest read the suite, and call `attend` in place of pytest's loop over the tests. Return why that failed, if so."""
    plugin, report = GradedRun(suite), JSONReport()

    class Loop:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            attend(session, plugin, report)
            return True

    pytest.main(arguments, plugins=[plugin, report, Loop()])
    return plugin.problem


class GradedRun:
    """Collect `cases`. problem: why the suite itself could not run."""

    def __init__(self, suite: Suite) -> None:
        self.cases: list[CaseOutcome] = []
        self.problem: str | None = None
        self._seconds = {check.id: check.seconds for check in suite.checks}
        self._ids = {check.title: check.id for check in suite.checks}
        self._visibility = {check.id: check.visibility for check in suite.checks}
        self._failed: set[str] = set()
        self._timeouts = 0
        self._connection: Connection | None = None
        self._trouble: BaseException | None = None
        self._told: tuple[BaseException, str] | None = None  # an exception, and its text, made within the case's limits
        self._elapsed = 0.0
        self._last_try = self._killed = False

    def begin(self, host: Host, on_case: OnCase) -> None:
        """Set the host to run against, and the function to call with each case."""
        self._host, self._on_case = host, on_case
        self._used = 0.0  # seconds that the submission has used
        self._give_up = time.monotonic() + asked.CLOCK_SECONDS
        self._memory = trusted_limits.limit_from_now()

    def run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """Run one case. Run it again if its process was killed, since the machine may have done that and not the submission."""
        for last in (False, True):
            self._last_try, self._killed = last, False
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if not self._killed:
                return
            needs = item.config.pluginmanager.get_plugin(NEEDS)
            if needs is not None and not last:
                needs.forget(item)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Run public checks first, so that code which links sessions cannot carry hidden inputs into texts that students see."""
        order = (PUBLIC, AFTER_DUE, HIDDEN)
        items.sort(key=lambda item: order.index(self._visibility.get(check_name(item), HIDDEN)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problem = f"the suite could not be collected: {report.longreprtext[-MAX_TEXT:]}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Skip the other cases of a check that has failed, since they cannot change the result."""
        self._trouble, self._told, self._elapsed = None, None, 0.0
        return True if check_name(item) in self._failed else None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        if self._host.import_fault is not None:
            raise Ended(self._host.import_fault)
        seconds = self._seconds.get(check_name(item), SECONDS)
        if self._timeouts >= PATIENCE:
            seconds = min(seconds, IMPATIENT_SECONDS)
        left = asked.RUN_SECONDS - self._used
        if left <= 0:
            raise TimedOut(f"the checks before this one took {asked.RUN_SECONDS:g} seconds in all, the limit of a run")
        by_the_clock = self._give_up - time.monotonic()
        if by_the_clock <= 0:
            raise TooBusy(f"{asked.CLOCK_SECONDS:g} seconds by the clock were not enough: the machine was too busy")
        self._connection = self._host.connect(min(seconds, left), at_most=by_the_clock)
        handles.use(self._connection)
        self._own_time = trusted_limits.OwnTime(self._own_seconds(seconds), self._connection.give_up)
        with self._limited():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        with self._limited():
            return (yield)

    def _own_seconds(self, seconds: float) -> float:
        return IMPATIENT_SECONDS if self._timeouts >= PATIENCE else max(trusted_limits.SECONDS, seconds)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Limit memory and time while code of the suite works with answers and makes texts of them."""
        with trusted_limits.limited_to(self._memory), self._own_time.counted(), np.printoptions(**PRINTING):
            try:
                yield
            except BaseException as error:
                self._told = error, _said(error)
                raise

    def _text_of(self, trouble: BaseException) -> str:
        return self._told[1] if self._told is not None and self._told[0] is trouble else _said(trouble)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.excinfo is not None:
            self._trouble = self._trouble or call.excinfo.value
            call.excinfo = _stand_in(call.excinfo.value, self._text_of(call.excinfo.value))
        report = yield
        self._elapsed += call.duration
        if call.when == "teardown":
            self._conclude(item)
        return report

    def _conclude(self, item: pytest.Item) -> None:
        status, output, trouble = None, "", self._trouble
        if self._connection is not None:
            handles.use(None)
            connection, self._connection = self._connection, None
            # A test that swallowed the boundary's fault has not passed. If the machine was at fault, that is not a failure.
            trouble = connection.fault if isinstance(connection.fault, KeptWaiting) else trouble or connection.fault
            self._used += connection.used()
            status, output = self._host.disconnect(connection)
            self._killed = isinstance(trouble, Ended) and status in (None, -signal.SIGKILL)
            if self._killed and not self._last_try:
                return
        said = self._text_of(trouble) if trouble is not None else ""
        case = _outcome(check_name(item), item.name, self._elapsed, trouble, said, status, output)
        if isinstance(trouble, pytest.fail.Exception):
            blocker = next((title for title in self._ids if not_run(title) == said), None)
            if blocker is not None:
                case = replace(case, blocked_by=self._ids[blocker], exception=None)
        if case.outcome != PASSED:
            self._failed.add(case.check)
        if isinstance(trouble, (TimedOut, TooExpensive)):
            self._timeouts += 1
        self.cases.append(case)
        self._on_case(case)


def _outcome(
    check: str, case: str, seconds: float, trouble: BaseException | None, said: str, status: int | None, output: str
) -> CaseOutcome:
    message = "" if trouble is None else _text(_message(trouble, said, status, output))
    output = _text(late_stack.without_ours(output) if isinstance(trouble, TimedOut) else output)
    if trouble is None:
        return CaseOutcome(check, case, PASSED, seconds, output=output)
    if isinstance(trouble, (JailError, KeptWaiting, KeyboardInterrupt, SystemExit, pytest.skip.Exception)):
        return CaseOutcome(check, case, ERROR, seconds, type(trouble).__name__, _text(said), output=output)
    kind = trouble.remote_type if isinstance(trouble, RemoteError) else type(trouble).__name__
    return CaseOutcome(
        check,
        case,
        FAILED,
        seconds,
        exception=kind,
        message=message,
        detail=_text(_detail(trouble)),
        output=output,
    )


def _message(trouble: BaseException, said: str, status: int | None, output: str) -> str:
    """Say what was tried, expected and returned, in the assertion's own words, or give the submission's exception."""
    notes = "".join(f"{note}\n" for note in getattr(trouble, "__notes__", ()))
    if isinstance(trouble, RemoteError):
        frames = _STUDENT_FRAME.findall(trouble.remote_traceback)
        return f"{notes}{trouble.remote_type}: {said}{_raised(*frames[-1]) if frames else ''}"
    if isinstance(trouble, TimedOut):
        place = _STUDENT_FRAME.findall(late_stack.split(output)[1])
        where = f"; it was in {place[0][2]} ({place[0][0]}, line {place[0][1]})" if place else ""
        return f"{notes}{said}{where}"
    if isinstance(trouble, Ended) and status is not None:
        return f"{notes}{said} (exit status {status})"
    if isinstance(trouble, pytest.fail.Exception) and said.startswith(_DID_NOT_RAISE):
        return f"{notes}nothing was raised; expected{said.removeprefix(_DID_NOT_RAISE)}"
    if isinstance(trouble, AssertionError) and not said:
        said = "".join(f"this did not hold: {frame.line}" for frame in _frames_of_suite(trouble)[-1:])
    if isinstance(trouble, (AssertionError, SubmissionFault, pytest.fail.Exception)):
        return f"{notes}{said}"
    return f"{notes}{type(trouble).__name__}: {said}"


def _raised(file: str, line: str, function: str) -> str:
    """Return the last line of a message. The code of a module itself, and a line with a syntax error, are in no function."""
    if function in ("", "<module>"):
        return f"\n{RAISED} at {file}, line {line}"
    return f"\n{RAISED} in {function} ({file}, line {line})"


def _said(trouble: BaseException) -> str:
    """Return the exception's text. It may contain a value from a submission, such as an integer too long to print."""
    try:
        return shortened(str(trouble), MAX_TEXT)
    except Exception as error:
        return f"(no text could be made of it: {error})"


def _stand_in(trouble: BaseException, said: str) -> pytest.ExceptionInfo[BaseException]:
    """Return an exception for pytest's own report, which would otherwise copy the whole text and its causes several times."""
    text = _text(said, MAX_RAW_TEXT)
    told: BaseException
    if isinstance(trouble, (pytest.skip.Exception, pytest.fail.Exception)):
        told = type(trouble)(text, pytrace=trouble.pytrace)
    else:
        told = _Told(f"{type(trouble).__name__}: {text}")
    return pytest.ExceptionInfo.from_exception(told.with_traceback(trouble.__traceback__))


class _Told(Exception):
    """Carry another exception's type and text."""


def _detail(trouble: BaseException) -> str:
    """Return the suite's frames, without line numbers since a student's edition has others, then the submission's traceback."""
    text = "".join(
        f"{os.path.basename(f.filename)}, in {f.name}:\n    {f.line}\n" for f in _frames_of_suite(trouble)[-3:]
    )
    if isinstance(trouble, RemoteError):
        text += f"\nin the submission:\n{trouble.remote_traceback}" if trouble.remote_traceback else ""
    return text


def _frames_of_suite(trouble: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(trouble.__traceback__) if frame.name.startswith("test_")]


def _array_repr(array: np.ndarray) -> str:
    """Write a small array as NumPy does, and describe a large array briefly."""
    if array.size > PRINTING["threshold"]:
        return f"<{shown(array)}>"
    with np.printoptions(override_repr=None):
        return repr(array)


# For arrays that a suite prints without `shown`: NumPy's own limits apply to each axis separately.
PRINTING: Any = {"threshold": 100, "edgeitems": 1, "override_repr": _array_repr}


def _text(text: str, limit: int = MAX_TEXT) -> str:
    """Return text that any encoding and any terminal can take. Reports clean it further for the place where it is shown."""
    return shortened(text, limit).encode("utf-8", "replace").decode()
