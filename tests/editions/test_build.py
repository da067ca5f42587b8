"""Test the build: the files that it writes and removes, and the errors that it reports."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course import Course, load_course
from grader.editions.build import build, drift, remarks
from grader.editions.problems import EditionError

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
  - stem: {stem}
    title: The {stem}
    phase: p
    week: 1
    release: 2027-01-11
    due: 2027-01-24T23:59:00Z
    points: 3
    chapter: C
    capability: {{name: N, question: Q}}
    planned: {planned}
"""
MILESTONE = "{name: xor_1969, title: XOR 1969, embedded: E}"
BASE = '''\
"""The base."""

import math

FACTOR = 2


def double(x: float) -> float:
    """Twice x.

        double(2.) -> 4.
    """
    #% solution "one product"
    result = math.fabs(x) * FACTOR  # the trick
    return math.copysign(result, x + FACTOR)
    #% endsolution


class Box:
    """Holds a value."""

    def __init__(self, value: float) -> None:
        """Keep value."""
        #% solution "keep it"
        self.value = double(value) / FACTOR
        #% endsolution
'''
NEXT = BASE.replace("import math\n", "import math\n\nfrom .base import Box as Case\n").replace("The base", "The next")
SUITE = '''\
"""Checks."""

import math

import pytest

from checks import AFTER_DUE, HIDDEN, check
from tinytorch.{stem} import Box, double

#% hidden
SECRET = math.pi


#% endhidden
@check("Doubles", points=1, capability=True)
def test_double():
    """Twice a number."""
    assert double(2.0) == 4.0


#% hidden
@check("Boxes", points=1, visibility=HIDDEN, needs=["test_double"])
def test_box():
    """A box holds its value."""
    assert Box(SECRET).value == SECRET


@check("Later", points=1, visibility=AFTER_DUE)
@pytest.mark.parametrize("x", [1.0])
def test_later(x):
    """Shown later."""
    assert double(x) == 2 * x


#% endhidden
'''
HANDOUT = """\
# {{ module.numbered }}: {{ module.title }}, {{ module.points }}, due {{ module.due | moment }} ({{ module.release | day }})

<!--% for f in functions -->
- `{{ f.signature }}` {{ f.summary }}
<!--% endfor -->

<!--% for c in checks -->
- {{ c.title }}: {{ c.about }}
<!--% endfor -->
{% raw %}
![a picture](figures/NAME_plot.svg)
<!--% staff -->
![the answer](figures/NAME_answer.png)
<!--% endstaff -->

Measured: {{ figures.base_plot.seconds }} s.
<!--# next: FOLLOWS -->
Next: {{ next_module.title if next_module else "nothing" }} of {{ course.title }}.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write a course of two written modules and a planned module."""
    modules = [("base", "false"), ("next", "false"), ("later", "true")]
    text = COURSE + "".join(MODULE.format(stem=stem, planned=planned) for stem, planned in modules)
    (tmp_path / "course.yaml").write_text(text)
    (tmp_path / "tinytorch_ref").mkdir()
    for stem, source, follows in (("base", BASE, "next"), ("next", NEXT, "later")):
        folder = tmp_path / "modules" / stem
        (folder / "figures").mkdir(parents=True)
        (tmp_path / "tinytorch_ref" / f"{stem}.py").write_text(source)
        (folder / "suite.py").write_text(SUITE.replace("{stem}", stem))
        (folder / "handout.md").write_text(HANDOUT.replace("NAME", stem).replace("FOLLOWS", follows))
        (folder / "figures" / f"{stem}_plot.svg").write_text("<svg/>")
        (folder / "figures" / f"{stem}_answer.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "modules/base/figures/base_plot.json").write_text('{"seconds": "1.50"}')
    (tmp_path / "modules/base/helpers.py").write_text('"""Help."""\r\n\r\n\r\n')
    (tmp_path / "modules/base/wall.py").write_text("print(1)\n")
    return tmp_path


def course(root: Path) -> Course:
    return load_course(root / "course.yaml")


def names(root: Path, paths: list[Path]) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in paths)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_build_writes_both_editions_of_every_written_module(root: Path) -> None:
    assert names(root, build(root, course(root))) == [
        "assignments/01_base/HINTS.md",
        "assignments/01_base/README.md",
        "assignments/01_base/base.py",
        "assignments/01_base/base_helpers.py",
        "assignments/01_base/figures/base_plot.svg",
        "assignments/01_base/test_base.py",
        "assignments/01_base/wall.py",
        "assignments/02_next/HINTS.md",
        "assignments/02_next/README.md",
        "assignments/02_next/figures/next_plot.svg",
        "assignments/02_next/next.py",
        "assignments/02_next/test_next.py",
        "solutions/01_base/HINTS.md",
        "solutions/01_base/README.md",
        "solutions/01_base/base.py",
        "solutions/01_base/base_helpers.py",
        "solutions/01_base/figures/base_answer.png",
        "solutions/01_base/figures/base_plot.svg",
        "solutions/01_base/test_base.py",
        "solutions/01_base/wall.py",
        "solutions/02_next/HINTS.md",
        "solutions/02_next/README.md",
        "solutions/02_next/figures/next_answer.png",
        "solutions/02_next/figures/next_plot.svg",
        "solutions/02_next/next.py",
        "solutions/02_next/test_next.py",
    ]
    assert (root / "solutions/01_base/base.py").read_text() == "".join(
        line for line in BASE.splitlines(keepends=True) if "#%" not in line
    )
    assert (root / "solutions/01_base/figures/base_answer.png").read_bytes() == b"\x89PNG\r\n"
    assert (root / "assignments/01_base/base_helpers.py").read_bytes() == b'"""Help."""\n'
    assert (root / "assignments/01_base/wall.py").read_bytes() == b"print(1)\n"


