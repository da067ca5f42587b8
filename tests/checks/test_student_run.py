"""Test what a student sees: the starter as it is handed out, run by an ordinary pytest in a separate process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from selection import first_of_each

from checks.plugin import blocked_by, not_run, seed_of
from tests.checks.student import FACTS, SUITE, python


def run_pytest(repo: Path, *arguments: str) -> str:
    return python(repo, "-m", "pytest", "-p", "no:cacheprovider", *arguments).stdout


def drawn(output: str) -> list[str]:
    return re.findall(r"drawn (\d \d+)", output)


@pytest.mark.parametrize("verb", [["check"], ["wall", "tensor"], ["milestone", "xor_1969"], ["progress"]])
def test_before_the_set_up_every_command_explains_the_set_up(repo: Path, verb: list[str]) -> None:
    done = python(repo, "-S", "run.py", *verb)  # a Python without packages
    assert done.returncode == 2
    assert "has no numpy and no pytest and no matplotlib.\nSet up once: make setup\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_points_count_whole_checks_and_name_the_hidden_ones(repo: Path) -> None:
    out = run_pytest(repo, "modules/02_tensor")
    assert "02_tensor: 12 of 14 points of public checks passed" in out
    assert "3 hidden checks worth 46 points remain; they run when the course grades" in out
    assert "confinement: level 0" in out


def test_full_public_points_never_look_as_if_everything_is_done(repo: Path) -> None:
    suite = repo / "modules/02_tensor/test_tensor.py"
    suite.write_text(suite.read_text().replace("add(a, 0) != 2", "add(a, 0) == a"))
    out = run_pytest(repo, "modules/02_tensor")
    assert "14 of 14 points of public checks passed\n           3 hidden checks worth 46 points remain" in out
    assert "all passed" not in out.lower()
    suite.write_text(suite.read_text())
    (repo / ".tinytorch.json").unlink()
    assert "hidden checks: not known here" in run_pytest(repo, "modules/02_tensor")


STUB = """
def add(a, b):
    raise NotImplementedError("add: not written yet. For a hint: make hint FUNCTION=add")
