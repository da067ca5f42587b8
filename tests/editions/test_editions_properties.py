"""Test properties of the two editions over generated sources. The generator knows the purpose of each line."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.editions.problems import EditionError
from grader.editions.render import solution as staff_edition
from grader.editions.render import source_editions, stub, suite_editions

STABLE = settings(
    derandomize=True, deadline=None, database=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow]
)


@dataclass(frozen=True)
class Line:
    """Hold one line of a source and who sees it: both, student, staff, or nobody (a mark)."""

    text: str
    seen_by: str = "both"
    student_text: str | None = None  # the line in the stub, if it differs


BLANKS = st.lists(st.sampled_from(["", "", "   "]), max_size=3).map(lambda lines: [Line(text) for text in lines])
PLAIN = st.sampled_from(
    [
        ["x = 1"],
        ['t = "#% solution {{ braces }} {% if %} {# ä #}"'],
        ['u = f"{x!r:>{10}} {{}}"  # a remark, not a #% mark'],
        ['v = """', "text", "", "  not a mark: % staff", "\tüñí ∂ 🙂", '"""'],
        ["w = [", "    1,", "", "    2,  # 100 %", "]"],
        ["# %% plain", "#: plain", "# | plain"],
        ["s = 'one \\", "two'"],
        ["y = 7 % 3"],
    ]
)
HINTS = st.text(alphabet=st.sampled_from("abc {}%#|':./é∂,;()"), min_size=1, max_size=20).filter(str.strip)
LEVELS = st.lists(
    st.tuples(
        st.sampled_from(['"{}"', '"{}\n#%   {}"', '"""{}"""', '"""\n#%   {} "quoted"\n#%\n#%   {}\n#% """']), HINTS
    ),
    min_size=1,
    max_size=3,
)


def both(lines: list[str], indent: int, inside: tuple[str, str | None] = ("both", None)) -> list[Line]:
    """Return lines of code. Lines that continue a string are not indented."""
    result: list[Line] = []
    in_string = False
    for text in lines:
        result.append(Line(text if in_string or not text else " " * indent + text, *inside))
        in_string ^= text.count('"""') % 2 == 1 or text.endswith("\\") or (in_string and text.endswith("'"))
    return result


@st.composite
def functions(draw: st.DrawFn, number: int, indent: int, owner: str) -> list[Line]:
    name = f"f{number}"
    inner = indent + draw(st.sampled_from([2, 4]))
    pad, deep = " " * indent, " " * inner
    keyword = draw(st.sampled_from(["def", "async def"]))
    lines = [Line(f"{pad}{keyword} {name}(x: int = 1) -> object:")]
    if draw(st.booleans()):
        lines += both(['"""Doc of it.', "", "    #: worked case", '"""'], inner)
    if draw(st.booleans()):
        lines += both(draw(PLAIN), inner)
    lines += draw(BLANKS)
    said = f"{owner}{name}: not written yet. For a hint: make hint FUNCTION={owner}{name}"
    levels = [form.replace("{}", hint) for form, hint in draw(LEVELS)]
    between = draw(st.sampled_from([" / ", "\n#%  / ", " /\n#% "]))
    first, *more = ("#% solution " + between.join(levels)).split("\n")
    lines.append(Line(deep + first, "student", f'{deep}raise NotImplementedError("{said}")'))
    lines += [Line(deep + hint, "nobody") for hint in more]
    lines += [Line(b.text, "staff") for b in draw(BLANKS)]
    lines += both(draw(PLAIN), inner, ("staff", None))
    lines += [Line(b.text, "staff") for b in draw(BLANKS)]
    if draw(st.booleans()):
        lines += both([f"if secret_{number}:", "    def helper(): return 2", ""], inner, ("staff", None))
    lines.append(Line(f"{deep}return secret_{number}(x)", "staff"))
    lines.append(Line(f"{deep}#% endsolution", "nobody"))
    return lines


@st.composite
def sources(draw: st.DrawFn, student_blocks: bool = True) -> list[Line]:
    lines: list[Line] = []
    for number in range(draw(st.integers(1, 4))):
        lines += draw(BLANKS)
        kind = draw(st.sampled_from(["plain", "function", "method", "branch", "staff", "student"]))
        if kind == "plain":
            lines += both(draw(PLAIN), 0)
        elif kind == "function":
            lines += draw(functions(number, 0, ""))
        elif kind == "method":
            lines.append(Line(f"class C{number}:"))
            lines += draw(functions(number, 4, f"C{number}."))
        elif kind == "branch":
            lines.append(Line("if True:"))
            lines += draw(functions(number, 2, ""))
        elif kind == "staff":
            lines.append(Line("#% staff", "nobody"))
            lines += both(draw(PLAIN), 0, ("staff", None))
            lines.append(Line("#% endstaff", "nobody"))
        elif student_blocks:
            lines.append(Line("#% student", "nobody"))
            lines += [Line("#| z = 3  # for you", "student", "z = 3  # for you"), Line("#|", "student", "")]
            lines.append(Line("#% endstudent", "nobody"))
    return lines + draw(BLANKS)


