"""Test grading: the points of a submission, and the record that is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from trial import CANARY, MAX_POINTS, ROOT, SECRET, SOLUTION, Trial, outcomes

from grader.grading.grade import Job
from grader.grading.ready_suite import raw_report
from grader.grading.record import Outcome, Record, json_schema

STUB = """
class Box:
    def __init__(self, value):
        raise NotImplementedError("Box.__init__: keep the value")
def boxed(value):
    raise NotImplementedError("boxed: make a Box")
def double(x):
    raise NotImplementedError("double: add x to itself")
def square(x):
    raise NotImplementedError("square: multiply x by itself")
def through(function, value):
    raise NotImplementedError("through: call it")
"""


def test_the_solution_earns_everything_at_level_3(trial: Trial) -> None:
    record = trial.graded("ada")
    assert (record.points, record.max_points, record.complete) == (MAX_POINTS, MAX_POINTS, True)
    assert record.capability_earned
    assert (record.milestone, record.milestone_met) == ("Calls", True)
    assert record.jail.level == 3
    assert record.is_signed_by(SECRET)


def test_a_strict_umask_does_not_change_grading(trial: Trial) -> None:
    """The jail's user is not root, but can read helpers and submission."""
    before = os.umask(0o077)
    try:
        record = trial.graded("closed")
    finally:
        os.umask(before)
    assert (record.points, record.complete, record.jail.level) == (MAX_POINTS, True, 3)


def test_an_untouched_stub_earns_nothing_and_every_check_names_the_function(trial: Trial) -> None:
    record = trial.graded("stub", STUB)
    assert record.points == 0
    assert not record.capability_earned
    assert not record.milestone_met
    assert {check.exception for check in record.checks} == {"NotImplementedError"}
    assert [check.message.split(":")[1].strip() for check in record.checks] == [
        "double",
        "square",
        "Box.__init__",
        "through",
    ] or all("NotImplementedError" in check.message for check in record.checks)


def test_only_solved_functions_earn_points(trial: Trial) -> None:
    record = trial.graded("half", STUB.replace('raise NotImplementedError("double: add x to itself")', "return 2 * x"))
    assert outcomes(record) == {"double": "passed", "square": "failed", "box": "failed", "milestone_calls": "failed"}
    assert record.points == 3


def test_a_missing_name_costs_only_its_own_checks(trial: Trial) -> None:
    record = trial.graded("missing", SOLUTION.replace("def square(x)", "def squared(x)"))
    assert outcomes(record) == {"double": "passed", "square": "failed", "box": "passed", "milestone_calls": "passed"}
    message = next(check.message for check in record.checks if check.id == "test_square")
    assert "tinytorch.trial has no square" in message


def test_a_wrong_shape_or_dtype_is_a_wrong_answer(trial: Trial) -> None:
    record = trial.graded("shape", SOLUTION.replace("return x + x", "return (x + x).astype(np.float64)"))
    double = record.checks[0]
    assert double.outcome is Outcome.FAILED
    assert "dtype float64" in double.message
    scalar = trial.graded("scalar", SOLUTION.replace("return x + x", "return np.float32(0)"))
    assert scalar.checks[0].outcome is Outcome.FAILED


def test_the_same_files_give_the_same_record_and_another_commit_reuses_it(trial: Trial) -> None:
    first = trial.graded("ada")
    again = trial.graded("ada")
    assert again == first


def test_the_all_zero_record_is_on_disk_before_anything_runs(trial: Trial) -> None:
    # The submission itself reads no files. The store is read while the suite runs, from the first case's callback.
    seen: list[Record] = []
    grader = trial.grader()
    job = trial.job("early")
    grader.grade(job, lambda case: seen.extend(grader.store.readable_of("early", "trial")[0]) if not seen else None)
    assert [(r.points, r.complete, {c.outcome for c in r.checks}) for r in seen] == [(0, False, {Outcome.NOT_RUN})]


def test_an_edited_record_is_recognised(trial: Trial) -> None:
    record = trial.graded("ada")
    forged = record.to_json().replace('"student": "ada"', '"student": "eve"')
    assert not Record.model_validate_json(forged).is_signed_by(SECRET)
    with pytest.raises(ValueError, match="not the sum"):
        Record.model_validate_json(record.to_json().replace(f'"points": {MAX_POINTS}', f'"points": {MAX_POINTS + 1}'))


def test_a_record_fits_the_published_schema(trial: Trial) -> None:
    import jsonschema

    record = json.loads(trial.graded("ada").to_json())
    schema = json.loads(json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(record, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**record, "points": "ten"}, schema)


