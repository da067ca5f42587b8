"""Test mutants: each has one slip inside a region, and an id that stays the same."""

from __future__ import annotations

import ast
import builtins
import math
import re
import textwrap
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selection import first_of_each

from grader.audit.mutants import Mutant, mutants_of, tables
from grader.editions.regions import regions
from grader.editions.render import solution

ROOT = Path(__file__).parents[2]
WRITTEN = sorted(path for path in (ROOT / "tinytorch_ref").glob("*.py") if path.name != "__init__.py")
CODE = {path.stem: path.read_text(encoding="utf-8") for path in WRITTEN}


@cache
def mutants_of_the_course(stem: str) -> list[Mutant]:
    return mutants_of(CODE[stem], stem)


def module(body: str, *, name: str = "f", before: str = "", after: str = "") -> str:
    """Return an annotated module with one region. `k` is a global, and `helper` is a function of the module."""
    top = f"import math\nimport numpy as np\n\nk = 1  # é\n{before}\n\ndef {name}(a, b, c):\n"
    marked = f'"""What f does, 1 + 1 = 2."""\n#% solution "hint"\n{body}\n#% endsolution\n'
    return top + textwrap.indent(marked, "    ") + f"\n\ndef helper(x):\n    return x + 1  # ü\n{after}\n"


def afters(operator: str, body: str) -> list[str]:
    found = [mutant for mutant in mutants_of(module(body), "m.py") if mutant.operator == operator]
    return [mutant.after for mutant in found]


