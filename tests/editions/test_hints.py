"""Test how an author writes hints, and that students read them as they were written."""

from __future__ import annotations

import folds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.editions.hints import Hint, hints_page
from grader.editions.problems import EditionError
from grader.editions.regions import regions


def source(mark: str) -> str:
    """Return a function whose solution has this mark, of one or several lines."""
    lines = "".join(f"    {line}\n" for line in mark.split("\n"))
    return f'def f(x):\n    """Doc."""\n{lines}    return x\n    #% endsolution\n'


def hints(mark: str) -> list[str]:
    (region,) = regions(source(mark), "m.py")
    assert [type(statement).__name__ for statement in region.body] == ["Return"]
    return [hint.text for hint in region.hints]


@pytest.mark.parametrize(
    ("mark", "levels"),
    [
        ('#% solution "one"', ["one"]),
        ('#% solution "a" / "b" / "c"', ["a", "b", "c"]),
        ('#% solution "a"\n#% / "b"\n#%   / "c"', ["a", "b", "c"]),
        ('#% solution "a" /\n#%   "b"', ["a", "b"]),
        ('#% solution "a question that\n#%    goes on,\n#% twice" / "b"', ["a question that goes on, twice", "b"]),
        ('#% solution """say "no" to\nthat"""'.replace("\n", "\n#% "), ['say "no" to\nthat']),
        (
            '#% solution "a"\n#%   / """\n#%     if state["x"]:\n#%         return 1\n#%\n#%     x / y\n#%     """',
            ["a", 'if state["x"]:\n    return 1\n\nx / y'],
        ),
        (r'#% solution "a \ is \n only that"', [r"a \ is \n only that"]),
        ("#% solution \"a 'quoted' / word\"", ["a 'quoted' / word"]),
    ],
)
def test_a_hint_has_up_to_three_levels_of_any_length(mark: str, levels: list[str]) -> None:
    assert hints(mark) == levels


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("#% solution", 'm.py:3: solution without a hint. Write #% solution "what helps'),
        ("#% solution 'a'", "m.py:3: a hint that cannot be read: 'a'. Write it as \"text\""),
        ('#% solution ""', "m.py:3: an empty hint. Say what helps"),
        ('#% solution "a" / """\n#% """', "m.py:3: an empty hint."),
        ('#% solution "a" b', "m.py:3: text after a hint: b. Write / between two hints, and"),
        (
            '#% solution "say "no" to it"',
            'm.py:3: text after a hint: no" to it". Write / between two hints, and """ … """',
        ),
        ('#% solution "a" /', "m.py:3: a hint that cannot be read: nothing."),
        ('#% solution "a"\n#%  / b', "m.py:4: a hint that cannot be read: b."),
        ('#% solution "a"\n#%  / "b" / "c"\n#% / "d"', "m.py:5: more than 3 hints. Write a question, the idea,"),
        ('#% solution "a"\n#%  / "b', 'm.py:4: the hint that begins here never ends. Close it with ".'),
        ('#% solution """a\n#% "b"', 'm.py:3: the hint that begins here never ends. Close it with """.'),
        ('#% solution "a\n  #% b"', "m.py:3: the hint that begins here never ends."),
        ('#% solution "a\n# b"', "m.py:3: the hint that begins here never ends."),
        ('#% solution "a"\n#% "b"', "m.py:4: unknown mark '\"b\"'."),
        ('#% solution "a </details> b"', "m.py:3: a hint that holds </details. Take it out"),
    ],
)
def test_a_hint_that_cannot_be_read_is_reported_at_its_own_line(mark: str, message: str) -> None:
    with pytest.raises(EditionError) as error:
        regions(source(mark), "m.py")
    assert error.value.problems[0].startswith(message)


TEXT = st.text(alphabet=st.sampled_from("ab <>*_#`\"'\\/().:·é"), min_size=1, max_size=30).map(str.strip).filter(bool)
PARAGRAPHS = TEXT.map(lambda text: Hint(" ".join(text.split()), 1))
CODE = st.lists(TEXT, min_size=1, max_size=4).map(lambda lines: Hint("\n  ".join(lines), 1, keeps_lines=True))
NAMES = st.sampled_from(["relu", "Timer.__enter__", "a_b"])


@settings(derandomize=True, deadline=None, database=None)
@given(st.dictionaries(NAMES, st.lists(PARAGRAPHS | CODE, min_size=1, max_size=3).map(tuple), min_size=1))
def test_a_terminal_shows_each_hint_of_the_page_as_its_author_wrote_it(hints: dict[str, tuple[Hint, ...]]) -> None:
    found = folds.folds(hints_page("03_activations", hints))
    wanted = [
        (name, level, len(levels), hint.text) for name, levels in hints.items() for level, hint in enumerate(levels, 1)
    ]
    assert [(f.section, f.title, folds.shown(f.text)) for f in found] == [
        (name, f"Hint {level} of {total}", text) for name, level, total, text in wanted
    ]
