"""Test support files: given files of the package, which come with a module and in which students write nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.classroom.template import compose
from grader.course import Course, CourseError, load_course
from grader.editions.build import build, drift
from grader.editions.problems import EditionError
from grader.grading.grade import Grader, Job
from grader.grading.store import Store

PROJECT = Path(__file__).parents[2]

COURSE = """\
title: C
term: S
slug: c
textbook: B
phases: [{name: p, title: P}]
weeks: [{starts: 2027-01-11, topic: T}]
modules:
"""
MODULE = """\
  - {{stem: {stem}, title: T, phase: p, week: 1, release: 2027-01-11, due: 2027-01-24T23:59:00Z, points: 3, chapter: C,
     support: {support}, capability: {{name: N{stem}, question: Q}}}}
"""
SOURCE = '''\
"""A module."""
{imports}

def double(x: float) -> float:
    """Twice x."""
    #% solution "one product"
    return {factor} * x
    #% endsolution
'''
SUITE = '''\
from checks import check
from tinytorch.{stem} import double


@check("Doubles", points=3, capability=True)
def test_double():
    """Doubles."""
    assert double(2) == 4
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write a course of two modules. The second uses the first module's support file."""
    text = MODULE.format(stem="first", support="[table]") + MODULE.format(stem="second", support="[]")
    files = {
        "course.yaml": COURSE + text,
        "tinytorch_ref/__init__.py": "",
        "tinytorch_ref/table.py": "FACTOR = 2\n",
        "tinytorch_ref/first.py": SOURCE.format(imports="\nfrom .table import FACTOR\n", factor="FACTOR"),
        "tinytorch_ref/second.py": SOURCE.format(imports="\nfrom .table import FACTOR\n", factor="FACTOR"),
        "starter/README.md": "Welcome.\n",
    }
    for stem in ("first", "second"):
        files[f"modules/{stem}/suite.py"] = SUITE.format(stem=stem)
        files[f"modules/{stem}/handout.md"] = "# {{ module.title }}\n"
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def course(root: Path) -> Course:
    return load_course(root / "course.yaml")


def test_both_editions_and_the_students_package_have_the_file_as_it_is(root: Path) -> None:
    build(root, course(root))
    for area in ("assignments", "solutions"):
        assert (root / area / "01_first" / "table.py").read_text() == "FACTOR = 2\n"
    given = compose(course(root), course(root).modules[:1], root)
    assert given["tinytorch/table.py"] == b"FACTOR = 2\n"
    assert "modules/01_first/table.py" not in given


def test_a_change_of_the_file_is_drift(root: Path) -> None:
    build(root, course(root))
    (root / "tinytorch_ref/table.py").write_text("FACTOR = 2  # twice\n")
    assert [line.split(" ")[0] for line in drift(root, course(root))] == [
        "assignments/01_first/table.py",
        "solutions/01_first/table.py",
    ]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("table.py", "from .first import double\n", "imports 01_first, to which it belongs"),
        ("table.py", "from .second import double\n", "imports 02_second, which comes later"),
        ("table.py", "from .nowhere import double\n", "imports .nowhere, which is not a module of the course"),
        (
            "table.py",
            'def f():\n    #% solution "no"\n    return 1\n    #% endsolution\n',
            "Students get this file whole.",
        ),
        ("table.py", "import nothing_like_it\nFACTOR = 2\n", "the stub does not import"),
        ("table.py", "FACTOR = = 2\n", "not valid Python"),
        ("table.py", None, "tinytorch_ref/table.py is missing"),
    ],
)
def test_a_mistake_in_the_file_is_named(root: Path, file: str, text: str | None, said: str) -> None:
    if text is None:
        (root / "tinytorch_ref" / file).unlink()
    else:
        (root / "tinytorch_ref" / file).write_text(text)
    with pytest.raises(EditionError) as caught:
        build(root, course(root))
    assert said in str(caught.value)


def test_the_file_holds_no_statement_of_the_solution(root: Path) -> None:
    first = root / "tinytorch_ref/first.py"
    first.write_text(first.read_text().replace("FACTOR * x", "round(FACTOR * float(x), 9)"))
    (root / "tinytorch_ref/table.py").write_text("FACTOR = 2\n\n\ndef f(x):\n    return round(FACTOR * float(x), 9)\n")
    with pytest.raises(EditionError, match=r"tinytorch_ref/table.py:5"):
        build(root, course(root))


def test_two_files_of_the_package_cannot_have_one_name(root: Path) -> None:
    text = (root / "course.yaml").read_text()
    (root / "course.yaml").write_text(text.replace("support: []", "support: [table]"))
    with pytest.raises(CourseError, match=r"a second table.py; the first is of line 8"):
        course(root)
    (root / "course.yaml").write_text(text.replace("support: []", "support: first"))
    with pytest.raises(CourseError, match=r"a second first.py"):
        course(root)


def test_the_grader_takes_the_courses_file_and_says_that_a_change_had_no_effect(root: Path, tmp_path: Path) -> None:
    build(root, course(root))
    shutil.copytree(PROJECT / "starter" / "modules" / "checks", root / "starter" / "modules" / "checks")
    grader = Grader(root, course(root), b"a secret of sixteen bytes", Store(tmp_path / "records"))
    given = compose(course(root), course(root).modules, root)
    prepared = {}
    for name, content in (("same", given["tinytorch/table.py"]), ("changed", b"FACTOR = 3\n")):
        package = {path: text for path, text in given.items() if path.startswith("tinytorch/")}
        for path, text in {**package, "tinytorch/table.py": content}.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(text)
        prepared[name] = grader.prepare(Job("ada", tmp_path / name, None, "second"))
        assert prepared[name].files["tinytorch/table.py"] == b"FACTOR = 2\n"
        assert prepared[name].blank.prerequisites == "own"
    assert prepared["same"].blank.input_digest == prepared["changed"].blank.input_digest
    assert prepared["same"].blank.warnings == ()
    assert [text for text in prepared["changed"].blank.warnings if "table.py belongs to the course" in text]