SIX_AND_EIGHT = ["x = a[0], 1, 6", "x = a[0], 1, 8"]
# operator, lines of a region, the changed lines of each mutant
TABLE: list[tuple[str, str, list[str]]] = [
    ("arithmetic", "x = a + b", ["x = a - b"]),
    ("arithmetic", "x = (a * b) / c", ["x = (a + b) / c", "x = (a * b) * c"]),
    ("arithmetic", "x = a // b % c", ["x = a / b % c", "x = a // b // c"]),
    ("arithmetic", "x = a**2 @ b", ["x = a*2 @ b", "x = a**2 * b"]),
    ("arithmetic", "x = a & b | c", ["x = a | b | c", "x = a & b & c"]),
    ("arithmetic", "a += b", ["a -= b"]),
    ("arithmetic", 'x = "é" + (a  # + é\n    - b)', ['x = "é" - (a  # + é', "    + b)"]),
    ("exchange-operands", "x = a - b", ["x = b - a"]),
    ("exchange-operands", "x = a * b / c", ["x = c / (a * b)"]),
    ("exchange-operands", "x = (a + b) / (a - c)", ["x = (a - c) / (a + b)", "x = (a + b) / (c - a)"]),
    ("exchange-operands", "x = a + b * c", []),
    ("assign-not-accumulate", "a *= b", ["a = b"]),
    ("drop-accumulation", "a += b", ["pass"]),
    ("drop-minus", "x = -a + ~b", ["x = a + ~b", "x = -a + b"]),
    ("drop-minus", "x = a[-1]", ["x = a[1]"]),
    ("comparison", "x = a < b", ["x = a <= b", "x = a >= b"]),
    ("comparison", "x = 0 <= a != b", ["x = 0 < a != b", "x = 0 > a != b", "x = 0 <= a == b"]),
    ("comparison", "x = a is not b", ["x = a is b"]),
    ("comparison", "x = a is b", ["x = a is not b"]),
    ("comparison", "x = a in b, a not in c", ["x = a not in b, a not in c", "x = a in b, a in c"]),
    ("and-or", "x = a and (b or c)", ["x = a or (b or c)", "x = a and (b and c)"]),
    ("drop-operand", "x = a and b and (not c)", ["x = b and (not c)", "x = a and (not c)", "x = a and b"]),
    ("drop-not", "x = not a", ["x = a"]),
    ("negate-condition", "if a or b:\n    a = 1", ["if not (a or b):"]),
    ("negate-condition", "while a:\n    a = a.b", ["while not (a):"]),
    ("negate-condition", "if a < b:\n    a = 1", []),
    ("negate-condition", "if not a:\n    a = 1", []),
    ("always-one-branch", "x = a if c else b + 1", ["x = a", "x = b + 1"]),
    ("always-one-branch", "x = 2 * (a if c else -b)", ["x = 2 * (a)", "x = 2 * (-b)"]),
    ("always-one-branch", "x = np.where(c, a, 0)", ["x = a", "x = 0"]),
    ("exchange-branches", "x = a if c else b", ["x = b if c else a"]),
    ("exchange-branches", "x = a if c is None else b", []),
    ("exchange-branches", "x = np.where(c, a, 0)", ["x = np.where(c, 0, a)"]),
    ("drop-filter", "x = [i for i in a if (i in b) if c]", ["x = [i for i in a if c]", "x = [i for i in a if (i in b)]"]),
    ("constant-integer", "x = a[0], 1, 7", ["x = a[1], 1, 7", "x = a[0], 0, 7", "x = a[0], 2, 7", *SIX_AND_EIGHT]),
    ("constant-integer", "x = a[-1], -3", ["x = a[-2], -3", "x = a[-1], -2"]),
    ("constant-float", "x = 0.5 * a + 0.0", ["x = 0.55 * a + 0.0", "x = 0.5 * a + 1.0"]),
    ("constant-float", "x = a + 1e-05", ["x = a + 0.0", "x = a + 0.01"]),
    ("constant-bool", "x = helper(a, True, b=False)", ["x = helper(a, False, b=False)", "x = helper(a, True, b=True)"]),
    ("constant-bool", "x = a.sum(keepdims=True)", []),
    ("constant-bool", "x = zip(a, b, strict=True)", []),
    ("constant-string", 'x = a["tanh"]', ['x = a["tan"]']),
    ("constant-string", 'x = a in "iuf"', ['x = a in "iu"', 'x = a in "uf"']),
    ("constant-string", 'x = "for people: it is wrong"', []),
    ("constant-string", 'x = f"{a} of {b + 1}"', ['x = ""']),
    ("change-axis", "x = a.sum(axis=0)", ["x = a.sum(axis=1)"]),
    ("change-axis", "x = a.sum(axis=-1)", ["x = a.sum(axis=0)"]),
    ("change-axis", "x = a.sum(axis=None)", ["x = a.sum(axis=0)"]),
    ("change-dtype", "x = np.zeros(3, dtype=np.float32)", ["x = np.zeros(3, dtype=np.float64)"]),
    ("change-dtype", 'x = a.astype("int64")', ['x = a.astype("int32")']),
    ("change-dtype", "x = a.astype(bool)", ["x = a.astype(int)"]),
    ("change-dtype", "x = float(a)", []),
    ("off-by-one", "x = a[b:]", ["x = a[b - 1:]", "x = a[b + 1:]"]),
    ("off-by-one", "x = a[: b + 1]", []),
    ("off-by-one", "for i in range(a):\n    b = i", ["for i in range(a - 1):", "for i in range(1, a):"]),
    ("off-by-one", "for _ in range(a):\n    b()", ["for _ in range(a - 1):", "for _ in range(a + 1):"]),
    ("off-by-one", "x = range(2, a | b)", ["x = range(2, (a | b) - 1)", "x = range(2, (a | b) + 1)"]),
    ("drop-bound", "x = a[1:b]", ["x = a[:b]", "x = a[1:]"]),
    ("exchange-arguments", "x = helper(a, b)", ["x = helper(b, a)"]),
    ("exchange-arguments", "x = helper(a, b + 1, *c)", ["x = helper(b + 1, a, *c)"]),
    ("exchange-arguments", "x = Box(size=a, count=b)", ["x = Box(size=b, count=a)"]),
    ("exchange-arguments", "x = np.maximum(a, b), max(a, b)", []),
    ("exchange-arguments", "a, b = helper(a, b)", []),
    ("exchange-targets", "a, b = helper(a, b)", ["b, a = helper(a, b)"]),
    ("exchange-elements", "return a, (b, c)", ["return (b, c), a", "return a, (c, b)"]),
    ("exchange-indices", "a[b, 0] = c[:, None]", ["a[0, b] = c[:, None]", "a[b, 0] = c[None, :]"]),
    ("drop-axis", "x = a.sum(axis=1), b.mean(dim=c)", ["x = a.sum(), b.mean(dim=c)", "x = a.sum(axis=1), b.mean()"]),
    ("drop-keepdims", "x = a.sum(axis=1, keepdims=True)", ["x = a.sum(axis=1)"]),
    ("drop-keepdims", "x = a.sum(1, keepdims=False)", []),
    ("drop-dtype", "x = np.zeros((3), dtype=(c))", ["x = np.zeros((3))"]),
    ("drop-keyword", "x = helper(a=1, b=2)", ["x = helper(b=2)", "x = helper(a=1)"]),
    ("drop-keyword", "x = helper(c=(3),)", ["x = helper()"]),
    ("drop-keyword", "x = zip(a, b, strict=True), Box(size=3)", []),
    ("drop-element", "x = isinstance(a, (int, float))", ["x = isinstance(a, (float,))", "x = isinstance(a, (int,))"]),
    ("drop-element", 'x = a in ("p", "q", "r")', ['x = a in ("q", "r")', 'x = a in ("p", "r")', 'x = a in ("p", "q")']),
    ("drop-element", 'x = {"p": a, "q": b}', ['x = {"q": b}', 'x = {"p": a}']),
    ("neighbour", "x = np.zeros(a.sum())", ["x = np.ones(a.sum())", "x = np.zeros(a.mean())"]),
    ("neighbour", "x = max(a) + math.exp(b)", ["x = min(a) + math.exp(b)", "x = max(a) + math.expm1(b)"]),
    ("neighbour", "x = a.nbytes", ["x = a.size"]),
    ("drop-call", "x = np.exp(a - b) * a.sum(axis=0)", ["x = (a - b) * a.sum(axis=0)", "x = np.exp(a - b) * a"]),
    ("drop-call", "x = helper(a, b)", ["x = a"]),
    ("drop-call", "x, y = helper(a, b)", ["x, y = (a, b)"]),
    ("drop-call", "x = a.T @ tuple(b)", ["x = a @ tuple(b)", "x = a.T @ b"]),
    ("drop-call", "a = helper(a)", []),
    ("drop-call", "x = int(a) + len(b) + Box(c)", []),
    ("alias", "x = a.copy()", ["x = a"]),
    ("alias", "x = np.array(a), np.copy(b)", ["x = np.asarray(a), np.copy(b)", "x = np.array(a), b"]),
    ("alias", "x = a.astype(b)", ["x = a.astype(b, copy=False)"]),
    ("alias", "x = a.astype(b, copy=True)", ["x = a.astype(b, copy=False)"]),
    ("in-place", "a = a - b.mean()", ["a -= b.mean()"]),
    ("in-place", "x = a - b", []),
    ("return-argument", "return b + 1", ["return a"]),
    ("return-argument", "return b, c", ["return a, c"]),
    ("return-argument", "return a", []),
    ("return-none", "return a", ["return None"]),
    ("return-none", "return a, b", ["return a, None"]),
    ("drop-tuple", "return (a * b,)", ["return a * b"]),
    ("drop-statement", "a.append(b)\nreturn a", ["pass"]),
    ("drop-assignment", "x = b\na.data = x\nx = c", ["pass", "pass"]),
    ("drop-assignment", "x = b", []),
    ("drop-global", "global k\nk = a", ["pass"]),
    ("drop-raise", "try:\n    a()\nexcept ValueError:\n    raise", ["    pass"]),
    ("drop-guard", "if a < b:\n    raise ValueError('a')\nreturn a", ["pass"]),
    ("drop-guard", "if a:\n    b = 1\nelif b:\n    return 2", [""]),
    ("drop-if", "if a is None:\n    a = b\nreturn a", ["pass"]),
    ("drop-if", "if a is None:\n    a = b\nelse:\n    a = c", []),
    ("drop-with", "with a.b(), c:\n    a()", ["if True:"]),
    ("break-continue", "for i in a:\n    if i:\n        continue\n    break", ["break", "continue"]),
    ("change-exception", "raise ValueError(f'no {a}')", ["raise TypeError(f'no {a}')"]),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "body", "expected"), TABLE, ids=[f"{row[0]}: {row[1]}" for row in TABLE])