def test_students_get_a_stub_public_tests_and_a_handout(root: Path) -> None:
    build(root, course(root))
    folder = root / "assignments" / "01_base"
    stub = (folder / "base.py").read_text()
    assert 'raise NotImplementedError("double: not written yet. For a hint: make hint FUNCTION=double")' in stub
    assert "one product" not in stub
    assert (
        (folder / "test_base.py").read_text()
        == '''\
"""Checks."""

from checks import check
from tinytorch.base import double


@check("Doubles", points=1, capability=True)
def test_double():
    """Twice a number."""
    assert double(2.0) == 4.0
'''
    )
    assert (
        (folder / "README.md").read_text()
        == """\
# 01_base: The base, 3, due 24 January 2027, 23:59 UTC (11 January 2027)

- `double(x: float) -> float` Twice x.
- `Box.__init__(value: float) -> None` Keep value.

- Doubles: Twice a number.
{% raw %}
![a picture](figures/base_plot.svg)

Measured: 1.50 s.
Next: The next of C.
"""
    )


def test_students_get_the_hints_folded_on_a_page_of_their_own(root: Path) -> None:
    edit(
        root / "tinytorch_ref/base.py", '"one product"', '"one product"\n    #%   / """\n    #%   x * "2"\n    #%   """'
    )
    build(root, course(root))
    page = """\
# Hints for 01_base

Stuck for ten minutes? Open one hint, then go back to paper. Each hint says more than the one before it.
`make hint FUNCTION=NAME` shows the same hints in a terminal, one more with each call.

## `double`

<details><summary>Hint 1 of 2</summary>

one product

</details>
<details><summary>Hint 2 of 2</summary>

```
x * "2"
```

</details>

## `Box.__init__`

<details><summary>Hint 1 of 1</summary>

keep it

</details>
"""
    assert (root / "assignments/01_base/HINTS.md").read_text() == page
    assert (root / "solutions/01_base/HINTS.md").read_text() == page


def test_a_second_build_touches_nothing(root: Path) -> None:
    build(root, course(root))
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert build(root, course(root)) == []
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    assert drift(root, course(root)) == []


