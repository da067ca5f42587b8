"""Test that an answer which is expensive to look at costs only its own check. Texts, records, raw reports and time stay small."""

from __future__ import annotations

import json
import multiprocessing
import resource
from pathlib import Path

import pytest
from selection import first_of_each
from trial import Trial, outcomes

from grader.grading import trusted_limits
from grader.grading.record import CheckResult, Record

CHEAP_SECONDS = 8.0  # of processor time for a whole grading, on a crowded machine; the first of these attacks took 28
DEADLINE_SECONDS = (
    25.0  # for a grading whose check runs into its deadline of 5 seconds; the rest is for a loaded machine
)
MAX_TEXT = 8_000  # of one text of a check
SMALL = 400_000  # characters; the first of these attacks made a raw report of 480 million

SUITE = '''
import numpy as np
import pytest
from checks import assert_array, assert_close, assert_same, check, shown, tried
from tinytorch.trial import double


@check("the first", points=3, seconds=2)
def test_first():
    """Looks at an answer."""
    got = double(1)
    BODY


@check("the second", points=7, seconds=2)
def test_second():
    """Doubles a number."""
    assert double(21) == 42
'''
ANSWERS = {
    "an array of eight axes, printed in full by NumPy": "np.zeros((6,) * 8)",
    "an array of 22 axes": "np.zeros((2,) * 22)",
    "an array of 32 axes": "np.zeros((1,) * 20 + (2,) * 12)",
    "twenty million bytes of numbers": "np.arange(2.5e6)",
    "a list of a million": "[0] * 900_000",
    "lists in lists": "eval('[' * 30 + '1,' * 30_000 + ']' * 30)",
    "a list of arrays": "[np.zeros((6,) * 6)] * 20",
    "a dict of many keys": "{str(i): i for i in range(300_000)}",
    "a dict of one long key": "{'k' * 20_000_000: 1}",
    "a dict whose key cannot be printed": "{10**5000: [10**5000]}",
    "an integer that cannot be printed": "10**5000",
    "a set": "set(range(300_000))",
    "a set of sets": "{frozenset(range(i, i + 3)) for i in range(200_000)}",
    "twenty million characters": "'x' * 20_000_000",
    "twenty million line ends": "chr(10) * 20_000_000",
    "twenty million bytes": "b'x' * 20_000_000",
    "a slice": "slice('x' * 10_000_000, 10**5000)",
}
BODIES = {
    "assert_same": "assert_same(got, 2)",
    "assert_same of a list": "assert_same(got, [1, 2])",
    "assert_close": "assert_close(got, 2.0)",
    "assert_array": "assert_array(got, shape=(2,))",
    "shown": "assert got is None, shown(got)",
    "a plain assert": "assert got == 2 if not hasattr(got, 'shape') else got.shape == ()",
    "a text with repr": 'assert got is None, f"got {got!r}"',
    "a note": 'with tried(f"a step that gave {shown(got)}"): assert_same(got, 2)',
    "pytest.raises": "with pytest.raises(ValueError, match='nothing'): raise ValueError(shown(got))",
    "an exception that holds it": "raise AssertionError(got)",
}


def graded_and_spent(trial: Trial, body: str, code: str) -> tuple[Record, float, str]:
    """Return the record, the processor seconds of the trusted process and its children, and the raw report's text."""
    (trial.folder / "solutions" / "01_trial" / "test_trial.py").write_text(SUITE.replace("BODY", body))
    job = trial.job("eve", f"import numpy as np\ndef double(x):\n    if x != 1: return x + x\n    {code}\n")
    grader = trial.grader()
    ends, theirs = multiprocessing.get_context("fork").Pipe()

    def grade() -> None:
        record = grader.grade(job)
        ends.send((str(grader.store.path_of(record)), resource.getrusage(resource.RUSAGE_SELF)))

    process = multiprocessing.get_context("fork").Process(target=grade)
    process.start()
    path, spent = theirs.recv()
    process.join()
    record = grader.store.read(Path(path))
    return record, spent.ru_utime + spent.ru_stime, grader.store.raw_path_of(record).read_text()


def held(record: Record, raw: str) -> None:
    """Assert that only the first check failed, and that no text is long."""
    assert outcomes(record) == {"first": "failed", "second": "passed"}
    assert record.complete
    assert all(len(text) <= MAX_TEXT + 100 for text in _texts(record.checks[0]))
    assert len(record.to_json()) < SMALL
    assert len(raw) < SMALL
    assert json.loads(raw)["tests"]


def _texts(check: CheckResult) -> tuple[str, ...]:
    return check.message, check.detail, check.output, check.exception or ""


