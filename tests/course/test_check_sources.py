"""Test that the sources fit the order of course.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import check_sources, load_course

HEAD = (
    "title: C\nterm: S\nslug: c\ntextbook: B\nphases: [{name: p, title: P}]\nweeks: [{starts: 2027-01-11, topic: T}]\n"
)
MODULE = """\
  - stem: {stem}
    title: T
    phase: p
    week: 1
    release: 2027-01-11
    due: 2027-01-24T23:59:00Z
    points: 1
    chapter: C
    capability: {{name: N, question: Q}}
"""


def problems(root: Path, sources: dict[str, str], planned: str = "late", late_imports: str = "[]") -> list[str]:
    """Return the problems of a course of four modules. `sources` by stem, or files below the package by their whole name."""
    modules = ""
    for stem in ("first", "second", "third", "late"):
        modules += MODULE.format(stem=stem)
        modules += "    planned: true\n" if stem == planned else ""
        modules += f"    late_imports: {late_imports}\n" if stem == "second" else ""
        modules += "    milestone: {name: xor, title: XOR, embedded: all}\n" if stem == "second" else ""
    (root / "course.yaml").write_text(HEAD + "modules:\n" + modules)
    (root / "tinytorch_ref").mkdir()
    for stem in ("first", "second", "third"):
        if sources.get(stem) != "absent":
            (root / "tinytorch_ref" / f"{stem}.py").write_text(sources.get(stem, ""))
    for name in [name for name in sources if "/" in name]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(sources[name])
    return [str(p) for p in check_sources(load_course(root / "course.yaml"), root)]


@pytest.mark.parametrize(
    "text",
    ["", "from .first import x", "from . import first", "import numpy as np", "from tinytorch_other import x"],
)
def test_earlier_modules_and_other_packages_may_be_imported(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, {"second": text}) == []


def test_a_written_module_without_source_is_reported(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"second": "absent"})
    assert found == (
        "course.yaml:17: modules[1]: 02_second has no source. Write tinytorch_ref/second.py, or add `planned: true`."
    )


def test_the_source_of_a_planned_module_is_not_checked(tmp_path: Path) -> None:
    assert problems(tmp_path, {"third": "this is ( not Python"}, planned="third")[0].endswith("`planned: true`.")
    assert all(
        "third.py" not in p for p in [str(x) for x in check_sources(load_course(tmp_path / "course.yaml"), tmp_path)]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\nfrom .third import x",
            "second.py:2: 02_second imports 03_third, which comes later. Move the code that it needs to 02",
        ),
        ("from . import third", "second.py:1: 02_second imports 03_third, which comes later."),
        ("if True:\n    from .third import x", "second.py:2: 02_second imports 03_third, which comes later."),
        ("class A:\n    from .third import x", "second.py:2: 02_second imports 03_third"),
        ("def f():\n    from .third import x", "or list `late_imports: [third]` for it in course.yaml."),
        ("from .second import x", "second.py:1: 02_second imports itself."),
        (
            "from .frist import x",
            "second.py:1: imports .frist, which is not a module of the course. Did you mean 'first'?",
        ),
        ("from . import *", "imports .*, which is not a module of the course."),
        ("from ..first import x", "second.py:1: imports tinytorch_ref from above by its absolute name."),
        ("import tinytorch.first", "imports tinytorch.first by its absolute name. Import other modules relatively"),
        ("from tinytorch_ref.first import x", "imports tinytorch_ref.first by its absolute name."),
        ("x = (", "tinytorch_ref/second.py:1: not valid Python: '(' was never closed. Mend the syntax."),
        ("x = '\0'", "not valid Python: "),
    ],
)
def test_an_import_that_does_not_fit_is_reported(tmp_path: Path, text: str, message: str) -> None:
    (found,) = problems(tmp_path, {"second": text})
    assert message in found


def test_a_listed_late_import_may_only_be_inside_a_function(tmp_path: Path) -> None:
    inside = "def f():\n    from .late import x"
    assert problems(tmp_path, {"second": inside}, late_imports="[late]") == []


def test_a_listed_late_import_at_the_top_is_still_reported(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"second": "from .late import x"}, late_imports="[late]")
    assert "02_second imports 04_late, which comes later" in found


def test_a_planned_module_without_source_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    found = problems(tmp_path / "a", {"first": "absent", "second": "from .first import x"}, planned="first")
    assert "imports 01_first, which is planned and has no source. Write that module first." in found[-2] + found[-1]


BESIDE = [
    "modules/second/suite.py",
    "modules/second/helpers.py",
    "modules/second/milestone/xor.py",
]


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize(
    "text",
    [
        "from tinytorch.second import x\nfrom tinytorch.first import y",
        "import tinytorch\nimport tinytorch.first as first",
        "from tinytorch import first, second",
        "from checks import check\nimport second_helpers",
    ],
)
def test_suite_helpers_and_milestone_import_their_module_and_earlier_ones(tmp_path: Path, name: str, text: str) -> None:
    assert problems(tmp_path, {name: text}) == []


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize(
    "text",
    [
        "from tinytorch.third import x",
        "import tinytorch.third as t",
        "from tinytorch import first, third",
        "def test_x():\n    from tinytorch.third import x",
    ],
)
def test_suite_helpers_and_milestone_may_not_import_a_later_module(tmp_path: Path, name: str, text: str) -> None:
    (found,) = problems(tmp_path, {name: text})
    line = 1 + text.count("\n")
    assert found.startswith(
        f"{name}:{line}: 02_second imports 03_third, which comes later. Move the code that needs it to 03_third"
    )


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "from tinytorch.frist import x",
            "imports tinytorch.frist, which is not a module of the course. Did you mean 'f",
        ),
        ("x = (", "not valid Python: '(' was never closed. Mend the syntax."),
    ],
)
def test_other_problems_are_reported_beside_those_of_the_source(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (found,) = problems(tmp_path, {name: text})
    assert found.startswith(f"{name}:1: {message}")