def test_builds_in_two_places_are_byte_identical(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    build(root, course(root))
    other = tmp_path_factory.mktemp("other")
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).parts[0] in ("tinytorch_ref", "modules"):
            target = other / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_bytes()
            target.write_bytes(text if path.suffix == ".png" else text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    (other / "course.yaml").write_bytes((root / "course.yaml").read_bytes())
    build(other, course(other))
    for area in ("assignments", "solutions"):
        for path in (root / area).rglob("*"):
            if path.is_file() and path.suffix != ".svg":
                assert path.read_bytes() == (other / path.relative_to(root)).read_bytes()


def test_one_module_can_be_built_alone(root: Path) -> None:
    edit(root / "modules/base/suite.py", "points=1", "points=9")  # an error in another module
    assert {name.split("/")[1] for name in names(root, build(root, course(root), "next"))} == {"02_next"}
    assert drift(root, course(root), "2") == []


def test_files_that_the_build_does_not_make_are_listed_and_removed(root: Path) -> None:
    build(root, course(root))
    (root / "assignments/old/deep").mkdir(parents=True)
    (root / "assignments/old/deep/file.txt").write_text("old")
    (root / "assignments/old/__pycache__").mkdir()
    (root / "assignments/old/__pycache__/x.pyc").write_bytes(b"")
    (root / "solutions/01_base/notes.md").symlink_to(root / "course.yaml")
    found = [
        f"{name} is not made by the build. Run the build to remove it"
        for name in ("assignments/old/deep/file.txt", "solutions/01_base/notes.md")
    ]
    assert drift(root, course(root)) == found
    assert drift(root, course(root), "base") == found[1:]
    assert names(root, build(root, course(root))) == ["assignments/old/deep/file.txt", "solutions/01_base/notes.md"]
    assert not (root / "assignments/old").exists()
    assert (root / "course.yaml").exists()
    assert drift(root, course(root)) == []


def test_reordering_needs_only_an_edit_of_course_yaml(root: Path) -> None:
    (root / "tinytorch_ref/next.py").write_text(NEXT.replace("from .base import Box as Case\n", ""))
    build(root, course(root))
    text = (root / "course.yaml").read_text()
    first, second = MODULE.format(stem="base", planned="false"), MODULE.format(stem="next", planned="false")
    (root / "course.yaml").write_text(text.replace(first + second, second + first))
    build(root, course(root))
    assert sorted(path.name for path in (root / "assignments").iterdir()) == ["01_next", "02_base"]


def test_a_changed_or_missing_file_is_drift(root: Path) -> None:
    build(root, course(root))
    (root / "assignments/01_base/base.py").write_text("edited")
    (root / "solutions/02_next/README.md").unlink()
    assert drift(root, course(root)) == [
        "assignments/01_base/base.py differs from a fresh build. "
        "Edit its source in tinytorch_ref/ or modules/, then run the build",
        "solutions/02_next/README.md is missing. Run the build",
    ]
    assert len(build(root, course(root))) == 2


def test_a_planned_module_cannot_be_built(root: Path) -> None:
    with pytest.raises(EditionError, match="03_later is planned: there is nothing to build yet"):
        build(root, course(root), "later")


def test_caches_of_python_are_not_drift(root: Path) -> None:
    build(root, course(root))
    (root / "solutions/01_base/__pycache__").mkdir()
    (root / "solutions/01_base/__pycache__/base.pyc").write_bytes(b"")
    assert drift(root, course(root)) == []


Edit = Callable[[Path], None]


def replace(name: str, old: str, new: str) -> Edit:
    return lambda root: edit(root / name, old, new)


def append(name: str, text: str) -> Edit:
    return lambda root: (root / name).write_text((root / name).read_text() + text) and None


def remove(name: str) -> Edit:
    return lambda root: (root / name).unlink()


HIDDEN_CHECK = "#% hidden\n@check"
LEAK = "result = math.fabs(x) * FACTOR"
DOCSTRINGS = """\
#% student
#| def e():
#|     'A.'
#% endstudent
#% staff
def e():
    'B.'
#% endstaff
"""
BROKEN_RULES: list[tuple[Edit, str]] = [
    (remove("tinytorch_ref/base.py"), "course.yaml:8: modules[0]: 01_base has no source."),
    (remove("modules/base/suite.py"), "modules/base/suite.py does not exist. Write it, or mark the module"),
    (remove("modules/base/handout.md"), "modules/base/handout.md does not exist. Write it"),
    (
        remove("modules/base/figures/base_plot.svg"),
        "modules/base/handout.md:11: shows figures/base_plot.svg, which does",
    ),
    (
        lambda r: (r / "tinytorch_ref/base.py").write_bytes(b"x = 1\n# \xff") and None,
        "tinytorch_ref/base.py:2: not UTF-8. Save the file as UTF-8.",
    ),
    (
        lambda r: (r / "modules/base/handout.md").write_bytes(b"\n\xff") and None,
        "modules/base/handout.md:2: not UTF-8. Save the file",
    ),
    (
        append("tinytorch_ref/base.py", "from .next import x\n"),
        "tinytorch_ref/base.py:27: 01_base imports 02_next, which comes later.",
    ),
    (append("tinytorch_ref/base.py", "#% staff\n"), "tinytorch_ref/base.py:27: staff never ends."),
    (
        lambda r: (r / "tinytorch_ref/base.py").write_text("x = 1\n") and None,
        "base.py:1: no function is left to the student. Mark a body with",
    ),
    (
        append("tinytorch_ref/base.py", "#% staff\ndef extra(): ...\n#% endstaff\n"),
        "base.py:28: extra is missing from the stub. Take it out",
    ),
    (
        append("tinytorch_ref/base.py", "#% student\n#| extra = 1\n#% endstudent\n"),
        "base.py:1: extra is in the stub only. Take it out of the",
    ),
    (
        append(
            "tinytorch_ref/base.py",
            "#% student\n#| def e(): ...\n#% endstudent\n#% staff\ndef e(x): ...\n#% endstaff\n",
        ),
        "base.py:31: e has another signature in the stub. Write it once, outside the marks.",
    ),
    (
        append("tinytorch_ref/base.py", DOCSTRINGS),
        "base.py:32: e has another docstring in the stub.",
    ),
    (
        append("tinytorch_ref/base.py", "#% staff\n_K = 1\n#% endstaff\ndef g():\n    return _K\n"),
        "base.py:31: the stub uses '_K', which",
    ),
    (
        append("tinytorch_ref/base.py", "def g():\n    return nowhere\n"),
        "base.py:28: the solution uses 'nowhere', which it does not define.",
    ),
    (
        append("tinytorch_ref/base.py", "Y = double(2.0)\n"),
        "base.py:27: the stub does not import after the earlier solutions: NotImpl",
    ),
    (
        append("tinytorch_ref/base.py", "Y = double(2.0)\n"),
        "base.py:27: the stub does not import after the earlier stubs: NotImplementedErr",
    ),
    (
        append("tinytorch_ref/next.py", "Y = Case(2.0)\n"),
        "next.py:29: the stub does not import after the earlier stubs: NotImplementedError",
    ),
    (
        append("tinytorch_ref/base.py", "raise SystemExit(3)\n"),
        "base.py:27: the stub does not import after the earlier solutions: SystemExit",
    ),
    (append("tinytorch_ref/base.py", "import os\nos._exit(3)\n"), "importing the stubs ended the process: "),
    (
        append("tinytorch_ref/base.py", f"def given(x):\n    {LEAK}\n"),
        "base.py:28: students can read `result = math.fabs(x) * FACTOR`, which",
    ),
    (
        append("tinytorch_ref/base.py", f"# {LEAK}\n"),
        "base.py:27: students can read `result = math.fabs(x) * FACTOR`, which",
    ),
    (
        replace("tinytorch_ref/base.py", '"one product"', f'"{LEAK}"'),
        "base.py:13: students can read `result = math.fabs(x) * FACTOR`",
    ),
    (
        replace(
            "tinytorch_ref/base.py",
            '"one product"',
            f'"one"\n    #%  / "two"\n    #%  / """\n    #% {LEAK}\n    #% """',
        ),
        "base.py:15: students can read `result = math.fabs(x) * FACTOR`",
    ),
    (
        append("modules/base/wall.py", f"# {LEAK}\n"),
        "modules/base/wall.py:2: students can read `result = math.fabs(x) * FACTOR`",
    ),
    (append("modules/base/wall.py", "#% staff\n"), "modules/base/wall.py:2: staff does not belong here. Students get"),
    (
        append("modules/base/wall.py", "from tinytorch.base import double\n"),
        "modules/base/wall.py:2: the wall of 01_base imports 01_base. A wall runs before its module is written",
    ),
    (
        append("modules/base/wall.py", "from tinytorch import next\n"),
        "modules/base/wall.py:2: 01_base imports 02_next, which comes later.",
    ),
    (
        append("modules/base/handout.md", "<details>\n<summary>T</summary>\n</details>\n"),
        "modules/base/handout.md:19: <details> without a title. Write <details><summary>title</summary> on one line.",
    ),
    (
        append("modules/base/handout.md", "<details><summary>T</summary>\n"),
        "modules/base/handout.md:19: <details> never ends. Put </details> after it.",
    ),
    (
        append("modules/base/handout.md", "<details><summary>T</summary>\n<details><summary>U</summary>A</details>\n"),
        "modules/base/handout.md:20: <details> inside the one at line 19. Write </details> first.",
    ),
    (append("modules/base/handout.md", "</details>\n"), "modules/base/handout.md:19: </details> without <details>."),
    (
        replace("tinytorch_ref/base.py", "Twice x.", "Twice x: self.value=double( value )/FACTOR."),
        "base.py:9: students can read `self.value",
    ),
    (
        append("modules/base/handout.md", f"```\n{LEAK}\n```\n"),
        "modules/base/handout.md:20: students can read `result = math.fabs(x) * FA",
    ),
    (
        append("modules/base/suite.py", f"def _g(x):\n    {LEAK}\n"),
        "modules/base/suite.py:37: students can read `result = math.fa",
    ),
    (
        append("modules/base/helpers.py", f"# {LEAK}\n"),
        "modules/base/helpers.py:4: students can read `result = math.fabs(x) * ",
    ),
    (
        append("modules/base/helpers.py", "#% staff\n"),
        "modules/base/helpers.py:4: staff does not belong here. Students get",
    ),
    (
        replace("modules/base/suite.py", "points=1", "points=2"),
        "modules/base/suite.py:1: the checks are worth 4 points, but course.yaml:8",
    ),
    (
        replace("modules/base/suite.py", ", capability=True", ""),
        "modules/base/suite.py:1: no check has capability=True.",
    ),
    (
        lambda root: edit(root / "course.yaml", "N, question: Q}\n", f"N, question: Q}}\n    milestone: {MILESTONE}\n"),
        "modules/base/suite.py:1: course.yaml:8 names a milestone, but no check is called test_milestone_xor_1969. Write a check",
    ),
    (
        replace("modules/base/suite.py", "def test_double", "def test_milestone_double"),
        "modules/base/suite.py:16: test_milestone_double is not the check of this module's milestone. Name a milestone in course",
    ),
    (
        replace("modules/base/suite.py", 'needs=["test_double"]', 'needs=["test_x"]'),
        "modules/base/suite.py:23: test_box needs 'test_x'",
    ),
    (
        replace("modules/base/suite.py", "visibility=HIDDEN, ", ""),
        "modules/base/suite.py:23: test_box stands in a hidden block, but its visibility is public. Say visibility=HIDDEN",
    ),
    (
        replace("modules/base/suite.py", "capability=True", "capability=True, visibility=HIDDEN"),
        "modules/base/suite.py:16: test_double is hidden but stands outside a hidden block. Put #% hidden",
    ),
    (
        replace("modules/base/suite.py", "capability=True", "capability=True, visibility=AFTER_DUE"),
        "modules/base/suite.py:1: no check is public. Write one, to show students an example of what is asked.",
    ),
    (
        replace("modules/base/suite.py", "assert double(2.0) == 4.0", "assert double(SECRET)"),
        "modules/base/suite.py:18: the public suite uses 'SECRET', which is hidden. Take its definition out of the hidden block.",
    ),
    (
        append("modules/base/suite.py", "def oracle(x):\n    return x\n"),
        "modules/base/suite.py:36: the helper 'oracle' is not used by public checks. Move it into the hidden block",
    ),
    (
        replace("modules/base/suite.py", "    assert double(2.0)", "    import os\n    assert double(2.0)"),
        "modules/base/suite.py:18: the import 'os' is not used by public checks.",
    ),
    (
        append("modules/base/handout.md", "{{ points }}"),
        "modules/base/handout.md:19: 'points' is undefined. Known names: checks, course, figures",
    ),
]


@pytest.mark.parametrize(("break_it", "message"), BROKEN_RULES, ids=[m[:40] for _, m in BROKEN_RULES])
def test_a_broken_rule_stops_the_build_and_changes_nothing(root: Path, break_it: Edit, message: str) -> None:
    break_it(root)
    with pytest.raises(EditionError) as error:
        build(root, course(root))
    assert message in str(error.value)
    assert not (root / "assignments").exists()


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\n# self.value = x\n",
        "def given(x):\n    result = math.fabs(x)\n    return result\n",
        "def given(y):\n    result = math.fabs(y) * FACTOR\n    return result\n",
    ],
)
def test_simple_assignments_and_other_names_do_not_count_as_leaks(root: Path, text: str) -> None:
    append("tinytorch_ref/base.py", text)(root)
    build(root, course(root), "base")


