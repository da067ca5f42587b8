"""Test that a submission's answers and slowness can fail its own checks, but cannot end the grading or cause an error."""

from __future__ import annotations

import pytest
from trial import Trial, outcomes

from grader.grading import fork_server, run_request
from grader.reports.data import for_student_json
from grader.reports.markdown import for_student
from grader.sandbox import host

SUITE = '''
from checks import check
from tinytorch.trial import double

NAMES = {2: "two"}


@check("the first", points=3)
def test_first():
    """Uses an answer."""
    BODY


@check("the second", points=7)
def test_second():
    """Doubles a number."""
    assert double(21) == 42
'''


def suite(trial: Trial, body: str) -> None:
    (trial.folder / "solutions" / "01_trial" / "test_trial.py").write_text(SUITE.replace("BODY", body))


def test_an_exception_of_the_suite_whose_text_cannot_be_made_fails_only_its_check(trial: Trial) -> None:
    suite(trial, "NAMES[double(1)]")
    record = trial.graded("eve", "def double(x): return 10**5000 if x == 1 else x + x\n")
    assert outcomes(record) == {"first": "failed", "second": "passed"}
    assert record.complete
    assert record.checks[0].exception == "KeyError"
    assert "no text could be made of it" in record.checks[0].message


def test_answers_that_broadcast_to_more_memory_than_a_check_may_take_fail_only_that_check(trial: Trial) -> None:
    suite(trial, "double(1) - double(2)")
    shape = "{1: (20000, 1), 2: (1, 20000)}"  # 3 GiB as a difference
    record = trial.graded(
        "eve", f"import numpy as np\ndef double(x): return np.zeros({shape}[x]) if x < 3 else x + x\n"
    )
    assert outcomes(record) == {"first": "failed", "second": "passed"}
    assert record.checks[0].exception is not None
    assert "MemoryError" in record.checks[0].exception


def test_a_submission_that_keeps_breaking_its_jail_gets_no_new_jail_after_a_while(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a slow import before every case would take longer than a grading process may."""
    monkeypatch.setattr(host, "REPLACING_SECONDS", 0.4)
    code = "import os, time\ntime.sleep(0.6)\ndef double(x): os.kill(os.getppid(), 9); return x + x\n"
    record = trial.graded("eve", code)
    assert record.complete
    assert set(outcomes(record).values()) <= {"passed", "failed"}
    assert record.checks[-1].outcome == "failed"
    assert "kept breaking its jail" in record.checks[-1].message


def test_checks_that_take_too_long_together_fail_and_are_not_errors(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_request, "RUN_SECONDS", 0.5)
    suite(trial, "double(1)")
    record = trial.graded("eve", "import time\ndef double(x): time.sleep(2); return x + x\n")
    assert outcomes(record) == {"first": "failed", "second": "failed"}
    assert record.complete
    assert "the limit of a run" in record.checks[1].message


def test_a_run_ends_well_before_its_process_is_killed() -> None:
    assert run_request.CLOCK_SECONDS < fork_server.JOB_SECONDS
    # on a busy machine, single limits are stretched, but their sum is not; two thirds of the waiting that a submission
    # causes count as others'
    longest = 3 * (run_request.RUN_SECONDS + host.REPLACING_SECONDS + host.IMPORT_SECONDS * 2)
    assert longest < fork_server.JOB_SECONDS


HIDDEN_FIRST = '''
from checks import AFTER_DUE, HIDDEN, check
from tinytorch.trial import double


@check("hidden", points=4, visibility=HIDDEN)
def test_hidden():
    """Doubles a number that nobody knows."""
    assert double(424242) == 848484


@check("after due", points=3, visibility=AFTER_DUE)
def test_after_due():
    """Doubles a number."""
    assert double(2) == 4


@check("public", points=3)
def test_public():
    """Doubles a number."""
    assert double(1) == 2
'''
CARRIER = """
import mmap
shared = mmap.mmap(-1, 100)  # made at import, it is shared by every session that is forked afterwards
def double(x):
    if x > 2:
        shared[:] = str(x).encode().ljust(100, b" ")
    elif shared[0]:
        raise ValueError("carried: " + shared[:].decode())
    return x + x
"""


def test_inputs_of_a_hidden_check_cannot_reach_a_check_whose_text_is_shown(trial: Trial) -> None:
    """Sessions of one submission can share memory, so the checks whose text is shown run before any hidden check."""
    (trial.folder / "solutions" / "01_trial" / "test_trial.py").write_text(HIDDEN_FIRST)
    record = trial.graded("eve", CARRIER)
    assert [check.id for check in record.checks] == ["test_hidden", "test_after_due", "test_public"]
    assert outcomes(record) == {"hidden": "passed", "after_due": "passed", "public": "passed"}
    for shown in (for_student(record), for_student_json(record), record.to_json()):
        assert "424242" not in shown
