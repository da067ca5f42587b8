"""Test that staff may read the repositories of their sections: which rights a release sets, and which it cannot set."""

from __future__ import annotations

import pytest

from grader.classroom.staff import Helper, let_read

from .world import Classroom

TESS = Helper("tess", "Tess Ahn", ("A",))
GONE = Helper("gone-ta", "Gus Gone", ("B",))


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_login_that_does_not_exist_fails_only_for_its_own_sections(classroom: Classroom) -> None:
    classroom.forge.enrol("tess")
    classroom.start("setup")
    rights = let_read(classroom.course, classroom.roster, (GONE, TESS), classroom.forge)
    ada, grace, alan = classroom.repos
    assert rights.changed == {ada: ["let tess read"], grace: ["let tess read"]}
    assert rights.readers == {ada: ("tess",), grace: ("tess",)}, "and not what was wished for"
    assert list(rights.failed) == [alan]
    assert "GitHub has no account 'gone-ta'" in rights.failed[alan]
