"""Test putting functions into a whole module."""

from __future__ import annotations

import pytest

from grader.audit.splice import SpliceError, spliced

WHOLE = '''"""Shapes."""

from __future__ import annotations

import math


@staticmethod
def area(a: int, b: int) -> int:
    """The area."""
    return a * b


class Box:
    """A box."""

    sides = 2

    def __init__(self, a: int) -> None:
        self.a = a

    def volume(self) -> int:
        return math.prod([self.a] * 3)
'''


def run(text: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(text, "spliced", "exec", dont_inherit=True), names)
    return names


def test_a_function_replaces_the_function_of_its_name_including_decorators() -> None:
    names = run(spliced("# a mistake\n\ndef area(a, b):\n    return a + b\n", WHOLE))
    assert names["area"](3, 4) == 7  # type: ignore[operator]
    assert names["Box"](2).volume() == 8  # type: ignore[operator]


def test_a_method_replaces_the_method_of_its_name_and_the_class_stays() -> None:
    names = run(spliced("class Box:\n    def volume(self):\n        return self.a\n", WHOLE))
    assert names["Box"](2).volume() == 2  # type: ignore[operator]
    assert names["Box"].sides == 2  # type: ignore[attr-defined]


def test_a_new_private_method_comes_last_in_its_class() -> None:
    part = "class Box:\n    def volume(self):\n        return self._half()\n\n    def _half(self):\n        return self.a / 2\n"
    names = run(spliced(f"{part}\ndef _after():\n    return 1\n", WHOLE))
    assert names["Box"](2).volume() == 1  # type: ignore[operator]


def test_several_places_of_one_file_can_be_changed() -> None:
    part = "class Box:\n    def __init__(self, a):\n        self.a = a + 1\n    def volume(self):\n        return _one(self)\n"
    names = run(spliced(f"import copy\n{part}\ndef _one(box):\n    return copy.copy(box).a\n\nlast = area\n", WHOLE))
    assert names["Box"](2).volume() == 3  # type: ignore[operator]
    assert names["last"] is names["area"]


def test_comments_above_the_code_come_first_in_the_result() -> None:
    whole = spliced("# misconception: one\n# symptom: two\n\n\ndef area(a, b):\n    return 0\n", WHOLE)
    assert whole.splitlines()[:3] == ["# misconception: one", "# symptom: two", '"""Shapes."""']
    assert whole.count("return a * b") == 0


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("def aera(a, b): return 0\n", "there is no aera to replace"),
        ("class Box:\n    def volumes(self): return 0\n", "there is no Box.volumes to replace"),
        ("class Box:\n    sides = 3\n", "Box has a line outside its methods"),
        ("class Bag: pass\n", "there is no Bag to replace"),
    ],
)
def test_a_name_that_the_module_lacks_is_refused(part: str, says: str) -> None:
    with pytest.raises(SpliceError, match=says):
        spliced(part, WHOLE)
