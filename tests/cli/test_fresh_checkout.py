"""Test the first commands in a fresh checkout, before there is a class, a state folder or a release."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command import refused, run, said
from trial import ROOT

from grader.classroom.disk import DiskForge

TEMPLATE = "tinytorch-spring-2027_template"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the files of this repository that git tracks, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if name.split("/")[0] not in ("docs", "tests", "benchmarks") and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def forge(checkout: Path) -> DiskForge:
    return DiskForge(checkout / ".grader" / "forge")


def test_a_module_is_released_to_the_template_before_there_is_a_class(checkout: Path) -> None:
    output = said(checkout, "release", "setup")
    assert "audit: holds  the whole audit is on record" in output
    assert f"released 01_setup to the template {TEMPLATE}" in output
    assert "the class is empty, so nobody has 01_setup yet. Write the class list" in output
    assert forge(checkout).repos() == [TEMPLATE]
    with forge(checkout).workspace(TEMPLATE) as git:
        assert "tinytorch/setup.py" in {entry.path for entry in git.tree("main")}


def test_a_named_lost_or_wrong_class_list_is_an_error(checkout: Path) -> None:
    assert "there is no class list at nowhere.csv" in refused(checkout, "release", "setup", "--roster", "nowhere.csv")
    (checkout / ".grader" / "roster.csv").write_text("id,name\nann\n")
    assert "roster.csv" in refused(checkout, "release", "setup")
    (checkout / ".grader" / "roster.csv").unlink()
    forge(checkout).create_repo("tinytorch-spring-2027-ann")
    assert "there is no class list at" in refused(checkout, "release", "setup")
    assert forge(checkout).repos() == ["tinytorch-spring-2027-ann"]


@pytest.mark.parametrize(
    "command",
    [
        "collect",
        "report",
        "publish",
        "provision",
        "export canvas",
        "regrade setup",
        "decide list",
        "plan",
        "forget ann",
    ],
)
def test_a_command_that_needs_a_class_says_how_to_get_one(checkout: Path, command: str) -> None:
    message = refused(checkout, *command.split())
    assert "there is no class list at" in message
    assert "grader roster import" in message
    assert "`make demo` shows all commands with an invented class" in message


def test_before_the_first_release_the_message_says_what_comes_first(checkout: Path) -> None:
    (checkout / ".grader").mkdir()
    (checkout / ".grader" / "roster.csv").write_text("id,name,login,email,section,pseudonym\nann,Ann,,,A,\n")
    collected = run(checkout, "collect")
    assert (collected.returncode, "no module has been released yet" in collected.stderr) == (0, True)
    assert "there is no grade to post: `grader collect`" in said(checkout, "publish")
    assert "01_setup: nobody has a grade yet, so there is nothing to grade again" in said(checkout, "regrade", "setup")