def test_an_operator_makes_exactly_these_changes(operator: str, body: str, expected: list[str]) -> None:
    assert [after.strip() for after in afters(operator, body)] == [after.strip() for after in expected]


@pytest.mark.thorough
def test_every_operator_that_touches_the_course_is_in_the_table() -> None:
    used = {mutant.operator for stem in CODE for mutant in mutants_of_the_course(stem)}
    assert used <= {operator for operator, _, expected in TABLE if expected}


def test_texts_of_exceptions_docstrings_and_annotations_are_not_changed() -> None:
    quiet = 'class Box:\n    """Holds 3 + 4."""\n\n    size: "tuple[int, 3]"\n\n'
    quiet += '    def get(self, n: "Box[1]") -> "Box[2]":\n        """Gives 1 + 1."""'
    assert mutants_of(module(quiet), "m.py") == []
    assert [mutant.after for mutant in mutants_of(module('assert a, "no " + b'), "m.py")] == ["pass"]
    loud = mutants_of(module('raise ValueError("no " + str(a + 1), b, c)'), "m.py")
    assert [mutant.id for mutant in loud] == ["f:drop-raise:1", "f:change-exception:1"]


def test_a_change_that_the_compiler_warns_about_is_left_out() -> None:
    assert afters("always-one-branch", "x = (1 if c else a)[0]") == ["x = (a)[0]"]  # 1[0] is warned of
    assert afters("break-continue", "while a:\n    try:\n        break\n    finally:\n        a = 0") == ["continue"]