def test_pytests_own_report_is_kept_beside_the_record(trial: Trial) -> None:
    record = trial.graded("ada")
    raw = json.loads(trial.grader().store.raw_path_of(record).read_text())
    assert raw["summary"]["passed"] == 5  # four checks, one of them with two cases


def test_no_jail_is_an_error_and_never_a_zero(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(trial.folder))  # so that bubblewrap is not found
    record = trial.graded("unjailed")
    assert not record.complete
    assert {check.outcome for check in record.checks} == {Outcome.ERROR}
    assert "apt-get install -y bubblewrap" in record.checks[0].message
    monkeypatch.undo()
    assert trial.graded("unjailed").points == MAX_POINTS  # graded again, and the error is gone


@pytest.mark.parametrize("level", [2, 1, 0])
def test_lower_levels_give_the_same_points_and_are_named_in_the_record(trial: Trial, level: int) -> None:
    record = trial.graded(f"level{level}", required=level, highest=level)
    assert (record.points, record.jail.level) == (MAX_POINTS, level)


def test_a_record_from_a_weaker_jail_is_not_reused_for_a_grade_that_counts(trial: Trial) -> None:
    assert trial.graded("ada", required=2, highest=2).jail.level == 2
    assert trial.graded("ada").jail.level == 3
    records, _ = trial.grader().store.readable_of("ada", "trial")
    assert [record.jail.level for record in records] == [3]
    assert trial.graded("ada", required=2, highest=2).jail.level == 3  # a stricter jail is enough


def test_two_students_get_different_inputs_and_one_student_the_same_twice(trial: Trial) -> None:
    tattle = SOLUTION.replace("return x + x", "raise ValueError(str(x))")
    ada, eve = trial.graded("ada", tattle), trial.graded("eve", tattle)
    assert ada.checks[0].message != eve.checks[0].message
    assert ada.seed_id != eve.seed_id
    for path in trial.folder.glob("graded/records/ada/*/*.json"):
        path.unlink()
    assert trial.graded("ada", tattle).checks[0].message == ada.checks[0].message


@pytest.mark.parametrize(
    "other",
    [
        {"tinytorch/trial.py": SOLUTION + "# another word\n"},
        {"tinytorch/trial.py": SOLUTION, "tinytorch/more.py": ""},
        {"tinytorch/trial.py": SOLUTION.replace("\n", "\r\n")},
    ],
    ids=["a comment", "a file beside it", "other line ends"],
)
def test_inputs_that_one_push_reveals_differ_from_those_of_the_next_push(trial: Trial, other: dict[str, str]) -> None:
    folders = []
    for number, files in enumerate(
        ({"tinytorch/trial.py": SOLUTION}, {"tinytorch/trial.py": SOLUTION, "notes.md": "x"}, other)
    ):
        folders.append(trial.folder / f"push-{number}")
        for name, text in files.items():
            (folders[-1] / name).parent.mkdir(parents=True, exist_ok=True)
            (folders[-1] / name).write_bytes(text.encode())
    first, same, changed = (trial.grader().grade(Job("ada", folder, None, "trial")) for folder in folders)
    assert first.seed_id == same.seed_id
    assert first.seed_id != changed.seed_id


def test_the_suite_is_not_in_the_record_of_a_passing_student(trial: Trial) -> None:
    assert CANARY not in trial.graded("ada").to_json()


def test_a_check_whose_needed_check_failed_is_not_run_and_names_that_check(trial: Trial) -> None:
    suite = trial.folder / "solutions" / "01_trial" / "test_trial.py"
    suite.write_text(
        suite.read_text().replace(
            '"a Box holds what was put in", points=2', '"a Box holds what was put in", points=2, needs=["test_double"]'
        )
    )
    record = trial.graded("needs", STUB)
    box = next(check for check in record.checks if check.id == "test_box")
    assert (box.outcome, box.blocked_by) == (Outcome.FAILED, "test_double")
    assert (box.message, box.exception) == ('not run: needs "double doubles", which failed', None)


def test_a_syntax_error_is_shown_with_its_file_its_line_and_a_caret(trial: Trial) -> None:
    record = trial.graded("typo", SOLUTION.replace("def double(x):", "def double(x:"))
    line = SOLUTION.splitlines().index("def double(x):") + 1
    double = record.checks[0]
    assert double.message.endswith(f"\n  raised at tinytorch/trial.py, line {line}")
    shown = double.detail.partition("in the submission:\n")[2].splitlines()
    assert shown[:2] == [f'  File "/submission/tinytorch/trial.py", line {line}', "    def double(x:"]
    assert shown[2].strip() == "^"
    assert set(outcomes(record).values()) == {"failed"}