@pytest.mark.parametrize("answer", first_of_each(ANSWERS.values(), ANSWERS))
def test_an_answer_that_is_expensive_to_print_is_described_briefly(trial: Trial, answer: str) -> None:
    record, seconds, raw = graded_and_spent(trial, BODIES["assert_same"], f"return {answer}")
    held(record, raw)
    assert seconds < CHEAP_SECONDS
    assert len(record.checks[0].message) < 1_500


@pytest.mark.parametrize("body", first_of_each(BODIES.values(), BODIES))
@pytest.mark.parametrize("answer", ["np.zeros((6,) * 8)", "[[10**1000] * 900] * 90"], ids=["array", "list"])
def test_a_suite_may_look_at_an_expensive_answer_in_any_way(trial: Trial, body: str, answer: str) -> None:
    record, seconds, raw = graded_and_spent(trial, body, f"return {answer}")
    held(record, raw)
    assert seconds < CHEAP_SECONDS


RAISED = {
    "a long text": "raise ValueError('x' * 50_000_000)",
    "a text of many lines": "raise ValueError(chr(10) * 5_000_000)",
    "many notes": "e = ValueError('no')\n    for i in range(10_000): e.add_note('n' * 1000)\n    raise e",
    "a chain of causes": "e = ValueError('no')\n"
    "    for i in range(300): n = ValueError('y' * 100_000); n.__cause__ = e; e = n\n    raise e",
    "an array as its text": "raise ValueError(np.zeros((6,) * 6))",
    "a type with a long name": "raise type('N' * 1_000_000, (ValueError,), {})('no')",
    "a deep recursion": "f = lambda: f()\n    f()",
    "a file with a long name": "exec(compile('raise ValueError(1)', '/submission/tinytorch/' + 'a' * 5_000_000, 'exec'))",
    "words of a traceback": "raise ValueError('File \"/submission/tinytorch/' * 100_000)",
    "printing": "print('p' * 5_000_000)\n    return 0",
    "printing line ends": "print(chr(10) * 5_000_000)\n    return 0",
}


@pytest.mark.parametrize("code", first_of_each(RAISED.values(), RAISED))
def test_long_exceptions_and_output_are_cut(trial: Trial, code: str) -> None:
    record, seconds, raw = graded_and_spent(trial, BODIES["assert_same"], code)
    held(record, raw)
    assert seconds < CHEAP_SECONDS


LOOP = "try:\n        while got is not None: pass\n    except BaseException: pass"
SLOW = {
    "a text with str": ('assert got is None, f"got {got}"', "np.zeros((2,) * 22)"),
    "an exception that holds it": ("raise AssertionError(got)", "np.zeros((2,) * 22)"),
    "a loop over its elements": ("while True: assert sum(int(x) for x in got) == 0", "[0] * 900_000"),
    "a loop that catches everything": (LOOP, "1"),
    "a loop that catches it again and again": ("for _ in range(3):\n      " + LOOP.replace("\n", "\n  "), "1"),
    "comparing in quadratic time": ("assert [x for x in got if x not in got[::-1]]", "list(range(100_000))"),
    "a search in quadratic time": ("import re\n    assert re.search('(a|aa)+b', got)", "'a' * 20_000"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "answer"), first_of_each(SLOW.values(), SLOW))
def test_a_check_that_takes_too_long_to_look_at_an_answer_fails_alone(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, body: str, answer: str
) -> None:
    monkeypatch.setattr(trusted_limits, "SECONDS", 1.0)
    record, seconds, raw = graded_and_spent(trial, body, f"return {answer}")
    held(record, raw)
    assert record.checks[0].exception == "TooExpensive"
    assert "processor time" in record.checks[0].message
    assert seconds < DEADLINE_SECONDS


def test_waiting_for_an_answer_does_not_count_as_the_suites_time(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session's own work counts towards its own limit, and a slow correct solution keeps its points."""
    monkeypatch.setattr(trusted_limits, "SECONDS", 0.5)
    code = (
        "import time\n    until = time.process_time() + 0.8\n    while time.process_time() < until: pass\n    return 2"
    )
    record, seconds, _ = graded_and_spent(trial, "assert got == 2", code)
    assert outcomes(record) == {"first": "passed", "second": "passed"}
    assert seconds < CHEAP_SECONDS


def test_in_a_batch_an_expensive_answer_gives_a_record_and_its_neighbour_loses_nothing(trial: Trial) -> None:
    (trial.folder / "solutions" / "01_trial" / "test_trial.py").write_text(
        SUITE.replace("BODY", "raise AssertionError(got)")
    )
    eve = "import numpy as np\ndef double(x): return x + x if x != 1 else np.zeros((2,) * 22)\n"
    graded = trial.all_graded([trial.job("eve", eve), trial.job("ada", eve.replace("(2,) * 22", "2"))])
    found = {one.job.student: one.record and outcomes(one.record) for one in graded}
    assert [one.problem for one in graded] == [None, None]
    assert found == {name: {"first": "failed", "second": "passed"} for name in ("ada", "eve")}