def test_two_ways_to_the_same_program_are_one_mutant() -> None:
    found = mutants_of(module("return b"), "m.py")
    assert [mutant.after for mutant in found] == ["return a", "return None"]
    assert len({mutant.source for mutant in found}) == 2


def test_a_name_bound_outside_the_function_does_not_stop_its_mutants() -> None:
    text = (
        'def outer():\n    n = 0\n\n    def count():\n        #% solution "hint"\n        nonlocal n\n        n += 1\n'
    )
    text += "        #% endsolution\n\n    return count\n"
    assert [mutant.id for mutant in mutants_of(text, "m.py")] == [
        "outer.count:drop-global:1",
        "outer.count:drop-accumulation:1",
        "outer.count:arithmetic:1",
        "outer.count:assign-not-accumulate:1",
        "outer.count:constant-integer:1",
        "outer.count:constant-integer:2",
    ]


def test_lines_for_students_and_staff_do_not_shift_the_reported_line() -> None:
    blocks = "#% student\n#| import this\n#% endstudent\n#% staff\nimport that\n#% endstaff\n"
    text = blocks + module("x = b\nreturn x + 1") + blocks
    number = text.split("\n").index("    return x + 1") + 1
    found = [mutant for mutant in mutants_of(text, "m.py") if mutant.operator == "arithmetic"]
    assert [(mutant.line, mutant.before, mutant.after) for mutant in found] == [
        (number, "return x + 1", "return x - 1")
    ]
    assert found[0].source == solution(text, "m.py").replace(
        "return x + 1\n\n\ndef helper", "return x - 1\n\n\ndef helper"
    )


@pytest.mark.parametrize("stem", first_of_each(CODE))
def test_every_mutant_of_a_module_is_a_different_program(stem: str) -> None:
    text = CODE[stem]
    found = mutants_of_the_course(stem)
    programs = {name: {ast.dump(node)} for name, node in _functions(ast.parse(solution(text, stem)))}
    for mutant in found:
        program = ast.dump(dict(_functions(ast.parse(mutant.source)))[mutant.function])
        assert program not in programs[mutant.function]
        programs[mutant.function].add(program)
    assert {mutant.function for mutant in found} == {region.function for region in regions(text)}
    assert len({mutant.id for mutant in found}) == len(found)
    assert [mutant.line for mutant in found] == sorted(mutant.line for mutant in found)
    assert mutants_of(text, stem) == found


@pytest.mark.parametrize("stem", first_of_each(CODE))
def test_outside_the_regions_nothing_changes(stem: str) -> None:
    text = CODE[stem]
    original = solution(text, stem).split("\n")
    spans = {region.function: len(region.body) for region in regions(text)}
    bodies = {}
    for name, node in _functions(ast.parse("\n".join(original))):
        if name in spans:
            bodies[name] = node.body[-spans[name]].lineno - 1, node.end_lineno
    for mutant in mutants_of_the_course(stem):
        first, last = bodies[mutant.function]
        lines = mutant.source.split("\n")
        assert lines[:first] == original[:first]
        assert lines[len(lines) - len(original) + last :] == original[last:]


def _functions(tree: ast.AST, prefix: str = "") -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            found.append((prefix + node.name, node))
        if isinstance(node, ast.ClassDef):
            found += _functions(node, f"{node.name}.")
    return found


def test_names_in_the_tables_exist() -> None:
    assert [name for pair in tables.NUMPY.items() for name in pair if not hasattr(np, name)] == []
    assert [name for pair in tables.MATH.items() for name in pair if not hasattr(math, name)] == []
    assert [name for pair in tables.BUILTINS.items() for name in pair if not hasattr(builtins, name)] == []
    assert [name for pair in tables.EXCEPTIONS.items() for name in pair if not hasattr(builtins, name)] == []
    assert [name for pair in tables.DTYPES.items() for name in pair if not hasattr(np, name)] == []
    kinds = (np.ndarray, str, list, dict, set)
    methods = [name for pair in tables.METHODS.items() for name in pair]
    assert [name for name in methods if not any(hasattr(kind, name) for kind in kinds)] == []
    assert [name for name in tables.FORGOTTEN_METHODS if not any(hasattr(kind, name) for kind in kinds)] == []
    assert [name for name in tables.FORGOTTEN_NUMPY if not hasattr(np, name)] == []
    assert [name for name in tables.FORGOTTEN_BUILTINS if not hasattr(builtins, name)] == []


