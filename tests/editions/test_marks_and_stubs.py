"""Test the result of each mark in both editions, and the messages about wrong marks."""

from __future__ import annotations

import pytest

from grader.editions.problems import EditionError
from grader.editions.regions import regions
from grader.editions.render import handout_editions, solution, source_editions, stub, suite_editions

SOURCE = '''\
"""A module."""

#% student
#| # You write the two functions below.
#|
#|     # indented, and the end.
#% endstudent

from numpy import exp

#% staff
# A word to the staff.
#% endstaff


def relu(x):
    """Doc."""
    #% solution "one comparison {{ and }} #% more"
    mask = x > 0

    return x * mask, f"{mask!r}{{}}"  # not a #% mark
    #% endsolution


class Tensor:
    @property
    def shape(self):
        """Doc."""
        given = 1

        #% solution "ask data"
        return self.data.shape, given
        #% endsolution
'''


def test_the_student_edition() -> None:
    assert (
        stub(SOURCE)
        == '''\
"""A module."""

# You write the two functions below.

    # indented, and the end.

from numpy import exp


def relu(x):
    """Doc."""
    raise NotImplementedError("relu: not written yet. For a hint: make hint FUNCTION=relu")


class Tensor:
    @property
    def shape(self):
        """Doc."""
        given = 1

        raise NotImplementedError("Tensor.shape: not written yet. For a hint: make hint FUNCTION=Tensor.shape")
'''
    )


def test_the_staff_edition() -> None:
    assert (
        solution(SOURCE)
        == '''\
"""A module."""

from numpy import exp

# A word to the staff.


def relu(x):
    """Doc."""
    mask = x > 0

    return x * mask, f"{mask!r}{{}}"  # not a #% mark


class Tensor:
    @property
    def shape(self):
        """Doc."""
        given = 1

        return self.data.shape, given
'''
    )


def test_regions_know_their_function_lines_and_hint() -> None:
    found = regions(SOURCE)
    assert [(r.function, r.first_line, r.last_line, r.hints[0].text) for r in found] == [
        ("relu", 18, 22, "one comparison {{ and }} #% more"),
        ("Tensor.shape", 31, 33, "ask data"),
    ]


def test_line_ends_and_byte_order_marks_make_no_difference() -> None:
    for other in (SOURCE.replace("\n", "\r\n"), SOURCE.replace("\n", "\r"), "\ufeff" + SOURCE, SOURCE.rstrip("\n")):
        assert source_editions(other, "x.py") == source_editions(SOURCE, "x.py")


def body(lines: str) -> str:
    indented = "".join(f"    {line}\n" for line in lines.split("\n"))
    return f'def f(x):\n    """Doc."""\n{indented}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", "m.py:1: not valid Python: '(' was never closed. Mend the syntax."),
        ("x = 1\n#% staff\n", "m.py:2: staff never ends. Put endstaff after it."),
        ("#% endstaff\n", "m.py:1: endstaff without staff. Put staff before it, or remove it."),
        ("#% staff\n#% endstudent\n", "m.py:2: endstudent without student. End staff with endstaff."),
        (
            "#% staff\n#% student\n#% endstudent\n",
            "m.py:2: student inside staff, which begins at line 1. Write endst",
        ),
        ("#% stuff\n", "m.py:1: unknown mark 'stuff'. Marks known here: solution … endsolution, student … endstudent,"),
        ("#%% cell\n", "m.py:1: unknown mark '%'."),
        ("#%\n", "m.py:1: unknown mark ''."),
        ("#% hidden\n#% endhidden\n", "m.py:1: hidden does not belong here. This mark is for suites and handouts."),
        ("#% staff now\n#% endstaff\n", "m.py:1: 'now' after staff. Remove it."),
        ("#% staff\n#% endstaff now\n", "m.py:2: 'now' after endstaff. Remove it."),
        ("x = 1  #% staff\n", "m.py:1: #% after other text. Give it a line of its own."),
        ("x = 1  #| text\n", "m.py:1: #| after other text. Give it a line of its own."),
        ('x = """\n  #% staff\n"""\n', "m.py:2: a mark inside a string. Take the mark out of the string"),
        ('x = f"""\n#% staff\n"""\n', "m.py:2: a mark inside a string."),
        ('x = """\n"""  #% staff\n', "m.py:2: #% after other text."),
        ("#| text\n", "m.py:1: #| outside #% student … #% endstudent. Put the marks around it, or write #."),
        (
            "#% student\nx = 1\n#% endstudent\n",
            "m.py:2: a line between student and endstudent without #|. Begin it with",
        ),
        ("#% student\n#|x = 1\n#% endstudent\n", "m.py:2: #| without a space after it. Write #| and a space"),
        ("#% student\n#| #% staff\n#% endstudent\n", "m.py:2: a mark inside a student line. Remove it"),
        ("if x:\n\ty = 1\n", "m.py:2: indented with a tab. Indent with spaces."),
        ("x = '\0'", "m.py:1: holds a NUL character. Remove it."),
        (
            '#% solution "h"\nx = 1\n#% endsolution\n',
            "m.py:1: solution outside a function's body. Put the marks around",
        ),
        (
            body('if x:\n    #% solution "h"\n    return x\n    #% endsolution'),
            "solution in f begins inside another statement",
        ),
        (
            body('#% solution "h"\nif x:\n    a = 1\n    #% endsolution\n    b = 1'),
            "solution in f ends inside a statement.",
        ),
        (
            body('#% solution "h"\na = 1\n#% endsolution\nreturn a'),
            "m.py:3: solution in f is followed by more of the function",
        ),
        (body('return x\n#% solution "h"\n#% endsolution'), "solution outside a function's body"),
        (
            body('x = 1\n#% solution "h"\n#% endsolution\nreturn x'),
            "solution in f is followed by more of the function, at line",
        ),
        (body('if x: return (\n#% solution "h"\n1)\n#% endsolution'), "solution in f begins inside another statement."),
        (
            'def f(x):\n    #% solution "h"\n    """Doc."""\n    return x\n    #% endsolution\n',
            "holds the docstring. Begin it",
        ),
        (
            body('  #% solution "h"\nreturn x\n#% endsolution'),
            "solution in f is indented by 6, the body by 4. Indent the mark",
        ),
        (
            body('#% solution "h"\nreturn x') + "def g(): ...\n#% endsolution\n",
            "goes on after the function. Put endsolution",
        ),
        (
            body('#% solution "h"\nreturn x\n#% endsolution') + body('#% solution "h"\nreturn x\n#% endsolution'),
            "m.py:8: a second solution called f; the first is at line 3. Hints are found by name:",
        ),
        ('def f(x=[\n#% solution "h"\n1]): return x\n#% endsolution\n', "solution in f "),
    ],
)
def test_a_wrong_mark_is_reported_with_its_line(text: str, message: str) -> None:
    with pytest.raises(EditionError) as error:
        source_editions(text, "m.py")
    assert message in str(error.value)


