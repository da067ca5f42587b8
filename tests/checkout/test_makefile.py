"""Test the Makefile: its targets, the variables it needs, and the command that each target runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from command import said

ROOT = Path(__file__).parents[2]
TARGETS = [
    "help",
    "setup",
    "demo",
    "build",
    "check-build",
    "course-check",
    "wall",
    "audit",
    "grade",
    "provision",
    "release",
    "collect",
    "publish",
    "report",
    "roster-check",
    "regrade",
    "export",
    "doctor",
    "allow-bubblewrap",
    "test",
    "test-all",
    "lint",
    "bench",
    "bench-core",
    "tables",
    "compare",
    "fuzz",
    "kill-run",
    "rivals",
    "channel",
    "github-run",
    "clean",
]
EVERYTHING = {
    "MODULE": "02_tensor",
    "MODULES": "all",
    "SUBMISSION": "some/folder",
    "COMMIT": "abc",
    "STUDENT": "ada",
    "ROSTER": "class.csv",
    "FORGE": "forge",
    "STATE": "state",
    "FORM": "canvas",
    "OUTPUT": "grades.csv",
    "DRY_RUN": "1",
    "AGAIN": "1",
    "JOBS": "3",
    "APP": "4711",
    "LIKE": "exported.csv",
    "SECTION": "A",
}
CLI_TARGETS = {
    "demo": "demo --modules all --workers 3",
    "build": "build 02_tensor",
    "check-build": "build --check 02_tensor",
    "course-check": "course check",
    "audit": "audit 02_tensor --workers 3",
    "grade": "grade some/folder --module 02_tensor --commit abc --student ada --roster class.csv --state state",
    "provision": "provision --dry-run --app 4711 --forge forge --roster class.csv --state state",
    "release": "release 02_tensor --dry-run --forge forge --roster class.csv --state state",
    "collect": "collect --module 02_tensor --forge forge --roster class.csv --state state",
    "publish": "publish --dry-run --forge forge --roster class.csv --state state",
    "report": "report --section A --roster class.csv --state state",
    "roster-check": "roster check --roster class.csv --state state",
    "regrade": "regrade 02_tensor --dry-run --again --forge forge --roster class.csv --state state",
    "export": "export canvas --output grades.csv --like exported.csv --section A --roster class.csv --state state",
    "doctor": "doctor",
}


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make without any settings of the make that may have started these tests, and where it can read only the Makefile."""
    ours = {*EVERYTHING, "ALL", "ARGS", "PYTHON"}
    environment = {k: v for k, v in os.environ.items() if k not in ours and not k.startswith(("MAKE", "MFLAGS"))}
    command = [
        "make",
        "--no-print-directory",
        "-f",
        str(ROOT / "Makefile"),
        *arguments,
        *(f"{name}={value}" for name, value in variables.items()),
    ]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=60)


def commands(target: str, **variables: str) -> list[list[str]]:
    """Return the commands of .venv that a target would run, split as the shell would."""
    result = make("-n", target, **variables)
    assert result.returncode == 0, result.stderr
    return [shlex.split(line) for line in result.stdout.splitlines() if line.startswith(".venv/bin/")]


def test_make_alone_lists_every_target_with_a_description() -> None:
    result = make()
    assert result.returncode == 0
    listed = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", result.stdout, re.MULTILINE))
    assert list(listed) == TARGETS


@pytest.mark.parametrize(
    ("target", "variable"),
    [("grade", "SUBMISSION"), ("wall", "MODULE"), ("release", "MODULE"), ("regrade", "MODULE"), ("export", "FORM")],
)
def test_a_missing_variable_is_reported_with_a_command_to_type_before_anything_runs(target: str, variable: str) -> None:
    result = make(target)
    assert result.returncode == 2
    assert f"{variable} is missing. Type: make {target} {variable}=" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("target", ["release", "publish", "export"])
def test_a_mistyped_variable_is_refused_before_anything_runs(target: str) -> None:
    """Otherwise DRYRUN=1 would do what DRY_RUN=1 only shows."""
    result = make("-n", target, DRYRUN="1", MODULE="1", FORM="csv")
    assert result.returncode == 2
    assert "There is no variable DRYRUN. Known: AGAIN ALL APP ARGS" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("target", CLI_TARGETS)
def test_a_target_calls_the_command_line_once_with_the_given_variables(target: str) -> None:
    assert commands(target, **EVERYTHING) == [[".venv/bin/grader", *CLI_TARGETS[target].split()]]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("build", ["build"]),
        ("audit", ["audit", "--workers", str(os.cpu_count())]),
        ("check-build", ["build", "--check"]),
        ("collect", ["collect"]),
        ("publish", ["publish"]),
        ("report", ["report"]),
    ],
)
def test_variables_that_are_not_given_are_not_passed_on(target: str, words: list[str]) -> None:
    assert commands(target) == [[".venv/bin/grader", *words]]


def test_any_value_reaches_the_command_line_unchanged() -> None:
    [[_, *words]] = commands("grade", SUBMISSION="a b'c;\"d", MODULE="02_tensor 3")
    assert words == ["grade", "a b'c;\"d", "--module", "02_tensor", "--module", "3"]


@pytest.mark.parametrize("off", ["", "0", "no", "false"])
def test_a_dry_run_can_be_switched_off_by_its_value(off: str) -> None:
    assert commands("release", MODULE="2", DRY_RUN=off) == [[".venv/bin/grader", "release", "2"]]


PYTEST = [".venv/bin/python", "-m", "pytest", "-n"]
QUICK = ["-m", "not thorough", "-p", "tests.affected.plugin"]


def test_the_tests_run_on_as_many_processes_as_requested() -> None:
    assert commands("test-all", JOBS="3", ARGS="-k jail") == [[*PYTEST, "3", "--dist", "worksteal", "-k", "jail"]]
    [[*_, cores, _, _]] = commands("test-all")
    assert cores == str(os.cpu_count())


def test_the_quick_tests_leave_out_thorough_ones_and_unless_all_are_requested_those_that_no_edit_can_change() -> None:
    assert commands("test", JOBS="3") == [[*PYTEST, "3", "--dist", "worksteal", *QUICK]]
    assert commands("test", JOBS="3", ALL="1") == [[*PYTEST, "3", "--dist", "worksteal", *QUICK, "--run-all"]]


def test_lint_checks_style_layout_types_and_the_order_of_rooms() -> None:
    assert [" ".join(words[:2]) for words in commands("lint")] == [
        ".venv/bin/ruff check",
        ".venv/bin/ruff format",
        ".venv/bin/mypy",
        ".venv/bin/lint-imports --no-cache",
    ]


@pytest.mark.parametrize("target", [t for t in TARGETS if t not in {"help", "setup", "allow-bubblewrap", "clean"}])
def test_a_target_does_the_set_up_first(target: str) -> None:
    lines = [line for line in make("-n", target, **EVERYTHING).stdout.splitlines() if line.strip() != ":"]
    assert lines[0] == "scripts/setup.sh --if-needed"


@pytest.mark.parametrize("target", CLI_TARGETS)
def test_the_command_line_knows_every_option_that_the_makefile_passes(target: str) -> None:
    words = CLI_TARGETS[target].split()
    command = words[: 2 if words[0] in ("course", "roster") else 1]
    shown = said(ROOT, *command, "--help", COLUMNS="200")
    assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", shown))


def test_clean_keeps_the_environment_and_the_records() -> None:
    [remove, find] = make("-n", "clean").stdout.splitlines()
    assert not {".venv", ".grader", "assignments", "solutions"} & set(shlex.split(remove))
    assert "-not -path './.venv/*'" in find
