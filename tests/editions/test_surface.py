"""Test the description of functions to write, and the search for names that a dropped block has defined."""

from __future__ import annotations

import pytest

from grader.editions.regions import regions
from grader.editions.surface import functions_to_write, idle_names, loose_names


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ("", "f()"),
        ("x, y=1", "f(x, y=1)"),
        ("x: int = 1, /, y: 'str' = '', *, z=(1, 2)", "f(x: int = 1, /, y: 'str' = '', *, z=(1, 2))"),
        ("self, *args: int, **options: str", "f(self, *args: int, **options: str)"),
    ],
)
def test_a_signature_is_shown_as_formatters_write_it(arguments: str, shown: str) -> None:
    docstring = '"""Does it,\n    well.\n\n    More."""'
    source = f'def f({arguments}):\n    {docstring}\n    #% solution "h"\n    return 1\n    #% endsolution\n'
    (function,) = functions_to_write(regions(source))
    assert (function.name, function.signature, function.summary) == ("f", shown, "Does it, well.")


def test_a_method_is_shown_as_it_is_called() -> None:
    source = 'class A:\n    def f(self, x: int = 2) -> int:\n        #% solution "h"\n        return x\n        #% endsolution\n'
    (function,) = functions_to_write(regions(source))
    assert function.signature == "A.f(x: int = 2) -> int"


@pytest.mark.parametrize(
    "text",
    [
        "import a.b\nprint(a)",
        "def f(x, *y, z=1, **w): return x, y, z, w, f",
        "for i in range(3): i",
        "[j for j in ()]\n(k := 1)\nk",
        "try:\n    pass\nexcept ValueError as e:\n    e",
        "match 1:\n    case [a, *b]: a, b\n    case {'k': c, **d}: c, d\n    case int() as g: g",
        "class C: pass\nC\n__name__",
        "global h\nh = 1\nh",
    ],
)
def test_bound_names_are_not_loose(text: str) -> None:
    assert list(loose_names(text)) == []


def test_a_loose_name_is_reported_with_its_line() -> None:
    assert list(loose_names("def f():\n    return nowhere + other\nnowhere\n")) == [(2, "nowhere"), (2, "other")]


def test_fixtures_and_decorated_helpers_count_as_used() -> None:
    text = "@fixture\ndef a(): ...\ndef b(): ...\ndef test_c(b): ...\npytestmark = 1\nD: int = 2\nE = F = 3\nprint(E)\n"
    assert list(idle_names(text)) == [(6, "helper", "D"), (7, "helper", "F")]