# Small functions made at random

NAMES = st.sampled_from(["a", "b", "c", "k", "größe"])
LITERALS = st.sampled_from(
    ["0", "1", "-1", "42", "0.5", "1e-07", "True", "None", '"é"', "'iuf'", '"it is"', 'f"{a!r} ü"']
)


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(
        ["+", "-", "*", "/", "//", "**", "@", "|", "<", "<=", "!=", "in", "and", "or", "is not", "not in"]
    )
    call = st.sampled_from(["helper", "np.exp", "max", "np.array", "tuple", "a.sum", "Box", "np.where", "range", "zip"])
    keyword = st.sampled_from(["", ", axis=0", ", keepdims=True", ", dtype=np.float32, axis=(b)", ", dtype=bool", ","])
    return st.one_of(
        st.builds("({} {} {})".format, inner, binary, inner),
        st.builds("({}) {} ({})".format, inner, binary, inner),
        st.builds("({}  # é ) (\n        {} {})".format, inner, binary, inner),
        st.builds("{}({}, {}{})".format, call, inner, inner, keyword),
        st.builds("{}({})".format, call, inner),
        st.builds("(-({}), not {}, a.T, a.copy())".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("a[{}:({}), {}]".format, inner, inner, inner),
        st.builds("[i for i, j in {} if ({}) if {}]".format, inner, inner, inner),
        st.builds("{{{}: {}, 'ß': {}}}".format, inner, inner, inner),
        st.builds("isinstance({}, ({}, b))".format, inner, inner),
        st.builds("(lambda x: {})(*a, **{})".format, inner, inner),
    )


EXPRESSIONS = st.recursive(NAMES | LITERALS, _expressions, max_leaves=6)
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, NAMES, EXPRESSIONS),
    st.builds("{}, {} = {}".format, NAMES, NAMES, EXPRESSIONS),
    st.builds("{} -= {}  # é".format, NAMES, EXPRESSIONS),
    st.builds("a[{}] = {}; b += 1".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("if {}:\n    raise ValueError('é' + a)\nelif {}:\n    pass".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("for _ in {}:\n    if {}: break\n    else:\n        continue".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("with ({}), {}:\n    {}".format, EXPRESSIONS, EXPRESSIONS, EXPRESSIONS),
    st.builds("try:\n    assert {}, 'é'\nexcept ValueError:\n    return {}, a".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("return {}, ({}, b)".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("return {}".format, EXPRESSIONS),
)
BODIES = st.lists(STATEMENTS, min_size=1, max_size=4).map("\n".join)


def _mutants(text: str) -> list[Mutant]:
    return mutants_of(text, "m.py")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(BODIES)
def test_a_mutant_differs_from_the_solution_only_in_the_lines_it_names(body: str) -> None:
    text = module(body)
    original = solution(text, "m.py")
    top, bottom = original[: original.index('2."""')], original[original.index("\n\n\ndef helper") :]
    seen = {ast.dump(ast.parse(original))}
    for mutant in _mutants(text):
        assert mutant.source.startswith(top)
        assert mutant.source.endswith(bottom)
        lines = [line.strip() for line in original.split("\n")]
        first = mutant.line - 2  # the mark above is gone, and lines count from 1
        before, after = ([line.strip() for line in part.split("\n")] for part in (mutant.before, mutant.after))
        assert lines[first : first + len(before)] == before
        lines[first : first + len(before)] = after
        assert [line.strip() for line in mutant.source.split("\n")] == lines
        program = ast.dump(ast.parse(mutant.source))
        assert program not in seen
        seen.add(program)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(BODIES, BODIES, st.integers(0, 3))
def test_ids_stay_when_lines_are_added_above_and_other_functions_change(body: str, other: str, lines: int) -> None:
    def shown(text: str) -> dict[str, tuple[str, str]]:
        return {m.id: (m.before, m.after) for m in _mutants(text) if m.function == "f"}

    neighbour = module(other, name="g").split("k = 1")[1]
    text = module(body, before="# more\n" * lines + neighbour, after=neighbour.replace("def g", "def h"))
    assert shown(text) == shown(module(body))


def test_an_id_holds_function_operator_and_number() -> None:
    found = mutants_of_the_course("tensor")
    assert all(re.fullmatch(r"[\w.]+:[a-z]+(-[a-z]+)*:[1-9]\d*", mutant.id) for mutant in found)
