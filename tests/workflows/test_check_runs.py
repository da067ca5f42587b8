"""Test the student's workflow `check` by running it on a repository as the course hands it out."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from grader.classroom.template import compose
from grader.course import load_course

from .acting import ROOT, Ran, act, commit_all

MODULES = 2
PUBLIC = 11 + 32  # points of the public checks of setup and tensor
MATCHER = json.loads((ROOT / "starter/.github/problem-matcher.json").read_text())

pytestmark = pytest.mark.thorough


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a student's repository with the first modules, untouched."""
    course = load_course(ROOT / "course.yaml")
    folder = tmp_path / "student"
    for name, content in compose(course, course.written[:MODULES], ROOT).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def solve(repository: Path, module: str, *edits: tuple[str, str]) -> Path:
    """Write the solution of a module, with each edit made once. Return the file."""
    stem = module.partition("_")[2]
    file = repository / "tinytorch" / f"{stem}.py"
    shutil.copy(ROOT / "solutions" / module / f"{stem}.py", file)
    text = file.read_text()
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)
    return file


def line_of(file: Path, start: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if line.startswith(start))


def check(repository: Path, tmp_path: Path) -> Ran:
    commit_all(repository)
    return act(repository, "check.yml", "push", home=tmp_path / "home")


def annotations(ran: Ran) -> dict[str, str]:
    """Return place and message of GitHub's remarks on the student's files, by applying the matcher to the log."""
    (pattern,) = MATCHER["problemMatcher"][0]["pattern"]
    found = [re.search(pattern["regexp"], line) for line in ran.lines]
    return {f"{one[pattern['file']]}:{one[pattern['line']]}": one[pattern["message"]] for one in found if one}


def notices(ran: Ran) -> dict[str, str]:
    """Return by title the notices that tools for GitHub Classroom read."""
    return dict(re.findall(r"::notice title=([^:]+)::(.*)", "\n".join(ran.lines)))


def test_a_correct_repository_passes_with_all_points(repository: Path, tmp_path: Path) -> None:
    solve(repository, "01_setup")
    solve(repository, "02_tensor")
    ran = check(repository, tmp_path)
    assert (ran.status, ran.jobs) == (0, {"public-checks": "succeeded"}), ran.output
    assert annotations(ran) == {}
    assert notices(ran)["Autograding complete"] == f"Points {PUBLIC}/{PUBLIC}"
    assert json.loads(notices(ran)["Autograding report"]) == {"totalPoints": PUBLIC, "maxPoints": PUBLIC}
    assert "add-matcher .github/problem-matcher.json" in ran.output


def test_a_wrong_answer_gives_a_remark_on_the_function_that_returned_it(repository: Path, tmp_path: Path) -> None:
    solve(repository, "01_setup")
    tensor = solve(repository, "02_tensor", ("return a / b, (a, b)", "return b / a, (a, b)"))
    ran = check(repository, tmp_path)
    assert ran.jobs == {"public-checks": "failed"}
    place = f"tinytorch/tensor.py:{line_of(tensor, 'def div')}"
    assert annotations(ran)[place] == "Elementwise ops: AssertionError: div"
    assert f"- **Elementwise ops**, {place}: `AssertionError: div`" in ran.output, "the job's summary"
    assert "| 01_setup | 11 / 11 |" in ran.output


def test_an_exception_gives_a_remark_on_the_line_that_raised_it(repository: Path, tmp_path: Path) -> None:
    solve(repository, "01_setup")
    tensor = solve(repository, "02_tensor", ("    return a / b, (a, b)", "    return a / missing, (a, b)"))
    remarks = annotations(check(repository, tmp_path))
    place = f"tinytorch/tensor.py:{line_of(tensor, '    return a / missing')}"
    assert remarks[place] == "Elementwise ops: NameError: name 'missing' is not defined"


def test_a_file_with_a_syntax_error_gives_one_remark_and_other_modules_are_checked(
    repository: Path, tmp_path: Path
) -> None:
    solve(repository, "01_setup")
    tensor = repository / "tinytorch" / "tensor.py"
    tensor.write_text("def add(:\n")
    ran = check(repository, tmp_path)
    assert ran.jobs == {"public-checks": "failed"}
    assert annotations(ran) == {"tinytorch/tensor.py:1": "SyntaxError: invalid syntax (tensor.py, line 1)"}
    assert notices(ran)["Autograding complete"] == f"Points 11/{PUBLIC}"


def test_an_untouched_repository_has_no_points_and_no_remarks(repository: Path, tmp_path: Path) -> None:
    ran = check(repository, tmp_path)
    assert ran.jobs == {"public-checks": "failed"}
    assert annotations(ran) == {}
    assert {"01_setup: not begun", "02_tensor: not begun"} <= set(ran.lines)
    assert notices(ran)["Autograding complete"] == f"Points 0/{PUBLIC}"


def test_a_module_that_is_not_begun_does_not_make_the_run_fail(repository: Path, tmp_path: Path) -> None:
    solve(repository, "01_setup")
    ran = check(repository, tmp_path)
    assert ran.jobs == {"public-checks": "succeeded"}, ran.output
    assert notices(ran)["Autograding complete"] == f"Points 11/{PUBLIC}"


def test_a_failing_test_of_the_students_own_makes_the_run_fail(repository: Path, tmp_path: Path) -> None:
    solve(repository, "01_setup")
    (repository / "modules" / "01_setup" / "test_mine.py").write_text("def test_mine():\n    assert 1 == 2\n")
    assert check(repository, tmp_path).jobs == {"public-checks": "failed"}