def test_an_import_that_fails_is_shown_by_the_students_own_line(trial: Trial) -> None:
    record = trial.graded("absent", "from .missing import twice\n" + SOLUTION)
    double = record.checks[0]
    assert double.message.splitlines() == [
        "ModuleNotFoundError: No module named 'tinytorch.missing'",
        "  raised at tinytorch/trial.py, line 1",
    ]
    assert double.detail.partition("in the submission:\n")[2].splitlines() == [
        '  File "/submission/tinytorch/trial.py", line 1, in <module>',
        "    from .missing import twice",
    ]


def test_a_check_that_expects_an_exception_says_in_our_words_that_none_came(trial: Trial) -> None:
    suite = trial.folder / "solutions" / "01_trial" / "test_trial.py"
    expects = "with pytest.raises((IndexError, np.exceptions.AxisError)):\n        double(x)"
    suite.write_text(suite.read_text().replace("assert_close(double(x), 2 * x)", expects))
    double = trial.graded("lenient").checks[0]
    assert double.message == "nothing was raised; expected any of (IndexError, AxisError)"


def test_a_time_out_names_the_running_function_and_other_checks_are_graded(trial: Trial) -> None:
    printed = 'Stack (most recent call first):\n  File "/submission/tinytorch/trial.py", line 1 in another\n'
    spin = f"\n\ndef spin():\n    print({printed!r})\n    while True:\n        pass\n"
    record = trial.graded("loop", SOLUTION.replace("return x * x", "return spin()") + spin)
    square = next(check for check in record.checks if check.id == "test_square")
    assert "no answer within 1.5 seconds" in square.message
    assert "it was in spin (tinytorch/trial.py, line " in square.message
    assert square.output.startswith(printed), "what the student printed stays"
    assert [line.rpartition(" in ")[2] for line in square.output.splitlines()[4:]] == ["spin", "square"]
    assert "/code/" not in square.output
    assert record.points == MAX_POINTS - square.max_points


def test_a_check_that_passes_on_the_second_try_blocks_nothing(trial: Trial) -> None:
    """The machine may kill a session that needs memory. Here the submission kills its session once."""
    suite = trial.folder / "solutions" / "01_trial" / "test_trial.py"
    suite.write_text(
        suite.read_text().replace(
            "visibility=HIDDEN, seconds=1.5)", 'visibility=HIDDEN, seconds=1.5, needs=["test_double"])'
        )
    )
    killed_once = SOLUTION.replace(
        "    return x + x",
        "    if shared[0]:\n        return x + x\n    shared[0] = 1\n    os.kill(os.getpid(), 9)",
    ).replace(
        "import numpy as np", "import mmap, os\n\nshared = mmap.mmap(-1, 1)  # with every session forked afterwards"
    )
    record = trial.graded("ada", killed_once)
    assert set(outcomes(record).values()) == {"passed"}


def test_an_assertion_without_a_message_is_reported_by_its_line(trial: Trial) -> None:
    suite = trial.folder / "solutions" / "01_trial" / "test_trial.py"
    suite.write_text(suite.read_text().replace("assert_close(double(x), 2 * x)", "assert double(2) == 4"))
    trial.job("ada", SOLUTION.replace("return x + x", "return x"))
    # In a separate process, because the pytest that runs this test rewrites the asserts of a suite.
    code = f"""
from pathlib import Path
from trial import Trial
from grader.course import load_course
from grader.grading.grade import Job
folder = Path({str(trial.folder)!r})
trial = Trial(folder, load_course(folder / "course.yaml"))
print(trial.grader().grade(Job("ada", folder / "submissions" / "ada", None, "trial")).checks[0].message, end="")
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, text=True, check=True)
    assert ran.stdout == "this did not hold: assert double(2) == 4"


def test_a_raw_report_that_is_too_long_keeps_only_the_outcomes() -> None:
    tests = [{"nodeid": f"test_{number}", "outcome": "failed", "call": "x" * 100_000} for number in range(200)]
    raw = json.loads(raw_report({"summary": {"total": 200}, "tests": tests}))
    assert raw["summary"] == {"total": 200}
    assert raw["tests"][7] == {"nodeid": "test_7", "outcome": "failed"}
    assert json.loads(raw_report({"tests": tests[:3]}))["tests"] == tests[:3]