def test_errors_in_two_modules_are_reported_together(root: Path) -> None:
    for stem in ("base", "next"):
        edit(root / f"modules/{stem}/suite.py", "points=1", "points=2")
    with pytest.raises(EditionError) as error:
        build(root, course(root))
    assert len(error.value.problems) == 2


def test_remarks_name_numbers_written_by_hand_and_unused_figures(root: Path) -> None:
    assert remarks(root, course(root)) == []
    append("tinytorch_ref/base.py", "# as in 02_next\n")(root)
    (root / "modules/base/figures/base_idle.svg").write_text("<svg/>")
    assert remarks(root, course(root)) == [
        "tinytorch_ref/base.py:27: the number of a module is written by hand: 02_next. "
        "Write the name, or {{ module.numbered }} in a handout: the number changes with the order.",
        "modules/base/figures/base_idle.svg:1: no handout shows this figure. Show it, or remove it.",
    ]


def test_a_remark_names_a_module_that_a_handout_calls_by_number(root: Path) -> None:
    handout = root / "modules/next/handout.md"
    handout.write_text(handout.read_text() + "As in module 1.\n")
    (remark,) = remarks(root, course(root))
    assert "the number of a module is written by hand: module 1." in remark


def test_after_a_move_a_remark_names_each_handout_that_introduces_another_module(root: Path) -> None:
    """The title changes by itself, but the text around it was written for another module."""
    head, base, following, later = re.split(r"(?=  - stem: )", (root / "course.yaml").read_text())
    (root / "course.yaml").write_text(head + base + later + following)
    first, second = remarks(root, course(root))
    assert re.fullmatch(
        r"modules/base/handout.md:\d+: introduces next, but later now comes next. "
        r"Rewrite the text below, then write `<!--# next: later -->`.",
        first,
    )
    assert "modules/next/handout.md" in second
    assert "introduces later, but nothing now comes next" in second


def test_a_handout_that_introduces_the_next_module_needs_a_mark_with_its_name(root: Path) -> None:
    handout = root / "modules/base/handout.md"
    handout.write_text(handout.read_text().replace("<!--# next: next -->\n", ""))
    (remark,) = remarks(root, course(root))
    assert remark.endswith(
        "introduces the next module without a mark that names it. Write `<!--# next: next -->` above "
        "these lines: the build then reports when another module comes next."
    )


def test_a_stub_that_never_ends_importing_is_stopped(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append("tinytorch_ref/base.py", "while True:\n    pass\n")(root)
    monkeypatch.setattr("grader.editions.build.IMPORT_SECONDS", 1)
    with pytest.raises(EditionError, match="importing the stubs took more than 1 s"):
        build(root, course(root))
