"""Test how commands find the students that a person names."""

from __future__ import annotations

from datetime import date

import pytest

from grader.classroom.roster import Roster, Student
from grader.pipeline.people import only
from grader.pipeline.workspace import WorkspaceError

ADA = Student(id="s01", name="Ada", login="ada-b")
BEN = Student(id="s02", name="Ben", login="ben-r")
NEW = Student(id="s03", name="Nel")
GONE = Student(id="s04", name="Gil", login="gil-o", dropped=date(2027, 1, 20))
CLASS = Roster.of((ADA, BEN, NEW, GONE), date(2027, 2, 1))


def test_only_the_named_students_are_chosen_by_id_or_login() -> None:
    assert only(CLASS, ["BEN-R", "s01", "ada-b"]).students == (ADA, BEN)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("s04", "s04 has left the course, so there is no repository to grade"),
        ("s03", "s03 has no login in the class list yet, so there is no repository to grade"),
        ("s1", "no student 's1' in the class list. Did you mean 's01'?"),
    ],
    ids=["left", "no login", "misspelled"],
)
def test_a_student_without_a_repository_to_grade_is_refused_with_the_reason(key: str, says: str) -> None:
    with pytest.raises(WorkspaceError) as refused:
        only(CLASS, ["s01", key])
    assert str(refused.value) == says
