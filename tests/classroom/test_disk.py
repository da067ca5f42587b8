"""What only the forge in a folder has: the button that a student would press."""

from __future__ import annotations

import pytest

from grader.classroom.forge import ForgeError

from .world import LATER, Classroom


def test_a_merge_that_conflicts_names_the_files_and_changes_nothing(classroom: Classroom) -> None:
    classroom.release(None)
    pull = classroom.release("setup").pulls[classroom.ada]
    classroom.clone(classroom.ada).push({"tinytorch/setup.py": "mine\n"})
    before = classroom.snapshot()
    with pytest.raises(ForgeError, match=r"pull request 1 conflicts in tinytorch/setup.py"):
        classroom.forge.merge_pull_request(classroom.ada, pull.number, LATER)
    assert classroom.snapshot() == before


def test_merging_twice_is_merging_once(classroom: Classroom) -> None:
    classroom.start("setup")
    before = classroom.snapshot()
    assert classroom.forge.merge_pull_request(classroom.ada, 1, LATER) == classroom.forge.head(classroom.ada)
    assert classroom.snapshot() == before