"""


def test_a_function_that_is_not_written_gets_one_line_however_many_checks_it_stops(repo: Path) -> None:
    (repo / "tinytorch/tensor.py").write_text(STUB)
    done = python(repo, "run.py", "check", "tensor")
    assert done.returncode == 1
    told = done.stdout.partition("= TinyTorch =")[2].splitlines()
    assert told[1:4] == [
        "not written yet: add  tinytorch/tensor.py:3  4 checks stop there",
        "for a hint:      make hint FUNCTION=add",
        "02_tensor: 0 of 14 points of public checks passed",
    ]
    assert "3 unwritten, 2 waiting" in told[-1]
    assert done.stdout.count("add: not written yet") == 0, "there is no traceback"


def test_a_failed_check_is_shown_once_with_the_checks_that_wait_for_it(repo: Path) -> None:
    (repo / "tinytorch/tensor.py").write_text("def add(a, b):\n    return a - b\n")
    out = run_pytest(repo, "modules/02_tensor", "-k", "not cases")
    assert '02_tensor: "Adds" failed, and these checks wait for it: Adds more, Adds far more\n' in out
    assert out.count("_ test_add _") == 1
    assert "not run" not in out
    assert "1 failed, 2 deselected, 2 waiting" in out
    assert "0 of 14 points" in out, "what was not run has not passed"


def test_an_error_of_the_students_own_is_no_missing_function(repo: Path) -> None:
    (repo / "tinytorch/tensor.py").write_text("def add(a, b):\n    raise NotImplementedError('later')\n")
    out = run_pytest(repo, "modules/02_tensor")
    assert "not written yet" not in out
    assert "NotImplementedError: later" in out


def test_on_github_a_missing_function_is_one_remark_at_its_line(repo: Path) -> None:
    (repo / "tinytorch/tensor.py").write_text(STUB.replace("    raise", "    if b == 0:\n        return a\n    raise"))
    done = python(repo, "run.py", "check", "--github", GITHUB_STEP_SUMMARY=str(repo / "page.md"))
    remarks = [line for line in done.stdout.splitlines() if ": check: " in line]
    said = "NotImplementedError: add: not written yet. For a hint: make hint FUNCTION=add"
    assert remarks == [
        "tinytorch/tensor.py:2: check: In every case: AssertionError: the second case fails",
        f"tinytorch/tensor.py:5: check: Adds: {said}",
    ]
    assert f"- **Adds**, tinytorch/tensor.py:5: `{said}`" in (repo / "page.md").read_text()


def test_a_check_that_is_selected_alone_runs(repo: Path) -> None:
    out = run_pytest(repo, "modules/02_tensor", "-k", "far_more")
    assert "1 passed" in out
    assert "5 of 14 points of public checks passed" in out


def test_one_case_of_a_check_earns_nothing(repo: Path) -> None:
    out = run_pytest(repo, "modules/02_tensor/test_tensor.py", "-k", "test_cases and 1")
    assert "1 passed" in out
    assert "0 of 14 points" in out


def test_random_inputs_are_the_same_in_any_order_and_differ_by_seed_and_case(repo: Path) -> None:
    first = drawn(run_pytest(repo, "modules/02_tensor", "-s"))
    assert len(set(first)) == 2
    assert drawn(run_pytest(repo, "modules/02_tensor", "-s", "-k", "cases")) == first
    assert drawn(run_pytest(repo, "modules/02_tensor", "-s", "--tinytorch-seed=other")) != first
    rng = np.random.default_rng(seed_of("student", "test_cases[1]"))
    assert first[0] == f"1 {rng.integers(1 << 40)}"


def test_tests_of_the_same_name_in_two_modules_do_not_mix(repo: Path) -> None:
    other = repo / "modules/03_activations"
    other.mkdir()
    (other / "test_activations.py").write_text(
        SUITE.replace("import tensor_helpers", "import activations_helpers as tensor_helpers")
    )
    (other / "activations_helpers.py").write_text("def three():\n    return 4\n")
    out = run_pytest(repo)
    assert "02_tensor: 12 of 14 points" in out
    assert "03_activations: 0 of 14 points" in out


def test_a_summary_for_github_is_appended(repo: Path) -> None:
    done = python(repo, "run.py", "check", "--summary", str(repo / "summary.md"))
    assert done.returncode == 1
    text = (repo / "summary.md").read_text()
    assert "| 02_tensor | 12 / 14 | 3 hidden checks worth 46 points remain; they run when the course grades |" in text


@pytest.mark.parametrize("name", first_of_each(["02_tensor", "2", "tensor", "modules/02_tensor/"]))
def test_each_name_of_a_module_selects_it(repo: Path, name: str) -> None:
    assert "12 of 14 points" in python(repo, "run.py", "check", name).stdout


def test_a_missing_module_is_explained(repo: Path) -> None:
    done = python(repo, "run.py", "check", "03_activations")
    assert done.returncode == 2
    assert "You have: 02_tensor" in done.stderr


def test_a_milestone_runs_on_the_students_own_framework_and_returns_its_status(repo: Path) -> None:
    assert python(repo, "run.py", "milestone", "xor_1969").returncode == 3


def test_a_missing_milestone_is_explained(repo: Path) -> None:
    locked = python(repo, "run.py", "milestone", "lenet_1998")
    assert locked.returncode == 2
    assert "It comes with module 09_spatial, which is not released yet" in locked.stderr
    (repo / "milestones/xor_1969.py").unlink()
    assert "Merge the open pull request" in python(repo, "run.py", "milestone", "xor_1969").stderr
    for name in ("alexnet", ""):
        unknown = python(repo, "run.py", "milestone", *([name] if name else []))
        assert unknown.returncode == 2
        assert "lenet_1998           LeNet 1998, after 09_spatial (not released yet)" in unknown.stderr


def test_progress_shows_every_module_and_milestone_and_never_fails(repo: Path) -> None:
    done = python(repo, "run.py", "progress")
    assert done.returncode == 0
    assert "02_tensor: 12 of 14 points" in done.stdout
    assert "lenet_1998" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_checks_pass_in_a_repository_without_modules(repo: Path) -> None:
    (repo / ".tinytorch.json").write_text(json.dumps({**FACTS, "modules": {}}))
    for verb in ("check", "progress"):
        assert python(repo, "run.py", verb).returncode == 0


def test_make_runs_the_same_commands(repo: Path) -> None:
    def make(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["make", f"PYTHON={sys.executable}", *arguments]
        return subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False)

    assert "12 of 14 points" in make("check", "MODULE=02_tensor").stdout
    assert make("milestone", "NAME=xor_1969").returncode != 0
    assert "check" in make().stdout
    make("clean")
    assert (repo / "tinytorch/tensor.py").exists()


def test_a_check_is_blocked_only_by_checks_that_are_known_to_have_failed() -> None:
    assert blocked_by(["a", "b"], {"a": True, "b": False}) == "b"
    assert blocked_by(["a", "unknown"], {"a": True}) is None
    assert blocked_by([], {"a": False}) is None
    assert not_run("b") == 'not run: needs "b", which failed'
