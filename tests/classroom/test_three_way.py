"""Test the rule for a single file, and which files are given out."""

from __future__ import annotations

import itertools

import pytest

from grader.classroom.template import TemplateError, compose
from grader.classroom.three_way import Action, decide, merge_readme

from .world import Classroom


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "action"),
    [
        (None, None, "new", Action.ADD),
        ("old", "old", "new", Action.UPDATE),
        ("old", "old", None, Action.REMOVE),
        ("old", "mine", "old", Action.THEIRS),
        ("old", None, "old", Action.THEIRS),
        ("old", "mine", "new", Action.CONFLICT),
        ("old", None, "new", Action.CONFLICT),
        ("old", "mine", None, Action.CONFLICT),
        (None, "mine", "new", Action.CONFLICT),
        ("old", "new", "new", Action.SAME),
        (None, "new", "new", Action.SAME),
        ("old", None, None, Action.SAME),
    ],
)
def test_the_rule_for_one_file(base: str | None, theirs: str | None, ours: str | None, action: Action) -> None:
    assert decide(base, theirs, ours) is action


def test_a_file_that_differs_from_the_last_given_version_is_never_overwritten() -> None:
    for base, theirs, ours in itertools.product([None, "a", "b", "c"], repeat=3):
        if decide(base, theirs, ours) in (Action.ADD, Action.UPDATE, Action.REMOVE):
            assert theirs == base
            assert theirs != ours


def readme(before: str, block: str, after: str) -> bytes:
    return f"{before}<!-- progress -->{block}<!-- /progress -->{after}".encode()


def test_a_readme_is_merged_part_by_part() -> None:
    base, ours = readme("a", "1", "z"), readme("A", "2", "z")
    assert merge_readme(base, readme("a", "1", "mine"), ours) == (readme("A", "2", "mine"), False)
    assert merge_readme(base, readme("mine", "1", "z"), ours) == (readme("mine", "2", "z"), True)
    assert merge_readme(base, readme("a", "mine", "z"), ours) == (readme("A", "mine", "z"), True)
    assert merge_readme(base, b"no marks", ours) == (b"no marks", True)
    twice = readme("a", "1", "z") * 2
    assert merge_readme(base, twice, ours) == (twice, True)


def test_a_module_that_is_not_built_is_named_with_the_command_to_build_it(classroom: Classroom) -> None:
    (classroom.root / "assignments/02_tensor/tensor.py").unlink()
    tensor = classroom.course.module("tensor")
    with pytest.raises(TemplateError, match=r"02_tensor has no tensor.py; run `grader build 02_tensor` first"):
        compose(classroom.course, [tensor], classroom.root)


def test_a_file_name_that_would_need_quoting_is_not_given_out(classroom: Classroom) -> None:
    (classroom.root / "assignments/01_setup/odd name.txt").write_text("x")
    with pytest.raises(TemplateError, match=r"odd name\.txt' cannot be given out"):
        compose(classroom.course, [classroom.course.module("setup")], classroom.root)


def test_caches_are_not_given_out(classroom: Classroom) -> None:
    cache = classroom.root / "assignments/01_setup/__pycache__"
    cache.mkdir()
    (cache / "setup.pyc").write_bytes(b"x")
    files = compose(classroom.course, [classroom.course.module("setup")], classroom.root)
    assert not [path for path in files if "pycache" in path or path.endswith(".pyc")]