def text_of(lines: list[Line]) -> str:
    return "".join(line.text + "\n" for line in lines)


def trimmed(lines: list[str]) -> str:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return "".join(line + "\n" for line in lines)


def solid(text: str) -> list[str]:
    """Return the lines that are not blank. Their order and text must be right, whatever happens to the gaps."""
    return [line for line in text.split("\n") if line.strip()]


@STABLE
@given(sources())
def test_each_edition_holds_exactly_its_lines(lines: list[Line]) -> None:
    student, staff = source_editions(text_of(lines), "g.py")
    shown = [
        line.student_text if line.student_text is not None else line.text
        for line in lines
        if line.seen_by in ("both", "student")
    ]
    assert solid(student) == solid("\n".join(shown))
    assert solid(staff) == solid("\n".join(line.text for line in lines if line.seen_by in ("both", "staff")))


@STABLE
@given(sources(student_blocks=False))
def test_the_staff_edition_is_the_source_without_its_marks(lines: list[Line]) -> None:
    kept = [line.text for line in lines if line.seen_by in ("both", "staff")]
    assert staff_edition(text_of(lines)) == trimmed(kept)


@STABLE
@given(sources())
def test_both_editions_parse_and_hold_no_mark(lines: list[Line]) -> None:
    for edition in source_editions(text_of(lines), "g.py"):
        ast.parse(edition)
        assert not re.search(r"^\s*#[%|]", edition, re.M)
        assert "\0" not in edition
        assert edition == "" or (edition.endswith("\n") and not edition.endswith("\n\n"))


@STABLE
@given(sources())
def test_no_solution_reaches_the_stub(lines: list[Line]) -> None:
    assert "secret_" not in stub(text_of(lines))


@STABLE
@given(sources())
def test_editions_are_finished_and_the_same_every_time(lines: list[Line]) -> None:
    text = text_of(lines)
    student, staff = source_editions(text, "g.py")
    assert source_editions(text, "g.py") == (student, staff)
    assert source_editions(text.replace("\n", "\r\n"), "g.py") == (student, staff)
    assert stub(student) == student
    assert staff_edition(staff) == staff


@STABLE
@given(sources())
def test_no_gap_is_wider_than_in_the_source(lines: list[Line]) -> None:
    def widest(text: str) -> int:
        return max((len(run) for run in re.findall(r"(?:^[ \t]*\n)+", text, re.M)), default=0)

    text = text_of([Line(line.text.rstrip(" "), line.seen_by, line.student_text) for line in lines])
    without_marks = re.sub(r"^ *#%.*\n", "", re.sub(r"^( *)#\| ?", r"\1", text, flags=re.M), flags=re.M)
    for edition in source_editions(text, "g.py"):
        assert widest(edition) <= widest(without_marks)


FRAGMENTS = [
    "#% staff",
    "#% endstaff",
    "#% hidden",
    "#% endhidden",
    "#| x",
    "#|",
    "\n",
    "\n",
    "\n",
    " ",
    "    ",
    "\t",
    "\f",
]
FRAGMENTS += [
    "x = 1",
    '"""',
    "'",
    "\\",
    "#",
    "%",
    "{{",
    "}}",
    "\r\n",
    "\0",
    "(",
    ")",
    "def f():",
    "pass",
    "é",
    "\u2028",
]
FRAGMENTS += ['#% solution "h"', "#% endsolution", "import os", ";", "\v", "if x:", "\x1c", "-->", "<!--% staff -->"]


@settings(STABLE, max_examples=600)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
def test_any_text_is_rendered_or_refused_with_a_line(text: str) -> None:
    for editions in (source_editions, suite_editions):
        rendered, problems = attempt(editions, text)
        assert all(re.match(r"g\.py( \(public part\))?:\d+: .+\. .+", problem, re.S) for problem in problems)
        for edition in rendered:
            ast.parse(edition)
            assert "\0" not in edition
            assert not re.search(r"^[ \t]*#%", edition, re.M)


def attempt(editions: Callable[[str, str], tuple[str, str]], text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the two editions and no problems, or nothing and the problems."""
    try:
        return editions(text, "g.py"), ()
    except EditionError as error:
        return (), error.problems