def test_all_wrong_marks_are_reported_together() -> None:
    with pytest.raises(EditionError) as error:
        source_editions("#| a\n#% stuff\nx = 1  #% staff\n", "m.py")
    assert [problem.split(":")[1] for problem in error.value.problems] == ["1", "2", "3"]


def test_a_solution_does_not_belong_in_a_suite() -> None:
    with pytest.raises(EditionError, match=r"s.py:3: solution does not belong here. This mark is for sources."):
        suite_editions(body('#% solution "h"\nreturn x\n#% endsolution'), "s.py")


SUITE = """\
import os
import time, math
from checks import HIDDEN, check
from tinytorch.tensor import Tensor, \\
    ones


@check("A", points=1)
def test_a():
    Tensor(math.pi)


#% hidden
@check("B", points=1, visibility=HIDDEN)
def test_b():
    ones(time.time(), os.sep)


#% endhidden
"""


def test_hidden_checks_are_removed_with_the_imports_that_only_they_need() -> None:
    public, whole = suite_editions(SUITE, "s.py")
    assert (
        public
        == """\
import math
from checks import check
from tinytorch.tensor import Tensor


@check("A", points=1)
def test_a():
    Tensor(math.pi)
"""
    )
    assert whole == SUITE.replace("#% hidden\n", "").replace("\n\n\n#% endhidden", "")


def test_a_long_import_keeps_one_name_on_each_line() -> None:
    names = [f"a_rather_long_name_{n}" for n in range(8)]
    text = f"from a import {', '.join(names)}, idle\nprint({', '.join(names)})\n"
    public, _ = suite_editions(text, "s.py")
    assert public.startswith("from a import (\n    a_rather_long_name_0,\n")
    assert "idle" not in public
    assert "    a_rather_long_name_7,\n)\nprint(" in public


def test_future_imports_and_shared_lines_are_left_alone() -> None:
    text = "from __future__ import annotations\nimport a; import b\nprint(a)\n"
    assert suite_editions(text, "s.py")[0] == text


def test_a_public_part_that_does_not_parse_is_reported() -> None:
    text = "if True:\n    #% hidden\n    x = 1\n    #% endhidden\n"
    with pytest.raises(EditionError, match=r"s.py \(public part\):\d+: not valid Python: expected an indented block"):
        suite_editions(text, "s.py")


HANDOUT = """\
# {{ title }}

<!-- an ordinary remark -->
<!--# a remark that goes -->
<!--% staff -->
For staff.

<!--% endstaff -->
<!--% for f in functions -->
- `{{ f }}`
<!--% endfor -->
<!--% student -->

For students: {% raw %} {# ä #}

<!--% endstudent -->
End.
"""


def test_a_handout_is_rendered_for_students_and_for_staff() -> None:
    student, staff = handout_editions(HANDOUT, "h.md", {"title": "T", "functions": ["a", "b"]})
    assert (
        student
        == """\
# T

<!-- an ordinary remark -->

- `a`
- `b`

For students: {% raw %} {# ä #}

End.
"""
    )
    assert (
        staff
        == """\
# T

<!-- an ordinary remark -->
For staff.

- `a`
- `b`

End.
"""
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n{{ moduel.points }}\n", "h.md:2: 'moduel' is undefined. Known names: module."),
        ("a\n\n{{ module.pionts }}\n", "has no attribute 'pionts'. Known names: module."),
        ("a\n{{ module.points\n", "h.md:2: "),
        ("a\n{{ 1 + module }}\n", "h.md:2: TypeError: unsupported operand"),
        ("<!--% if module -->\n", "h.md:1: Unexpected end of template."),
        ("<!--% stuff -->\n", "h.md:1: Encountered unknown tag 'stuff'."),
        ("<!--% staff -->\n", "h.md:1: staff never ends. Put endstaff after it."),
        ("a <!--% staff -->\n<!--% endstaff -->\n", "h.md:1: a mark after other text. Give it a line of its own."),
        (
            "<!--% staff -->\n<!--% hidden -->\n<!--% endhidden -->\n",
            "h.md:2: hidden inside staff, which begins at line 1.",
        ),
        (
            '<!--% solution "h" -->\n<!--% endsolution -->\n',
            "h.md:1: solution does not belong here. This mark is for sources.",
        ),
        ("a\n\0", "h.md:2: holds a NUL character."),
    ],
)
def test_a_wrong_handout_is_reported_with_its_line(text: str, message: str) -> None:
    with pytest.raises(EditionError) as error:
        handout_editions(text, "h.md", {"module": object()})
    assert message in str(error.value)
