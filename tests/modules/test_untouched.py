"""Test what a student meets before writing anything: hints for every function, one line for each, and the syllabus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from selection import first_of_each

from grader.course import Module
from tests.modules.students import COURSE, repository, run_command


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("student"), solved=())


EACH_MODULE = first_of_each(COURSE.written, lambda module: module.stem)


@pytest.mark.parametrize("module", EACH_MODULE)
def test_each_function_of_a_stub_has_a_hint(repo: Path, module: Module) -> None:
    stub = (repo / "tinytorch" / f"{module.stem}.py").read_text()
    missing = re.findall(r'NotImplementedError\("([\w.]+): not written yet', stub)
    hints = (repo / "modules" / module.numbered / "HINTS.md").read_text()
    assert missing
    assert missing == re.findall(r"^## `(.+)`$", hints, re.MULTILINE)
    done = run_command(repo, "hint", missing[-1], module.stem)
    assert done.stdout.startswith(
        f"Hint 1 of {hints.split(f'## `{missing[-1]}`')[1].count('<details>')} for {missing[-1]}"
    )


@pytest.mark.parametrize("module", EACH_MODULE)
def test_the_first_check_of_a_module_is_a_line_for_each_missing_function(repo: Path, module: Module) -> None:
    done = run_command(repo, "check", module.stem)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.startswith("not written yet: ")]
    assert lines
    assert len(lines) == len({line.split()[3] for line in lines})
    assert "Traceback" not in done.stdout
    assert "Error" not in done.stdout


def test_each_page_and_the_syllabus_say_the_hours_and_the_wall(repo: Path) -> None:
    syllabus = (repo / "SYLLABUS.md").read_text()
    for module in COURSE.written:
        page = (repo / "modules" / module.numbered / "README.md").read_text()
        assert f"points · about {module.time_needed} · due" in page
        assert f"*The wall.* {module.wall}" in page
        assert f"| {module.numbered} | {module.wall} | {module.capability.question} | {module.points} |" in syllabus
        assert f"| {module.time_needed} |" in syllabus
